"""A grid of pictures with the values of two settings along its edges.

Knows pictures and words; nothing about where either comes from.
"""

from typing import TYPE_CHECKING, Any

from assistants.images.request import Axis, Plot

if TYPE_CHECKING:
    from PIL.Image import Image

GAP = 8
# A grid of large pictures is for looking at: its cells are at most this wide or high.
MOST_CELL = 512
PAPER, INK = (255, 255, 255), (30, 30, 34)


def grid(plot: Plot, cells: "list[Image]") -> "Image":
    """Return the pictures, which come row by row, as one, each row and column with its value."""
    from PIL import Image, ImageDraw, ImageFont

    small = [_within(cell.convert("RGB")) for cell in cells]
    columns, rows = len(plot.x.values), len(plot.y.values) if plot.y else 1
    width, height = max(cell.width for cell in small), max(cell.height for cell in small)
    size = max(12, min(width, height) // 12)
    font = ImageFont.load_default(size)
    across, down = _labels(plot.x), _labels(plot.y) if plot.y else [""]
    left = int(max(font.getlength(text) for text in down)) + 2 * GAP if plot.y else GAP
    top = size + 3 * GAP
    sheet = Image.new("RGB", (left + columns * (width + GAP), top + rows * (height + GAP)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, text in enumerate(across):
        draw.text((left + column * (width + GAP) + width // 2, top // 2), text, INK, font, anchor="mm")
    for row, text in enumerate(down):
        draw.text((left // 2, top + row * (height + GAP) + height // 2), text, INK, font, anchor="mm")
    for place, cell in enumerate(small):
        row, column = divmod(place, columns)
        sheet.paste(cell, (left + column * (width + GAP), top + row * (height + GAP)))
    return sheet


def _labels(axis: Axis) -> list[str]:
    """Return what stands at each row or column: the setting's name with the first value only."""
    return [_label(axis.field, value, place) for place, value in enumerate(axis.values)]


def _label(name: str, value: Any, place: int) -> str:
    text = str(value)[:24]
    return text if place or name == "prompt" else f"{name} {text}"


def _within(picture: "Image") -> "Image":
    picture.thumbnail((MOST_CELL, MOST_CELL))
    return picture
