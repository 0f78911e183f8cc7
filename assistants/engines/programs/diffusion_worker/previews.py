"""Small, rough pictures of what is on its way: a colour for each latent, by a matrix that is fitted to the VAE itself.

Works for whatever makes pictures of latents; where it cannot be fitted, there are none. Knows nothing of schedulers.
"""

import io
import logging
from typing import Any

import torch
from PIL import Image
from torch.nn.functional import interpolate

SIDE = 192
QUALITY = 80
# Pictures that the matrix is fitted to: fields of colour, each so many pixels wide, in so many columns and rows.
FIELDS = 8
SAMPLES = 4


class Previews:
    """Makes JPEGs of latents."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        try:
            self._matrix = fit(pipeline)
        except Exception as error:  # noqa: BLE001 (a picture is drawn just as well without)
            logging.warning("no previews: %s", error)
            self._matrix = None

    def jpeg(self, latents: torch.Tensor, width: int, height: int) -> bytes | None:
        """Return a small picture of the first of some latents, or None if they are of an unknown shape."""
        if self._matrix is None:
            return None
        if latents.ndim == 3 and hasattr(self._pipeline, "_unpack_latents"):
            latents = self._pipeline._unpack_latents(latents, height, width, self._pipeline.vae_scale_factor)
        if latents.ndim != 4 or latents.shape[1] != len(self._matrix) - 1:
            return None
        values = with_one(latents[:1].float().cpu().movedim(1, -1)) @ self._matrix
        bytes_ = ((values[0] + 1) * 127.5).clamp(0, 255).to(torch.uint8).numpy()
        scale = SIDE / max(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        file = io.BytesIO()
        Image.fromarray(bytes_).resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=QUALITY)
        return file.getvalue()


def with_one(values: torch.Tensor) -> torch.Tensor:
    """Append a one to the last dimension, for the matrix adds something, too."""
    return torch.cat([values, torch.ones_like(values[..., :1])], -1)


def fit(pipeline: Any) -> torch.Tensor:
    """Return the matrix from latents and a one to red, green and blue in [-1, 1], by least squares."""
    vae, scale, dtype = pipeline.vae, pipeline.vae_scale_factor, pipeline.vae.dtype
    # Some overflow in float16, and their pipelines bring them to float32 for a moment, too.
    fits = dtype != torch.float16 or not vae.config.get("force_upcast")
    if not fits:
        vae.to(torch.float32)
    pictures = samples(scale).to(pipeline._execution_device, vae.dtype)
    with torch.inference_mode():
        encoded = vae.encode(pictures)
    if not fits:
        vae.to(dtype)
    latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
    if latents.ndim != 4:
        raise ValueError(f"latents have {latents.ndim} dimensions")
    # Some are packed two by two after this, and some have no factor at all.
    shift, factor = vae.config.get("shift_factor") or 0, vae.config.get("scaling_factor") or 1
    known = with_one(((latents.float().cpu() - shift) * factor).movedim(1, -1)).flatten(0, 2)
    wanted = interpolate(pictures.float().cpu(), latents.shape[2:], mode="area").movedim(1, -1).flatten(0, 2)
    # A little weight on small numbers, for channels that carry no colour.
    eye = torch.eye(known.shape[1]) * 1e-3 * len(known)
    return torch.linalg.solve(known.T @ known + eye, known.T @ wanted)


def samples(scale: int) -> torch.Tensor:
    """Return pictures with fields of every colour, hard and soft, in [-1, 1]."""
    chance = torch.Generator().manual_seed(0)
    fields = torch.rand((SAMPLES, 3, FIELDS, FIELDS), generator=chance) * 2 - 1
    side = FIELDS * 2 * scale
    hard, soft = interpolate(fields, (side, side)), interpolate(fields, (side, side), mode="bicubic")
    return torch.cat([hard, soft]).clamp(-1, 1)
