"""The UNet's lessons: a fixed number of captioned scenes, rendered, encoded and embedded once.

Kept as two arrays on disk that are mapped, not loaded. Knows the autoencoder and the text encoder, not the UNet.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.utils.data import DataLoader, Dataset

from training.loop import fast_arithmetic
from training.pictures import to_tensor
from training.scenes import draw
from training.text import TOKENS, embed, load_text_encoder
from training.vae import encode

CHUNK = 64


class Captioned(Dataset):
    """Scenes of one level by seed, as uint8 pixels and caption."""

    def __init__(self, level: str, count: int):
        self.level, self.count = level, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, seed: int) -> tuple[np.ndarray, str]:
        scene = draw(self.level, seed)
        return np.array(scene.picture), scene.caption


@dataclass(frozen=True)
class Pool:
    """Latents (count, channels, 16, 16) and texts (count, TOKENS, 384), both float16 and in the same order."""

    latents: np.ndarray
    texts: np.ndarray

    def batch(self, step: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of a step: every epoch is a permutation of its own, so a step always gives the same batch."""
        count = len(self.latents)
        first = step * size
        order = np.random.default_rng(first // count).permutation(count)
        rows = np.sort(order[(first + np.arange(size)) % count])
        return torch.from_numpy(self.latents[rows]).float(), torch.from_numpy(self.texts[rows]).float()


@dataclass(frozen=True)
class Maker:
    """What fills a pool: the folders of the two encoders (None: the embedder's pip package) and where to run them."""

    vae: Path
    embedder: Path | None
    device: torch.device
    workers: int


def open_pool(folder: Path, level: str, count: int, maker: Maker) -> Pool:
    """The pool of a level, made first if it is not there."""
    home = folder / f"pool_{level}_{count}"
    if not home.exists():
        fresh = home.with_suffix(".new")
        fresh.mkdir(parents=True, exist_ok=True)
        _fill(fresh, level, count, maker)
        os.replace(fresh, home)
    return Pool(*(np.load(home / f"{name}.npy", mmap_mode="r") for name in ("latents", "texts")))


@torch.no_grad()
def _fill(home: Path, level: str, count: int, maker: Maker) -> None:
    device = maker.device
    vae = AutoencoderKL.from_pretrained(maker.vae).to(device, memory_format=torch.channels_last).eval()
    tokenizer, encoder = load_text_encoder(maker.embedder)
    encoder.to(device)
    shapes = {"latents": (count, vae.config.latent_channels, 16, 16), "texts": (count, TOKENS, 384)}
    arrays = {
        name: np.lib.format.open_memmap(home / f"{name}.npy", "w+", np.float16, shape) for name, shape in shapes.items()
    }
    captions = []
    context = "spawn" if maker.workers else None
    scenes = Captioned(level, count)
    for pixels, words in DataLoader(scenes, CHUNK, num_workers=maker.workers, multiprocessing_context=context):
        rows = slice(len(captions), len(captions) + len(words))
        with fast_arithmetic(device):
            arrays["latents"][rows] = encode(vae, to_tensor(pixels).to(device)).float().cpu()
            arrays["texts"][rows] = embed(tokenizer, encoder, list(words)).float().cpu()
        captions += words
    for array in arrays.values():
        array.flush()
    (home / "captions.json").write_text(json.dumps(captions, ensure_ascii=False, indent=0), encoding="utf-8")
