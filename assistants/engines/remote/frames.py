"""The bytes of an answer, cut into frames: Server-Sent Events, lines of JSON, or one JSON document, whatever comes.

Server-Sent Events are read as the HTML standard has them (https://html.spec.whatwg.org, 9.2.6); only a last one that is
not ended is not thrown away, for some servers leave the end out. Knows nothing about what frames say.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Characters of a line, or of an answer that is one JSON: a picture in an answer takes some millions.
LONGEST = 64_000_000
# Of what is no frame, so many characters tell what it is instead.
REMEMBERED = 2_000
# No other character ends a line here: httpx and ``splitlines`` would cut texts at ten more.
LINE_END = re.compile(r"\r\n|\r|\n")
# An empty name is that of a comment.
FIELDS = {"", "data", "event", "id", "retry"}
DONE = "[DONE]"


class TooLong(ValueError):
    """A line or an answer takes more memory than any real one."""


@dataclass(frozen=True)
class Frame:
    """One piece of data, with the name of its event if it has one; a frame that ``is_cut`` came without its end."""

    data: str
    event: str = ""
    is_cut: bool = False


class Frames:
    """Cuts what comes in pieces. ``stray`` is the beginning of what was no frame, such as a web page."""

    def __init__(self) -> None:
        self.stray = ""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._after_return = False
        self._line: list[str] = []
        self._event = ""
        self._data: list[str] = []
        # The lines of a JSON document that goes over several, which only an answer is that is nothing else.
        self._document: list[str] | None = None
        self._has_fields = False
        self._size = 0

    def push(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes; raises ``TooLong``."""
        return list(self._read(self._decoder.decode(data)))

    def end(self) -> list[Frame]:
        """Return what the end of the bytes completes or leaves incomplete."""
        frames = list(self._read(self._decoder.decode(b"", final=True)))
        if line := "".join(self._line):
            frames += self._take(line)
        if self._document is not None:
            frames.append(Frame("\n".join(self._document), is_cut=True))
        if self._data:
            frames.append(Frame("\n".join(self._data), self._event, is_cut=True))
        return frames

    def _read(self, text: str) -> Iterator[Frame]:
        if not text:
            return
        if self._after_return:
            text = text.removeprefix("\n")
        self._after_return = text.endswith("\r")
        first, *others = LINE_END.split(text)
        self._grow(first)
        for line in others:
            whole, self._line = "".join(self._line), []
            if self._document is None and not self._data:
                self._size = 0
            yield from self._take(whole)
            self._grow(line)

    def _grow(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST:
            raise TooLong(f"more than {LONGEST} characters in one piece")
        if text:
            self._line.append(text)

    def _take(self, line: str) -> Iterator[Frame]:
        """Yield the frame that a line completes, if it does."""
        if self._document is not None:
            self._document.append(line)
        elif line.startswith(("{", "[")):
            yield from self._json(line)
        elif line:
            self._field(line)
        elif self._data or self._event:
            frame = Frame("\n".join(self._data), self._event)
            self._data, self._event = [], ""
            yield frame

    def _json(self, line: str) -> Iterator[Frame]:
        """Yield a line of JSON; what begins as JSON and is none by itself is the first line of a document."""
        try:
            is_json = line.strip() == DONE or bool(json.loads(line))
        except (ValueError, RecursionError):
            is_json = False
        if is_json:
            yield Frame(line)
        elif self._has_fields:
            self._stray(line)
        else:
            self._document = [line]

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        if name not in FIELDS:
            self._stray(line)
            return
        self._has_fields, value = True, value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value

    def _stray(self, line: str) -> None:
        if len(self.stray) < REMEMBERED:
            self.stray += f"{line[:REMEMBERED]}\n"
