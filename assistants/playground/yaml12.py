"""YAML as other tools of today read it (1.2): yes, no, on and off are words, a date and 12:30 are texts, 010 is ten.

Knows what PyYAML, which reads 1.1, must not take for something else; JSON comes in as it is, tabs and all. A key twice
is an error, for one of the two would be lost. A text may refer to its own parts, which makes a few lines as large as
one likes, so it is read in a child (``bounded``).
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import yaml

from assistants import bounded
from assistants.bounded import Budget
from assistants.errors import InvalidInput

# Ten megabytes, as far as the library is the fast one.
BUDGET = Budget(30, 768, "documents")
# libyaml's, where PyYAML was built with it: eight times as fast.
BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "tag:yaml.org,2002:merge"
# What 1.1 has more of, or writes differently.
OTHERWISE = (":bool", ":timestamp", ":int", ":float", ":value")

Place = tuple[str | int, ...]


class Loader(BASE):  # type: ignore[valid-type, misc]
    """PyYAML's reader with the truths and numbers of YAML 1.2 only, and without dates."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(OTHERWISE)]
        for first, resolvers in BASE.yaml_implicit_resolvers.items()
    }


def _int(_: Loader, node: yaml.ScalarNode) -> int:
    return int(node.value, 0 if node.value[:2] in ("0x", "0o") else 10)


def _float(_: Loader, node: yaml.ScalarNode) -> float:
    return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))


NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
for _name, _pattern, _starts in (
    ("bool", r"(?i:true|false)", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", rf"{NUMBER}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+.0123456789"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), list(_starts))
Loader.add_constructor("tag:yaml.org,2002:int", _int)
Loader.add_constructor("tag:yaml.org,2002:float", _float)


def read_yaml(text: str, field: str) -> Any:
    """Return what a YAML or JSON text holds, as JSON has it; raises ``InvalidInput`` about ``field``."""
    answer = bounded.call(parsed, text, field=field, budget=BUDGET)
    if "line" in answer:
        raise InvalidInput(field, "{field}, line {line}: this is not YAML: {reason}.", **_values(answer))
    if "reason" in answer:
        raise InvalidInput(field, "{field} is not YAML: {cause}.", cause=answer["reason"])
    return answer["data"]


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    return {"line": answer["line"], "reason": answer["reason"]}


def parsed(text: str) -> dict[str, Any]:
    """Return the ``data`` of a text, or the ``reason`` why there are none and, where it has one, the ``line``."""
    try:
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            try:
                return {"data": json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)}
            except json.JSONDecodeError:
                pass  # it may be YAML
        data = _loaded(text)
        json.dumps(data)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return {"reason": _short(error.problem), **({"line": mark.line + 1} if mark else {})}
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        return {"reason": _short(error)}
    return {"data": data}


def _short(reason: Any) -> str:
    return " ".join(str(reason).split())[:200].rstrip(".")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"'{key[:80]}' stands there a second time")
        found[key] = value
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _loaded(text: str) -> Any:
    loader = Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _check_keys(root)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _check_keys(root: yaml.Node) -> None:
    """Raise an error for a key that a map has twice; each node is looked at once, however often it is referred to."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            known = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                    if key.value in known:
                        problem = f"'{key.value[:80]}' stands here a second time"
                        raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                    known.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def lines(text: str, places: Sequence[Place], field: str) -> list[int]:
    """Return the line, from 1, where each part of a text begins, or else the part that it would be in."""
    return bounded.call(found_lines, text, list(map(list, places)), field=field, budget=BUDGET)


def found_lines(text: str, places: Iterable[Place]) -> list[int]:
    """Do what ``lines`` does, in the child."""
    # A tab between the parts of JSON is no space to YAML.
    loader = Loader(text.replace("\t", " "))
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    return [max((node.start_mark.line + 1 for node in _along(root, place)), default=1) for place in places]


def _along(node: yaml.Node | None, place: Place) -> Iterator[yaml.Node]:
    """Yield the nodes on the way to a part: of a map the key."""
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in reversed(node.value) if key.value == step), None)
            if pair is None:
                return
            key, node = pair
            yield key
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            yield node
        else:
            return
