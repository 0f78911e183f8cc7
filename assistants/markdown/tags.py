"""The few tags of HTML that Markdown has no signs for and people and models write: ``<br>``, ``<sub>``, ``<sup>``.

Knows nothing about other HTML, which is text.
"""

import re

from markdown_it.rules_inline import StateInline

LINE_END = re.compile(r"<br\s*/?>", re.IGNORECASE)
SMALL_TAG = re.compile(r"<(/?)(su[bp])>", re.IGNORECASE)
# Characters; what is raised or lowered is little.
LONGEST = 200


def small_tag(state: StateInline, silent: bool) -> bool:
    """Read a line's end in a cell of a table, and what is raised or lowered, in which all else may stand."""
    if line_end := LINE_END.match(state.src, state.pos):
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = line_end.end()
        return True
    inside = _inside(state.src, state.pos, state.posMax)
    if inside is None:
        return False
    name, start, end, after = inside
    if not silent:
        limit, state.pos, state.posMax = state.posMax, start, end
        state.push(f"{name}_open", name, 1)
        state.md.inline.tokenize(state)
        state.push(f"{name}_close", name, -1)
        state.posMax = limit
    state.pos = after
    return True


def _inside(text: str, place: int, limit: int) -> tuple[str, int, int, int] | None:
    """Return which tag begins at a place, where its content begins and ends, and where the tag does, or None."""
    opened = SMALL_TAG.match(text, place, limit)
    if opened is None or opened[1]:
        return None
    depth = 0
    for found in SMALL_TAG.finditer(text, place, min(limit, place + LONGEST)):
        is_end, name = bool(found[1]), found[2].lower()
        if name == opened[2].lower():
            depth += -1 if is_end else 1
        if depth == 0:
            start, end = opened.end(), found.start()
            return (name, start, end, found.end()) if end > start and "\n" not in text[start:end] else None
    return None
