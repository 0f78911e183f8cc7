"""The few tags of HTML that Markdown has no signs for and people and models write: ``<br>``, ``<sub>``, ``<sup>``.

Knows nothing about other HTML, which is text.
"""

import re

from markdown_it.rules_inline import StateInline

SMALL_TAG = re.compile(r"<br\s*/?>|<(su[bp])>([^<>\n]{1,200})</\1>", re.IGNORECASE)


def small_tag(state: StateInline, silent: bool) -> bool:
    """Read a line's end in a cell of a table, and what is raised or lowered."""
    found = SMALL_TAG.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        if found[1] is None:
            state.push("hardbreak", "br", 0)
        else:
            name = found[1].lower()
            state.push(f"{name}_open", name, 1)
            state.push("text", "", 0).content = found[2]
            state.push(f"{name}_close", name, -1)
    state.pos = found.end()
    return True
