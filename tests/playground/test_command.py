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
from tests.playground.parity.stub import serving

PARITY = Path(__file__).parent / "parity"
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


def suite(folder: Path, text: str) -> str:
    path = folder / "promptfooconfig.yaml"
    path.write_text(text, encoding="utf-8")
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
        ("a: [", "broken.yaml is not YAML"),
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


def test_the_verdicts_are_promptfoos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.json"
    with serving() as url:
        monkeypatch.setenv("STUB", url)
        assert main(["run", str(PARITY / "promptfooconfig.yaml"), "--out", str(report)]) == 1
    outcomes = sorted(json.loads(report.read_bytes())["outcomes"], key=lambda one: one["row"])
    expected = json.loads((PARITY / "verdicts.json").read_bytes())["passed"]
    assert [one["passed"] for one in outcomes] == expected
    assert {one["error"] for one in outcomes} == {None}


def test_the_common_parts_of_a_configuration_are_read(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("First {{ topic }}\n---\nSecond {{topic}}\n", encoding="utf-8")
    (tmp_path / "chat.json").write_text(
        '[{"role": "system", "content": "S"}, {"role": "user", "content": "U {{topic}}"}]', encoding="utf-8"
    )
    (tmp_path / "more.csv").write_text("topic,__expected\nowls,icontains: OWLS\nants,U ants\n", encoding="utf-8")
    path = suite(tmp_path, """
prompts: [file://two.txt, {id: file://chat.json, label: Talk}]
providers: [echo, {id: "echo:slots=2", config: {temperature: 0.5}}]
defaultTest: {vars: {style: dry}, assert: [{type: latency, threshold: 60000}]}
tests:
  - {description: first, vars: {topic: [cats, dogs]}, assert: [{type: contains, value: "{{topic}}", metric: says it}]}
""")  # fmt: skip
    report = tmp_path / "report.json"
    assert main(["run", path, "--out", str(report)]) == 0
    outcomes = json.loads(report.read_bytes())["outcomes"]
    assert {one["output"] for one in outcomes} >= {"First cats", "Second dogs", "U cats"}
    assert len(outcomes) == 3 * 2 * 2
    path = suite(tmp_path, "prompts: [file://chat.json]\nproviders: [echo]\ntests: file://more.csv\n")
    assert main(["run", path]) == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tests: [{assert: [{type: javascript, value: 'true'}, {type: not-python}]}]",
         "assertion javascript, assertion not-python"),
        ("tests: [{assert: [{type: levenshtein, value: x}]}]", "assertion levenshtein"),
        ("tests: [{options: {transform: x}}]", "test option options"),
        ("tests: [{assert: [{type: equals, value: x, weight: 3}]}]", "equals with weight"),
        ("providers: ['python:run.py']", "provider python:run.py"),
        ("providers: [{id: echo, config: {tools: []}}]", "provider option tools"),
        ("scenarios: []\nproviders: [echo]", "scenarios"),
        ("prompts: ['{% if a %}x{% endif %}']\nproviders: [echo]", "template logic {% if a %}"),
        ("prompts: ['{{ a | upper }}']\nproviders: [echo]", "template logic {{ a | upper }}"),
        ("tests: [{vars: {a: 'file://x.js'}}]", "variable in file://x.js"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(
    tmp_path: Path, text: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = suite(tmp_path, text if "prompts" in text else f"prompts: [hi]\n{text}")
    assert main(["run", path]) == 2
    assert f"This suite needs what is not supported here: {named}." in capsys.readouterr().err


def test_a_suite_reads_only_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    assert main(["run", suite(folder, "prompts: [file://../secret.txt]\nproviders: [echo]")]) == 2
    assert "secret.txt lies outside the suite's folder." in capsys.readouterr().err
