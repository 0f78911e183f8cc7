"""Dialogues for Ink and for Yarn Spinner: a knot, or a node, for each node of a tree; facts of the game as variables.

Whoever plays a script sets the variables: which items one has, how far each quest is (0 unknown, 1 open, 2 done).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from assistants.games.content import Document, Element, by_id
from assistants.games.exporting.files import COMMENT, Files, identifier, one_line

# In Ink these mean something, in a text or where a line begins; a backslash takes that away.
INK_SPECIAL = re.compile(r"[\\#{}|/\[\]<>~*+=\-&_()$@^!]")
YARN_SPECIAL = re.compile(r"[\\#{}<>/]")
# The markup of Yarn has brackets of its own.
YARN_MARKUP = re.compile(r"[\[\]]")


def _names(document: Document) -> dict[str, str]:
    return {id: str(one["name"]) for id, (_, one) in by_id(document).items()}


def _variables(document: Document) -> dict[str, str]:
    """Return the variables that conditions and effects name, with their first values."""
    found: dict[str, str] = {}
    for condition in _named(document):
        target = identifier(condition["target"])
        match condition["type"]:
            case "has_item" | "give_item":
                found[f"has_{target}"] = "false"
            case "flag" | "set_flag":
                found[f"flag_{target}"] = "false"
            case _:
                found[f"quest_{target}"] = "0"
    known = {quest["id"]: quest for quest in document["quests"]}
    for quest in known.values():
        for one in [quest["id"], *quest["prerequisites"]]:
            found.setdefault(f"quest_{identifier(one)}", "0")
    return dict(sorted(found.items()))


def _named(document: Document) -> Iterator[dict[str, str]]:
    for dialogue in document["dialogues"]:
        for node in dialogue["nodes"]:
            for choice in node["choices"]:
                yield from [*choice["conditions"], *choice["effects"]]


def _condition(document: Document, condition: dict[str, str], variable: Callable[[str], str]) -> list[str]:
    """Return a condition as comparisons, all of which must hold."""
    target = identifier(condition["target"])
    match condition["type"]:
        case "has_item":
            return [f"{variable('has_' + target)} == true"]
        case "flag":
            return [f"{variable('flag_' + target)} == true"]
        case "quest_available":
            before = by_id(document)[condition["target"]][1]["prerequisites"]
            done = [f"{variable('quest_' + identifier(one))} == 2" for one in before]
            return [f"{variable('quest_' + target)} == 0", *done]
        case "quest_active":
            return [f"{variable('quest_' + target)} == 1"]
        case _:
            return [f"{variable('quest_' + target)} == 2"]


def _effect(effect: dict[str, str]) -> tuple[str, str]:
    target = identifier(effect["target"])
    match effect["type"]:
        case "give_item":
            return f"has_{target}", "true"
        case "set_flag":
            return f"flag_{target}", "true"
        case _:
            return f"quest_{target}", "1"


def _knot(dialogue: Element, node: str) -> str:
    return f"{identifier(dialogue['id'])}__{identifier(node)}"


def as_ink(document: Document) -> Files:
    """Return all dialogues as one Ink story, which begins with a choice among them."""
    names = _names(document)
    lines = [f"// {COMMENT}", "", *(f"VAR {name} = {value}" for name, value in _variables(document).items())]
    lines += ["", "-> hub", "", "=== hub ==="]
    lines += [f"+ [{_ink(one['name'])}] -> {_knot(one, one['start'])}" for one in document["dialogues"]]
    lines += ["+ [\\.\\.\\.] -> END"]
    for dialogue in document["dialogues"]:
        for node in dialogue["nodes"]:
            lines += ["", f"=== {_knot(dialogue, node['id'])} ==="]
            lines.append(f"{_ink(names[dialogue['character']])}: {_ink(node['text'])}")
            lines += [line for choice in node["choices"] for line in _ink_choice(document, dialogue, choice)]
            # A choice that is not open leaves a way out all the same.
            lines.append("-> DONE" if not node["choices"] else "+ -> DONE")
    return {"dialogues.ink": ("\n".join(lines) + "\n").encode()}


def _ink_choice(document: Document, dialogue: Element, choice: dict[str, Any]) -> list[str]:
    conditions = [part for one in choice["conditions"] for part in _condition(document, one, str)]
    guard = f" {{ {' && '.join(conditions)} }}" if conditions else ""
    effects = [f"    ~ {name} = {value}" for name, value in map(_effect, choice["effects"])]
    return [f"+{guard} [{_ink(choice['text'])}]", *effects, f"    -> {_knot(dialogue, choice['to'])}"]


def _ink(text: str) -> str:
    return INK_SPECIAL.sub(lambda found: f"\\{found[0]}", one_line(text))


def as_yarn(document: Document) -> Files:
    """Return each dialogue as a Yarn file, and one that declares the variables."""
    names = _names(document)
    declared = [f"<<declare ${name} = {value}>>" for name, value in _variables(document).items()]
    files = {"variables.yarn": _yarn_file([("Variables", declared or ["<<stop>>"])])}
    for dialogue in document["dialogues"]:
        nodes = [
            (_knot(dialogue, node["id"]), list(_yarn_lines(document, names, dialogue, node)))
            for node in dialogue["nodes"]
        ]
        files[f"{dialogue['id']}.yarn"] = _yarn_file(nodes)
    return files


def _yarn_file(nodes: list[tuple[str, list[str]]]) -> bytes:
    blocks = ["\n".join([f"title: {title}", "---", *lines, "==="]) for title, lines in nodes]
    return (f"// {COMMENT}\n" + "\n".join(blocks) + "\n").encode()


def _yarn_lines(document: Document, names: dict[str, str], dialogue: Element, node: dict[str, Any]) -> Iterator[str]:
    yield f"{_yarn(names[dialogue['character']]).replace(':', ' ')}: {_yarn(node['text'])}"
    for choice in node["choices"]:
        conditions = [
            part for one in choice["conditions"] for part in _condition(document, one, lambda name: f"${name}")
        ]
        guard = f" <<if {' and '.join(conditions)}>>" if conditions else ""
        yield f"-> {_yarn(choice['text'])}{guard}"
        yield from (f"    <<set ${name} to {value}>>" for name, value in map(_effect, choice["effects"]))
        yield f"    <<jump {_knot(dialogue, choice['to'])}>>"


def _yarn(text: str) -> str:
    escaped = YARN_SPECIAL.sub(lambda found: f"\\{found[0]}", one_line(text))
    # To the markup, which is read after that, a backslash must be left.
    return YARN_MARKUP.sub(lambda found: f"\\\\{found[0]}", escaped)
