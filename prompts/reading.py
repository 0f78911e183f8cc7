"""Reads a YAML file that a person wrote into plain data, and remembers the line of every part.

Strict where YAML is lax: a key twice is an error; anchors, aliases and tags are not read (they make bombs); only
``true``, ``false``, ``null`` and numbers are other than text, so ``no``, ``12:30`` and ``2026-01-31`` stay what they
look like. Knows nothing about what the data mean.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.nodes import MappingNode, Node, SequenceNode
from yaml.resolver import Resolver

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
# Maps, lists and texts. A thousand cases are a third of it; to read so many takes 0.06 seconds.
MAX_PARTS = 20_000
HALF = "NUL and half a character (a surrogate) are not text."
# Escapes spell them; nobody who stores text can be relied on to keep them.
NO_TEXT = re.compile("[\0\ud800-\udfff]")
# An escape for half a character, which libyaml calls an invalid code as it does a number that is too large.
HALF_ESCAPED = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F]")

Place = tuple[int | str, ...]


class PromptError(ValueError):
    """A sentence about a prompt: ``template`` is English with ``{name}`` slots, ``values`` fill them."""

    def __init__(self, template: str, /, **values: Any) -> None:
        super().__init__(template)
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True)
class Document:
    """What a file says; ``lines`` has the first and the last line of each part, from 1."""

    file: str
    source: str = field(repr=False)
    data: dict[str, Any]
    lines: dict[Place, tuple[int, int]] = field(repr=False)

    def error(self, place: Place, sentence: str, find: str = "", /, **values: Any) -> PromptError:
        """Return an error about the part at ``place``, or about the line of it that has ``find``."""
        while place not in self.lines:
            place = place[:-1]
        first, last = self.lines[place]
        lines, wanted = self.source.splitlines(), find.partition("\n")[0]
        numbers = range(first, min(last, len(lines)) + 1)
        line = next((number for number in numbers if wanted in lines[number - 1]), first)
        return line_error(self.file, line, sentence, **values)


def line_error(file: str, line: int, sentence: str, /, **values: Any) -> PromptError:
    """Return an error that names a file and one of its lines, from 1."""
    return PromptError("{file}, line {line}: " + sentence, **values | {"file": file, "line": line})


def read_text(path: Path, file: str) -> str:
    """Return the exact text of a file, which errors call ``file``."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PromptError("{file} cannot be read: {cause}.", file=file, cause=error.strerror) from error
    return decoded(raw, file)


def decoded(raw: bytes, file: str) -> str:
    """Return the text that the bytes of a file are, which errors call ``file``."""
    if len(raw) > MAX_BYTES:
        raise PromptError("{file} is larger than {limit} KB.", file=file, limit=MAX_BYTES // 1024)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise line_error(file, line, "this is not UTF-8 text.") from None


def read_yaml(source: str, file: str) -> Document:
    """Read a text that is one YAML map; raises ``PromptError``."""
    if len(source) > MAX_BYTES:
        raise PromptError("{file} is larger than {limit} KB.", file=file, limit=MAX_BYTES // 1024)
    unreadable = "this is not YAML: {reason}."
    try:
        loader = Loader(source, file)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "character escape" in error.problem and HALF_ESCAPED.search(source.splitlines()[mark.line]):
            raise line_error(file, mark.line + 1, HALF) from None
        raise line_error(file, mark.line + 1, unreadable, reason=error.problem) from None
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        raise line_error(file, line, unreadable, reason=error.reason) from None
    except UnicodeEncodeError as error:
        raise line_error(file, source.count("\n", 0, error.start) + 1, HALF) from None
    if root is None:
        raise PromptError("{file} is empty.", file=file)
    if not isinstance(root, MappingNode):
        raise line_error(file, root.start_mark.line + 1, "this file must be a map of keys and values.")
    return Document(file, source, loader.value(root, ()), loader.lines)


class Fast(Composer, CParser, SafeConstructor, Resolver):
    """PyYAML's reader on top of libyaml, which is seven times as fast."""

    def __init__(self, source: str) -> None:
        CParser.__init__(self, source)
        for part in (Composer, SafeConstructor, Resolver):
            part.__init__(self)


class Loader(Fast):
    """The reader with fewer types and stricter rules."""

    TYPES: ClassVar[dict[str, tuple[str, str | list[str], Callable[[str], Any]]]] = {
        "bool": ("true|false", "tf", lambda text: text == "true"),
        "null": ("null|~|", ["n", "~", ""], lambda _: None),
        "int": ("-?(0|[1-9][0-9]{0,17})", "-0123456789", int),
        "float": (r"-?[0-9]{1,18}\.[0-9]{1,18}", "-0123456789", float),
    }
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def __init__(self, source: str, file: str) -> None:
        super().__init__(source)
        self.file = file
        self.depth = self.parts = 0
        self.lines: dict[Place, tuple[int, int]] = {(): (1, 1)}

    def compose_node(self, parent: Node | None, index: Any) -> Node:
        """Compose a node, but no anchor, alias or tag, and none that lies too deep."""
        event = self.peek_event()
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise line_error(self.file, event.start_mark.line + 1, "anchors, aliases and tags are not read here.")
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise PromptError("{file} has more than {limit} parts.", file=self.file, limit=MAX_PARTS)
        if self.depth == MAX_DEPTH:
            sentence = "this lies more than {limit} levels deep."
            raise line_error(self.file, event.start_mark.line + 1, sentence, limit=MAX_DEPTH)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def value(self, node: Node, place: Place) -> Any:
        """Return a node as plain data, noting the lines of its parts."""
        if isinstance(node, MappingNode):
            return self.mapping(node, place)
        if isinstance(node, SequenceNode):
            for number, child in enumerate(node.value):
                self.note((*place, number), child, child)
            return [self.value(child, (*place, number)) for number, child in enumerate(node.value)]
        if NO_TEXT.search(node.value):
            raise line_error(self.file, node.start_mark.line + 1, HALF)
        _, _, convert = self.TYPES.get(node.tag.rpartition(":")[2], ("", "", str))
        return convert(node.value)

    def mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        """Return a map whose keys are texts, each of them there once."""
        values: dict[str, Any] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            name = self.value(key, place)
            if not isinstance(name, str):
                raise line_error(self.file, line, "a key must be text; put it in quotes.")
            if name in values:
                raise line_error(self.file, line, "'{key}' stands here a second time.", key=name)
            self.note((*place, name), key, child)
            values[name] = self.value(child, (*place, name))
        return values

    def note(self, place: Place, first: Node, last: Node) -> None:
        """Remember where a part begins and ends."""
        self.lines[place] = (first.start_mark.line + 1, last.end_mark.line + 1)


for _name, (_pattern, _starts, _) in Loader.TYPES.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), list(_starts))
