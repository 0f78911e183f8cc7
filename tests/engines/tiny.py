"""Tiny real models with random weights, made in a second: a Llama that chats, a GPT-2 that only goes on, a GGUF."""

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

CONTEXT = 512
START, END, CUT = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT = ["the cat sat on the mat and the dog ran to the river", "user assistant system say a story again and again"]
HEADS, GROUPS = 4, 2


def take_one_thread() -> None:
    """Compute in one thread: several only wait for each other where a model is tiny."""
    torch.set_num_threads(1)


def make_tokenizer(*, chats: bool = True) -> PreTrainedTokenizerFast:
    """Return a tokenizer that knows every byte, some words and the control tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=[CUT, START, END], initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXT * 20, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END if chats else CUT)
    if chats:
        fast.add_special_tokens({"additional_special_tokens": [START, CUT]})
        fast.chat_template = TEMPLATE
    return fast


def make_llama(folder: Path) -> PreTrainedModel:
    """Write a Llama that chats into ``folder`` and return it."""
    tokenizer = make_tokenizer()
    config = LlamaConfig(
        # More than the tokenizer knows, as real models have.
        vocab_size=len(tokenizer) + 13,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        num_key_value_heads=GROUPS,
        max_position_embeddings=CONTEXT,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return write(LlamaForCausalLM, config, tokenizer, folder)


def make_gpt2(folder: Path) -> PreTrainedModel:
    """Write a GPT-2, which only goes on with a text, into ``folder`` and return it."""
    tokenizer = make_tokenizer(chats=False)
    end = tokenizer.eos_token_id
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=CONTEXT,
        n_embd=64,
        n_layer=2,
        n_head=4,
        initializer_range=0.3,
        bos_token_id=end,
        eos_token_id=end,
    )
    return write(GPT2LMHeadModel, config, tokenizer, folder)


def write(
    kind: type[PreTrainedModel], config: LlamaConfig | GPT2Config, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> PreTrainedModel:
    """Write a model with random weights, the same each time, and return it."""
    torch.manual_seed(7)
    model = kind(config).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model


def make_gguf(
    file: Path,
    model: PreTrainedModel,
    *,
    width: int | None = None,
    template: str = TEMPLATE,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
) -> None:
    """Write the Llama ``model`` as a GGUF whose matrices are of a ``kind``; it may say another ``width``."""
    tokenizer, config = make_tokenizer(), model.config
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(width or config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_rope_dimension_count(config.hidden_size // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_tokenizer(writer, tokenizer, config.vocab_size, template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, weights in model.state_dict().items():
        values = interleave(name, weights.numpy())
        if values.ndim > 1:
            values = gguf.quantize(values, kind)
        writer.add_tensor(names.get_name(name, (".weight",)), values, raw_dtype=kind if values.ndim > 1 else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerFast, size: int, template: str) -> None:
    """Say how texts become tokens."""
    by_number = {number: token for token, number in tokenizer.get_vocab().items()}
    tokens = [by_number.get(number, f"[PAD{number}]") for number in range(size)]
    control = {START, END, CUT}
    kinds = [gguf.TokenType.CONTROL if token in control else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in merges(tokenizer)])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_chat_template(template)


def merges(tokenizer: PreTrainedTokenizerFast) -> list[list[str]]:
    """Return the pairs that the tokenizer joins."""
    return json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]


def interleave(name: str, weights: np.ndarray) -> np.ndarray:
    """Return weights in the order that llama.cpp has them in, which rotates neighbours instead of halves."""
    heads = {"q_proj": HEADS, "k_proj": GROUPS}.get(name.split(".")[-2])
    if heads is None:
        return weights
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, weights.shape[1])
    return halves.swapaxes(1, 2).reshape(weights.shape)
