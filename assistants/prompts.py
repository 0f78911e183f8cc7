"""The prompts: the built-in files and what each owner made or changed, as one library.

A template has versions, each an exact text; the one in use is what an assistant sends, and the one that an item
recorded is what it sends again. Joins ``prompts`` (the files) and ``history.prompts`` (the rows); knows nothing about
pages, nor about what an assistant does with a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from assistants import bounded
from assistants.bounded import Budget
from assistants.engines.controls import check_schema
from assistants.errors import InvalidInput, NotFound
from assistants.history import History
from assistants.requests import one_line
from assistants.store.prompts import PromptVersions, Version
from assistants.store.row_kinds import Hit, Part, RowKind
from prompts.library import Library, Messages, Template, parse, read
from prompts.packing import NOBODYS, checked, pack, unpack_plain
from prompts.reading import PromptError

MAX_NOTE = 200
# A zip of prompts.
MANY = Budget(20, 512, "documents")

NAME_LINE = re.compile(r"^name:[ \t]*\S.*$", re.MULTILINE)


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    """Find the owner's templates by name, description and tags."""
    return [Hit(card.id, card.name, card.description) for card in studio.prompts.list(owner, q)[:limit]]


ROWS = (
    RowKind(
        "prompt",
        "prompts",
        tab="prompts",
        parameters=("prompt",),
        icon="copy",
        find=_find,
        order=4,
        title="name",
        restore=lambda store, id, owner: PromptVersions(store).restore(id, owner),
        parts=(Part("prompt_versions", "prompt", "prompts"),),
    ),
)


@dataclass(frozen=True)
class Card:
    """A line of the list: what a template is, and whether it is the owner's own or a built-in one that they changed."""

    id: str
    assistant: str
    name: str
    description: str
    language: str | None
    tags: tuple[str, ...]
    variables: tuple[str, ...]
    version: str
    is_own: bool
    is_changed: bool


@dataclass(frozen=True)
class TakenIn:
    """What came of an import, by id."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]


class Prompts:
    """The templates of every owner; the built-in ones are everybody's."""

    def __init__(self, library: Library, history: History) -> None:
        self._library = library
        self._rows = history.prompts
        self._store = history.store
        self._rows.ship((one.id, one.version, one.source) for one in library.list())

    @property
    def assistants(self) -> tuple[str, ...]:
        """The assistants that a template can be for."""
        return self._library.assistants

    def built_in(self, assistant: str) -> tuple[Template, ...]:
        """Return what everybody has for an assistant, by id."""
        return self._library.list(assistant)

    def _all(self, owner: str) -> list[tuple[Card, str]]:
        """Return every template's card, and its words to search in."""
        own, built_in = self._rows.current(owner), {one.id: one for one in self._library.list()}
        found = []
        for id in sorted({*own, *built_in}):
            source = own.get(id)
            template = parse(source, id, is_kept=True) if source is not None else built_in.get(id)
            if template is not None:
                is_changed = id in built_in and template.version != built_in[id].version
                card = _card(template, is_own=id not in built_in, is_changed=is_changed)
                found.append((card, f"{id} {card.name} {card.description} {' '.join(card.tags)}".casefold()))
        return found

    # One template

    def get(self, id: str, owner: str, version: str | None = None) -> Template:
        """Return a template as the owner has it in use, or a version of it; raises ``NotFound``."""
        version = version or self._rows.in_use(id, owner)
        if version is not None:
            return parse(self._rows.find(id, owner, version).source, id, is_kept=True)
        try:
            return self._library.get(id)
        except PromptError as error:
            raise NotFound(error.template, **error.values) from error

    def versions(self, id: str, owner: str) -> list[Version]:
        """Return the owner's versions of a template, the latest first, then the built-in ones."""
        self.get(id, owner)
        return self._rows.versions(id, owner)

    def is_built_in(self, id: str) -> bool:
        """Say whether everybody has the template."""
        return any(one.id == id for one in self._library.list())

    def uses(self, id: str, owner: str) -> dict[str | None, int]:
        """Return how many of the owner's items each version made."""
        return self._rows.uses(id, owner)

    def read(self, id: str, source: str) -> Template:
        """Return the template that a text is; raises ``InvalidInput`` with the line that is wrong.

        A child is the first to read it.
        """
        with _told("source"):
            found = bounded.call(read, source, self._checked(id), field="source")
        return _checked_schema(Template.model_validate(found))

    def create(self, id: str, owner: str, source: str, note: str = "") -> Template:
        """Keep a new template; its name must not be taken."""
        template = self.read(id, source)
        with self._store.write():
            if id in self._taken(owner):
                raise InvalidInput("id", "There is a prompt named {id} already. Choose another name.", id=id)
            self._add(template, owner, note, use=True)
        return template

    def save(self, id: str, owner: str, source: str, note: str = "", *, use: bool = True) -> Template:
        """Keep another version of a template; with ``use``, it is in use from now on."""
        template = self.read(id, source)
        with self._store.write():
            self.get(id, owner)
            self._add(template, owner, note, use=use)
        return template

    def put(self, id: str, owner: str, source: str, note: str = "", *, use: bool = True) -> Template:
        """Keep another version of a template, or a new template where there is none."""
        template = self.read(id, source)
        with self._store.write():
            self._add(template, owner, note, use=use or id not in self._taken(owner))
        return template

    def use(self, id: str, owner: str, version: str) -> None:
        """Put a version in use."""
        self.get(id, owner, version)
        is_now_built_in = any(one.id == id and one.version == version for one in self._library.list())
        self._rows.use(id, owner, None if is_now_built_in else version)

    def delete(self, id: str, owner: str) -> str:
        """Move what the owner made of a template into the trash; return the id that brings it back."""
        return self._rows.delete(id, owner)

    def copy(self, id: str, owner: str) -> tuple[str, str]:
        """Return the name and the text for a copy, both told apart from the original by a number."""
        source, taken = self.get(id, owner).source, self._taken(owner)
        number = next(number for number in count(2) if f"{id}-{number}" not in taken)
        return f"{id}-{number}", self._renamed(source, id, number)

    def _renamed(self, source: str, id: str, number: int) -> str:
        """Return the text with the number behind its name, where that is written on one line."""
        name = self.read(id, source).name
        renamed = NAME_LINE.sub(lambda line: line[0].replace(name, f"{name} ({number})", 1), source, count=1)
        try:
            return parse(renamed, id).source
        except PromptError:
            return source

    # Many

    def take_in(
        self, owner: str, name: str, content: bytes, assistant: str | None = None, *, as_versions: bool = False
    ) -> TakenIn:
        """Take in a prompt file or a zip of them, all or none.

        Those that do not say for which assistant they are belong to ``assistant``. Where a name is taken by another
        text, that is refused, or with ``as_versions`` becomes its version in use.
        """
        if assistant is not None and assistant not in self.assistants:
            raise InvalidInput("assistant", "{field} must be one of: {known}.", known=", ".join(self.assistants))
        try:
            arguments = name, content, assistant, list(self.assistants)
            found = bounded.call(unpack_plain, *arguments, field="file", budget=MANY)
        except PromptError as error:
            # Whoever sent it can say that.
            field = "assistant" if error.template == NOBODYS else "file"
            raise InvalidInput(field, error.template, **error.values) from error
        templates = [_checked_schema(Template.model_validate(one)) for one in found]
        result = TakenIn([], [], [])
        with self._store.write():
            taken = self._taken(owner)
            for template in templates:
                self._checked(template.id)
                if template.id not in taken:
                    result.added.append(template.id)
                elif any(one.version == template.version for one in self._rows.versions(template.id, owner)):
                    result.unchanged.append(template.id)
                else:
                    result.changed.append(template.id)
            if result.changed and not as_versions:
                sentence = "There are prompts with these names already, with another text: {names}."
                raise InvalidInput("names", sentence, names=_few(result.changed))
            for template in templates:
                if template.id not in result.unchanged:
                    self._add(template, owner, name[:MAX_NOTE], use=True)
        return result

    def pack(self, owner: str, ids: Iterable[str] | None = None) -> bytes:
        """Return the owner's templates as they are in use, or those named, as a zip."""
        chosen = [card.id for card in self.list(owner)] if ids is None else ids
        return pack([self.get(id, owner) for id in chosen])

    # How it is done

    def _taken(self, owner: str) -> set[str]:
        return {*self._rows.current(owner), *(one.id for one in self._library.list())}

    def _checked(self, id: str) -> str:
        with _told("id"):
            assistant = checked(id).partition("/")[0]
        if assistant not in self.assistants:
            raise InvalidInput("assistant", "{field} must be one of: {known}.", known=", ".join(self.assistants))
        return id

    def _add(self, template: Template, owner: str, note: str, *, use: bool) -> None:
        note = one_line(note, MAX_NOTE, "note") if note.strip() else ""
        self._rows.add(template.id, owner, template.version, template.source, note, use=use)

    # The list: behind all that calls the type by that name

    def list(
        self,
        owner: str,
        q: str = "",
        *,
        assistant: str | None = None,
        language: str | None = None,
        tag: str | None = None,
    ) -> list[Card]:
        """Return the owner's templates as they are in use, by id; every word of ``q`` stands somewhere in each."""
        words = q.casefold().split()
        return [
            card
            for card, text in self._all(owner)
            if assistant in (None, card.assistant)
            and language in (None, card.language)
            and (tag is None or tag in card.tags)
            and all(word in text for word in words)
        ]


def render(template: Template, values: Mapping[str, str], field: str = "template") -> Messages:
    """Return a template's messages with these values in them; raises ``InvalidInput`` where they do not go together."""
    with _told(field):
        return Library.render(template, values)


def _card(template: Template, *, is_own: bool, is_changed: bool) -> Card:
    return Card(
        id=template.id,
        assistant=template.assistant,
        name=template.name,
        description=template.description,
        language=template.metadata.language,
        tags=template.metadata.tags,
        variables=template.variables,
        version=template.version,
        is_own=is_own,
        is_changed=is_changed,
    )


def _checked_schema(template: Template) -> Template:
    if template.json_schema is not None and template.answer_schema is not None:
        check_schema(template.answer_schema, "jsonSchema")
    return template


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


@contextmanager
def _told(field: str) -> Iterator[None]:
    """Turn what is wrong with a prompt into what is wrong with that part of a request."""
    try:
        yield
    except PromptError as error:
        raise InvalidInput(field, error.template, **error.values) from error
