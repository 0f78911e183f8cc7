"""The page's languages: one loader feeds the widgets' labels (``gr.I18n``), the page's scripts and server-side ``t()``.

Words on the page have a key, the same in every file; sentences that come from the library (errors, progress notes) are
their own key, in English. Knows nothing about where a text is shown.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from assistants.errors import is_sentence, worded

LANGUAGES = ("en", "zh")
COOKIE = "studio_language"
# What browsers, screen readers and Gradio call our languages.
LOCALES = {"en": "en", "zh": "zh-CN"}
# Where in a prompt file something is wrong stands before what is wrong.
PLACE = "{file}, line {line}: "
# libyaml's, where PyYAML was built with it: eight times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class HasHeaders(Protocol):
    """A request, Starlette's or Gradio's."""

    @property
    def cookies(self) -> Any:
        """What it carries of cookies, by name."""

    @property
    def headers(self) -> Any:
        """Its headers, by name."""


@cache
def book(lang: str) -> dict[str, dict[str, str]]:
    """Return the texts of ``lang``: ``page`` by key and ``errors`` by their English template."""
    texts = yaml.load(Path(__file__).with_name(f"{lang}.yaml").read_text(encoding="utf-8"), LOADER)
    return {"page": texts["page"], "errors": texts.get("errors", {})}


def add(words: Mapping[str, Mapping[str, str]]) -> None:
    """Add a package's texts of the page, by language and key; none takes the place of one of ours."""
    for lang in LANGUAGES:
        page = book(lang)["page"]
        for key, text in words.get(lang, {}).items():
            page.setdefault(key, text)


def t(text: str, lang: str, /, **values: Any) -> str:
    """Return the page text or the library's sentence ``text`` in ``lang``, else in English, with ``{name}`` filled.

    A value may be a sentence, too, as ``StudioError.as_dict`` has it.
    """
    if text.startswith(PLACE):
        return t("prompts.place", lang, **values) + t(text.removeprefix(PLACE), lang, **values)
    texts = book(lang)
    template = texts["page"].get(text) or texts["errors"].get(text) or book("en")["page"].get(text, text)
    inner = {name: t(one["template"], lang, **one["values"]) for name, one in values.items() if is_sentence(one)}
    return worded(template, values | inner)


def translate(data: Any, lang: str) -> Any:
    """Return what a job made with the text of each sentence in it beside the sentence's template and values.

    A value may be a sentence, too.
    """
    if isinstance(data, list):
        return [translate(one, lang) for one in data]
    if not isinstance(data, dict):
        return data
    if isinstance(data.get("template"), str) and isinstance(data.get("values"), dict):
        values = {name: translate(value, lang) for name, value in data["values"].items()}
        words = {name: value.get("text") if isinstance(value, dict) else value for name, value in values.items()}
        return data | {"text": t(data["template"], lang, **words)}
    return {name: translate(one, lang) for name, one in data.items()}


def has(key: str) -> bool:
    """Say whether the page has a text called ``key``."""
    return key in book("en")["page"]


def language(request: HasHeaders) -> str:
    """Return the visitor's language: the one chosen on the page, else the browser's first that there is."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for wanted in accepted(request.headers.get("accept-language", "")):
        if wanted.split("-")[0] in LANGUAGES:
            return wanted.split("-")[0]
    return "en"


def accepted(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header in lower case, the most wanted first."""
    weighed = []
    for part in header.split(","):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            weighed.append((float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if tag and weight > 0]


def gradio_i18n() -> Any:
    """Return the labels of the page's widgets as Gradio wants them."""
    import gradio as gr

    return gr.I18n(**{LOCALES[lang]: book(lang)["page"] for lang in LANGUAGES})


def localise(html: bytes, lang: str, facts: dict[str, Any]) -> bytes:
    """Return the page's HTML with ``lang`` on its root and our texts in its head, beside ``facts`` for its scripts.

    Gradio takes the language from ``navigator``, so that is set before its own scripts run.
    """
    locale = json.dumps(LOCALES[lang])
    told = {"language": lang, "texts": book(lang)["page"], **facts}
    studio = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    script = (
        f'<script>for (const [name, value] of [["language", {locale}], ["languages", [{locale}]]])'
        " Object.defineProperty(navigator, name, {get: () => value, configurable: true});"
        f"window.studio = {studio};</script>"
    )
    html = html.replace(b'lang="en"', f'lang="{LOCALES[lang]}"'.encode(), 1)
    return html.replace(b"<head>", b"<head>" + script.encode(), 1)
