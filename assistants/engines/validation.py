"""Whether an answer is what was asked for, found out in a time that no schema and no pattern can stretch.

Knows what is plain to see, and asks a child (``matching``) about the rest; knows nothing about models.
"""

from typing import Any

from assistants import bounded
from assistants.engines import matching


def problem(name: str, wanted: Any, answer: str) -> str | None:
    """Return what is wrong with an answer, or nothing; ``name`` is json_schema, regex or choice.

    Raises ``OverBudget`` where that cannot be found out.
    """
    if name == "choice":
        return None if answer in wanted else "it is none of the choices"
    if name == "json_schema" and not wanted:
        return matching.problem(name, wanted, answer)
    return bounded.call(matching.problem, name, wanted, answer, field=name)


def contains(schema: dict[str, Any], text: str) -> bool:
    """Say whether an object that keeps to a schema stands somewhere in a text; raises ``OverBudget``."""
    return bounded.call(matching.contains, schema, text, field="json_schema")


def search(pattern: str, text: str, ignore_case: bool) -> dict[str, Any]:
    """Return what ``matching.search`` does; raises ``OverBudget``."""
    return bounded.call(matching.search, pattern, text, ignore_case, field="regex")
