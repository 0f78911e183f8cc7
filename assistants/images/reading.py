"""Reading pictures that come from elsewhere: whether they are pictures, how large, and what they say of themselves.

Looks at heads before bodies, so that a small file that unpacks to a huge picture is never unpacked. Understands the
studio's own record and the ``parameters`` text of AUTOMATIC1111's web UI, which many programs write.
"""

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistants.errors import InvalidInput
from assistants.storable import from_json, storable

# Beyond this, a picture is not unpacked: it would take more memory than a small machine has.
MOST_PIXELS = 40_000_000
OURS, A1111 = "aigc-studio", "parameters"
# Their names for schedulers, and ours.
SAMPLERS = {
    "ddim": "ddim", "pndm": "pndm", "plms": "pndm", "euler": "euler", "euler a": "euler_a", "heun": "heun",
    "dpm++ 2m": "dpmpp_2m", "dpm++ 2m karras": "dpmpp_2m_karras", "unipc": "unipc", "lcm": "lcm",
}  # fmt: skip
# Each begins behind a comma: tried from every place, a long line would take time by the square.
PAIR = re.compile(r'(?<![^,])([^,:]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
TEMPLATE_MISSING = "{name} ({value}) could not be restored."
# The names of their settings are compared in small letters.
KNOWN = {"steps", "sampler", "schedule type", "cfg scale", "seed", "size", "model", "denoising strength"}
NUMBERS = (
    ("steps", "steps", int), ("cfg scale", "guidance", float), ("seed", "seed", int),
    ("denoising strength", "strength", float),
)  # fmt: skip


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
    """Return how the picture at ``path`` was made; raises ``InvalidInput`` if it does not say."""
    from PIL import Image

    size_of(path, "file")
    try:
        with Image.open(path) as picture:
            said = {name: storable(text) for name, text in picture.info.items() if isinstance(text, str)}
    except (OSError, SyntaxError, ValueError):
        raise InvalidInput("file", "{field} is not a picture that the studio can read.") from None
    if OURS in said:
        return _ours(said[OURS])
    if A1111 in said:
        return _a1111(said[A1111])
    raise InvalidInput("file", "This picture does not say how it was made.")


def _ours(text: str) -> Found:
    try:
        settings = from_json(text)["settings"]
        if not isinstance(settings, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput("file", "What this picture says of how it was made cannot be read.") from None
    return Found(settings, "studio")


def _a1111(text: str) -> Found:
    lines = text.strip().split("\n")
    last = lines.pop() if lines[-1].startswith("Steps:") else ""
    prompt, _, negative = "\n".join(lines).partition("Negative prompt:")
    pairs = [(name.strip(), value.strip().strip('"')) for name, value in PAIR.findall(last)]
    said = {name.lower(): value for name, value in pairs}
    settings: dict[str, Any] = {"prompt": prompt.strip(), "negative": negative.strip()}
    gone = [missing(name, value) for name, value in pairs if name.lower() not in KNOWN]
    for name, key, kind in NUMBERS:
        if name in said:
            try:
                settings[key] = kind(said[name])
            except ValueError:
                gone.append(missing(name, said[name]))
    if size := re.fullmatch(r"(\d{1,6})x(\d{1,6})", said.get("size", "")):
        settings |= {"width": int(size[1]), "height": int(size[2])}
    if sampler := said.get("sampler"):
        full = f"{sampler} {said.get('schedule type', '')}".strip().lower()
        known = SAMPLERS.get(full) or SAMPLERS.get(sampler.lower())
        settings |= {"scheduler": known} if known else {}
        gone += [] if known else [missing("sampler", sampler)]
    if "model" in said:
        settings["model"] = said["model"]
    return Found(settings, "a1111", gone)


def missing(name: str, value: str) -> dict[str, Any]:
    """Return the sentence on a setting that could not be taken over."""
    return {"template": TEMPLATE_MISSING, "values": {"name": name, "value": value[:100]}}
