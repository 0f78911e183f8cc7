"""Writes a Stable Diffusion 1 as one file, with the names of its first program, which diffusers only reads."""

import re
from pathlib import Path
from typing import Any

from diffusers.loaders.single_file_utils import DIFFUSERS_TO_LDM_MAPPING
from safetensors.torch import save_file

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def write(pipeline: Any, file: Path) -> None:
    """Write the weights into ``file`` and everything else into a folder of its name."""
    encoder = {
        f"cond_stage_model.transformer.text_model.{name}": one
        for name, one in pipeline.text_encoder.state_dict().items()
    }
    unet, vae = pipeline.unet, pipeline.vae
    weights = {
        f"model.diffusion_model.{unet_name(name, unet.config.layers_per_block + 1)}": one
        for name, one in unet.state_dict().items()
    } | {
        f"first_stage_model.{vae_name(name, len(vae.config.block_out_channels))}": one
        for name, one in vae.state_dict().items()
    }
    save_file({name: one.contiguous() for name, one in (weights | encoder).items()}, file)
    folder = file.with_suffix("")
    pipeline.save_pretrained(folder)
    for heavy in folder.rglob("*.safetensors"):
        heavy.unlink()


def unet_name(name: str, layers: int) -> str:
    """Return what a weight of the UNet is called; each of its blocks has so many layers."""
    if known := DIFFUSERS_TO_LDM_MAPPING["unet"]["layers"].get(name):
        return known
    place, rest = re.fullmatch(r"((?:down_blocks|up_blocks)\.\d+\.\w+\.\d+|mid_block\.\w+\.\d+)\.(.*)", name).groups()
    *_, block, kind, layer = ["0", *place.split(".")]
    for own, other in RESNET.items():
        rest = rest.replace(own, other) if kind == "resnets" else rest
    if place.startswith("mid"):
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(layer)}.{rest}"
    number = int(block) * layers + int(layer)
    if kind == "downsamplers":
        return f"input_blocks.{int(block) * layers + layers}.0.{rest.replace('conv', 'op')}"
    if kind == "upsamplers":
        return f"output_blocks.{int(block) * layers + layers - 1}.2.{rest}"
    part = int(kind == "attentions")
    where = f"input_blocks.{number + 1}" if place.startswith("down") else f"output_blocks.{number}"
    return f"{where}.{part}.{rest}"


def vae_name(name: str, blocks: int) -> str:
    """Return what a weight of the autoencoder is called; it has so many blocks."""
    if known := DIFFUSERS_TO_LDM_MAPPING["vae"].get(name):
        return known
    name = name.replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
        for own, other in ATTENTION.items():
            name = name.replace(f".{own}.", f".{other}.")
    name = re.sub(r"up_blocks\.(\d)", lambda found: f"up.{blocks - 1 - int(found[1])}", name)
    name = name.replace("down_blocks", "down").replace(".resnets.", ".block.")
    return name.replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
