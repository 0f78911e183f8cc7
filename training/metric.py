"""How often a model draws what it was asked for, as judged by ``training.namer``.

Run ``python -m training.metric --model DIR --namer runs/namer --out report.json``. Objects and backgrounds are drawn
uniformly, by a seed of their own; nothing is picked by hand. Knows the pipeline only from outside.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from training.backgrounds import BACKGROUNDS
from training.namer import OBJECTS, PLACES, Namer, load_namer
from training.pictures import HELD_OUT, from_pictures
from training.sample import generate, load_exported
from training.scenes import pair, single
from training.sheet import contact_sheet
from training.vocabulary import load_things, things_by_name

BATCH = 16


@dataclass(frozen=True)
class Wish:
    """A prompt, and what has to be in its picture."""

    prompt: str
    objects: tuple[str, ...]
    background: str

    def render(self) -> Image.Image:
        """The picture as the model was taught to draw it."""
        things = tuple(things_by_name()[name] for name in self.objects)
        background = next(each for each in BACKGROUNDS if each.name == self.background)
        scene = single(*things, background, self.prompt) if len(things) == 1 else pair(things, background, self.prompt)
        return scene.picture


Draw = Callable[[list[Wish], int], list[Image.Image]]


def single_wishes(count: int, seed: int = HELD_OUT) -> list[Wish]:
    """One object on one background; every object and every background equally likely."""
    rng = random.Random(seed)
    wishes = []
    for _ in range(count):
        thing, background = rng.choice(load_things()), rng.choice(BACKGROUNDS)
        wishes.append(Wish(f"{thing.names[0].phrase()} {background.phrases[0]}", (thing.name,), background.name))
    return wishes


def pair_wishes(count: int, seed: int = HELD_OUT) -> list[Wish]:
    """Two objects beside each other on one background."""
    rng = random.Random(seed)
    wishes = []
    for _ in range(count):
        things, background = rng.sample(load_things(), 2), rng.choice(BACKGROUNDS)
        words = " and ".join(thing.names[0].phrase() for thing in things)
        wishes.append(Wish(f"{words} {background.phrases[0]}", tuple(t.name for t in things), background.name))
    return wishes


@dataclass(frozen=True)
class Answer:
    """What the judge saw in the picture of a wish."""

    wish: Wish
    objects: tuple[str, ...]
    background: str
    picture: Image.Image


@torch.no_grad()
def answers(wishes: list[Wish], draw: Draw, namer: Namer) -> Iterator[Answer]:
    """Draw and judge, a batch at a time; as many objects are read off a picture as were asked for."""
    for start in range(0, len(wishes), BATCH):
        part = wishes[start : start + BATCH]
        pictures = draw(part, HELD_OUT + start)
        objects, places = namer(from_pictures(pictures))
        for wish, picture, row, place in zip(part, pictures, objects, places, strict=True):
            seen = tuple(OBJECTS[index] for index in row.topk(len(wish.objects)).indices)
            yield Answer(wish, seen, PLACES[int(place.argmax())], picture)


def summary(judged: list[Answer]) -> dict:
    """Shares of 1, the objects most often missed, and what was seen in place of what."""
    right = [set(answer.objects) == set(answer.wish.objects) for answer in judged]
    asked = Counter(name for answer in judged for name in answer.wish.objects)
    missed = Counter(name for answer in judged for name in set(answer.wish.objects) - set(answer.objects))
    confused = Counter(
        (answer.wish.objects[0], answer.objects[0])
        for answer in judged
        if len(answer.objects) == 1 and answer.objects != answer.wish.objects
    )
    places = Counter(
        (answer.wish.background, answer.background) for answer in judged if answer.background != answer.wish.background
    )
    return {
        "pictures": len(judged),
        "objects": round(sum(right) / len(judged), 4),
        "backgrounds": round(1 - sum(places.values()) / len(judged), 4),
        "by_object": {name: [asked[name] - missed[name], asked[name]] for name in sorted(asked)},
        "confusions": [[*pair, count] for pair, count in confused.most_common()],
        "background_confusions": [[*pair, count] for pair, count in places.most_common()],
    }


def main() -> None:
    """Judge a model; write the report, with what the judge makes of renders as ceiling, and a sheet of answers."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--model", type=Path, required=True, help="an exported model")
    line.add_argument("--namer", type=Path, required=True)
    line.add_argument("--out", type=Path, required=True, help="the report, a JSON file")
    line.add_argument("--embedder", type=Path)
    line.add_argument("--single", type=int, default=512)
    line.add_argument("--pairs", type=int, default=0)
    options = line.parse_args()
    pipeline, namer = load_exported(options.model, options.embedder), load_namer(options.namer)
    report, began = {}, time.monotonic()
    for kind, wishes in (("single", single_wishes(options.single)), ("pairs", pair_wishes(options.pairs))):
        if not wishes:
            continue
        judged = list(answers(wishes, lambda part, seed: generate(pipeline, [w.prompt for w in part], seed), namer))
        renders = answers(wishes, lambda part, _: [wish.render() for wish in part], namer)
        report[kind] = summary(judged) | {"ceiling": summary(list(renders))["objects"]}
        shown = judged[:64]
        notes = [f"{answer.wish.prompt}: {', '.join(answer.objects)}, {answer.background}" for answer in shown]
        sheet = contact_sheet([answer.picture for answer in shown], notes)
        sheet.save(options.out.with_name(f"{options.out.stem}_{kind}.png"))
        print(kind, {key: report[kind][key] for key in ("pictures", "objects", "backgrounds", "ceiling")}, flush=True)
    report["seconds"] = round(time.monotonic() - began)
    options.out.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
