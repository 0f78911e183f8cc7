"""The stand-in that draws: patterns of the seed with the prompt's first words on them, for tests and looking at pages.

Deterministic. Its name carries its options as a query string: ``echo:delay=0.05&fail=3``.
"""

import io
import random
import textwrap
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

from PIL import Image, ImageChops, ImageDraw, ImageFont
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistants.engines.drawing import (
    PREVIEW_SECONDS,
    QUIET_SECONDS,
    Drawing,
    Drawn,
    Facts,
    Mark,
    Preview,
    Quiet,
    Step,
    check,
    unreadable,
)
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable

SHAPES = 6
WORDS = 60
PREVIEW_SIDE = 96
FACTS = Facts(
    family="echo",
    tasks=("text", "image", "inpaint"),
    width=256,
    height=256,
    multiple=8,
    largest=1024,
    steps=8,
    guidance=5.0,
    scheduler="euler",
    schedulers=("euler", "euler_a", "ddim"),
    weights=True,
    loras=True,
    made_with={"engine": "echo", "seeds": "same"},
)


class Options(BaseModel):
    """What the name of a stand-in may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay: float = Field(0, ge=0, le=10, description="Seconds before each step")
    fail: int | None = Field(None, ge=0, description="Break after so many steps")
    slots: int = Field(1, ge=1, le=64)


class EchoImages:
    """Draws the prompt's first words."""

    facts = FACTS

    def __init__(self, options: Options) -> None:
        self.model = "echo"
        self.slots = options.slots
        self._options = options
        self._closed = False

    def close(self) -> None:
        """Draw no more."""
        self._closed = True

    def draw(self, drawing: Drawing) -> Generator[Mark, None, None]:
        """Draw one picture after the other, a part of it with each step."""
        if self._closed:
            raise ModelUnavailable("The model {model} is closed.", model=self.model)
        check(drawing, self.facts)
        start, mask = opened(drawing)
        total, done, shown = drawing.steps * len(drawing.seeds), 0, 0.0
        for index, seed in enumerate(drawing.seeds):
            picture = painted(drawing, seed, start, mask)
            for _ in range(drawing.steps):
                yield from waiting(self._options.delay)
                if done == self._options.fail:
                    raise GenerationFailed("The stand-in broke, as it was told to.")
                done += 1
                yield Step(done, total)
                if time.monotonic() - shown >= PREVIEW_SECONDS:
                    yield Preview(index, preview(picture, (done - 1) % drawing.steps + 1, drawing.steps))
                    shown = time.monotonic()
            yield Drawn(index, seed, encoded(picture, "PNG", compress_level=1))


def waiting(seconds: float) -> Iterator[Quiet]:
    """Wait; yield a chance to stop from time to time."""
    while seconds > QUIET_SECONDS:
        time.sleep(QUIET_SECONDS)
        seconds -= QUIET_SECONDS
        yield Quiet()
    time.sleep(seconds)


def opened(drawing: Drawing) -> tuple[Image.Image | None, Image.Image | None]:
    """Return the initial picture and the mask in the drawing's size; raises ``InvalidInput``."""
    found = []
    for name, mode in (("init_image", "RGB"), ("mask", "L")):
        path = getattr(drawing, name)
        try:
            found.append(path and Image.open(path).convert(mode).resize((drawing.width, drawing.height)))
        except OSError as error:
            raise unreadable(name, error) from None
    return found[0], found[1]


def painted(drawing: Drawing, seed: int, start: Image.Image | None, mask: Image.Image | None) -> Image.Image:
    """Return the picture of one seed."""
    size = (drawing.width, drawing.height)
    chance = random.Random(f"{seed} {drawing.prompt} {drawing.negative} {drawing.guidance} {drawing.scheduler}")

    def colour(least: int, most: int) -> tuple[int, int, int]:
        return chance.randint(least, most), chance.randint(least, most), chance.randint(least, most)

    picture = Image.new("RGB", size, colour(150, 240))
    pen = ImageDraw.Draw(picture)
    for _ in range(SHAPES):
        x, y, r = chance.randrange(size[0]), chance.randrange(size[1]), chance.randint(8, max(9, min(size) // 4))
        (pen.ellipse if chance.random() < 0.5 else pen.rectangle)((x - r, y - r, x + r, y + r), fill=colour(60, 220))
    font = ImageFont.load_default(max(10, min(size) // 14))
    words = "\n".join(textwrap.wrap(drawing.prompt[:WORDS], 16))
    place = (size[0] / 2, size[1] / 2)
    pen.multiline_text(place, words, "white", font, "mm", stroke_width=2, stroke_fill="black")
    pen.text((4, size[1] - 4), str(seed), "white", font, "ld", stroke_width=2, stroke_fill="black")
    if start:
        painted_over = Image.blend(start, picture, 0.75 if drawing.strength is None else drawing.strength)
        picture = Image.composite(painted_over, start, mask) if mask else painted_over
    return picture


def preview(picture: Image.Image, done: int, steps: int) -> bytes:
    """Return a small picture with as much noise as steps are missing."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    noise = Image.merge("RGB", [Image.linear_gradient("L").resize(small.size)] * 3)
    return encoded(ImageChops.blend(noise, small, done / steps), "JPEG", quality=80)


def encoded(picture: Image.Image, kind: str, **settings: int) -> bytes:
    """Return the bytes of a file without metadata."""
    file = io.BytesIO()
    picture.save(file, kind, **settings)
    return file.getvalue()


def open_image(options: str, path: Path | None = None, text_encoder: Path | None = None) -> EchoImages:
    """Return the stand-in that ``options`` describes; raises ``InvalidInput`` for others than those of ``Options``."""
    try:
        return EchoImages(Options(**dict(parse_qsl(options, strict_parsing=bool(options)))))
    except (ValidationError, ValueError):
        raise InvalidInput("model", "The stand-in does not know the options {options}.", options=options) from None
