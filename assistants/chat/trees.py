"""A tree of messages as other programs keep it, made into one as it is kept here.

What is no message to a person (a tool's answer, an instruction) goes, and what followed it follows what came before;
two replies in a row of which nothing branches off become one. Knows nothing about the formats of files.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from assistants.store.copies import Copy


@dataclass(frozen=True)
class Node:
    """A message as it was found; without a role it is none that a person would read, and ``what`` says what it is."""

    id: str
    parent: str | None
    role: str | None
    text: str
    created: str
    model: str | None = None
    reasoning: str = ""
    what: str = ""


@dataclass
class Tree:
    """What was made of the nodes: messages of which each comes after the one that it answers."""

    messages: list[Copy] = field(default_factory=list)
    leaf: str | None = None
    lost: Counter[str] = field(default_factory=Counter)


def tree(nodes: Iterable[Node], leaf: str | None) -> Tree:
    """Return the messages of the nodes that there are, and where the one is now at which ``leaf`` was.

    A node whose parent is missing, or is its own, begins a branch of its own.
    """
    known = {node.id: node for node in nodes}
    below: dict[str | None, list[Node]] = {}
    for node in known.values():
        parent = node.parent if node.parent in known and node.parent != node.id else None
        below.setdefault(parent, []).append(node)
    made = Tree()
    kept: dict[str, Copy] = {}
    at: dict[str, str | None] = {}
    # Each with the message above it, and whether nothing has branched off since that.
    waiting: list[tuple[Node, str | None, bool]] = [(node, None, False) for node in reversed(below.get(None, []))]
    while waiting:
        node, above, is_next = waiting.pop()
        here = at[node.id] = _place(node, above, is_next, made, kept)
        after = below.get(node.id, [])
        goes_on = len(after) == 1 and (is_next or here != above)
        waiting += [(one, here, goes_on) for one in reversed(after)]
    # What only follows itself was never reached.
    if circles := len(known) - len(at):
        made.lost["circles"] += circles
    made.messages = list(kept.values())
    made.leaf = at.get(leaf or "") or (made.messages[-1].id if made.messages else None)
    return made


def _place(node: Node, above: str | None, is_next: bool, made: Tree, kept: dict[str, Copy]) -> str | None:
    """Keep a node below the message ``above``; return where it is now, which is above where it is no message."""
    if node.role is None:
        made.lost[node.what] += 1
        return above
    before = kept.get(above or "")
    if before and is_next and (before.role, node.role) == ("assistant", "assistant"):
        text = "\n\n".join(filter(None, [before.text, node.text]))
        reasoning = "\n\n".join(filter(None, [before.reasoning, node.reasoning]))
        kept[before.id] = replace(before, text=text, reasoning=reasoning, model=node.model or before.model)
        return above
    kept[node.id] = Copy(node.id, above, node.role, node.text, node.created, node.model, node.reasoning)
    return node.id
