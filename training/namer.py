"""The judge: a small network that names the objects and the background of a picture.

Run ``python -m training.namer --out runs/namer``. It learns from renders only and has never seen a generated picture;
its own accuracy on held-out renders is the ceiling of what ``training.metric`` can report.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import DataLoader, Dataset

from training.backgrounds import BACKGROUNDS
from training.loop import Run, use_cores
from training.pictures import HELD_OUT, to_tensor
from training.scenes import draw
from training.vocabulary import load_things

OBJECTS = tuple(thing.name for thing in load_things())
PLACES = tuple(background.name for background in BACKGROUNDS)
UNKNOWN = -100  # the background's label where the hour disguises it


class Namer(nn.Module):
    """Pictures (batch, 3, 128, 128) to scores of all objects and of all backgrounds."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128, 256)):
        super().__init__()
        shrinking = (layer for pair in zip((3, *widths), widths, strict=False) for layer in _layer(*pair, stride=2))
        self.body = nn.Sequential(*shrinking, *_layer(widths[-1], widths[-1]), *_layer(widths[-1], widths[-1]))
        self.objects = nn.Linear(widths[-1], len(OBJECTS))
        self.places = nn.Linear(widths[-1], len(PLACES))

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Unnormalised scores, (batch, objects) and (batch, backgrounds); an object is where it is seen best."""
        seen = self.body(pictures).flatten(2).transpose(1, 2)
        return self.objects(seen).float().logsumexp(1), self.places(seen.mean(1))


def _layer(before: int, after: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, stride, 1), nn.GroupNorm(8, after), nn.SiLU()


class Labelled(Dataset):
    """Scenes with which objects are in them (as shares that sum to 1) and which background."""

    def __init__(self, levels: tuple[str, ...], start: int, count: int):
        self.levels, self.start, self.count = levels, start, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, int]:
        seed = self.start + index
        scene = draw(self.levels[seed % len(self.levels)], seed)
        shares = np.zeros(len(OBJECTS), np.float32)
        for name in scene.things:
            shares[OBJECTS.index(name)] = 1 / len(scene.things)
        place = PLACES.index(scene.background) if scene.time == "day" else UNKNOWN
        return np.array(scene.picture), shares, place


@dataclass
class Accuracy:
    """Counts of right answers."""

    objects: int = 0
    places: int = 0
    placed: int = 0
    pictures: int = 0

    def add(self, scores: tuple[torch.Tensor, torch.Tensor], shares: torch.Tensor, places: torch.Tensor) -> None:
        """An answer on objects is right when the best-scored ones are exactly those in the picture."""
        for row, wanted in zip(scores[0], shares, strict=True):
            expected = set(wanted.nonzero().flatten().tolist())
            self.objects += set(row.topk(len(expected)).indices.tolist()) == expected
        known = places != UNKNOWN
        self.places += int((scores[1].argmax(1) == places)[known].sum())
        self.placed += int(known.sum())
        self.pictures += len(places)

    def shares(self) -> dict[str, float]:
        """As shares of 1."""
        return {
            "objects": round(self.objects / self.pictures, 4),
            "places": round(self.places / max(1, self.placed), 4),
            "pictures": self.pictures,
        }


def spoil(pictures: torch.Tensor) -> torch.Tensor:
    """Blur and noise at random, so that the namer forgives what small models do to edges."""
    soft = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2.0, mode="bilinear")
    blurred = torch.where(torch.rand(len(pictures), 1, 1, 1, device=pictures.device) < 0.5, soft, pictures)
    return blurred + torch.randn_like(blurred) * 0.1 * torch.rand(len(pictures), 1, 1, 1, device=pictures.device)


@torch.no_grad()
def held_out_accuracy(namer: Namer, level: str, count: int, device: torch.device) -> dict[str, float]:
    """How often the namer is right on renders it has not been taught."""
    accuracy = Accuracy()
    for pixels, shares, places in DataLoader(Labelled((level,), HELD_OUT, count), 64):
        scores = namer(to_tensor(pixels).to(device))
        accuracy.add(tuple(score.cpu() for score in scores), shares, places)
    return accuracy.shares()


def load_namer(folder: Path) -> Namer:
    """The trained judge."""
    namer = Namer()
    namer.load_state_dict(load_file(folder / "namer.safetensors"))
    return namer.eval()


def train(options: argparse.Namespace) -> None:
    """Teach the judge, measure it, and write ``namer.safetensors``."""
    use_cores(options.workers)
    run = Run(options.out, Namer(), options.steps, options.rate, decay=0.99)
    run.resume()
    data = Labelled(
        ("single", "scenes", "scenes"), run.step * options.batch, (options.steps - run.step) * options.batch
    )
    context = "spawn" if options.workers else None
    for pixels, shares, places in DataLoader(
        data, options.batch, num_workers=options.workers, multiprocessing_context=context
    ):
        run.seed()
        with run.autocast():
            objects, backgrounds = run.model(spoil(to_tensor(pixels).to(run.device)))
        loss = F.cross_entropy(objects.float(), shares.to(run.device))
        place_loss = F.cross_entropy(backgrounds.float(), places.to(run.device), ignore_index=UNKNOWN)
        run.update(loss + 0.5 * place_loss, options.batch, objects=loss, places=place_loss)
    for level in ("single", "scenes"):
        accuracy = held_out_accuracy(run.averaged, level, options.measure, run.device)
        run.log({"step": run.step, "level": level} | accuracy)
    weights = {name: value.contiguous() for name, value in run.averaged.state_dict().items()}
    save_file(weights, options.out / "namer.safetensors")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--out", type=Path, required=True)
    line.add_argument("--steps", type=int, default=5600)
    line.add_argument("--batch", type=int, default=32)
    line.add_argument("--rate", type=float, default=2e-3)
    line.add_argument("--workers", type=int, default=1)
    line.add_argument("--measure", type=int, default=512, help="held-out renders per level")
    return line


if __name__ == "__main__":
    train(parser().parse_args())
