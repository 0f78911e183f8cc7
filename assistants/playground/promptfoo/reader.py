"""The files of a suite, and what of them is not supported here: named with the file and the line that it stands in.

Reads what lies in the suite's folder and no more; knows nothing about what the files mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground import yaml12

MAX_BYTES = 10_000_000
FILE = "file://"
# So many are named; a suite of another kind may need anything.
SHOWN = 12
DATA = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, and in it the way to a part of its data, or a line."""

    file: str
    path: tuple[str | int, ...] = ()
    line: int | None = None

    def at(self, *steps: str | int) -> "Place":
        """Return the place of a part; in a table the line is as near as one gets."""
        return replace(self, path=(*self.path, *steps))


class Reader:
    """Reads the files of one suite, and remembers what it cannot be taken at its word for."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the suite's, beyond which nothing is read."""
        self.folder = folder
        self._texts: dict[str, str] = {}
        self._refused: dict[str, Place] = {}
        # What changes neither what models are asked nor what is checked.
        self.unused: dict[str, None] = {}

    def text(self, said: str) -> str:
        """Return the text of a file of the suite, as the suite names it; raises ``InvalidInput``."""
        name = said.removeprefix(FILE)
        if name not in self._texts:
            self._texts[name] = read_file(self.folder / name, self.folder)
        return self._texts[name]

    def data(self, said: str) -> tuple[Place, Any]:
        """Return what a YAML or JSON file of the suite holds, and its place."""
        name = said.removeprefix(FILE)
        return Place(name), yaml12.read_yaml(self.text(name), name)

    def refuse(self, place: Place, name: str) -> None:
        """Remember what is not supported here; of what is of one kind the first."""
        self._refused.setdefault(name, place)

    def refuse_others(self, place: Place, said: dict[str, Any], known: set[str] | dict[str, Any], what: str) -> None:
        """Refuse every key but those known; ``what`` is what they are options of."""
        for name in said:
            if name not in known:
                self.refuse(place.at(name), f"{what} {name}".strip())

    def check(self) -> None:
        """Raise ``InvalidInput`` that names all that was refused, each with its file and line."""
        if not self._refused:
            return
        named = [f"{name} ({file}, line {line})" for name, file, line in self._located()]
        more = len(self._refused) - len(named)
        names = ", ".join(named) + (f", … ({more})" if more else "")
        raise InvalidInput("promptfoo", "This suite uses features that aren't supported here: {names}.", names=names)

    def _located(self) -> Iterator[tuple[str, str, int]]:
        shown = list(self._refused.items())[:SHOWN]
        known: dict[str, int] = {}
        for file in {place.file for _, place in shown if place.line is None}:
            names = [name for name, place in shown if place.file == file and place.line is None]
            places = [self._refused[name].path for name in names]
            known |= dict(zip(names, yaml12.lines(self.text(file), places, file), strict=True))
        for name, place in shown:
            yield name, place.file, place.line if place.line is not None else known[name]


def read_file(path: Path, folder: Path | None = None) -> str:
    """Return the text of a file; raises ``InvalidInput`` about it, also for one that leads out of ``folder``."""
    name = path.name
    try:
        if folder and folder.resolve() not in path.resolve().parents:
            raise InvalidInput("promptfoo", "{path} lies outside the suite's folder.", path=name)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise InvalidInput(name, "{field} is larger than {limit} MB.", limit=MAX_BYTES // 1_000_000)
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(name, "{field} is not UTF-8 text.") from error
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: NUL in a name
        cause = getattr(error, "strerror", None) or "there can be no such file"
        raise InvalidInput(name, "{field} cannot be read: {cause}.", cause=cause) from error
