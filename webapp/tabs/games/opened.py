"""The world that is open: what shows something of it says so here, and is filled whenever another one is opened.

Knows nothing about what is shown.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from assistants.errors import NotFound
from assistants.games import desk
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.kit import UNQUEUED
from webapp.native import handled

Show = Callable[[Studio, Principal, str, str | None], Sequence[Any]]


def hint(text: str) -> str:
    """Return what stands where there is nothing to show yet."""
    return f'<div class="world-card"><p class="hint-box">{escape(text)}</p></div>'


class Opened:
    """The picker whose value is the world's id, and all that shows something of that world."""

    def __init__(self, picker: gr.Dropdown) -> None:
        self.picker = picker
        self._shown: list[tuple[Sequence[Component], Show]] = []

    def shows(self, outputs: Sequence[Component], show: Show) -> None:
        """Fill ``outputs`` with what ``show(studio, who, lang, world)`` returns; the world may be None."""
        self._shown.append((outputs, show))

    @property
    def outputs(self) -> list[Component]:
        """All that shows something of the world."""
        return [one for outputs, _ in self._shown for one in outputs]

    def values(self, studio: Studio, who: Principal, lang: str, world: str | None) -> list[Any]:
        """Return what stands in the outputs for a world."""
        try:
            return [one for _, show in self._shown for one in show(studio, who, lang, world or None)]
        except NotFound:
            # It was deleted in another window.
            return self.values(studio, who, lang, None) if world else []

    def wire(self, studio: Studio) -> None:
        """Fill all of it whenever another world is opened."""

        def handle(who: Principal, lang: str, world: str | None) -> list[Any]:
            return self.values(studio, who, lang, world)

        self.picker.change(handled(handle), self.picker, self.outputs, **UNQUEUED)

    @staticmethod
    def choices(studio: Studio, who: Principal, chosen: str | None) -> Any:
        """Return the picker with the worlds that somebody has, and the one that is open, or else the latest."""
        lines = desk.worlds(studio).list(who.id)
        ids = [line.id for line in lines]
        value = chosen if chosen in ids else ids[0] if ids else None
        return gr.update(choices=[(line.name, line.id) for line in lines], value=value, visible=bool(lines))
