"""Where things stand: plain colours and painted places, each with the phrases that name it.

Knows nothing about objects. A place is painted at four times its size and scaled down, so that edges are smooth.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from training.sprites import sprite

SIZE = 128  # pixels, width and height of every picture
HORIZON = 80  # pixels from the top: where the ground begins
VARIANTS = 3  # paintings of each place
SCALE = 4
WIDE = SIZE * SCALE
TIMES = ("day", "night", "sunset")

COLOURS = {
    "white": (255, 255, 255), "black": (16, 16, 20), "gray": (136, 138, 142), "red": (214, 48, 44),
    "orange": (245, 146, 46), "yellow": (250, 220, 84), "green": (76, 172, 84), "blue": (56, 108, 216),
    "purple": (132, 72, 184), "pink": (250, 160, 200), "brown": (128, 86, 54),
}  # fmt: skip


@dataclass(frozen=True)
class Background:
    """A background by its label, the phrases that follow an object's name, and whether things stand on a ground."""

    name: str
    phrases: tuple[str, ...]
    ground: bool
    times: tuple[str, ...] = ("day",)


def _colour(name: str) -> Background:
    article = "an" if name == "orange" else "a"
    phrases = (f"on {article} {name} background", f"with {article} {name} background", f"{name} background")
    return Background(name, phrases, ground=False)


PLACES = (
    Background("grass", ("on the grass", "in a meadow", "in a green field", "in a park"), True, TIMES),
    Background("mars", ("on mars", "on the red planet", "on the surface of mars"), True),
    Background("moon", ("on the moon", "on the lunar surface"), True),
    Background("space", ("in space", "in outer space", "among the stars"), False),
    Background("sea", ("on the sea", "on the ocean", "on the water", "at sea"), True, TIMES),
    Background("underwater", ("underwater", "under the sea", "under water"), False),
    Background("forest", ("in a forest", "in the forest", "in the woods"), True, TIMES),
    Background("snow", ("in the snow", "in winter", "in a snowy field"), True, TIMES),
    Background("beach", ("on the beach", "on a beach", "at the beach"), True, TIMES),
    Background("desert", ("in the desert", "in a desert", "on a sand dune"), True, TIMES),
    Background("city", ("in a city", "in the city", "on a city street"), True, TIMES),
    Background("mountains", ("in the mountains", "in front of a mountain"), True, TIMES),
    Background("sky", ("in the sky", "in the clouds", "above the clouds"), False),
    Background("table", ("on a table", "on a wooden table", "on the table"), True),
    Background("night", ("at night", "at midnight", "under the moonlight"), True),
    Background("sunset", ("at sunset", "at dusk", "at sunrise"), True),
)
BACKGROUNDS = tuple(_colour(name) for name in COLOURS) + PLACES
GROUNDS = {  # place: colour of the ground near the horizon and at the lower edge
    "grass": ((128, 200, 80), (72, 148, 52)), "mars": ((206, 88, 44), (150, 50, 26)),
    "moon": ((196, 196, 200), (128, 128, 134)), "sea": ((70, 164, 216), (20, 84, 156)),
    "forest": ((92, 146, 62), (54, 100, 42)), "snow": ((252, 253, 255), (212, 226, 242)),
    "beach": ((246, 222, 166), (226, 192, 128)), "desert": ((238, 194, 112), (202, 148, 74)),
    "city": ((104, 106, 112), (72, 74, 80)), "mountains": ((112, 168, 84), (66, 126, 52)),
    "table": ((190, 130, 76), (132, 82, 42)), "night": ((44, 70, 58), (24, 42, 40)),
    "sunset": ((120, 74, 72), (70, 40, 52)),
}  # fmt: skip
SKIES = {  # from the top of the sky to the horizon
    "day": ((84, 160, 236), (196, 228, 252)), "night": ((8, 10, 40), (38, 46, 104)),
    "sunset": ((92, 54, 130), (255, 176, 92)), "mars": ((196, 118, 84), (242, 188, 144)),
    "moon": ((4, 4, 14), (18, 18, 34)), "space": ((10, 6, 34), (44, 18, 78)),
    "underwater": ((72, 184, 222), (10, 58, 122)), "table": ((236, 226, 210), (212, 198, 178)),
    "snow": ((158, 194, 230), (224, 236, 248)),
}  # fmt: skip
SHADE = {"day": (1.0, 1.0, 1.0), "night": (0.38, 0.42, 0.62), "sunset": (0.96, 0.74, 0.66)}


@cache
def backgrounds_by_name() -> dict[str, Background]:
    """Backgrounds by their label."""
    return {background.name: background for background in BACKGROUNDS}


@cache
def paint(name: str, time: str = "day", variant: int = 0) -> Image.Image:
    """The background as an RGB picture of SIZE x SIZE; the same arguments give the same pixels."""
    if name in COLOURS:
        return Image.new("RGB", (SIZE, SIZE), COLOURS[name])
    painter = _Painter(name, time, random.Random(f"{name} {time} {variant}"))
    return painter.picture()


class _Painter:
    """One painting in the making, in pixels of the finished picture times SCALE."""

    def __init__(self, name: str, time: str, rng: random.Random):
        self.name, self.time, self.rng = name, time, rng
        self.horizon = {"beach": 56, "sea": 72, "table": 84, "city": 92}.get(name, HORIZON)
        if name in ("night", "sunset"):
            self.time = name
        self.canvas = Image.new("RGB", (WIDE, WIDE))
        self.draw = ImageDraw.Draw(self.canvas)

    def picture(self) -> Image.Image:
        """Sky, ground, then whatever makes the place recognisable."""
        self._sky()
        if self.name in GROUNDS:
            shade = (1, 1, 1) if self.name in ("night", "sunset") else SHADE[self.time]
            self._gradient(self.horizon, SIZE, *(self._shaded(colour, shade) for colour in GROUNDS[self.name]))
        detail = getattr(self, f"_paint_{self.name}", None)
        if detail:
            detail()
        return self.canvas.resize((SIZE, SIZE), Image.Resampling.BOX)

    @staticmethod
    def _shaded(colour, shade):
        return tuple(int(c * s) for c, s in zip(colour, shade, strict=True))

    def _lit(self, colour):
        return self._shaded(colour, SHADE[self.time])

    def _gradient(self, top: int, bottom: int, first, last):
        steps = np.linspace(0, 1, (bottom - top) * SCALE)[:, None]
        column = np.array(first) * (1 - steps) + np.array(last) * steps
        band = np.broadcast_to(column[:, None], (len(column), WIDE, 3)).astype(np.uint8)
        self.canvas.paste(Image.fromarray(band), (0, top * SCALE))

    def _ellipse(self, x, y, rx, ry, colour):
        box = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
        self.draw.ellipse(box, fill=tuple(colour))

    def _polygon(self, points, colour):
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=tuple(colour))

    def _rectangle(self, x0, y0, x1, y1, colour):
        self.draw.rectangle([x0 * SCALE, y0 * SCALE, x1 * SCALE - 1, y1 * SCALE - 1], fill=tuple(colour))

    def _place(self, emoji: str, x: int, bottom: int, size: int):
        """Put a glyph as decoration, its foot at (x, bottom), darkened by the hour."""
        picture = sprite(emoji, size * SCALE)
        shade = Image.new("RGB", picture.size, self._lit((255, 255, 255)))
        pixels = np.asarray(picture.convert("RGB")).astype(np.uint16) * np.asarray(shade) // 255
        position = (x * SCALE - picture.width // 2, bottom * SCALE - picture.height)
        self.canvas.paste(Image.fromarray(pixels.astype(np.uint8)), position, picture.getchannel("A"))

    def _sky(self):
        own = self.name if self.name in SKIES and self.time == "day" else self.time
        full = self.name in ("space", "underwater", "sky")
        self._gradient(0, SIZE if full else self.horizon, *SKIES[own])
        if own == "night":
            self._stars(16, self.horizon)
            self._ellipse(self.rng.choice((20, 108)), 18, 10, 10, (246, 240, 206))
        elif own == "sunset":
            self._ellipse(self.rng.choice((24, 64, 104)), self.horizon - 2, 17, 17, (255, 238, 150))
        elif own == "day" and not full and self.name not in ("city", "mountains", "forest"):
            self._cloud(self.rng.choice((16, 112)), self.rng.choice((14, 24)), 1.2)

    def _stars(self, count: int, below: int):
        for _ in range(count):
            x, y, radius = self.rng.uniform(2, 126), self.rng.uniform(2, below - 2), self.rng.choice((0.6, 0.9, 1.2))
            self._ellipse(x, y, radius, radius, (240, 240, 220))

    def _cloud(self, x, y, scale, colour=(252, 252, 255)):
        for dx, dy, radius in ((-11, 2, 6), (-3, -2, 8.5), (6, 0, 7.5), (13, 3, 5)):
            self._ellipse(x + dx * scale, y + dy * scale, radius * scale, radius * scale * 0.8, colour)

    def _craters(self, dark, light):
        for x, y, radius in ((20, 92, 8), (104, 100, 10), (56, 118, 12), (84, 86, 5)):
            x += self.rng.choice((-6, 0, 6))
            self._ellipse(x, y, radius * 1.15, radius * 0.45, light)
            self._ellipse(x, y - 0.6, radius, radius * 0.36, dark)

    def _hills(self, height: int, colour):
        for x in (8, 64, 120):
            x += self.rng.choice((-10, 0, 10))
            self._ellipse(x, self.horizon + 2, 34, height, colour)
        self._gradient(self.horizon, SIZE, *(self._lit(colour) for colour in GROUNDS[self.name]))

    def _paint_mars(self):
        self._hills(12, (172, 76, 42))
        self._craters((128, 42, 24), (224, 112, 68))

    def _paint_moon(self):
        self._stars(24, HORIZON)
        self._place("🌍", self.rng.choice((20, 108)), 32, 22)
        self._craters((108, 108, 114), (212, 212, 216))

    def _paint_space(self):
        self._stars(40, SIZE)
        self._place("🪐", self.rng.choice((18, 110)), 30, 24)

    def _paint_sea(self):
        for row, y in enumerate(range(self.horizon + 6, SIZE, 9)):
            for x in range(-8 + row % 2 * 12, SIZE, 24):
                box = [x * SCALE, y * SCALE, (x + 14) * SCALE, (y + 5) * SCALE]
                self.draw.arc(box, 200, 340, fill=self._lit((200, 232, 250)), width=SCALE)

    def _paint_underwater(self):
        self._rectangle(0, 116, SIZE, SIZE, (206, 186, 130))
        for x in (10, 118):
            self._place("🪸", x, 122, 22)
        for _ in range(8):
            x, y, radius = self.rng.uniform(4, 124), self.rng.uniform(6, 100), self.rng.uniform(1.5, 3.5)
            self._ellipse(x, y, radius, radius, (176, 224, 244))

    def _paint_forest(self):
        for x in (4, 24, 44, 64, 84, 104, 124):
            self._place("🌲", x, HORIZON + 4, 58)
        for x in (8, 120):
            self._place("🌲", x, HORIZON + 18, 72)

    def _paint_snow(self):
        for x in (10, 118):
            self._place("🌲", x, HORIZON + 6, 36)
        for _ in range(28):
            self._ellipse(self.rng.uniform(2, 126), self.rng.uniform(2, 124), 1.1, 1.1, (255, 255, 255))

    def _paint_beach(self):
        self._gradient(56, 84, self._lit((60, 156, 214)), self._lit((110, 206, 226)))
        self._gradient(84, SIZE, *(self._lit(colour) for colour in GROUNDS["beach"]))
        self._rectangle(0, 83, SIZE, 85, self._lit((246, 250, 250)))
        self._place("🌴", self.rng.choice((14, 114)), 96, 64)

    def _paint_desert(self):
        self._hills(14, self._lit((222, 170, 94)))
        self._place("🌵", self.rng.choice((12, 116)), 92, 34)

    def _paint_city(self):
        x = 0
        while x < SIZE:
            width, top = self.rng.choice((16, 20, 24)), self.rng.choice((12, 20, 28, 36, 44))
            wall = self._lit(self.rng.choice(((112, 124, 142), (138, 128, 124), (94, 108, 132), (152, 142, 134))))
            self._rectangle(x, top, x + width, self.horizon, wall)
            glass = (186, 214, 236) if self.time == "day" else (250, 214, 110)
            for y in range(top + 4, self.horizon - 4, 8):
                for window in range(x + 3, x + width - 3, 5):
                    self._rectangle(window, y, window + 3, y + 4, glass)
            x += width
        self._rectangle(0, self.horizon, SIZE, self.horizon + 3, self._lit((150, 150, 156)))

    def _paint_mountains(self):
        for x, top in ((20, 22), (108, 18), (64, 36)):
            rock, snow = self._lit((112, 122, 140)), self._lit((244, 248, 252))
            half = (self.horizon - top) * 0.85
            self._polygon([(x - half, self.horizon), (x, top), (x + half, self.horizon)], rock)
            cap = ((0, 0), (12, 14), (5, 11), (0, 15), (-5, 11), (-12, 14))
            self._polygon([(x + dx, top + dy) for dx, dy in cap], snow)

    def _paint_sky(self):
        for x, y in ((24, 24), (104, 40), (20, 96), (100, 112)):
            self._cloud(x, y, 1.7)

    def _paint_table(self):
        for y in (84, 98, 113):
            self._rectangle(0, y, SIZE, y + 1, (112, 70, 36))

    def _paint_night(self):
        self._ellipse(64, 96, 90, 18, (32, 54, 48))
        self._gradient(92, SIZE, (32, 54, 48), (20, 36, 34))

    def _paint_sunset(self):
        self._rectangle(0, self.horizon, SIZE, self.horizon + 1, (196, 116, 84))
