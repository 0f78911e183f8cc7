"""What a check found: the matter, the thing it is about, and a sentence with its values."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or was and is mended; ``id`` is None where it is about the world as a whole."""

    matter: str
    id: str | None
    template: str
    values: dict[str, Any] = field(default_factory=dict)
