"""Stop strings: a stream of text ends before the first of them, and no piece of one gets out.

What is said of single tokens waits with their text. Knows nothing about models; every engine that has to stop by text
uses it.
"""

from collections.abc import Iterable
from typing import Any


class StopStrings:
    """Cuts text that comes in pieces; holds back what may turn out to be the beginning of a stop string."""

    def __init__(self, stops: Iterable[str] | None) -> None:
        self.found = False
        self._stops = [stop for stop in stops or () if stop]
        self._held = ""

    def push(self, text: str) -> str:
        """Return what may be shown after ``text`` has come; sets ``found`` at a stop string."""
        text = self._held + text
        cuts = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if cuts:
            self.found, self._held = True, ""
            return text[: min(cuts)]
        kept = len(text) - max((self._overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[kept:]
        return text[:kept]

    def flush(self) -> str:
        """Return what was held back, once no more text can come."""
        text, self._held = self._held, ""
        return text

    @staticmethod
    def _overlap(text: str, stop: str) -> int:
        """Return how many characters at the end of ``text`` begin ``stop``."""
        return next((size for size in range(len(stop) - 1, 0, -1) if text.endswith(stop[:size])), 0)


class Alongside:
    """Holds back what is said of each token until the text of the token is shown."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._shown = 0

    def push(self, entries: Iterable[dict[str, Any]]) -> None:
        """Take entries in the order of their tokens, each with the token's ``bytes``."""
        self._entries += entries

    def pop(self, text: str, all: bool = False) -> list[dict[str, Any]]:
        """Return the entries of the tokens that ``text``, shown now, has begun; or all of them, at the end."""
        self._shown += len(text.encode())
        count, place = 0, 0
        for entry in self._entries:
            if not all and place >= self._shown:
                break
            place += len(entry["bytes"])
            count += 1
        self._shown -= place
        ready, self._entries = self._entries[:count], self._entries[count:]
        return ready


def said(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is said of tokens as LangChain has it in ``response_metadata``."""
    return {"logprobs": {"content": entries}} if entries else {}
