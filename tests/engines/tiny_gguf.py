"""Writes a tiny model of transformers as a GGUF, in the names and the order that llama.cpp has weights in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tests.engines import tiny

Kind = gguf.GGMLQuantizationType
# Types that gguf-py can write.
WRITABLE = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4")


def write(
    file: Path,
    model: PreTrainedModel,
    architecture: str = "llama",
    *,
    kind: Callable[[str], Kind] = lambda name: Kind.F16,
    template: str = tiny.TEMPLATE,
    more: Callable[[gguf.GGUFWriter], None] = lambda writer: None,
    width: int | None = None,
    pieces: bool = False,
) -> None:
    """Write ``model`` with its matrices of the ``kind`` for their names; the file may say another ``width`` of it.

    Its tokenizer is that of tiny models, or one of ``pieces`` as SentencePiece makes them.
    """
    config = model.config
    writer = gguf.GGUFWriter(file, architecture)
    heads = config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(width or config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    if head := getattr(config, "head_dim", None):
        writer.add_key_length(head)
        writer.add_value_length(head)
    writer.add_rope_freq_base(float(config.rope_parameters.get("rope_theta", 10000.0)))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add = add_pieces if pieces else add_tokenizer
    add(writer, tiny.make_tokenizer(), config.vocab_size, template)
    for name, values in tensors(model, architecture):
        own = kind(name) if values.ndim > 1 else Kind.F32
        writer.add_tensor(name, gguf.quantize(values, own), raw_dtype=own)
    more(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(model: PreTrainedModel, architecture: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the weights of a model as a GGUF has them."""
    (number,) = (one for one, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(number, model.config.num_hidden_layers)
    for name, weights in model.state_dict().items():
        own, values = names.get_name(name, (".weight", ".bias")), weights.float().numpy()
        if own == "output.weight" and model.config.tie_word_embeddings:
            continue
        if architecture == "llama" and (".q_proj." in name or ".k_proj." in name):
            values = interleave(values, model.config.head_dim)
        if architecture == "gemma3" and name.endswith("norm.weight"):
            values = values + 1
        yield own, values


def interleave(weights: np.ndarray, head: int) -> np.ndarray:
    """Return weights in the order that llama.cpp has them in, which rotates neighbours instead of halves."""
    halves = weights.reshape(-1, 2, head // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def as_written(model: PreTrainedModel, kind: Callable[[str], Kind]) -> None:
    """Give a Llama the weights that a file of those types holds of it."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.config.num_hidden_layers)
    for name, weights in model.state_dict().items():
        if weights.ndim > 1:
            own = kind(names.get_name(name, (".weight",)))
            weights.copy_(torch.from_numpy(gguf.dequantize(gguf.quantize(weights.numpy(), own), own)))


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerFast, size: int, template: str) -> None:
    """Say how texts become tokens."""
    by_number = {number: token for token, number in tokenizer.get_vocab().items()}
    tokens = [by_number.get(number, f"[PAD{number}]") for number in range(size)]
    control = {tiny.START, tiny.END, tiny.CUT}
    kinds = [gguf.TokenType.CONTROL if token in control else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in merges(tokenizer)])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_chat_template(template)


def add_pieces(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerFast, size: int, template: str) -> None:
    """Say how texts become pieces, in the numbers that are there, with the control tokens of a tokenizer."""
    special = ["<unk>", "<s>", tiny.END, tiny.START, tiny.CUT]
    data = [f"<0x{number:02X}>" for number in range(256)]
    normal = ["▁", "▁t", "he", "▁the", *"abcdefghijklmnopqrstuvwxyz"]
    tokens = [*special, *data, *normal]
    tokens += [f"[PAD{number}]" for number in range(len(tokens), size)]
    types = gguf.TokenType
    kinds = [types.UNKNOWN, *[types.CONTROL] * 4, *[types.BYTE] * 256]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds + [types.NORMAL] * (size - len(kinds)))
    writer.add_token_scores([0.0] * len(kinds) + [float(-place) for place in range(size - len(kinds))])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(4)
    writer.add_chat_template(template)


def merges(tokenizer: PreTrainedTokenizerFast) -> list[list[str]]:
    """Return the pairs that the tokenizer joins."""
    return json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]


def facts(**values: Any) -> Callable[[gguf.GGUFWriter], None]:
    """Return what adds facts of a model, whose names have two underscores for a dot, to a file."""

    def add(writer: gguf.GGUFWriter) -> None:
        for name, value in values.items():
            kind = gguf.GGUFValueType.get_type(value)
            writer.add_key_value(name.replace("__", "."), value, kind)

    return add
