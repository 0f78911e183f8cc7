"""Rewriting: a GGUF whose tensors are of the types that OpenVINO GenAI reads exactly and computes with fast.

Of what has a scale and an offset for each group of numbers, its reader rounds the offset. Measured as perplexity, on
English, Chinese and Python: the 135M in Q4_1 is then 211, 15.5 and 15.2 instead of 157, 11.8 and 11.7, which is what it
is in Q8_0, at nearly the same speed; the 0.5B in Q5_0 and Q4_K is 81.9, 46.9 and 8.9 in Q8_0 and 84.9, 48.5 and 9.2 in
four bits, of 81.5, 46.8 and 8.8; of the 1.5B nothing in four bits is better than Q4_K as it comes. Knows which type
becomes which, and the form of the file; how numbers become others, the program ``openvino_maker`` knows.
"""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistants.errors import ModelUnavailable
from assistants.models.files.gguf import MAGIC, STRING, Head, Tensor, aligned

UINT32, VERSION = 4, 3
# What the library takes as it is, and what it takes of vectors.
EXACT = ("F16", "Q4_0", "Q8_0")
EXACT_VECTORS = ("F32", "F16")
WHOLE = ("F32", "BF16")
# Types of about four bits and less, which become four bits where a model is large.
LOW = (
    "Q4_1", "Q4_K", "Q2_K", "Q3_K", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL",
    "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4",
)  # fmt: skip
HIGH = ("Q5_0", "Q5_1", "Q5_K", "Q6_K")
READABLE = frozenset((*EXACT, *WHOLE, *LOW, *HIGH))
# Numbers of a model that is large: reading them takes the time then, and half the bytes are read in half of it.
LARGE = 800_000_000
# What is taken as it comes then.
KEPT = "Q4_K"
# Numbers that share a scale.
GROUP = 32
# What is left out of the new file, or said otherwise there: the studio renders chat templates itself.
OWN = ("general.file_type", "general.alignment", "tokenizer.chat_template")
PRE = "tokenizer.ggml.pre"
# By how much each frequency of a place is divided, which the library does not read.
DIVISORS = "rope_freqs.weight"
BASE = 10_000.0
# How the library is told that no tensor has scales.
ALL_F16, QUANTIZED = 1, 7


def check_types(file: Path, head: Head) -> None:
    """Raise ``ModelUnavailable`` if a tensor is of a type that nothing here can read."""
    for tensor in head.tensors.values():
        if name(tensor) not in READABLE:
            template = "{file} has tensors of the type {type}, which no engine of the studio reads."
            raise ModelUnavailable(template, file=file.name, type=name(tensor))


def name(tensor: Tensor) -> str:
    """Return what the type of a tensor is called."""
    from gguf import GGMLQuantizationType

    return GGMLQuantizationType(tensor.kind).name


def target(tensor: Tensor, is_large: bool) -> str:
    """Return the type that a tensor is rewritten in, which may be its own."""
    own = name(tensor)
    if len(tensor.shape) < 2:
        return own if own in EXACT_VECTORS else "F32"
    if own in EXACT:
        return own
    if own in WHOLE or tensor.shape[0] % GROUP:
        return "F16"
    if not is_large or own in HIGH:
        return "Q8_0"
    return KEPT if own == KEPT else "Q4_1"


def planned(head: Head) -> dict[str, Tensor]:
    """Return the tensors of the new file: their types, and places from where tensors begin."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    is_large = sum(count(one) for one in head.tensors.values()) > LARGE
    tensors, place = {}, 0
    for key, one in head.tensors.items():
        if key == DIVISORS:
            continue
        kind = GGMLQuantizationType[target(one, is_large)]
        weights, size = GGML_QUANT_SIZES[kind]
        tensors[key] = replace(one, kind=int(kind), place=place, size=count(one) // weights * size)
        place = aligned(place + tensors[key].size)
    return tensors


def count(tensor: Tensor) -> int:
    """Return how many numbers a tensor has."""
    total = 1
    for size in tensor.shape:
        total *= size
    return total


def write_head(file: Path, source: Path, head: Head, tensors: dict[str, Tensor]) -> None:
    """Write the head of a GGUF with other tensors than those of ``source``, up to where they begin."""
    own = {"general.file_type": QUANTIZED if any(name(one).startswith("Q") for one in tensors.values()) else ALL_F16}
    items = [item(key, value) for key, value in own.items()]
    if PRE not in head.places:
        items.append(item(PRE, "default"))
    with source.open("rb") as old:
        for key, (start, end) in head.places.items():
            if key not in OWN:
                old.seek(start)
                items.append(old.read(end - start))
    infos = [
        string(key) + struct.pack(f"<I{len(one.shape)}QIQ", len(one.shape), *one.shape, one.kind, one.place)
        for key, one in tensors.items()
    ]
    data = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(items)) + b"".join([*items, *infos])
    file.write_bytes(data.ljust(aligned(len(data)), b"\0"))


def item(key: str, value: int | str) -> bytes:
    """Return a fact as the head of a GGUF has it."""
    if isinstance(value, str):
        return string(key) + struct.pack("<I", STRING) + string(value)
    return string(key) + struct.pack("<II", UINT32, value)


def string(text: str) -> bytes:
    """Return a text as a GGUF has it."""
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def orders(head: Head, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Return what the program is to do with each tensor, in the order of the new file, and with frequencies of places.

    These may be divided, each by its own number in the file, or all by one.
    """
    architecture = head.metadata["general.architecture"]
    divisors = head.tensors.get(DIVISORS)
    is_linear = head.metadata.get(f"{architecture}.rope.scaling.type") == "linear"
    return {
        "tensors": [
            order(head.tensors[key]) | {"target": new.kind, "columns": new.shape[0]} for key, new in tensors.items()
        ],
        "places": {
            "count": width(head.metadata) // 2,
            "base": head.metadata.get(f"{architecture}.rope.freq_base", BASE),
            "divisor": head.metadata.get(f"{architecture}.rope.scaling.factor", 1.0) if is_linear else 1.0,
            "divisors": divisors and order(divisors),
        },
    }


def width(metadata: dict[str, Any]) -> int:
    """Return how many numbers a key has, in one head of a layer."""
    architecture = metadata["general.architecture"]
    whole, heads = (metadata[f"{architecture}.{key}"] for key in ("embedding_length", "attention.head_count"))
    return metadata.get(f"{architecture}.attention.key_length", whole // heads)


def order(tensor: Tensor) -> dict[str, int]:
    """Return where a tensor is, and what."""
    return {"place": tensor.place, "size": tensor.size, "kind": tensor.kind}
