"""Reads the head of a GGUF file: what the model is, how much it reads, its special tokens, what its tensors are.

Knows the file format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), not what the values are for.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
ALIGNMENT = 32
DIMENSIONS = 4
STRING, ARRAY = 8, 9
# The value types of the format, by number, as struct spells them.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


@dataclass(frozen=True)
class Tensor:
    """A tensor: its ``shape``, the dimension whose numbers are neighbours first, and the number of its type."""

    shape: tuple[int, ...]
    kind: int


@dataclass(frozen=True)
class Head:
    """What a file says of itself, and its tensors by name."""

    metadata: dict[str, Any]
    tensors: dict[str, Tensor]


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of the GGUF file at ``path``; raises ``ValueError`` if it is none or is cut short in it."""
    with path.open("rb") as file:
        return _metadata(file)[0]


def read_head(path: Path) -> Head:
    """Return the whole head of the GGUF file at ``path``.

    Raises ``ValueError`` if it is none, or is cut short in its head or in a tensor.
    """
    with path.open("rb") as file:
        metadata, count = _metadata(file)
        try:
            tensors = [_tensor(file) for _ in range(count)]
        except (struct.error, OverflowError, MemoryError) as error:
            raise ValueError("a broken GGUF file") from error
        alignment = metadata.get("general.alignment", ALIGNMENT)
        if not (isinstance(alignment, int) and alignment > 0):
            raise ValueError("a broken GGUF file")
        # Tensors begin at the next multiple of the alignment after what is said of them.
        start = -(-file.tell() // alignment) * alignment
        if start + max((end for *_, end in tensors), default=0) > os.fstat(file.fileno()).st_size:
            raise ValueError("a broken GGUF file")
        return Head(metadata, {name: tensor for name, tensor, _ in tensors})


def _metadata(file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Read what a file says of itself; also return how many tensors it is to have."""
    if file.read(4) != MAGIC:
        raise ValueError("not a GGUF file")
    try:
        _version, tensors, count = _unpack(file, "IQQ")
        return dict(_item(file) for _ in range(count)), tensors
    except (struct.error, KeyError, OverflowError, MemoryError) as error:
        raise ValueError("a broken GGUF file") from error


def _tensor(file: BinaryIO) -> tuple[str, Tensor, int]:
    """Read what is said of a tensor; also return where it ends, in bytes from where tensors begin."""
    from gguf import GGML_QUANT_SIZES

    name = _value(file, STRING)
    (dimensions,) = _unpack(file, "I")
    if dimensions > DIMENSIONS:
        raise ValueError("a broken GGUF file")
    *shape, kind, place = _unpack(file, f"{dimensions}QIQ")
    if kind not in GGML_QUANT_SIZES:
        raise ValueError(f"its tensor {name} is of the unknown type {kind}")
    weights, size = GGML_QUANT_SIZES[kind]
    return name, Tensor(tuple(shape), kind), place + math.prod(shape) // weights * size


def _item(file: BinaryIO) -> tuple[str, Any]:
    key = _value(file, STRING)
    (kind,) = _unpack(file, "I")
    return key, _value(file, kind)


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        (length,) = _unpack(file, "Q")
        return file.read(length).decode("utf-8", "replace")
    if kind == ARRAY:
        kind, length = _unpack(file, "IQ")
        if kind in NUMBERS:
            return _unpack(file, f"{length}{NUMBERS[kind]}")
        return [_value(file, kind) for _ in range(length)]
    return _unpack(file, NUMBERS[kind])[0]


def _unpack(file: BinaryIO, form: str) -> tuple[Any, ...]:
    form = f"<{form}"
    return struct.unpack(form, file.read(struct.calcsize(form)))
