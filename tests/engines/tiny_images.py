"""Tiny real models that draw noise, made from configurations in a second: SD 1, SDXL, SD 3, PixArt, and adapters."""

import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    PixArtAlphaPipeline,
    PixArtTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from transformers import (
    BertConfig,
    BertModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from tests.engines import tiny

SIDE = 64
WIDTH = 32
TOKENS = 24
BLOCKS = {
    "block_out_channels": (32, 64),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "attention_head_dim": 8,
    "norm_num_groups": 8,
}
PLAIN_UNET = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",), "block_out_channels": (32,)}
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
OWN = {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer that pads."""
    tokenizer = tiny.make_tokenizer(chats=False)
    tokenizer.pad_token, tokenizer.model_max_length = tokenizer.eos_token, TOKENS
    return tokenizer


def make_vae(channels: int = 4, shift: float | None = None) -> AutoencoderKL:
    """Return an autoencoder of 8 pixels a latent."""
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        shift_factor=shift,
        norm_num_groups=4,
    )


def make_clip(kind: type = CLIPTextModel) -> Any:
    """Return a text encoder."""
    config = CLIPTextConfig(
        hidden_size=WIDTH,
        intermediate_size=37,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        vocab_size=400,
        projection_dim=WIDTH,
        initializer_range=0.3,
    )
    return kind(config)


def make_sd1(folder: Path | None, **changes: Any) -> StableDiffusionPipeline:
    """Write a Stable Diffusion 1 into ``folder``, if there is one, and return it."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(sample_size=SIDE // 8, cross_attention_dim=WIDTH, **BLOCKS | changes)
    parts = {"vae": make_vae(unet.config.out_channels), "unet": unet, "scheduler": DDIMScheduler(**SCHEDULE, **OWN)}
    parts |= {"text_encoder": make_clip(), "tokenizer": make_tokenizer()}
    return write(StableDiffusionPipeline(**parts, safety_checker=None, feature_extractor=None), folder)


def make_starter(folder: Path, encoder: Path) -> None:
    """Write a model without a text encoder and with 12 channels, and the encoder into a folder of its own."""
    torch.manual_seed(0)
    shape = {"vocab_size": 400, "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 4}
    BertModel(BertConfig(**shape, intermediate_size=37)).save_pretrained(encoder)
    make_tokenizer().save_pretrained(encoder)
    make_sd1(folder, in_channels=12, out_channels=12)
    for name in ("text_encoder", "tokenizer"):
        shutil.rmtree(folder / name)


def make_sdxl(folder: Path) -> StableDiffusionXLPipeline:
    """Write an SDXL into ``folder`` and return it."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=SIDE // 8,
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        transformer_layers_per_block=(1, 1),
        use_linear_projection=True,
        **BLOCKS,
    )
    parts = {"vae": make_vae(), "unet": unet, "scheduler": EulerDiscreteScheduler(**SCHEDULE)}
    parts |= {"text_encoder": make_clip(), "text_encoder_2": make_clip(CLIPTextModelWithProjection)}
    return write(StableDiffusionXLPipeline(**parts, tokenizer=make_tokenizer(), tokenizer_2=make_tokenizer()), folder)


def make_sd3(folder: Path) -> StableDiffusion3Pipeline:
    """Write a Stable Diffusion 3 without its largest encoder into ``folder`` and return it."""
    torch.manual_seed(0)
    transformer = SD3Transformer2DModel(
        sample_size=SIDE // 8,
        patch_size=2,
        in_channels=16,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=32,
        pooled_projection_dim=2 * WIDTH,
        out_channels=16,
    )
    clips = {name: make_clip(CLIPTextModelWithProjection) for name in ("text_encoder", "text_encoder_2")}
    tokenizers = {name: make_tokenizer() for name in ("tokenizer", "tokenizer_2")}
    parts = {"vae": make_vae(16, shift=0.1), "transformer": transformer, "scheduler": FlowMatchEulerDiscreteScheduler()}
    return write(
        StableDiffusion3Pipeline(**parts, **clips, **tokenizers, text_encoder_3=None, tokenizer_3=None), folder
    )


def make_pixart(folder: Path) -> PixArtAlphaPipeline:
    """Write a PixArt into ``folder`` and return it."""
    torch.manual_seed(0)
    transformer = PixArtTransformer2DModel(
        sample_size=SIDE // 8,
        num_layers=2,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=3,
        caption_channels=WIDTH,
        in_channels=4,
        out_channels=8,
        cross_attention_dim=24,
        norm_num_groups=8,
        use_additional_conditions=False,
    )
    t5 = T5EncoderModel(T5Config(vocab_size=400, d_model=WIDTH, d_ff=37, num_layers=2, num_heads=4, d_kv=8))
    parts = {"vae": make_vae(), "transformer": transformer, "scheduler": DPMSolverMultistepScheduler(**SCHEDULE)}
    return write(PixArtAlphaPipeline(**parts, text_encoder=t5, tokenizer=make_tokenizer()), folder)


def make_lora(file: Path, pipeline: Any) -> None:
    """Write an adapter for a model with a UNet."""
    torch.manual_seed(1)
    config = LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v"], init_lora_weights=False)
    pipeline.unet.add_adapter(config)
    weights = get_peft_model_state_dict(pipeline.unet)
    pipeline.unet.delete_adapters(["default"])
    pipeline.save_lora_weights(file.parent, unet_lora_layers=weights, weight_name=file.name)


def write(pipeline: Any, folder: Path | None) -> Any:
    """Write a model and return it."""
    pipeline.set_progress_bar_config(disable=True)
    if folder:
        pipeline.save_pretrained(folder)
    return pipeline
