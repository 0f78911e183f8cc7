"""The tile set: sixteen pixels a tile, drawn by the program, and maps drawn with it.

The first tiles are the ground (in the order of ``maps.TILES``), the last ones what stands on it. Knows nothing about
files that hold maps.
"""

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from assistants.games import maps, solving
from assistants.games.content import Element

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

SIDE, COLUMNS, ROWS = 16, 8, 3
# Two colours of each ground, and how it is patterned.
GROUND = (
    ("#5b5f77", "#474b61", "bricks"),
    ("#cfc7b4", "#c2b9a3", "tiles"),
    ("#3f7fbf", "#5a97d3", "waves"),
    ("#e6d3a0", "#d9c48c", "dots"),
    ("#7fae5b", "#74a151", "dots"),
    ("#4f8a4a", "#2f6a3a", "trees"),
    ("#8d8579", "#6f685e", "peaks"),
    ("#8f7f6d", "#837463", "dots"),
    ("#4a423b", "#3b342f", "dots"),
    ("#8a5a33", "#5f3c20", "door"),
    ("#c9a877", "#bd9b69", "dots"),
)
# What stands on the ground: a colour and a shape.
MARKS = {
    "start": ("#2a9d8f", "flag"),
    "exit": ("#d90429", "flag"),
    "key": ("#f2c14e", "key"),
    "item": ("#f4a261", "chest"),
    "enemy": ("#b5179e", "fang"),
    "character": ("#2b59c3", "person"),
    "door": ("#f2c14e", "lock"),
}
FIRST_MARK = 16
WAY = (217, 4, 41, 150)
# Larger pictures than this many pixels a side are drawn with smaller tiles.
MOST_PIXELS = 2048


def mark(kind: str) -> int:
    """Return the number of the tile of what stands on the ground."""
    return FIRST_MARK + list(MARKS).index(kind)


@cache
def _sheet() -> "Image":
    from PIL import Image, ImageDraw

    sheet = Image.new("RGBA", (SIDE * COLUMNS, SIDE * ROWS))
    for number, (light, dark, pattern) in enumerate(GROUND):
        tile = Image.new("RGBA", (SIDE, SIDE), light)
        _PATTERNS[pattern](ImageDraw.Draw(tile), dark)
        sheet.paste(tile, _corner(number))
    for kind, (colour, shape) in MARKS.items():
        tile = Image.new("RGBA", (SIDE, SIDE))
        _SHAPES[shape](ImageDraw.Draw(tile), colour)
        sheet.paste(tile, _corner(mark(kind)))
    return sheet


def _corner(number: int) -> tuple[int, int]:
    return number % COLUMNS * SIDE, number // COLUMNS * SIDE


def _bricks(draw: Any, dark: str) -> None:
    for y in (0, 5, 10, 15):
        draw.line((0, y, 15, y), dark)
    for x, y in ((4, 1), (12, 1), (8, 6), (0, 6), (4, 11), (12, 11)):
        draw.line((x, y, x, y + 3), dark)


def _tiles(draw: Any, dark: str) -> None:
    draw.line((0, 15, 15, 15), dark)
    draw.line((15, 0, 15, 15), dark)


def _waves(draw: Any, light: str) -> None:
    for x, y in ((1, 4), (9, 4), (5, 10), (12, 12)):
        draw.arc((x, y, x + 5, y + 3), 180, 360, light)


def _dots(draw: Any, dark: str) -> None:
    for x, y in ((2, 3), (9, 1), (13, 6), (5, 8), (11, 11), (3, 13), (8, 14)):
        draw.rectangle((x, y, x + 1, y), dark)


def _trees(draw: Any, dark: str) -> None:
    for x, y in ((1, 3), (8, 1), (5, 8)):
        draw.polygon([(x + 3, y), (x, y + 6), (x + 6, y + 6)], dark)


def _peaks(draw: Any, dark: str) -> None:
    draw.polygon([(8, 2), (1, 14), (14, 14)], dark)
    draw.polygon([(8, 2), (6, 6), (10, 6)], "#eeeae2")


def _door(draw: Any, dark: str) -> None:
    draw.rectangle((0, 0, 15, 15), outline=dark)
    for x in (4, 8, 12):
        draw.line((x, 1, x, 14), dark)


def _flag(draw: Any, colour: str) -> None:
    draw.line((4, 1, 4, 14), "#3a3a3a", 2)
    draw.polygon([(6, 2), (14, 5), (6, 8)], colour)


def _key(draw: Any, colour: str) -> None:
    draw.ellipse((2, 5, 7, 10), outline="#7a5c00", fill=colour)
    draw.rectangle((7, 7, 14, 8), colour)
    draw.rectangle((12, 9, 13, 11), colour)


def _chest(draw: Any, colour: str) -> None:
    draw.rectangle((3, 5, 12, 12), colour, "#6b3f1d")
    draw.line((3, 8, 12, 8), "#6b3f1d")
    draw.rectangle((7, 7, 8, 9), "#fff3c4")


def _fang(draw: Any, colour: str) -> None:
    draw.polygon([(8, 1), (14, 7), (11, 14), (5, 14), (2, 7)], colour)
    draw.rectangle((5, 6, 6, 8), "white")
    draw.rectangle((9, 6, 10, 8), "white")


def _person(draw: Any, colour: str) -> None:
    draw.ellipse((5, 1, 10, 6), "#f1c9a5")
    draw.polygon([(8, 6), (13, 14), (3, 14)], colour)


def _lock(draw: Any, colour: str) -> None:
    draw.arc((5, 2, 10, 9), 180, 360, "#3a3a3a", 2)
    draw.rectangle((4, 6, 11, 12), colour, "#7a5c00")


_PATTERNS = {
    "bricks": _bricks, "tiles": _tiles, "waves": _waves, "dots": _dots, "trees": _trees, "peaks": _peaks, "door": _door,
}  # fmt: skip
_SHAPES = {"flag": _flag, "key": _key, "chest": _chest, "fang": _fang, "person": _person, "lock": _lock}


@cache
def tile_set() -> bytes:
    """Return the tile set as PNG, eight tiles a row."""
    return _png(_sheet())


def picture(element: Element, *, way: bool = False) -> bytes:
    """Return a map as PNG, with all that stands on it, and the solver's way from the start to the exit if asked for."""
    import numpy as np
    from PIL import Image, ImageDraw

    sheet = np.asarray(_sheet()).reshape(ROWS, SIDE, COLUMNS, SIDE, 4).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 4)
    numbers = _numbers(element)
    height, width = numbers.shape
    image = Image.fromarray(sheet[numbers].swapaxes(1, 2).reshape(height * SIDE, width * SIDE, 4), "RGBA")
    if way and (level := maps.level_of(element)):
        over = Image.new("RGBA", image.size)
        middle = [(x * SIDE + SIDE // 2, y * SIDE + SIDE // 2) for x, y in solving.route(level)]
        ImageDraw.Draw(over).line(middle, WAY, 4, joint="curve")
        image = Image.alpha_composite(image, over)
    for place in element["places"]:
        x, y = _corner(mark(place["type"]))
        image.alpha_composite(_sheet().crop((x, y, x + SIDE, y + SIDE)), (place["x"] * SIDE, place["y"] * SIDE))
    image.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return _png(image)


def _numbers(element: Element) -> "np.ndarray[Any, Any]":
    import numpy as np

    tiles = {character: tile["tile"] for character, tile in element["legend"].items()}
    shown = len(GROUND)
    return np.array([
        [min(tiles.get(character, 0), shown - 1) for character in row] for row in element["layers"][0]["rows"]
    ])


def _png(image: "Image") -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
