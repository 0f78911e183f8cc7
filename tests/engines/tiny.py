"""Tiny real models with random weights, made in a second: a Llama that chats, a GPT-2 that only goes on."""

from pathlib import Path

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
        num_attention_heads=4,
        num_key_value_heads=2,
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
