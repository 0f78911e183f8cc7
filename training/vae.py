"""The autoencoder: 128 x 128 pictures to 16 x 16 latents and back (diffusers' AutoencoderKL).

Run ``python -m training.vae --out runs/vae``; the same command goes on after an interruption. Writes the finished model
to ``<out>/model``. Knows nothing of captions or diffusion.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.resnet import ResnetBlock2D

from training.loop import Run, use_cores
from training.pictures import HELD_OUT, batches, to_pictures
from training.sheet import contact_sheet

CHANNELS = (16, 32, 64, 128)
LATENT_CHANNELS = 12
LEVELS = ("scenes", "clutter")
NOISE = 0.2  # the decoder learns to live with latents that are up to this wrong, in standard deviations
LOOK_EVERY = 500  # steps between measurements


def new_vae(channels: tuple[int, ...] = CHANNELS, latent_channels: int = LATENT_CHANNELS) -> AutoencoderKL:
    """An untrained autoencoder that starts as "average 8 x 8 pixels, then repeat them": see ``pass_colours``."""
    depth = len(channels)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=channels,
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=1,
        sample_size=128,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )
    pass_colours(vae)
    return vae


@torch.no_grad()
def pass_colours(vae: AutoencoderKL) -> None:
    """Let red, green and blue through the untrained network; without it, training starts on a long plateau.

    Channels 0-2 carry the colours and 3-5 their negatives, because silu(x) - silu(-x) = x undoes the last activation.
    """
    for name, module in vae.named_modules():
        if isinstance(module, ResnetBlock2D):
            torch.nn.init.zeros_(module.conv2.weight)
        elif isinstance(module, torch.nn.Conv2d) and ".conv1" not in name and ".conv2" not in name:
            middle = torch.zeros(module.kernel_size)
            middle[module.kernel_size[0] // 2, module.kernel_size[1] // 2] = 1
            if module.stride == (2, 2):
                middle[:2, :2] = 0.25
            doubled = not name.endswith(("conv_out", "quant_conv"))
            count = 6 if doubled else 3
            module.weight[:count] = 0
            module.bias[:count] = 0
            for channel in range(count):
                if name.endswith("conv_out"):
                    module.weight[channel, channel] = middle / 2
                    module.weight[channel, channel + 3] = -middle / 2
                elif name.endswith("conv_in"):
                    module.weight[channel, channel % 3] = middle if channel < 3 else -middle
                else:
                    module.weight[channel, channel] = middle


def encode(vae: AutoencoderKL, pictures: torch.Tensor) -> torch.Tensor:
    """The mean latents of pictures, (batch, latent channels, height / 8, width / 8)."""
    return vae.quant_conv(vae.encoder(pictures)).chunk(2, dim=1)[0]


def decode(vae: AutoencoderKL, latents: torch.Tensor) -> torch.Tensor:
    """Pictures from latents."""
    return vae.decoder(vae.post_quant_conv(latents))


def losses(vae: AutoencoderKL, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What is minimised, and the mean absolute error in it."""
    latents = encode(vae, pictures)
    spread = latents.float().std((0, 2, 3))
    centre = latents.float().mean((0, 2, 3))
    wrong = torch.rand(len(latents), 1, 1, 1, device=latents.device) * NOISE
    noisy = latents + wrong * spread.detach().view(1, -1, 1, 1) * torch.randn_like(latents)
    error = decode(vae, noisy).float() - pictures
    absolute = error.abs().mean()
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    coarse = F.avg_pool2d(error, 4).abs().mean()
    scale = (spread - 1).square().mean() + centre.square().mean()
    return absolute + edges + coarse + 2 * error.square().mean() + 0.01 * scale, absolute


@torch.no_grad()
def reconstruct(vae: AutoencoderKL, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures through the bottleneck and back, and the PSNR of each in dB (peak 2)."""
    again = decode(vae, encode(vae, pictures)).float().clamp(-1, 1)
    return again, -10 * torch.log10(((again - pictures) / 2).square().mean((1, 2, 3)))


def look(run: Run, level: str, count: int) -> None:
    """Measure held-out pictures of a level, and put originals above their reconstructions in a sheet."""
    rows, values = [], []
    for pictures in batches((level,), HELD_OUT, count, 16, workers=0):
        pictures = pictures.to(run.device)
        with run.autocast():
            again, quality = reconstruct(run.averaged, pictures)
        values.append(quality)
        rows += to_pictures(pictures[:8]) + to_pictures(again[:8])
    contact_sheet(rows[:64]).save(run.folder / f"{level}_{run.step:06d}.png")
    run.log({"step": run.step, "level": level, "psnr": round(torch.cat(values).mean().item(), 2), "pictures": count})


@torch.no_grad()
def normalise(vae: AutoencoderKL, pictures: torch.Tensor) -> None:
    """Give every latent channel mean 0 and deviation 1 by changing the two 1 x 1 convolutions around the latents."""
    latents = encode(vae, pictures)
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    count = len(mean)
    first, last = vae.quant_conv, vae.post_quant_conv
    last.bias.add_(torch.einsum("oi,i->o", last.weight[:, :, 0, 0], mean))
    last.weight.mul_(spread.view(1, -1, 1, 1))
    first.weight[:count].div_(spread.view(-1, 1, 1, 1))
    first.bias[:count].sub_(mean).div_(spread)
    first.weight[count:] = 0  # the second half is the log-variance: a fixed, small one
    first.bias[count:] = -6


def train(options: argparse.Namespace, vae: AutoencoderKL | None = None) -> Path:
    """Train a model (by default a new one) to ``options.steps`` and write its average; gives the folder."""
    use_cores(options.workers)
    if options.decoder_of:
        vae = AutoencoderKL.from_pretrained(options.decoder_of)
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    run = Run(options.out, vae or new_vae(), options.steps, options.rate)
    run.resume()
    left = options.steps - run.step
    for pictures in batches(LEVELS, run.step * options.batch, left * options.batch, options.batch, options.workers):
        run.seed()
        with run.autocast():
            loss, absolute = losses(run.model, pictures.to(run.device))
        run.update(loss, options.batch, absolute=absolute)
        if run.step % LOOK_EVERY == 0:
            look(run, "scenes", 32)
    for level in LEVELS:
        look(run, level, options.measure)
    if not options.decoder_of:
        pictures = next(batches(("scenes",), 0, options.measure, options.measure, workers=0))
        normalise(run.averaged, pictures.to(run.device))
    run.averaged.save_pretrained(options.out / "model")
    return options.out / "model"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--out", type=Path, required=True)
    line.add_argument("--decoder-of", type=Path, help="sharpen the decoder of this model; its latents stay as they are")
    line.add_argument("--steps", type=int, default=6000)
    line.add_argument("--batch", type=int, default=8)
    line.add_argument("--rate", type=float, default=2e-3)
    line.add_argument("--workers", type=int, default=1)
    line.add_argument("--measure", type=int, default=256, help="held-out pictures in the final PSNR")
    return line


if __name__ == "__main__":
    train(parser().parse_args())
