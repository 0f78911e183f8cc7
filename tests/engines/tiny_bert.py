"""Tiny real BERTs with random weights, made in a second: one that embeds, and one that reads pairs."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer, PreTrainedModel

WORDS = ("red", "blue", "apple", "sky", "rose", "sea", "where", "is", "the", "of")
TOKENS = 64


def write_embedder(folder: Path) -> None:
    """Write an embedder of 32 numbers, in the layout of sentence-transformers."""
    _write(folder, BertModel)
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (path, kind) in enumerate(kinds.items())
    ]
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    files: dict[str, Any] = {
        "modules.json": modules,
        "sentence_bert_config.json": {"max_seq_length": TOKENS, "do_lower_case": False},
        "1_Pooling/config.json": pooling,
    }
    (folder / "1_Pooling").mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def write_reranker(folder: Path) -> None:
    """Write a cross-encoder, as the hub has them: a BERT with one label."""
    _write(folder, BertForSequenceClassification, num_labels=1)


def _write(folder: Path, kind: type[PreTrainedModel], **more: Any) -> None:
    folder.mkdir(exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]), encoding="utf-8")
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        config = BertConfig(
            vocab_size=5 + len(WORDS), max_position_embeddings=TOKENS, initializer_range=0.5, **size, **more
        )
        kind(config).save_pretrained(folder)
    BertTokenizer(str(vocabulary), model_max_length=TOKENS).save_pretrained(folder)
