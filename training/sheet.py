"""Contact sheets: pictures in a grid with their captions under them, to be looked at.

Run ``python -m training.sheet --level single --out sheet.png`` to see what a model is trained on.
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from training.backgrounds import SIZE, paint
from training.scenes import LEVELS, USUAL, Placed, compose, draw
from training.vocabulary import load_things

CAPTION_HEIGHT = 26


def contact_sheet(pictures: list[Image.Image], captions: list[str] | None = None, columns: int = 8) -> Image.Image:
    """All pictures (of one size) in rows, each over its caption."""
    width, height = pictures[0].size
    cell = height + (CAPTION_HEIGHT if captions else 0) + 2
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + 2), rows * cell), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for index, picture in enumerate(pictures):
        x, y = index % columns * (width + 2), index // columns * cell
        sheet.paste(picture, (x, y))
        if captions:
            lines = textwrap.wrap(captions[index], max(8, width // 5))[:2]
            pen.multiline_text((x + 2, y + height), "\n".join(lines), fill="black", font=font, spacing=1)
    return sheet


def every_object() -> Image.Image:
    """Each object once on white, named: the list that the model card publishes."""
    things = load_things()
    white = paint("white")
    pictures = [compose(white, [Placed(thing, (SIZE - USUAL) // 2, 104, USUAL)]) for thing in things]
    return contact_sheet(pictures, [thing.name for thing in things], columns=16)


def main() -> None:
    """Write one sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", choices=[*LEVELS, "objects"], default="single")
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.level == "objects":
        sheet = every_object()
    else:
        scenes = [draw(options.level, options.seed + index) for index in range(options.count)]
        sheet = contact_sheet([scene.picture for scene in scenes], [scene.caption for scene in scenes])
    sheet.save(options.out)


if __name__ == "__main__":
    main()
