"""The brief: what a text is to be, as the person says it, with its limits.

Knows nothing about how it is told to a model.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from assistants.errors import InvalidInput
from assistants.requests import StudioRequest, validated
from assistants.store.documents import PARAGRAPH
from assistants.writing.kinds import in_language, kinds

MAX_WORDS = 20_000
LEAST_WORDS = 20
Kinds = Literal["article", "news", "story", "product", "email", "poem", "speech", "social"]
Short = Annotated[str, Field(min_length=1, max_length=80)]
Line = Annotated[str, Field(max_length=200)]
Entry = Annotated[str, Field(min_length=1, max_length=500)]

# Alphabets whose letters look alike: a word of two of them is found by nobody, and models stumble over it.
ALIKE = re.compile(r"LATIN|CYRILLIC|GREEK")
NO_TAG = re.compile(r"\W+")
WORD = re.compile(r"[^\W\d_]+")


class Brief(StudioRequest):
    """What to write: only ``topic`` must be there."""

    kind: Kinds = "article"
    topic: Annotated[str, Field(max_length=2000)]
    keywords: Annotated[list[Short], Field(max_length=50)] = []
    facts: Annotated[list[Entry], Field(max_length=50)] = []
    avoid: Annotated[list[Entry], Field(max_length=50)] = []
    tone: Line = ""
    audience: Line = ""
    words: Annotated[int, Field(ge=LEAST_WORDS, le=MAX_WORDS)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    sample: Annotated[str, Field(max_length=20_000)] = ""
    fields: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=2000)]] = {}

    @property
    def is_chinese(self) -> bool:
        """Whether it is to be told to a model in Chinese."""
        return self.language.partition("-")[0] == "zh"

    @property
    def length(self) -> int | None:
        """How many words there are to be; None where the form says it."""
        kind = kinds()[self.kind]
        return self.words or kind.words_for(self.fields)

    @property
    def said(self) -> str:
        """What the person says of the matter itself."""
        return " ".join([self.topic, *self.facts, *self.keywords, *self.fields.values()])

    @property
    def limit(self) -> int | None:
        """How many characters there may be."""
        return kinds()[self.kind].limit_for(self.fields)

    @property
    def tags(self) -> str:
        """The keywords as a platform's tags, as they end a post; those that leave too little room are left out."""
        found, room = "", (self.limit or 0) // 3
        for keyword in self.keywords:
            tag = f"#{NO_TAG.sub('', keyword)}"
            if len(found) + len(tag) + 2 <= room:
                found += f"{' ' if found else PARAGRAPH}{tag}"
        return found


FIELDS = tuple(Brief.model_fields)


def brief_of(data: dict[str, Any]) -> Brief:
    """Return ``data`` as a brief; raises ``InvalidInput`` with one sentence about the first thing that is wrong."""
    brief = validated(Brief, data)
    if not brief.topic.strip():
        raise InvalidInput("topic", "{field} is empty.")
    for name in ("topic", "tone", "audience", "sample"):
        _check(name, getattr(brief, name))
    for name in ("keywords", "facts", "avoid"):
        for entry in getattr(brief, name):
            _check(name, entry)
            if not entry.strip():
                raise InvalidInput(name, "{field} holds an empty entry.")
    _check_fields(brief)
    return brief


def _check(field: str, text: str) -> None:
    for character in text:
        if unicodedata.category(character) == "Cc" and character not in "\n\r\t":
            raise InvalidInput(field, "{field} holds a control character ({code}).", code=f"U+{ord(character):04X}")
    for word in WORD.findall(text):
        if not word.isascii() and len({found for letter in word if (found := _alphabet(letter))}) > 1:
            template = "{field} mixes letters of different alphabets in one word: {word}."
            raise InvalidInput(field, template, word=word[:40])


def _alphabet(letter: str) -> str | None:
    found = ALIKE.match(unicodedata.name(letter, ""))
    return found and found[0]


def _check_fields(brief: Brief) -> None:
    known = kinds()[brief.kind].fields
    for name, value in brief.fields.items():
        if name not in known:
            raise InvalidInput(f"fields.{name}", "{field} is not a known field.")
        if known[name].choices and value and value not in known[name].choices:
            expected = ", ".join(known[name].choices)
            raise InvalidInput(f"fields.{name}", "{field} must be one of: {known}.", known=expected)
        _check(f"fields.{name}", value)


def told(brief: Brief, *names: str) -> str:
    """Return what a brief says under these names and in its kind's fields as lines for a prompt."""
    lines = [labelled(brief, name, _value(brief, name)) for name in names]
    for name, field in kinds()[brief.kind].fields.items():
        value = brief.fields.get(name, "")
        choice = field.choices.get(value)
        lines.append(_line(brief, field.title, _own(brief, choice) if choice else value))
    return "\n".join(filter(None, lines))


@cache
def labels() -> dict[str, dict[str, str]]:
    """Return the labels by name, each in every language of the templates."""
    return yaml.safe_load(Path(__file__).with_name("labels.yaml").read_text(encoding="utf-8"))


def labelled(brief: Brief, name: str, text: str) -> str:
    """Return a text of a prompt under its label; nothing where there is no text, so that no label stands alone."""
    return _line(brief, labels()[name], text)


def _line(brief: Brief, label: dict[str, str], text: str) -> str:
    return f"{_own(brief, label)}{'：' if brief.is_chinese else ': '}{text}" if text.strip() else ""


def _own(brief: Brief, texts: dict[str, str]) -> str:
    return in_language(texts, "zh" if brief.is_chinese else "en")


def _value(brief: Brief, name: str) -> str:
    value = getattr(brief, name)
    if name == "language":
        return "" if brief.language.partition("-")[0] in ("en", "zh") else value
    return value if isinstance(value, str) else ("；" if brief.is_chinese else "; ").join(value)
