"""Suites of promptfoo's: its verdicts, its tables, and what is not supported, by name, file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistants.errors import InvalidInput
from assistants.playground.__main__ import main
from assistants.playground.suites import read_suite
from assistants.playground.yaml12 import read_yaml
from tests.playground.parity.stub import serving

PARITY = Path(__file__).parent / "parity"
VERDICTS = json.loads((PARITY / "verdicts.json").read_bytes())


def suite(folder: Path, text: str) -> Path:
    path = folder / "promptfooconfig.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def table(folder: Path, csv: str, prompts: str = "['{{text}}']") -> Path:
    (folder / "cases.csv").write_text(csv, encoding="utf-8")
    return suite(folder, f"prompts: {prompts}\nproviders: [echo]\ntests: cases.csv\n")


def requests(path: Path) -> list[dict[str, Any]]:
    return read_suite(path).requests


def refused(path: Path) -> str:
    with pytest.raises(InvalidInput) as error:
        read_suite(path)
    return str(error.value)


# Held against promptfoo


def test_the_verdicts_are_promptfoos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.json"
    with serving() as url:
        monkeypatch.setenv("STUB", url)
        assert main(["run", str(PARITY / "promptfooconfig.yaml"), "--out", str(report)]) == 1
    outcomes = sorted(json.loads(report.read_bytes())["outcomes"], key=lambda one: one["row"])
    assert [one["passed"] for one in outcomes] == VERDICTS["passed"]
    assert {one["error"] for one in outcomes} == {None}


def test_tables_and_variables_come_to_promptfoos_answers_and_verdicts(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert main(["run", str(PARITY / "table.yaml"), "--out", str(report)]) == 1
    outcomes = sorted(
        json.loads(report.read_bytes())["outcomes"], key=lambda one: (one["row"], one["variant"][0] == "F")
    )
    assert [[one["output"], one["passed"]] for one in outcomes] == VERDICTS["table"]


# What is read


def test_the_common_parts_of_a_configuration_are_read(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("First {{ topic }}\n---\nSecond {{topic}}\n", encoding="utf-8")
    (tmp_path / "chat.json").write_text(
        '[\n\t{"role": "system", "content": "S"},\n\t{"role": "user", "content": "U {{topic}}"}]', encoding="utf-8"
    )
    (tmp_path / "chat.yaml").write_text("# a chat\n- {role: user, content: 'Y {{topic}}'}\n", encoding="utf-8")
    (tmp_path / "more.csv").write_text("topic,__expected\nowls,icontains: OWLS\nants,U ants\n", encoding="utf-8")
    path = suite(tmp_path, """
prompts: [file://two.txt, {id: file://chat.json, label: Talk}, chat.yaml]
providers: [echo, {id: "echo:slots=2", config: {temperature: 0.5}}, {"echo:slots=3": {config: {temperature: 0.5}}}]
defaultTest: {vars: {style: dry}, assert: [{type: latency, threshold: 60000}]}
tests:
  - {description: first, vars: {topic: [cats, dogs]}, assert: [{type: contains, value: "{{topic}}", metric: says it}]}
""")  # fmt: skip
    report = tmp_path / "report.json"
    assert main(["run", str(path), "--out", str(report)]) == 0
    outcomes = json.loads(report.read_bytes())["outcomes"]
    assert {one["output"] for one in outcomes} >= {"First cats", "Second dogs", "U cats", "Y dogs"}
    assert len(outcomes) == 4 * 3 * 2
    path = suite(tmp_path, "prompts: [file://chat.json]\nproviders: [echo]\ntests: file://more.csv\n")
    assert main(["run", str(path)]) == 0


@pytest.mark.parametrize(
    ("cell", "evaluator"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}),
        ("  contains :x", {"type": "equals", "value": "contains :x"}),
        ("contains: x: y", {"type": "contains", "value": "x: y"}),
        ("not-icontains:X", {"type": "contains", "value": "X", "ignore_case": True, "not": True}),
        ('"contains-any: <b>, </i>"', {"type": "contains_any", "value": ["<b>", "</i>"]}),
        ('"contains-all:""a, """"b"""""",c\nd"', {"type": "contains", "value": ['a, "b"', "c\nd"]}),
        ("similar(0.6):hello", {"type": "similar", "value": "hello", "threshold": 0.6}),
        ("similar: hello", {"type": "similar", "value": "hello", "threshold": 0.8}),
        ("not-similar(1):a", {"type": "similar", "value": "a", "threshold": 1.0, "not": True}),
        ("latency(1500)", {"type": "latency", "value": 1.5}),
        ("cost(0.01)", {"type": "cost", "value": 0.01}),
        ("word-count: 3", {"type": "length", "value": {"min": 3.0, "max": 3.0, "unit": "spaced"}}),
        ("is-json", {"type": "json"}),
        ('"is-json: {""type"": ""object""}"', {"type": "json", "value": {"type": "object"}}),
        ("not-is-json", {"type": "json", "not": True}),
        ("grade: is kind", {"type": "judge", "value": "is kind"}),
        ("llm-rubric:is kind", {"type": "judge", "value": "is kind"}),
        ("=HYPERLINK(1)", {"type": "equals", "value": "=HYPERLINK(1)"}),
        ("equals: ½", {"type": "equals", "value": "½"}),
    ],
)
def test_a_cell_is_the_assertion_that_it_says(tmp_path: Path, cell: str, evaluator: dict[str, Any]) -> None:
    [found] = requests(table(tmp_path, f"text,__expected\nhi,{cell}\n"))[0]["evaluators"]
    assert {name: value for name, value in found.items() if name != "name"} == evaluator | {"rows": [0]}


def test_columns_are_what_they_are_called(tmp_path: Path) -> None:
    csv = (
        "text,__expected1,__expected2,__prefix,__suffix,__metric,__metadata:tag,__config:__expected2:threshold\n"
        'a,contains: a,similar: b,{{text}}: ,"!",M,t,0.4\n'
        "b,,similar: c,,,,,\n"
    )
    found = read_suite(table(tmp_path, csv))
    [request] = found.requests
    assert request["prompts"][0]["messages"][0]["content"] == "{{__prefix}}{{text}}{{__suffix}}"
    assert request["rows"] == [
        {"text": "a", "__prefix": "a: ", "__suffix": "!"}, {"text": "b", "__prefix": "", "__suffix": ""},
    ]  # fmt: skip
    assert [(one["name"], one["value"], one.get("threshold"), one["rows"]) for one in request["evaluators"]] == [
        ("M", "a", None, [0]), ("M", "b", 0.4, [0]), ("similar", "c", 0.8, [1]),
    ]  # fmt: skip
    assert found.unused == ["__metadata:tag"]


def test_a_threshold_for_all_is_for_all(tmp_path: Path) -> None:
    csv = "text,__expected1,__expected2,__config:__expected:threshold\na,similar: a,similar(0.9): b,0.5\n"
    [request] = requests(table(tmp_path, csv))
    assert [one["threshold"] for one in request["evaluators"]] == [0.5, 0.5]


def test_repeats_environment_and_rubrics_models_are_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "elsewhere")
    path = suite(tmp_path, """
env: {HOST: "http://127.0.0.1:1/v1"}
prompts: [" a {{ b }} "]
providers: [{id: "openai:chat:m", label: L, config: {apiBaseUrl: "{{env.HOST}}", apiKey: k}}, {id: echo}, {id: echo}]
defaultTest: {options: {provider: "openai:chat:j"}}
tests: [{vars: {b: 1}, assert: [{type: llm-rubric, value: x}, {type: llm-rubric, value: y, provider: echo}]}]
evaluateOptions: {repeat: 3, maxConcurrency: 2}
outputPath: out.html
""")  # fmt: skip
    found = read_suite(path)
    [request] = found.requests
    assert request["repeats"] == 3 and request["models"] == ["suite-1:m", "echo:"]
    assert found.connections[0].url == "http://127.0.0.1:1/v1"
    assert [one["model"] for one in request["evaluators"]] == ["suite-2:j", "echo:"]
    assert request["prompts"][0]["messages"][0]["content"] == " a {{b}} "
    assert found.unused == [
        "outputPath", "providers: label", "a provider that is there a second time", "evaluateOptions: maxConcurrency",
    ]  # fmt: skip


def test_what_has_no_effect_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = suite(
        tmp_path,
        "description: D\noutputPath: x\nprompts: [hi]\nproviders: [echo]\n"
        "tests: [{assert: [{type: equals, value: hi}]}]",
    )
    assert main(["run", str(path)]) == 0
    assert capsys.readouterr().err == "D: without effect here: outputPath.\n"


def test_numbers_and_truths_are_those_of_yaml_1_2() -> None:
    text = "[010, 0o17, 0x1F, 1e3, 1_000, 12:30, 2026-01-31, yes, off, TRUE, ~, -.5, 5., +7, =, 1.5e-3, 0b1]"
    assert read_yaml(text.replace("[", "- ").replace(", ", "\n- ").rstrip("]"), "x") == [
        10, 15, 31, 1000.0, "1_000", "12:30", "2026-01-31", "yes", "off", True, None, -0.5, 5.0, 7, "=", 0.0015, "0b1",
    ]  # fmt: skip


# What is refused


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tests: [{assert: [{type: javascript, value: 'true'}, {type: not-python}]}]",
         "assertion javascript (promptfooconfig.yaml, line 2), assertion not-python (promptfooconfig.yaml, line 2)"),
        ("tests:\n  - assert:\n      - {type: equals, value: x}\n      - {type: levenshtein, value: x}",
         "assertion levenshtein (promptfooconfig.yaml, line 5)"),
        ("tests:\n  - vars: {}\n    options:\n      transform: x",
         "test option transform (promptfooconfig.yaml, line 5)"),
        ("tests: [{threshold: 0.5}]", "test option threshold"),
        ("tests: [{providers: [echo]}]", "test option providers"),
        ("tests: [{options: {repeat: 2}}]", "test option repeat"),
        ("tests: [{assert: [{type: equals, value: x, weight: 3}]}]", "equals with weight"),
        ("tests: [{assert: [{value: x}]}]", "an assertion without a type"),
        ("tests: [{assert: [{type: contains}]}]", "contains without a text"),
        ("tests: [{assert: [{type: contains, value: ''}]}]", "contains without a text"),
        ("tests: [{assert: [{type: contains, value: true}]}]", "contains without a text"),
        ("tests: [{assert: [{type: equals}]}]", "equals without a value"),
        ("tests: [{assert: [{type: contains-any, value: []}]}]", "contains-any without a list of texts"),
        ("tests: [{assert: [{type: contains-any, value: ' , '}]}]", "contains-any without a list of texts"),
        ("tests: [{assert: [{type: contains-all, value: '\"a\" b'}]}]", "contains-all without a list of texts"),
        ("tests: [{assert: [{type: contains, value: x, threshold: 1}]}]", "contains with threshold"),
        ("tests: [{assert: [{type: llm-rubric, value: x, threshold: 0.7}]}]", "llm-rubric with threshold"),
        ("tests: [{assert: [{type: llm-rubric, value: x, provider: {id: echo}}]}]", "llm-rubric with provider"),
        ("tests: [{assert: [{type: similar, value: x, provider: echo}]}]", "similar with provider"),
        ("tests: [{assert: [{type: similar, value: x, threshold: .nan}]}]", "similar with threshold nan"),
        ("tests: [{assert: [{type: similar, value: x, threshold: 1.5}]}]", "similar with threshold 1.5"),
        ("tests: [{assert: [{type: latency}]}]", "latency without a threshold"),
        ("tests: [{assert: [{type: latency, threshold: .inf}]}]", "latency with threshold inf"),
        ("tests: [{assert: [{type: cost, threshold: -1}]}]", "cost with threshold -1"),
        ("tests: [{assert: [{type: word-count, value: many}]}]", "word-count without a number of words"),
        ("tests: [{assert: [{type: word-count, value: {min: 5, max: 3}}]}]", "word-count without a number of words"),
        ("tests: [{assert: [{type: word-count}]}]", "word-count without a number of words"),
        ("tests: [{assert: [{type: is-json, value: [1]}]}]", "is-json with a value that is no schema"),
        ("tests: [{assert: [{type: is-json, value: 'a: ['}]}]", "is-json with a schema that cannot be read"),
        ("tests: [{assert: [{type: contains, value: '{{ a.b }}'}]}]", "template logic {{ a.b }}"),
        ("tests: [{assert: [{type: contains, value: 'file://x.js'}]}]", "contains with file://x.js"),
        ("tests: [{assert: {type: contains, value: a}}]", "assert that is no list"),
        ("tests: [{assert: [{type: assert-set, assert: []}]}]", "assertion assert-set"),
        ("providers: ['python:run.py']", "provider python:run.py"),
        ("providers: ['openai:responses:gpt-5']", "provider openai:responses:gpt-5"),
        ("providers: [{id: echo, config: {tools: []}}]", "provider option tools"),
        ("providers: [{id: echo, prompts: [a]}]", "provider option prompts"),
        ("providers: [{id: echo, config: {apiKey: '{{env.NOBODY_SET}}'}}]",
         "the environment's NOBODY_SET, which is not set"),
        ("providers: [5]", "a provider without a name"),
        ("providers: [echo]\ntargets: [echo]", "targets beside providers"),
        ("scenarios: []\nproviders: [echo]", "scenarios"),
        ("evaluateOptions: {timeoutMs: 5}\nproviders: [echo]", "evaluateOptions: timeoutMs"),
        ("evaluateOptions: {repeat: 0}\nproviders: [echo]", "repeat 0 (1 to 20)"),
        ("commandLineOptions: {promptPrefix: x}\nproviders: [echo]", "commandLineOptions: promptPrefix"),
        ("prompts: ['{% if a %}x{% endif %}']\nproviders: [echo]", "template logic {% if a %}"),
        ("prompts: ['{{ a | upper }}']\nproviders: [echo]", "template logic {{ a | upper }}"),
        ("prompts: ['{{ a.b }}']\nproviders: [echo]", "template logic {{ a.b }}"),
        ("prompts: ['{{ a }} {{ b']\nproviders: [echo]", "template logic {{ b"),
        ("prompts: ['{{ env.HOME }}']\nproviders: [echo]", "template logic {{ env.HOME }}"),
        ("prompts: ['{{ a }} {#- x -#}']\nproviders: [echo]", "template logic {#- x -#}"),
        ("prompts: [\"{# a\\nb #}\"]\nproviders: [echo]", "template logic {# a\nb #}"),
        ("prompts: ['{#anchor} {{ a }}']\nproviders: [echo]", "template logic {#anchor} {{ a }}"),
        ("prompts: ['{{ 5 }}']\nproviders: [echo]", "template logic {{ 5 }}"),
        ("tests: [{vars: {a: '{# x #}'}}]", "template logic {# x #} in variable a"),
        ("prompts: [prompts/*.txt]\nproviders: [echo]", "prompt prompts/*.txt"),
        ("prompts: [run.py]\nproviders: [echo]", "prompt run.py"),
        ("prompts: [{raw: hi, config: {temperature: 1}}]\nproviders: [echo]", "prompt option config"),
        ("prompts: ['[{\"role\": \"tool\", \"content\": \"x\"}]']\nproviders: [echo]", "a message of tool"),
        ("prompts: ['[{\"role\": \"user\", \"content\": [1]}]']\nproviders: [echo]", "a message that is no text"),
        ("tests: [{vars: {a: 'file://x.js'}}]", "variable in file://x.js"),
        ("tests: [{vars: {a: 'file://*.txt'}}]", "variable in file://*.txt"),
        ("tests: [{vars: {a: {b: 1}}}]", "variable a, which is a map"),
        ("tests: [{vars: {a: '{{b}}', b: 'x{{a}}'}}]", "variables that name each other in a circle: a, b"),
        ("tests: [{vars: {a: '{{ b | upper }}'}}]", "template logic {{ b | upper }} in variable a"),
        ("tests: https://example.com/x.csv", "tests in https://example.com/x.csv"),
        ("tests: [{path: file://x.py}]", "test option path"),
        ("tests: ['cases/*.yaml']", "tests in cases/*.yaml"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(tmp_path: Path, text: str, named: str) -> None:
    said = refused(suite(tmp_path, text if "prompts:" in text else f"prompts: [hi]\n{text}"))
    assert (
        said.startswith(f"This suite uses features that aren't supported here: {named}")
        and "promptfooconfig.yaml, line" in said
    )


@pytest.mark.parametrize(
    ("csv", "named"),
    [
        ("text,__expected\na,x\nb,javascript: true", "assertion javascript (cases.csv, line 3)"),
        ('text,__expected\n"a\nb",x\nb,fn:true', "assertion javascript (cases.csv, line 4)"),
        ("text,__expected\na,eval:true", "assertion javascript"),
        ("text,__expected\na,file://check.js:ok", "assertion javascript"),
        ("text,__expected\na,python: True", "assertion python"),
        ("text,__expected3\na,factuality:x", "assertion factuality"),
        ("text,__expected\na,not-rouge-n(0.5):x", "assertion not-rouge-n"),
        ("text,__expected\na,contains", "contains without a text"),
        ("text,__expected\na,contains-any:", "contains-any without a list of texts"),
        ("text,__expected\na,starts-with(0.5): a", "starts-with with threshold"),
        ("text,__expected\na,similar(NaN): a", "similar with threshold nan"),
        ("text,__expected\na,similar(x): a", "similar with threshold x"),
        ("text,__expected\na,latency", "latency without a threshold"),
        ("text,__expected,__threshold\na,a,0.5", "column __threshold"),
        ("text,__expected,__providerOutput\na,a,x", "column __providerOutput"),
        ("text,__expected,__config:__expected:weight\na,a,2", "column __config:__expected:weight"),
        ("text,__expected,__config:__expected0:threshold\na,a,2", "column __config:__expected0:threshold"),
        ("text,__expected,__config:__expected:threshold\na,a,2", "equals with threshold"),
        ("text,__expected,__config:__expected:threshold\na,similar: a,high", "similar with threshold high"),
        ("text,__unknown\na,b", "column __unknown"),
        ("text,_expected\na,b", "column _expected"),
        ("text,__prefix\na,{% x %}", "template logic in a prefix"),
        ("text,__expected\na,contains: {{ text | upper }}", "template logic {{ text | upper }}"),
    ],
)
def test_what_a_table_asks_for_beyond_that_is_named(tmp_path: Path, csv: str, named: str) -> None:
    said = refused(table(tmp_path, csv))
    assert said.startswith(f"This suite uses features that aren't supported here: {named}")
    assert "(cases.csv, line" in said


def test_a_prefix_goes_around_one_message_only(tmp_path: Path) -> None:
    prompts = """['[{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]']"""
    assert "a prefix or suffix around a prompt of several messages" in refused(
        table(tmp_path, "text,__suffix\na,b", prompts)
    )


@pytest.mark.parametrize(
    ("csv", "sentence"),
    [
        ("text,text\na,b", "cases.csv: There are two columns named text."),
        ("text,__expected\na", "cases.csv: Line 2 has 1 cells, and the header has 2."),
        (",".join(f"c{n}" for n in range(10_000)) + "\na", "cases.csv: The table has more than 100 columns."),
        ("text\n" + "a\n" * 200_000, "cases.csv: The table has more than 1000 rows."),
        ("text\n" + "a" * 200_000, "cases.csv: Line 2 has a cell of more than 20000 characters."),
        ("text\n" + "a" * 11_000_000, "cases.csv is larger than 10 MB."),
        ("text\na\0b", "cases.csv: csv is not text."),
        ("text\n\udcff", "cases.csv is not UTF-8 text."),
        ("", "cases.csv: The table is empty: it needs a header with the names of the columns."),
    ],
)
def test_a_table_that_cannot_be_read_says_where(tmp_path: Path, csv: str, sentence: str) -> None:
    path = table(tmp_path, "")
    (tmp_path / "cases.csv").write_bytes(csv.encode("utf-8", "surrogateescape"))
    assert refused(path) == sentence


def test_what_multiplies_is_stopped(tmp_path: Path) -> None:
    many = json.dumps([str(number) for number in range(1000)])
    path = suite(tmp_path, f"prompts: [hi]\ntests: [{{vars: {{a: {many}, b: {many}, c: {many}, d: {many}}}}}]")
    assert refused(path) == "The suite has more than 1000 tests."
    doubled = {f"v{number}": f"{{{{v{number + 1}}}}}" * 1000 for number in range(6)} | {"v6": "x"}
    path = suite(tmp_path, f"prompts: [hi]\ntests: [{{vars: {json.dumps(doubled)}}}]")
    assert refused(path) == "vars may hold at most 20000 characters."
    checks = json.dumps([{"type": "equals", "value": "x"}] * 300)
    path = suite(tmp_path, f"prompts: [hi]\ntests: [{{vars: {{a: {many}}}, assert: {checks}}}]")
    assert refused(path) == "The suite has more than 250000 assertions."


@pytest.mark.parametrize(
    "piece", ["{{", "{%", "{#", "{{-", "{{a}}", "{# #}", " {{- a -}} ", "{{a", "}}", '"a', "a.js:"]
)
def test_braces_and_quotes_keep_nobody_waiting(tmp_path: Path, piece: str) -> None:
    # The square of this many would be minutes.
    many = json.dumps(piece * (300_000 // len(piece)))
    asserted = [{"type": kind, "value": json.loads(many)} for kind in ("contains", "contains-any")]
    path = suite(tmp_path, f"prompts: [{many}]\ntests: [{{vars: {{a: 1}}, assert: {json.dumps(asserted)}}}]")
    try:
        assert read_suite(path).requests
    except InvalidInput as error:
        assert "aren't supported here" in str(error)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a {{ x }} b", "a {{x}} b"),
        ("a  {{- x -}}  b", "a{{x}}b"),
        ("a {{-x }}\n b", "a{{x}}\n b"),
        ("a {# note #} {{x}}", "a  {{x}}"),
        ("{#anchor} and {{", "{#anchor} and {{"),
        ("\\frac{{a}{b}", "\\frac{{a}{b}"),
        ("{{主题_1}}", "{{主题_1}}"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
    ],
)
def test_templates_are_written_as_prompts_are_here(tmp_path: Path, text: str, written: str) -> None:
    [request] = requests(suite(tmp_path, f"prompts: [{json.dumps(text)}]\nproviders: [echo]"))
    assert request["prompts"][0]["messages"] == [{"role": "user", "content": written}]


def test_a_suite_reads_only_its_own_folder(tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    for text in (
        "prompts: [file://../secret.txt]", "prompts: [link.txt]", "prompts: [hi]\ntests: ../secret.csv",
        "prompts: [hi]\ntests: [{vars: {a: file://../secret.txt}}]", "prompts: [hi]\ntests: [{vars: ../secret.yaml}]",
        "prompts: [hi]\ntests: [{assert: [{type: equals, value: file:///etc/secret.txt}]}]",
    ):  # fmt: skip
        assert refused(suite(folder, f"{text}\nproviders: [echo]")).endswith("lies outside the suite's folder.")
