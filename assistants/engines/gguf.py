"""Reads the metadata at the head of a GGUF file: what the model is, how much it reads, its special tokens.

Knows the file format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), not what the values are for.
"""

import math
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
ALIGNMENT = 32
STRING, ARRAY = 8, 9
# The value types of the format, by number, as struct spells them.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read_metadata(path: Path, *, whole: bool = False) -> dict[str, Any]:
    """Return the metadata of the GGUF file at ``path``.

    Raises ``ValueError`` if it is none or its head is cut short; if ``whole``, also if a tensor is.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise ValueError("not a GGUF file")
            _version, tensors, count = _unpack(file, "IQQ")
            metadata = dict(_item(file) for _ in range(count))
            if whole:
                _check_tensors(file, tensors, metadata.get("general.alignment", ALIGNMENT))
            return metadata
    except (struct.error, KeyError, OverflowError, MemoryError) as error:
        raise ValueError("a broken GGUF file") from error


def _check_tensors(file: BinaryIO, count: int, alignment: int) -> None:
    end = max((_tensor_end(file) for _ in range(count)), default=0)
    # Tensors begin at the next multiple of the alignment after what is said of them.
    start = -(-file.tell() // alignment) * alignment
    if start + end > os.fstat(file.fileno()).st_size:
        raise ValueError("a broken GGUF file")


def _tensor_end(file: BinaryIO) -> int:
    """Read what is said of a tensor and return where it ends, in bytes from where tensors begin."""
    from gguf import GGML_QUANT_SIZES

    _value(file, STRING)
    (dimensions,) = _unpack(file, "I")
    *shape, kind, place = _unpack(file, f"{dimensions}QIQ")
    weights, size = GGML_QUANT_SIZES[kind]
    return place + math.prod(shape) // weights * size


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
