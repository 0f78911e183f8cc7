"""YAML as other tools of today read it (1.2): yes, no, on and off are words, and a date is a text.

Knows what PyYAML, which reads 1.1, must not take for something else. A text may refer to its own parts, which makes a
few lines as large as one likes, so it is read in a child (``bounded``).
"""

import json
import re
from typing import Any, ClassVar

import yaml

from assistants import bounded
from assistants.bounded import Budget
from assistants.errors import InvalidInput

# Ten megabytes, as far as the library is the fast one.
BUDGET = Budget(30, 768, "documents")
# libyaml's, where PyYAML was built with it: eight times as fast.
BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(BASE):  # type: ignore[valid-type, misc]
    """PyYAML's reader with the truths of YAML 1.2 only, and without dates."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in BASE.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF"))


def read_yaml(text: str, field: str) -> Any:
    """Return what a YAML text holds, as JSON has it; raises ``InvalidInput`` about ``field``."""
    answer = bounded.call(parsed, text, field=field, budget=BUDGET)
    if "cause" in answer:
        raise InvalidInput(field, "{field} is not YAML: {cause}.", cause=answer["cause"])
    return answer["data"]


def parsed(text: str) -> dict[str, Any]:
    """Return the ``data`` of a YAML text, or the ``cause`` why there are none."""
    try:
        data = yaml.load(text, Loader)
        json.dumps(data)
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        return {"cause": " ".join(str(error).split())[:200].rstrip(".")}
    return {"data": data}
