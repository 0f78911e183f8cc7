"""Reads the metadata at the head of a GGUF file: what the model is, how much it reads, its special tokens.

Knows the file format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), not what the values are for.
"""

import struct
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
# The value types of the format, by number, as struct spells them.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of the GGUF file at ``path``; raises ``ValueError`` if it is none or is cut short."""
    try:
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise ValueError("not a GGUF file")
            _version, _tensors, count = _unpack(file, "IQQ")
            return dict(_item(file) for _ in range(count))
    except (struct.error, KeyError, OverflowError, MemoryError) as error:
        raise ValueError("a broken GGUF file") from error


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
