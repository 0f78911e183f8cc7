"""The denoiser: from noise and a caption to latents (diffusers' UNet2DConditionModel).

Run ``python -m training.unet --vae runs/vae/model --out runs/unet``; the same command goes on after an interruption.
``--level scenes --start-from runs/unet/model`` is the second lesson. Writes the finished model to ``<out>/model``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor

from training.loop import Run, use_cores
from training.pool import Maker, open_pool
from training.sample import PROMPTS, assemble, generate, new_scheduler
from training.sheet import contact_sheet
from training.text import embed, load_text_encoder

CHANNELS = (128, 256)
LOOK_EVERY = 600  # seconds between picture grids
NO_CAPTION = 0.1  # share of samples trained without caption, for guidance
SNR_LIMIT = 5.0
LEAST_WEIGHT = 0.15  # of the noisiest steps, where the caption is all there is to go by


def new_unet(latent_channels: int, channels: tuple[int, ...] = CHANNELS, heads: int = 8) -> UNet2DConditionModel:
    """An untrained UNet: attention at 8 x 8 only, the whole caption also added to the time embedding."""
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=latent_channels,
        out_channels=latent_channels,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=channels,
        layers_per_block=1,
        cross_attention_dim=384,
        attention_head_dim=tuple(max(1, width // 64) for width in channels),
        norm_num_groups=32,
        use_linear_projection=True,
        addition_embed_type="text",
        addition_embed_type_num_heads=heads,
    )
    for name, module in unet.named_modules():
        if name.endswith(("conv2", "conv_out", "proj_out")):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
        elif name.endswith(("attn2.to_k", "attn2.to_v")):
            module.weight.data.mul_(2.3)  # the embedder's numbers have a deviation of 0.43
    return unet


class Lesson:
    """The loss: v-prediction at evenly spread timesteps, weighted by a clamped signal-to-noise ratio."""

    def __init__(self, no_caption: torch.Tensor, device: torch.device):
        kept = new_scheduler().alphas_cumprod.to(device)
        self.signal, self.noise = kept.sqrt(), (1 - kept).sqrt()
        ratio = kept / (1 - kept)
        self.weight = (ratio.clamp(max=SNR_LIMIT) / (ratio + 1)).clamp(min=LEAST_WEIGHT)
        self.no_caption = no_caption

    def loss(self, unet: UNet2DConditionModel, latents: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        """The weighted mean squared error of one batch."""
        count, device = len(latents), latents.device
        spread = (torch.rand(count, device=device) + torch.randperm(count, device=device)) / count
        steps = (spread * len(self.signal)).long().clamp(max=len(self.signal) - 1)
        noise = torch.randn_like(latents)
        signal_part, noise_part = (part[steps].view(-1, 1, 1, 1) for part in (self.signal, self.noise))
        blind = torch.rand(count, 1, 1, device=device) < NO_CAPTION
        texts = torch.where(blind, self.no_caption, texts)
        noisy = (signal_part * latents + noise_part * noise).contiguous(memory_format=torch.channels_last)
        guess = unet(noisy, steps, texts, return_dict=False)[0].float()
        error = guess - (signal_part * noise - noise_part * latents)
        return (self.weight[steps] * error.square().mean((1, 2, 3))).mean()


def look(run: Run, vae: AutoencoderKL, embedder: Path | None) -> None:
    """Draw the fixed prompts with the averaged weights."""
    pictures = generate(assemble(run.averaged, vae, embedder), list(PROMPTS))
    contact_sheet(pictures, list(PROMPTS)).save(run.folder / f"grid_{run.step:06d}.png")


def train(options: argparse.Namespace, unet: UNet2DConditionModel | None = None) -> Path:
    """Train a model (by default a new one) to ``options.steps`` and write its average; gives the folder."""
    use_cores(0)
    vae = AutoencoderKL.from_pretrained(options.vae).eval()
    if options.start_from:
        unet = UNet2DConditionModel.from_pretrained(options.start_from)
    unet = unet or new_unet(vae.config.latent_channels)
    run = Run(options.out, unet, options.steps, options.rate, decay=0.998)
    if run.device.type == "cpu":
        # For few tokens the fused attention's way back is so slow that a step takes a quarter longer (measured).
        run.model.set_attn_processor(AttnProcessor())
    run.resume()
    maker = Maker(options.vae, options.embedder, run.device, options.workers)
    pool = open_pool(options.out, options.level, options.pool, maker)
    tokenizer, encoder = load_text_encoder(options.embedder)
    lesson = Lesson(embed(tokenizer, encoder, [""]).to(run.device), run.device)
    vae, looked = vae.to(run.device), time.monotonic()
    while run.step < options.steps:
        run.seed()
        latents, texts = (part.to(run.device) for part in pool.batch(run.step, options.batch))
        with run.autocast():
            loss = lesson.loss(run.model, latents, texts)
        run.update(loss, options.batch)
        if time.monotonic() - looked > LOOK_EVERY:
            look(run, vae, options.embedder)
            looked = time.monotonic()
    look(run, vae, options.embedder)
    run.averaged.save_pretrained(options.out / "model")
    return options.out / "model"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--vae", type=Path, required=True, help="folder of the trained autoencoder")
    line.add_argument("--out", type=Path, required=True)
    line.add_argument("--embedder", type=Path, help="folder of all-MiniLM-L6-v2; default: the pip package's")
    line.add_argument("--level", default="single", choices=("single", "scenes"))
    line.add_argument("--start-from", type=Path, help="folder of a UNet to go on from")
    line.add_argument("--pool", type=int, default=16000, help="number of scenes")
    line.add_argument("--steps", type=int, default=6000)
    line.add_argument("--batch", type=int, default=32)
    line.add_argument("--rate", type=float, default=1e-3)
    line.add_argument("--workers", type=int, default=1, help="processes that render the pool")
    return line


if __name__ == "__main__":
    train(parser().parse_args())
