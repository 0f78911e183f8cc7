"""What a reader says about a document: each sentence once, with how many things or which ones it is about.

The sentences are English templates and their values, which the edge puts into the visitor's language. Knows nothing
about documents.
"""

from collections.abc import Iterator
from typing import Any

from assistants.knowledge.cleaning import clean

# Of many names the first ones, and none of any length.
MOST_NAMES = 8
LONGEST_NAME = 60


class Notes:
    """Collects sentences in the order in which they are first said."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}

    def say(self, template: str, /, **values: Any) -> None:
        """Say something as it stands."""
        self._values.setdefault(template, values)

    def count(self, template: str, more: int = 1, /, **values: Any) -> None:
        """Say ``template`` of so many things more than before; its slot is ``count``."""
        if more > 0:
            values = self._values.setdefault(template, values | {"count": 0})
            values["count"] += more

    def name(self, template: str, name: str) -> None:
        """Say ``template`` of one more thing that has a name; its slot is ``names``."""
        names = self._values.setdefault(template, {"names": []})["names"]
        if len(names) <= MOST_NAMES and name not in names:
            names.append(clean(" ".join(name.split()))[:LONGEST_NAME].rstrip(".。 "))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each sentence as JSON can hold it: its template and values."""
        for template, values in self._values.items():
            names = values.get("names", [])
            listed = ", ".join([*names[:MOST_NAMES], *(["…"] if len(names) > MOST_NAMES else [])])
            yield {"template": template, "values": values | ({"names": listed} if names else {})}
