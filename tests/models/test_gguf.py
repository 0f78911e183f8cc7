"""The head of a GGUF file, written here by the letter of the format."""

import struct
from pathlib import Path

import pytest

from assistants.models.files.gguf import read_head, read_metadata


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def item(key: str, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def array(kind: int, count: int, values: bytes) -> bytes:
    return struct.pack("<IQ", kind, count) + values


ITEMS = [
    item("general.architecture", 8, string("llama")),
    item("llama.context_length", 4, struct.pack("<I", 8192)),
    item("llama.rope.freq_base", 6, struct.pack("<f", 0.5)),
    item("tokenizer.ggml.add_bos_token", 7, b"\1"),
    item("tokenizer.ggml.tokens", 9, array(8, 3, string("<s>") + string("Ġ退") + string(""))),
    item("tokenizer.ggml.token_type", 9, array(5, 3, struct.pack("<3i", 3, 1, -1))),
    item("nested", 9, array(9, 2, array(0, 2, b"\1\2") + array(0, 1, b"\3"))),
]
HEAD = b"GGUF" + struct.pack("<IQQ", 3, 0, len(ITEMS))


def test_values_of_every_shape_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(HEAD + b"".join(ITEMS) + b"weights")
    assert read_metadata(path) == {
        "general.architecture": "llama",
        "llama.context_length": 8192,
        "llama.rope.freq_base": 0.5,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.tokens": ["<s>", "Ġ退", ""],
        "tokenizer.ggml.token_type": (3, 1, -1),
        "nested": [(1, 2), (3,)],
    }


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"<html>not found</html>"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a GGUF file"):
        read_metadata(path)


@pytest.mark.parametrize("size", range(4, len(HEAD) + sum(map(len, ITEMS)), 7))
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes((HEAD + b"".join(ITEMS))[:size])
    with pytest.raises(ValueError, match="a broken GGUF file"):
        read_metadata(path)


def test_absurd_lengths_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + item("x", 9, array(8, 2**63, b"")))
    with pytest.raises(ValueError, match="a broken GGUF file"):
        read_metadata(path)


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, place: int = 0) -> bytes:
    return string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, place)


def written(path: Path, *tensors: bytes, items: list[bytes] = ITEMS, size: int = 4096) -> Path:
    """Write a file with tensors, and so many bytes for their numbers."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(items)) + b"".join([*items, *tensors])
    path.write_bytes(head + bytes(size))
    return path


def test_tensors_are_found_where_they_are(tmp_path: Path) -> None:
    path = written(tmp_path / "model.gguf", tensor("one", (64, 3), 8), tensor("two", (5,), 0, 224))
    head = read_head(path)
    assert head.metadata["llama.context_length"] == 8192
    start, end = head.places["llama.context_length"]
    assert path.read_bytes()[start:end] == ITEMS[1]
    one, two = head.tensors["one"], head.tensors["two"]
    assert (one.shape, one.kind, one.size, two.shape, two.size) == ((64, 3), 8, 204, (5,), 20)
    assert one.place % 32 == 0 and two.place == one.place + 224


@pytest.mark.parametrize(
    ("tensors", "items", "said"),
    [
        ([tensor("one", (64,) * 5)], ITEMS, "a broken GGUF file"),
        ([tensor("one", (4096, 2))], ITEMS, "a broken GGUF file"),
        ([tensor("one", (32,), 0, 2**63)], ITEMS, "a broken GGUF file"),
        ([tensor("one", (32,)), tensor("one", (32,))], ITEMS, "a broken GGUF file"),
        ([tensor("one", (32,), 99)], ITEMS, "its tensor one is of the unknown type 99"),
        ([], [item("general.alignment", 4, struct.pack("<I", 0))], "a broken GGUF file"),
        ([], [item("general.alignment", 8, string("x"))], "a broken GGUF file"),
    ],
)
def test_tensors_that_cannot_be_are_refused(
    tmp_path: Path, tensors: list[bytes], items: list[bytes], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        read_head(written(tmp_path / "model.gguf", *tensors, items=items))
