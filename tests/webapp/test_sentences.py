"""Sentences with values: every one renders in both languages, whatever its values are called and whatever they hold."""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants import errors
from assistants.errors import SLOT, InvalidInput, StudioError, worded
from assistants.opening import open_studio
from assistants.playground.__main__ import main
from assistants.playground.evaluators import found
from assistants.playground.findings import sentence
from assistants.principals import LOCAL
from assistants.studio import Studio
from prompts.reading import PromptError, line_error
from tests.knowledge.stand_ins import stand_in_for_embedder
from tests.playground.runs import run
from tests.serving import client, opened, small_app
from tests.webapp.test_i18n import takers
from webapp.i18n import LANGUAGES, book, t, translate

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("assistants/**/*.py"), *ROOT.glob("prompts/*.py"), *ROOT.glob("webapp/**/*.py")]
# What takes a sentence and its values.
TELLERS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, StudioError)}
TELLERS |= {"PromptError", "line_error", "error", "note", "sentence", "found", "t"}
# What those add themselves.
ADDED = {"field", "file", "line"}


# Every name that such a function has for a parameter of its own.
PARAMETERS = {arg.arg for _, function in takers() for arg in function.args.posonlyargs}
NAMED = {name: f"<{name}>" for name in PARAMETERS | {"values"}}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_and_every_finding_renders_with_values_of_any_name(lang: str) -> None:
    texts = book(lang)
    assert {"text", "lang", "template", "score", "passed", "field", "self"} <= PARAMETERS
    for key, template in [*texts["page"].items(), *texts["errors"].items()]:
        values = {name: f"{{{name}}} of <{name}>" for name in SLOT.findall(template)}
        said = t(key, lang, **NAMED | values)
        # Values are put in as they are: what looks like a slot in one is none.
        assert [value for value in values.values() if value not in said] == [], key
        assert SLOT.findall(t(key, lang, **NAMED | dict.fromkeys(values, ""))) == [], key
        finding = found(None, key, 0.5, **NAMED | values)
        event = {"template": finding.template, "values": finding.values, "score": finding.score}
        assert translate([event], lang)[0]["text"] == said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sentence_within_a_sentence_and_one_of_another_version_are_no_errors(lang: str) -> None:
    inner = sentence("The first examples")
    outer = sentence("{best} come first with {rate}. Last: {second}, {base}; that may be chance (n = {n}).", best=inner)
    assert (
        t("The first examples", lang) in translate(outer, lang)["text"] and "{rate}" in translate(outer, lang)["text"]
    )
    # From a server that was asked for log-probabilities, say.
    for template in ("{a.__class__.__mro__}", "{a:>999999999}", "{0}", "{a!r}", "{", "}", "{a[0]}", "{missing}"):
        assert translate(json.loads(json.dumps({"template": template, "values": {"a": "x"}})), lang)["text"] == template
        assert worded(template, {"a": "x"}) == str(StudioError(template, a="x")) == template


@pytest.mark.parametrize("kind", [StudioError, PromptError, found, sentence])
def test_errors_and_findings_hold_values_named_like_their_parameters(kind: Any) -> None:
    arguments = (True, "{passed} {template} {score}") if kind is found else ("{passed} {template} {score}",)
    made = kind(*arguments, **NAMED)
    values = made["values"] if isinstance(made, dict) else made.values
    assert values == NAMED
    assert str(InvalidInput("the field", "{field} {template} {self}", **NAMED)) == "the field <template> <self>"
    assert str(line_error("a.yml", 3, "{sentence} {file}", **NAMED)) == "a.yml, line 3: <sentence> a.yml"


def texts_of(node: ast.expr, scope: dict[str, list[tuple[int, ast.expr]]]) -> Iterator[str]:
    """Yield the texts that an expression may be; a name is what was last written to it before."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body, scope)
        yield from texts_of(node.orelse, scope)
    elif isinstance(node, ast.Name):
        before = sorted((one for one in scope.get(node.id, ()) if one[0] < node.lineno), key=lambda one: one[0])
        if before:
            yield from texts_of(before[-1][1], scope)


def written(tree: ast.AST, *, at_module: bool = False) -> dict[str, list[tuple[int, ast.expr]]]:
    """Return what is written to which name, with its line: 0 for a module's."""
    scope: dict[str, list[tuple[int, ast.expr]]] = {}
    for node in ast.iter_child_nodes(tree) if at_module else ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            scope.setdefault(node.targets[0].id, []).append((0 if at_module else node.lineno, node.value))
        elif at_module and isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in ("assistants", "prompts"):
            for alias in node.names:
                value = getattr(importlib.import_module(node.module), alias.name, None)
                scope.setdefault(alias.asname or alias.name, []).append((0, ast.Constant(value)))
    return scope


def tellings() -> Iterator[tuple[str, str, set[str]]]:
    """Yield (place, sentence, names of its values) wherever the code tells one outright."""
    for path in SOURCES:
        if "programs" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = written(tree, at_module=True)
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            scope = {name: [*module.get(name, ()), *values] for name, values in written(function).items()}
            for call in ast.walk(function):
                name = getattr(call, "func", None)
                name = getattr(name, "id", getattr(name, "attr", None))
                if name in TELLERS and all(keyword.arg for keyword in call.keywords):
                    given = {keyword.arg for keyword in call.keywords}
                    for text in (text for one in call.args for text in texts_of(one, module | scope)):
                        yield f"{path.relative_to(ROOT)}:{call.lineno}", book("en")["page"].get(text, text), given


def test_whoever_tells_a_sentence_gives_all_its_values() -> None:
    found = list(tellings())
    assert len([given for _, _, given in found if given]) > 150
    lacking = {place: names for place, text, given in found if (names := {*SLOT.findall(text)} - given - ADDED)}
    assert lacking == {}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with opened(tmp_path_factory.mktemp("home")) as studio:
        studio.knowledge.create("shop", LOCAL)
        yield small_app(studio)


@pytest.fixture(params=LANGUAGES)
def browser(app: FastAPI, request: pytest.FixtureRequest) -> TestClient:
    return client(app, **{"accept-language": request.param})


PROMPT = "name: One\nmessages:\n  - {role: user, content: 'About {{ topic }}'}\n"
ASKED = [{"role": "user", "content": "{{a b}}"}]
EXAMPLES = "greeting, hello\nother, hello"


@pytest.mark.parametrize(
    ("method", "path", "body", "quoted"),
    [
        ("PUT", "/api/prompts/chat/one", {"source": PROMPT}, "{{ topic }}"),
        ("POST", "/api/jobs", {"assistant": "playground", "request": {"messages": ASKED}}, "{{a b}}"),
        ("POST", "/api/knowledge/shop/intents", {"examples": EXAMPLES}, "hello"),
    ],
    ids=["prompt", "playground", "intents"],
)  # fmt: skip
def test_a_text_that_is_wrong_is_quoted(browser: TestClient, method: str, path: str, body: Any, quoted: str) -> None:
    answer = browser.request(method, path, json=body)
    assert answer.status_code == 422 and quoted in answer.json()["error"]["message"]


def test_what_means_the_same_is_said_with_its_score(
    app: FastAPI, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = app.state.studio
    stand_in_for_embedder(monkeypatch, studio.models)
    job = run(studio, rows=[{"text": "red car", "expected": "a red car"}], evaluators=[{"type": "similar"}])
    events = browser.get(f"/api/jobs/{job.id}/events").text
    parts = [json.loads(data) for data in re.findall(r"event: part\ndata: (.*)", events)]
    ((check,),) = [part["data"]["checks"] for part in parts if part["name"] == "cell"]
    assert check["values"]["score"] == check["score"] and str(check["score"]) in check["text"]
    assert "{" not in check["text"]


def test_the_command_line_says_how_alike_two_texts_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_embedder(*arguments: Any) -> Studio:
        studio = open_studio(*arguments)
        stand_in_for_embedder(monkeypatch, studio.models)
        return studio

    monkeypatch.setattr("assistants.playground.__main__.open_studio", with_embedder)
    request = {
        "messages": [{"role": "user", "content": "{{text}}"}],
        "rows": [{"text": "red car", "expected": "blue sky"}],
        "models": ["echo:"],
        "evaluators": [{"type": "similar"}],
    }
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    assert main(["run", str(path)]) == 1
    assert 'like "blue sky"; wanted is at least' in capsys.readouterr().out
