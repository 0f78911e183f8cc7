"""Captioned pictures: objects on backgrounds, alone, in numbers or in relation to each other.

A picture is a function of its level and seed: the same two give the same pixels and the same caption. Sprites sit on
the autoencoder's grid of 8 pixels in few sizes, so that one object means few latent patterns. Knows no model.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image

from training.backgrounds import BACKGROUNDS, COLOURS, SIZE, TIMES, VARIANTS, Background, paint
from training.sprites import TINTS, sprite
from training.vocabulary import Name, Thing, load_things

GRID = 8
USUAL = 80  # size of a single object, in pixels
HALF = 64  # size of each of two objects
SIDES = (0, HALF)  # their left edges
STANDING = 112  # where feet are on a ground, in pixels from the top
TIME_PHRASES = {"night": ("at night", "at night", "at midnight"), "sunset": ("at sunset", "at sunset", "at dusk")}
OPENINGS = ("a photo of", "a picture of", "a drawing of", "an illustration of", "an image of", "a painting of")
NUMBERS = {2: ("two", "two", "2", "a pair of"), 3: ("three", "three", "3"), 4: ("four", "4")}
ARRANGEMENTS = {  # of so many: the size of each, then (left, raised by) one by one
    2: (HALF, tuple((left, 0) for left in SIDES)),
    3: (40, ((0, 0), (40, 0), (80, 0))),
    4: (40, ((24, 40), (64, 40), (24, 0), (64, 0))),
}
SIDE_BY_SIDE = ("{a} and {b}", "{a} and {b}", "{a} next to {b}", "{a} beside {b}", "{a} with {b}", "{a}, {b}")


@dataclass(frozen=True)
class Placed:
    """One sprite in a picture: its left edge and foot in pixels, its longer side, its colour."""

    thing: Thing
    left: int
    foot: int
    size: int
    tint: str | None = None
    flip: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture with its caption, and what the metric needs to know about it."""

    picture: Image.Image
    caption: str
    things: tuple[str, ...]
    background: str
    time: str = "day"


Layout = tuple[str, list[Placed]]  # words for what is in the picture, and where it is


def draw(level: str, seed: int) -> Scene:
    """The picture of a level ("single", "scenes" or "clutter") that belongs to a seed."""
    return LEVELS[level](random.Random(f"{level} {seed}"))


def single(thing: Thing, background: Background, caption: str, variant: int = 0) -> Scene:
    """One object of the usual size in the middle: the first lesson, and what the metric's classifier is taught."""
    placed = Placed(thing, (SIZE - USUAL) // 2, _foot(thing, background, USUAL), USUAL)
    picture = compose(paint(background.name, variant=variant), [placed])
    return Scene(picture, caption, (thing.name,), background.name)


def pair(things: tuple[Thing, Thing], background: Background, caption: str) -> Scene:
    """Two objects beside each other: the metric's second kind of prompt, as it should look."""
    picture = compose(paint(background.name), _beside(things, background))
    return Scene(picture, caption, tuple(thing.name for thing in things), background.name)


def compose(background: Image.Image, placed: list[Placed]) -> Image.Image:
    """Paste sprites onto a copy of the background, first to last."""
    picture = background.copy()
    for item in placed:
        cut = sprite(item.thing.emoji, item.size, item.tint, item.flip)
        picture.paste(cut, (item.left + (item.size - cut.width) // 2, item.foot - cut.height), cut)
    return picture


def _foot(thing: Thing, background: Background, size: int) -> int:
    """The lower edge of a sprite: on the ground, or so that it is centred (on the grid)."""
    if background.ground:
        return STANDING
    height = sprite(thing.emoji, size).height
    return (SIZE - height) // 2 // GRID * GRID + height


def _pick_name(rng: random.Random, thing: Thing) -> Name:
    return thing.names[0] if rng.random() < 0.7 else rng.choice(thing.names)


def _where(rng: random.Random, background: Background, time: str = "day") -> str:
    """The words for a background: none for most white ones."""
    if background.name == "white" and rng.random() < 0.8:
        return ""
    place = background.phrases[0] if rng.random() < 0.5 else rng.choice(background.phrases)
    return f"{place} {rng.choice(TIME_PHRASES[time])}" if time in TIME_PHRASES else place


def _say(rng: random.Random, subject: str, where: str) -> str:
    """One caption out of a subject and the words for its background."""
    turn = rng.random()
    if where.endswith(" background") and where.split()[0] in COLOURS:
        return f"{subject}, {where}"
    if turn < 0.1:
        return f"{rng.choice(OPENINGS)} {subject} {where}".strip()
    if turn < 0.2 and subject.startswith(("a ", "an ")):
        return f"{subject.split(' ', 1)[1]} {where}".strip()
    if turn < 0.25 and where:
        return f"{where}, {subject}"
    return f"{subject} {where}".strip()


def _single(rng: random.Random) -> Scene:
    thing, background = rng.choice(load_things()), rng.choice(BACKGROUNDS)
    caption = _say(rng, _pick_name(rng, thing).phrase(), _where(rng, background))
    return single(thing, background, caption, rng.randrange(VARIANTS))


def _scenes(rng: random.Random) -> Scene:
    """Any layout: single objects stay in the mix, so that they are not forgotten."""
    layouts, weights = zip(*LAYOUTS, strict=True)
    layout = rng.choices(layouts, weights)[0]
    background = rng.choice(BACKGROUNDS)
    time = rng.choice(TIMES) if len(background.times) > 1 and rng.random() < 0.4 else "day"
    subject, placed = layout(rng, background)
    picture = compose(paint(background.name, time, rng.randrange(VARIANTS)), placed)
    names = tuple(dict.fromkeys(item.thing.name for item in placed))
    return Scene(picture, _say(rng, subject, _where(rng, background, time)), names, background.name, time)


def _plain_layout(rng: random.Random, background: Background) -> Layout:
    thing = rng.choice(load_things())
    return _pick_name(rng, thing).phrase(), [_alone(thing, background, USUAL)]


def _sized_layout(rng: random.Random, background: Background) -> Layout:
    thing = rng.choice(load_things())
    word, size = rng.choice((("small", 40), ("tiny", 40), ("big", 104), ("giant", 104)))
    return _pick_name(rng, thing).phrase(word), [_alone(thing, background, size)]


def _tinted_layout(rng: random.Random, background: Background) -> Layout:
    thing, tint = rng.choice(load_things()), rng.choice(tuple(TINTS))
    placed = Placed(thing, (SIZE - USUAL) // 2, _foot(thing, background, USUAL), USUAL, tint)
    return thing.names[0].phrase(tint), [placed]


def _alone(thing: Thing, background: Background, size: int) -> Placed:
    return Placed(thing, (SIZE - size) // 2 // GRID * GRID, _foot(thing, background, size), size)


def _counted_layout(rng: random.Random, background: Background) -> Layout:
    thing = rng.choice(load_things())
    count = rng.choices((2, 3, 4), (3, 2, 1))[0]
    size, places = ARRANGEMENTS[count]
    foot = _foot(thing, background, size) + (16 if count == 4 and not background.ground else 0)
    placed = [Placed(thing, left, foot - raised, size) for left, raised in places]
    return f"{rng.choice(NUMBERS[count])} {_pick_name(rng, thing).plural}", placed


def _pair_layout(rng: random.Random, background: Background) -> Layout:
    """Two objects, the one named first on the left: were it a matter of chance, the model would mix the two."""
    first, second = rng.sample(load_things(), 2)
    words, lefts = rng.choice(SIDE_BY_SIDE), SIDES
    if rng.random() < 0.2:
        side = rng.choice(("left", "right"))
        words, lefts = f"{{a}} to the {side} of {{b}}", SIDES if side == "left" else SIDES[::-1]
    subject = words.format(a=_pick_name(rng, first).phrase(), b=_pick_name(rng, second).phrase())
    return subject, _beside((first, second), background, lefts)


def _beside(things: tuple[Thing, Thing], background: Background, lefts: tuple[int, int] = SIDES) -> list[Placed]:
    return [
        Placed(thing, left, _foot(thing, background, HALF), HALF) for thing, left in zip(things, lefts, strict=True)
    ]


def _riding_layout(rng: random.Random, background: Background) -> Layout:
    rider = rng.choice(_of_kind("person", "person", "animal"))
    mount = rng.choice(_of_kind("ride", "ride", "vehicle"))
    back = STANDING - sprite(mount.emoji, USUAL).height // GRID * GRID
    placed = [Placed(rider, 32, max(HALF, back + 24), HALF), Placed(mount, 24, STANDING, USUAL)]
    words = rng.choice(("{a} riding {b}", "{a} riding {b}", "{a} riding on {b}", "{a} on {b}"))
    return words.format(a=_pick_name(rng, rider).phrase(), b=_pick_name(rng, mount).phrase()), placed


def _stacked_layout(rng: random.Random, background: Background) -> Layout:
    top, base = rng.choice(_of_kind("animal", "person", "food", "thing")), rng.choice(_of_kind("ride", "thing", "food"))
    if top is base:
        return _plain_layout(rng, background)
    upper = STANDING - sprite(base.emoji, HALF).height // GRID * GRID
    words = rng.choice(("{a} on top of {b}", "{a} on top of {b}", "{a} standing on {b}", "{a} above {b}"))
    subject = words.format(a=_pick_name(rng, top).phrase(), b=_pick_name(rng, base).phrase())
    return subject, [Placed(base, 32, STANDING, HALF), Placed(top, 32, max(HALF, upper + 8), HALF)]


def _of_kind(*kinds: str) -> list[Thing]:
    return [thing for kind in kinds for thing in load_things() if thing.kind == kind]


def _clutter(rng: random.Random) -> Scene:
    """Many objects of any size anywhere: what the autoencoder learns from. The caption only lists them."""
    background = rng.choice(BACKGROUNDS)
    things = rng.choices(load_things(), k=rng.choice((1, 2, 3, 4, 5, 6)))
    placed = []
    for thing in things:
        size = rng.choice((40, 48, 56, 64, USUAL, USUAL, 104))
        tint = rng.choice(tuple(TINTS)) if rng.random() < 0.15 else None
        left, foot = rng.randrange(-8, SIZE - size + 8), rng.randrange(size, SIZE + 8)
        placed.append(Placed(thing, left, foot, size, tint, rng.random() < 0.3))
    time = rng.choice(background.times)
    picture = compose(paint(background.name, time, rng.randrange(VARIANTS)), placed)
    names = tuple(thing.name for thing in things)
    return Scene(picture, ", ".join(names), names, background.name, time)


LAYOUTS = (
    (_plain_layout, 0.20), (_sized_layout, 0.04), (_tinted_layout, 0.06), (_counted_layout, 0.10),
    (_pair_layout, 0.47), (_riding_layout, 0.09), (_stacked_layout, 0.04),
)  # fmt: skip
LEVELS = {"single": _single, "scenes": _scenes, "clutter": _clutter}
