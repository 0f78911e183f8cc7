"""Which tags of a page a reader does not see, by their attributes and inline styles.

Knows sizes in all units that matter for being too small or too far away; knows nothing about style sheets.
"""

import re

from bs4 import Tag

LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))\s*([a-z%]*)")
# A unit in pixels, as far as it is about seeing something at all; a share counts as many.
PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "%": 16.0, "vw": 13.0}
FAR = -900.0
# What is smaller cannot be read.
SMALLEST = 1.5
FAINTEST = 0.05


def is_hidden(tag: Tag) -> bool:
    """Say whether readers do not see a tag."""
    if tag.has_attr("hidden") and tag["hidden"] != "until-found":
        return True
    if tag.get("aria-hidden") == "true" or (tag.name == "dialog" and not tag.has_attr("open")):
        return True
    style = tag.get("style")
    return isinstance(style, str) and _is_hiding(_declarations(style))


def _declarations(style: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in style.lower().replace("!important", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _is_hiding(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _number(style.get("opacity")) <= FAINTEST or style.get("color") == "transparent":
        return True
    if _pixels(style.get("font-size")) < SMALLEST:
        return True
    is_cut = style.get("overflow", style.get("overflow-x", "")) in ("hidden", "clip")
    if is_cut and any(_pixels(style.get(size)) < SMALLEST for size in ("width", "height", "max-width", "max-height")):
        return True
    is_moved = style.get("position") in ("absolute", "fixed")
    if is_moved and any(_pixels(style.get(side)) <= FAR for side in ("left", "top", "right", "bottom")):
        return True
    if is_moved and re.fullmatch(r"rect\((?:[01\s,]|px)*\)", style.get("clip", "")):
        return True
    return _pixels(style.get("text-indent")) <= FAR


def _number(value: str | None) -> float:
    found = LENGTH.fullmatch(value or "")
    return float(found[1]) / (100 if found[2] == "%" else 1) if found else 1.0


def _pixels(value: str | None) -> float:
    """Return a size in pixels, a large one where it is none or unknown."""
    found = LENGTH.fullmatch(value or "")
    return float(found[1]) * PIXELS.get(found[2], 16.0) if found else 1000.0
