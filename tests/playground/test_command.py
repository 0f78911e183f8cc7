"""The command line: prompt files and suites in, a table and reports out, and an exit status that a pipeline can use."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistants import provenance
from assistants.bounded import Budget
from assistants.playground import yaml12
from assistants.playground.__main__ import main
from assistants.studio import Studio

PROMPT = """
name: Greeting
messages:
  - {role: system, content: Be kind.}
  - {role: user, content: "Say {{word}}"}
testData:
  - {word: hello}
  - {word: "<b>bye</b>"}
evaluators:
  - {name: says hello, string: {contains: hello}}
"""


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    path = tmp_path / "greeting.prompt.yml"
    path.write_text(PROMPT, encoding="utf-8")
    return str(path)


def test_the_exit_status_says_whether_all_passed(prompt: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", prompt, "--model", "echo:"]) == 1
    said = capsys.readouterr().out
    assert "1/2" in said and 'It does not contain "hello".' in said and "Greeting · echo:" in said
    assert main(["run", prompt, "--model", "echo:", "--threshold", "0.5"]) == 0
    assert main(["run", prompt, "--model", "echo:", "--limit", "1"]) == 0
    assert "1 of 1 passed (100%)" in capsys.readouterr().out.split("\n\n")[-1]


def test_a_file_of_the_library_runs_whatever_assistant_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    tutor = str(Path("prompts/chat/tutor.prompt.yml").resolve())
    assert main(["run", tutor, "--model", "echo:", "--limit", "1", "--threshold", "0"]) == 0
    assert "Patient tutor" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["run"], ["run", "x", "--threshold", "2"], ["jump", "x"]])
def test_wrong_use_is_told_from_failures(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage:" in capsys.readouterr().err


def test_what_cannot_be_run_is_one_sentence(
    tmp_path: Path, prompt: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.yaml"
    for text, sentence in (
        (None, "broken.yaml cannot be read"),
        ("a: [", "broken.yaml, line 2: this is not YAML: did not find expected node content."),
        ("a: 1\nb: 2\na: 3", "broken.yaml, line 3: this is not YAML: 'a' stands here a second time."),
        ('{"a": NaN}', "broken.yaml is not YAML: NaN is no number of JSON."),
        ("messages: 5", "messages must be a list"),
        ("[]", "request must be an object"),
    ):
        if text is not None:
            broken.write_text(text, encoding="utf-8")
        assert main(["run", str(broken)]) == 2
        assert capsys.readouterr().err.startswith(sentence)
    # What is as long as its few lines ask for, or deeper than a library that is no Python can go, takes nobody along.
    monkeypatch.setattr(yaml12, "BUDGET", Budget(0.5, 60, "documents"))
    for text in (
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 80)),
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 80)),
        "a: " + "[" * 100_000,
    ):
        broken.write_text(text, encoding="utf-8")
        assert main(["run", str(broken)]) == 2
        assert capsys.readouterr().err.startswith("broken.yaml ")
    assert main(["run", prompt, "--out", "report.pdf"]) == 2
    assert "--out must end in one of: .json, .xml, .html." in capsys.readouterr().err
    assert main(["run", prompt, "--model", "nobody:nothing"]) == 2
    assert "There is no model named nobody:nothing." in capsys.readouterr().err


def test_reports_are_written_and_labelled(tmp_path: Path, prompt: str) -> None:
    paths = {form: tmp_path / f"report.{form}" for form in ("json", "xml", "html")}
    for path in paths.values():
        assert main(["run", prompt, "--model", "echo:", "--out", str(path)]) == 1
    data = json.loads(paths["json"].read_bytes())
    assert (data["passed"], data["total"]) == (1, 2) and data["outcomes"][1]["values"] == {"word": "<b>bye</b>"}
    (found,) = ElementTree.parse(paths["xml"]).getroot().findall("testsuite")
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("2", "1", "0")
    assert [case.find("failure") is None for case in found.findall("testcase")] == [True, False]
    page = paths["html"].read_text(encoding="utf-8")
    assert "&lt;b&gt;bye&lt;/b&gt;" in page and "<b>" not in page
    assert provenance.read(paths["json"].read_bytes()) and provenance.read(paths["html"].read_bytes())


def test_it_runs_while_a_server_uses_the_home(studio: Studio, prompt: str) -> None:
    home = str(studio.settings.home)
    assert main(["run", prompt, "--model", "echo:", "--home", home, "--threshold", "0"]) == 0
    assert not studio.history.search("local")


def test_a_request_as_json_is_a_suite_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    messages = [{"role": "user", "content": "{{text}}"}]
    request = {"messages": messages, "rows": [{"text": "a", "expected": "a"}], "models": ["echo:"]}
    path.write_text(json.dumps(request), encoding="utf-8")
    assert main(["run", str(path)]) == 0


def test_nothing_checked_is_nothing_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, report = tmp_path / "mine.json", {form: tmp_path / f"report.{form}" for form in ("json", "xml", "html")}
    request = {"messages": [{"role": "user", "content": "{{text}}"}], "rows": [{"text": "a"}], "models": ["echo:"]}
    path.write_text(json.dumps(request), encoding="utf-8")
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "nothing checked"
    evaluators = [{"type": "contains", "value": "a", "rows": [0]}]
    request |= {"rows": [{"text": "a"}, {"text": "b"}], "evaluators": evaluators}
    path.write_text(json.dumps(request), encoding="utf-8")
    for out in report.values():
        assert main(["run", str(path), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 passed (100%), 1 without a check"
    data = json.loads(report["json"].read_bytes())
    assert (data["passed"], data["unchecked"], [one["passed"] for one in data["outcomes"]]) == (1, 1, [True, None])
    (found,) = ElementTree.parse(report["xml"]).getroot().findall("testsuite")
    assert found.get("skipped") == "1" and found.findall("testcase")[1].find("skipped") is not None
    assert report["html"].read_text(encoding="utf-8").count("<td>not checked</td>") == 1


def test_variants_are_told_apart_by_their_parameters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    request = {
        "messages": [{"role": "user", "content": "{{text}}"}],
        "rows": [{"text": "a", "expected": "b"}],
        "models": ["echo:"],
        "params": [{"temperature": 0.0, "top_p": 0.5}, {"temperature": 1.0, "top_p": 0.5}, {"top_p": 0.5, "seed": 3}],
        "name": "Mine",
    }
    path.write_text(json.dumps(request), encoding="utf-8")
    report = tmp_path / "report.xml"
    assert main(["run", str(path), "--out", str(report)]) == 1
    said = capsys.readouterr().out
    suites = [one.get("name") for one in ElementTree.parse(report).getroot().findall("testsuite")]
    names = [f"Mine / Mine · echo: · {told}" for told in ("temperature=0.0", "temperature=1.0", "seed=3")]
    assert suites == names and all(name in said for name in names)


GITHUBS = """
model: openai/gpt-4o-mini
messages: [{role: user, content: "Say {{word}}"}]
testData: [{word: Hello}]
evaluators:
  - {name: says hello, string: {startsWith: "say "}}
  - name: judged
    llm: {modelId: openai/gpt-4o, prompt: "Is {{completion}} kind?", choices: [{choice: "yes", score: 1}]}
"""


def test_githubs_files_run_and_whose_model_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("STUDIO_TEXT_MODEL", "echo:words=2")
    path = tmp_path / "my greeting.prompt.yaml"
    path.write_text(GITHUBS, encoding="utf-8")
    assert main(["run", str(path), "--model", "echo:"]) == 2
    assert capsys.readouterr().err == "openai:gpt-4o, which is to judge, cannot be asked here.\n"
    assert main(["run", str(path), "--model", "echo:", "--judge", "echo:"]) == 1
    said = capsys.readouterr().out
    assert "my greeting · echo:" in said and "The judge came to no verdict" in said and "starts with" not in said
    path.write_text(GITHUBS.partition("  - name: judged")[0], encoding="utf-8")
    assert main(["run", str(path)]) == 0
    assert "my greeting: openai:gpt-4o-mini cannot be asked here, so echo:words=2 answers" in capsys.readouterr().err
    path.write_text(path.read_text(encoding="utf-8").replace("openai/gpt-4o-mini", '"echo:"'), encoding="utf-8")
    assert main(["run", str(path)]) == 0
    said = capsys.readouterr()
    assert "my greeting · echo:\n" in said.out and said.err == ""
