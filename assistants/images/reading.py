"""Reading pictures that come from elsewhere: whether they are pictures, how large, and what they say of themselves.

Looks at heads before bodies, so that a small file that unpacks to a huge picture is never unpacked. Knows the studio's
own record; ``embedded`` finds the texts in a file, and ``foreign`` knows those of other programs.
"""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistants import bounded
from assistants.bounded import Budget
from assistants.errors import InvalidInput
from assistants.images import foreign
from assistants.images.embedded import Segment, segments, texts
from assistants.storable import from_json

# Beyond this, a picture is not unpacked: it would take more memory than a small machine has.
MOST_PIXELS = 40_000_000
OURS, A1111 = "aigc-studio", "parameters"
SAYS_NOTHING = "This picture does not say how it was made."
BUDGET = Budget(5, 512, "documents")


@dataclass(frozen=True)
class Found:
    """What a picture says of how it was made; ``missing`` are sentences on what could not be taken over."""

    settings: dict[str, Any]
    source: str
    missing: list[dict[str, Any]] = field(default_factory=list)


def size_of(path: Path, name: str) -> tuple[int, int]:
    """Return a picture's width and height; raises ``InvalidInput`` for what is none, or too large."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow's own warning about large pictures: ours is the limit below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                size = picture.size
    except Image.DecompressionBombError:
        raise InvalidInput(name, "{field} has more than {limit} million pixels.", limit=MOST_PIXELS // 10**6) from None
    except (OSError, SyntaxError, ValueError):
        raise InvalidInput(name, "{field} is not a picture that the studio can read.") from None
    if size[0] * size[1] > MOST_PIXELS:
        raise InvalidInput(name, "{field} has more than {limit} million pixels.", limit=MOST_PIXELS // 10**6)
    return size


def read(path: Path) -> Found:
    """Return how the picture at ``path`` was made; raises ``InvalidInput`` if it does not say, or nobody knows."""
    size_of(path, "file")
    try:
        found = segments(path)
    except OSError:
        raise InvalidInput("file", "{field} is not a picture that the studio can read.") from None
    if not found:
        raise InvalidInput("file", SAYS_NOTHING)
    return Found(**bounded.call(said, found, field="file", budget=BUDGET))


def said(found: list[Segment]) -> dict[str, Any]:
    """Return what the segments of a picture say, in the child."""
    known = texts(found)
    answer = _ours(known[OURS]) if OURS in known else foreign.understood(known)
    if answer is None:
        raise InvalidInput("file", SAYS_NOTHING)
    return answer


def _ours(text: str) -> dict[str, Any]:
    try:
        settings = from_json(text)["settings"]
        if not isinstance(settings, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput("file", "What this picture says of how it was made cannot be read.") from None
    return {"settings": settings, "source": "studio", "missing": []}


def missing(name: str, value: str) -> dict[str, Any]:
    """Return the sentence on a setting that could not be taken over."""
    return {"template": foreign.TEMPLATE_MISSING, "values": {"name": name, "value": value[:100]}}
