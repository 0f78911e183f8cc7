"""Objects as pictures: glyphs of the Noto Color Emoji font, cut out, scaled and tinted.

Knows nothing about scenes. The font is not part of this repository: see ``training/README.md``.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_VARIABLE = "NOTO_COLOR_EMOJI"
FONT_PLACES = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
)
BITMAP_SIZE = 109  # the one size of the font's bitmaps, in pixels

TINTS = {
    "red": (214, 48, 44), "orange": (245, 146, 46), "yellow": (248, 214, 66), "green": (58, 158, 70),
    "blue": (52, 104, 214), "purple": (136, 74, 186), "pink": (248, 150, 190), "brown": (128, 86, 54),
    "black": (36, 36, 42), "white": (240, 240, 244),
}  # fmt: skip


class FontMissing(RuntimeError):
    """The colour emoji font is not installed."""


@cache
def emoji_font() -> ImageFont.FreeTypeFont:
    """The bitmap edition of Noto Color Emoji; raises FontMissing where there is none."""
    for place in (os.environ.get(FONT_VARIABLE), *FONT_PLACES):
        if place and Path(place).is_file():
            return ImageFont.truetype(place, BITMAP_SIZE)
    raise FontMissing(f"NotoColorEmoji.ttf was not found: install fonts-noto-color-emoji or set {FONT_VARIABLE}.")


@cache
def glyph(emoji: str) -> Image.Image:
    """The emoji at the font's own size, cropped to what is visible (RGBA)."""
    canvas = Image.new("RGBA", (160, 144), (0, 0, 0, 0))
    ImageDraw.Draw(canvas).text((4, 4), emoji, font=emoji_font(), embedded_color=True)
    box = canvas.getchannel("A").getbbox()
    if box is None or box[2] - box[0] > 140:
        raise ValueError(f"The font does not draw {emoji} as one picture.")
    return canvas.crop(box)


def recolour(picture: Image.Image, tint: str) -> Image.Image:
    """The picture in shades of one colour, its own light and dark kept."""
    pixels = np.asarray(picture).astype(np.float32)
    grey = pixels[..., :3] @ np.array([0.3, 0.59, 0.11], np.float32)
    low, high = np.percentile(grey[pixels[..., 3] > 128], [3, 97])
    light = np.clip((grey - low) / max(20.0, high - low), 0, 1)[..., None]
    colour = np.array(TINTS[tint], np.float32)
    dark_part = colour * (0.35 + 0.65 * light / 0.6)
    light_part = colour + (255 - colour) * (light - 0.6) / 0.4 * 0.55
    pixels[..., :3] = np.where(light < 0.6, dark_part, light_part)
    return Image.fromarray(pixels.astype(np.uint8))


@lru_cache(maxsize=8192)
def sprite(emoji: str, size: int, tint: str | None = None, flip: bool = False) -> Image.Image:
    """The emoji with its longer side ``size`` pixels (RGBA)."""
    picture = glyph(emoji)
    if tint:
        picture = recolour(picture, tint)
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else picture
