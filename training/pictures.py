"""Pictures as tensors: endless batches of rendered scenes for training, and back to pictures for looking at.

Values are -1..1, shape (batch, 3, height, width). Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from training.scenes import draw

HELD_OUT = 1_000_000_000  # seeds from here on are never trained on


class Rendered(Dataset):
    """Scenes ``start``, ``start + 1``, ...; the levels take turns. Items are uint8, (height, width, 3)."""

    def __init__(self, levels: tuple[str, ...], start: int, count: int):
        self.levels, self.start, self.count = levels, start, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> np.ndarray:
        seed = self.start + index
        return np.array(draw(self.levels[seed % len(self.levels)], seed).picture)


def batches(levels: tuple[str, ...], start: int, count: int, size: int, workers: int) -> Iterator[torch.Tensor]:
    """``count`` rendered scenes in batches of ``size``, drawn by ``workers`` processes (0: by this one)."""
    context = "spawn" if workers else None
    data = Rendered(levels, start, count)
    for batch in DataLoader(data, batch_size=size, num_workers=workers, multiprocessing_context=context):
        yield to_tensor(batch)


def to_tensor(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 pixels, channels last, as -1..1 with channels first."""
    return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def from_pictures(pictures: list[Image.Image]) -> torch.Tensor:
    """Pictures of one size as one tensor."""
    return to_tensor(torch.from_numpy(np.stack([np.array(picture.convert("RGB")) for picture in pictures])))


def to_pictures(tensor: torch.Tensor) -> list[Image.Image]:
    """The inverse of ``to_tensor``, one picture each."""
    pixels = tensor.float().clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(picture) for picture in pixels]
