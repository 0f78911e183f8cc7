"""The kinds of text: what each asks for, how it is built and how long it is, read from ``kinds.yaml``.

Knows nothing about prompts or drafts.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

Words = dict[str, str]


class Strict(BaseModel):
    """A map of the file; any other key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(Strict):
    """Something that a kind asks for; ``title``, ``hint`` and the ``choices`` are by language.

    ``words`` and ``limits`` (of characters) are by choice; the first choice is the one that counts if none is made.
    """

    title: Words
    hint: Words = {}
    choices: dict[str, Words] = {}
    words: dict[str, int] = {}
    limits: dict[str, int] = {}


class Step(Strict):
    """A section of a fixed plan: its ``share`` of the words, or a single ``line`` of so many characters.

    ``begins`` and ``ends`` are put around the text as they are, once the person has given the field they name.
    """

    heading: Words
    notes: Words
    share: int = 0
    line: int | None = None
    begins: Words = {}
    ends: Words = {}


class Kind(Strict):
    """A kind of text; ``plan`` is its fixed plan, ``section_words`` the size of a section where the model outlines.

    Of a text that a small model writes (see ``guided``): what it is called, and how its paragraphs may begin.
    """

    id: str
    title: Words
    description: Words
    headings: bool
    words: int | None = None
    section_words: int | None = None
    fields: dict[str, Field] = {}
    plan: tuple[Step, ...] = ()
    named: Words = {}
    openings: dict[str, tuple[str, ...]] = {}

    def chosen(self, name: str, fields: dict[str, str]) -> str | None:
        """Return the choice made for a field, or its first one."""
        choices = self.fields[name].choices
        return fields.get(name) or next(iter(choices), None)

    def words_for(self, fields: dict[str, str]) -> int | None:
        """Return the usual length, which may depend on a choice such as the channel."""
        for name, field in self.fields.items():
            if field.words:
                return field.words[self.chosen(name, fields) or ""]
        return self.words

    def limit_for(self, fields: dict[str, str]) -> int | None:
        """Return the most characters that a choice such as the platform allows."""
        for name, field in self.fields.items():
            if field.limits:
                return field.limits[self.chosen(name, fields) or ""]
        return None

    def step(self, heading: str) -> Step | None:
        """Return the step of the plan that a section was made from."""
        return next((step for step in self.plan if heading in step.heading.values()), None)

    def is_line(self, heading: str) -> bool:
        """Say whether a section of the plan is a single line, such as a subject."""
        step = self.step(heading)
        return step is not None and step.line is not None


def examples() -> list[dict[str, Any]]:
    """Return requests to begin with, in both languages."""
    return yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text(encoding="utf-8"))


@cache
def kinds() -> dict[str, Kind]:
    """Return every kind by its id, in the order of the file."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("kinds.yaml").read_text(encoding="utf-8"))
    return {name: Kind(id=name, **fields) for name, fields in data.items()}


def in_language(words: Words, language: str) -> str:
    """Return the text in a language that there is, else in English."""
    return words.get(language.partition("-")[0]) or words["en"]
