"""Languages: nothing visible is without a translation, and the right language is chosen."""

import ast
import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest

from assistants import ASSISTANTS, ROWS
from assistants.errors import ModelUnavailable, StudioError, worded
from assistants.jobs import TERMINAL
from assistants.playground.request import CHOICES, HOWS, STUDIES, TYPES
from assistants.store.drafts import GENERATED
from assistants.studio import Studio
from assistants.writing.drafting import TRIMMED
from assistants.writing.rewriting import OPERATIONS
from webapp import page
from webapp.i18n import LANGUAGES, accepted, book, gradio_i18n, language, localise, t
from webapp.tabs import lab

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "webapp" / "static"
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if not {"docs", "mermaid"} & {*path.parts})
SKELETONS = sorted(STATIC.rglob("*.html"))
# What is the same in every language.
PROPER = re.compile(r"AIGC Studio|[a-z-]+:\S*|[\w-]+/[\w-]+")
VISIBLE = ("label", "info", "placeholder", "value", "title", "submit_btn", "stop_btn")


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# What ends like a sentence, and a progress note, which is a few words.
SENTENCE = re.compile(r"[A-Za-z{'].* .*[.…]", re.DOTALL)
NOTE = re.compile(r"[A-Z][a-z]+( [a-z]+)+")


def sentences() -> Iterator[tuple[str, str]]:
    """Yield (sentence, place) for every English sentence in the code that is not documentation."""
    for path in [*ROOT.glob("assistants/**/*.py"), *ROOT.glob("prompts/*.py"), *ROOT.glob("webapp/**/*.py")]:
        tree, place = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT)
        skipped = set(documentation(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
                is_note = place.parts[0] == "assistants" and NOTE.fullmatch(node.value)
                if is_note or SENTENCE.fullmatch(node.value):
                    yield node.value, f"{place}:{node.lineno}"


def documentation(tree: ast.AST) -> Iterator[int]:
    """Yield the ids of docstrings, of descriptions of fields, and of pieces of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield id(node.value)
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg in ("description", "help")):
            yield from (id(inner) for inner in ast.walk(node))


def takers() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (place, function) of every function that takes the values of a sentence by their names."""
    for path in [*ROOT.glob("assistants/**/*.py"), *ROOT.glob("prompts/*.py"), *ROOT.glob("webapp/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.args.kwarg and node.args.kwarg.arg == "values":
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def test_a_value_may_be_called_as_any_parameter_is() -> None:
    assert len(dict(takers())) >= 10
    assert [place for place, function in takers() if function.args.args or function.args.kwonlyargs] == []


def test_both_languages_have_the_same_texts_with_the_same_slots() -> None:
    english, chinese = book("en")["page"], book("zh")["page"]
    assert english.keys() == chinese.keys()
    assert [key for key in english if slots(english[key]) != slots(chinese[key])] == []
    assert [key for key, text in chinese.items() if text == english[key] and re.search("[a-z]{4}", text)] == []


def test_every_sentence_of_the_library_is_translated() -> None:
    translated = book("zh")["errors"]
    assert {text: place for text, place in sentences() if text not in translated} == {}


def test_no_translation_is_left_over() -> None:
    assert set(book("zh")["errors"]) - {text for text, _ in sentences()} == set()
    assert [text for text, words in book("zh")["errors"].items() if slots(text) != slots(words)] == []


def keys_used() -> dict[str, str]:
    """Return the keys that scripts, skeletons and Python name outright, with where."""
    found = {}
    # OpenAI's protocol has names of its own, such as chat.completion.
    modules = [path for path in ROOT.glob("webapp/**/*.py") if "openai" not in path.parts]
    for path in [*SCRIPTS, *SKELETONS, *modules]:
        source = path.read_text(encoding="utf-8")
        pattern = r'data-(?:text|hint|label)="([^"]+)"' if path in SKELETONS else r'"([a-z]+\.[a-z_0-9-]+)"'
        prefixes = {key.partition(".")[0] for key in book("en")["page"]}
        for key in re.findall(pattern, source):
            if key.partition(".")[0] in prefixes and not key.endswith((".js", ".svg", ".yaml", ".css", ".html")):
                found[key] = path.name
    return found


def test_every_key_on_the_page_exists() -> None:
    assert {key: place for key, place in keys_used().items() if key not in book("en")["page"]} == {}


# Why people make versions of a draft.
BY_PEOPLE = ("begun", "typing", "edit", "import", "restore", "undo", "conflict")


def test_keys_that_are_put_together_exist() -> None:
    keys = book("en")["page"]
    names = [f"status.{status}" for status in {"queued", "running", "stopping"} | TERMINAL]
    names += [f"tab.{assistant.ID}" for assistant in ASSISTANTS]
    names += [f"palette.{kind.name}" for kind in ROWS if kind.find] + [f"trash.{kind.name}" for kind in ROWS.in_trash]
    names += [f"model.{state}" for state in ("absent", "downloading", "installed", "loading")]
    names += [f"{tab}.example.{number}" for tab in ("chat", "support") for number in range(1, 5)]
    names += [f"support.route-{route}" for route in ("curated", "written", "quoted", "not-found")]
    names += [f"support.step-{step}" for step in ("search", "weigh", "write", "check")]
    names += [f"cause.{cause}" for cause in (*GENERATED, *BY_PEOPLE)]
    names += [f"operation.{operation}" for operation in OPERATIONS]
    names += [f"sent.{name}" for name in TRIMMED]
    names += [f"check.{name}" for name in ("keyword", "length", "fact", "avoid", "repeat", "readability")]
    names += [f"check.{name}" for name in ("names", "verify", "ending")]
    names += [f"evaluator.{name}" for name in TYPES] + [f"choose.{name}" for name in CHOICES]
    names += [f"{prefix}.{name}" for prefix in ("study", "study-hint") for name in STUDIES]
    names += [f"lab.{part.NAME}" for part in lab.SUBTABS]
    names += [f"how.{name}" for name in HOWS] + [f"filter.{name}" for name in ("all", "failed", "errors", "differ")]
    names += [
        f"verdict.{name}" for name in ("passed", "failed", "none", "error", "open", "better", "worse", "cannot_tell")
    ]
    assert [name for name in names if name not in keys] == []


def test_no_key_is_left_over() -> None:
    families = "status|tab|model|field|cause|check|operation|tone|sent|role|side|diff|export|language|brief|verdict"
    families += r"|asked|asked\.\w+|choose|evaluator|filter|how|study|study-hint"
    families += "|author|fact|format|format-hint|generator|kind|place"
    used = keys_used()
    kinds = rf"(palette|trash)\.({'|'.join(kind.name for kind in ROWS)})"
    parts = rf"lab\.({'|'.join(part.NAME for part in lab.SUBTABS)}|(view|col|pair|unit|hold|before|after)-[a-z_]+)"
    steps = r"(chat|support)\.example\.\d|support\.(route|step|embedder|read)-[a-z-]+"
    together = re.compile(rf"{kinds}|({families})\.\w+|{steps}|{parts}")
    assert [key for key in book("en")["page"] if key not in used and not together.fullmatch(key)] == []


def test_scripts_and_skeletons_hold_no_words_of_their_own() -> None:
    for path in SKELETONS:
        words = re.sub(r"<[^>]*>|<!--.*?-->", " ", path.read_text(encoding="utf-8")).split()
        assert " ".join(words) in ("", "AIGC Studio"), path.name
    for path in SCRIPTS:
        code = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        quoted = [words for words in re.findall(r'"([^"\n]*)"', code) if re.match(r"[A-Z][a-z]+ [a-z]", words)]
        assert quoted == [], path.name


def built(studio: Studio) -> dict[str, Any]:
    """Return the configuration of the page."""

    async def build() -> dict[str, Any]:
        return page.build(studio).get_config_file()

    # Where no event loop runs, Gradio makes one that nobody closes.
    return asyncio.run(build())


def visible(props: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a widget that a visitor sees."""
    for name in VISIBLE:
        # Of a choice, one sees what it is called.
        if name == "value" and props.get("choices"):
            continue
        if isinstance(props.get(name), str):
            yield props[name]
    for choice in props.get("choices") or []:
        yield str(choice[0])


def test_every_widget_speaks_both_languages(studio: Studio) -> None:
    own_names = {template.name for template in studio.prompts.built_in("chat")}
    keys, untranslated = book("zh")["page"], []
    for component in built(studio)["components"]:
        if component["type"] == "api":  # what programs call by name is nowhere on the page
            continue
        for text in visible(component["props"]):
            key = re.search(r'__i18n__.*"key": "([^"]+)"', text)
            known = key[1] in keys if key else not text or text in own_names or PROPER.fullmatch(text)
            if not known:
                untranslated.append((component["type"], text))
    assert untranslated == []


def test_sentences_and_keys_are_translated_and_filled() -> None:
    assert t("chat.send", "zh") == "发送"
    assert t("chat.send", "en") == "Send"
    assert t("There may be at most {limit} boards.", "zh", limit=500) == "最多可以有 500 个画板。"
    assert t("There may be at most {limit} boards.", "en", limit=500) == "There may be at most 500 boards."
    assert t("Nobody translated {this}.", "zh", this="{that}") == "Nobody translated {that}."


@pytest.mark.parametrize(
    ("cookie", "header", "chosen"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB, zh;q=0.5", "en"),
        (None, "de, zh-TW;q=0.3, en;q=0.2", "zh"),
        (None, "zh;q=0, en", "en"),
        (None, "zh;q=high", "en"),
        ("en", "zh", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh", "zh"),
    ],
)
def test_the_language_is_the_cookies_else_the_browsers(cookie: str | None, header: str, chosen: str) -> None:
    cookies = {"studio_language": cookie} if cookie else {}
    assert language(SimpleNamespace(cookies=cookies, headers={"accept-language": header})) == chosen


def test_wishes_are_sorted_by_weight() -> None:
    assert accepted("a;q=0.1, b, c;q=0.5,, d;q=0") == ["b", "c", "a"]


@pytest.mark.parametrize(("lang", "locale"), [("en", "en"), ("zh", "zh-CN")])
def test_the_page_is_told_its_language_before_anything_runs(lang: str, locale: str) -> None:
    html = localise(b'<html lang="en"><head><meta></head>', lang, {}).decode()
    assert html.startswith(f'<html lang="{locale}"><head><script>')
    assert f'["language", "{locale}"]' in html
    texts = json.loads(re.search(r"window\.studio = (.*);</script>", html)[1])
    assert texts == {"language": lang, "texts": book(lang)["page"]}
    assert html.count("</script>") == 1


def test_gradio_gets_every_language() -> None:
    assert len(gradio_i18n().translations_dict) == len(LANGUAGES)


def test_a_sentence_inside_another_is_translated_too() -> None:
    inner = StudioError("{model} couldn't be fetched.", model="Tiny")
    outer = ModelUnavailable("{first} {second}", first=inner, second=StudioError("The package index can't be reached."))
    stored = json.loads(json.dumps(outer.as_dict()))
    english = "Tiny couldn't be fetched. The package index can't be reached."
    assert str(outer) == worded(stored["template"], stored["values"]) == english
    chinese = "无法获取 Tiny。 无法连接软件包索引。"
    assert t(outer.template, "zh", **outer.values) == t(stored["template"], "zh", **stored["values"]) == chinese
