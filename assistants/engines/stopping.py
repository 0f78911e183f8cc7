"""Stop strings: a stream of text ends before the first of them, and no piece of one gets out.

Knows nothing about models; every engine that has to stop by text uses it.
"""

from collections.abc import Iterable


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
