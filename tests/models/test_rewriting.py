"""What becomes of the numbers of each type, and how exact it is."""

from pathlib import Path

import gguf
import numpy as np
import openvino_maker
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize

from assistants.errors import ModelUnavailable
from assistants.models.files import rewriting
from assistants.models.files.gguf import Head, Tensor, read_head
from tests.engines.tiny_gguf import WRITABLE

# Where the scales of each type stand in its blocks, as numbers of 16 bits.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ1_S": [0], "IQ1_M": [], "IQ2_XXS": [0], "IQ2_XS": [0],
    "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0], "IQ4_NL": [0], "IQ4_XS": [0], "TQ1_0": [52], "TQ2_0": [64],
}  # fmt: skip
COLUMNS, ROWS = 512, 6


def block_rows(name: str) -> np.ndarray:
    """Return rows of any type whose numbers are small and as different as can be."""
    chance = np.random.default_rng(3)
    weights, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    if name in WRITABLE:
        numbers = chance.normal(0, 0.1, (ROWS, COLUMNS)).astype(np.float32)
        return gguf.quantize(numbers, GGMLQuantizationType[name]).view(np.uint8).reshape(ROWS, -1)
    blocks = chance.integers(0, 256, (ROWS * COLUMNS // weights, size), dtype=np.uint8)
    for place in SCALES.get(name, []):
        blocks[:, place : place + 2] = chance.uniform(0.001, 0.01, (len(blocks), 1)).astype(np.float16).view(np.uint8)
    if name == "IQ1_M":
        # Its scale is in the high bits of four numbers.
        blocks[:, 48:56] = (blocks[:, 48:56].view(np.uint16) & 0x0FFF).view(np.uint8)
        blocks[:, 55] |= 0x20
    if name == "NVFP4":
        blocks[:, :4] = 0x30
    return blocks.reshape(ROWS, -1)


def error(name: str, target: str) -> float:
    """Return how far numbers are from what they were, as a share of these."""
    kind, new = GGMLQuantizationType[name], GGMLQuantizationType[target]
    rows = block_rows(name)
    before = dequantize(rows, kind).astype(np.float64)
    data = np.frombuffer(openvino_maker.converted(rows, kind, int(new)), np.uint8).reshape(ROWS, -1)
    after = dequantize(data, new).astype(np.float64)
    assert before.std() > 0 and np.isfinite(before).all()
    return float(np.sqrt(np.square(after - before).mean()) / before.std())


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(shape, int(GGMLQuantizationType[name]), 0, 0)


@pytest.mark.parametrize("name", sorted(rewriting.READABLE))
def test_numbers_of_each_type_stay_what_they_are(name: str) -> None:
    small, large = (rewriting.target(tensor(name, COLUMNS, ROWS), is_large) for is_large in (False, True))
    assert {small, large} <= {"F16", "Q4_0", "Q4_1", "Q4_K", "Q8_0"}
    assert small == name or error(name, small) < 0.01
    assert large == name or error(name, large) < (0.12 if large == "Q4_1" else 0.01)


def test_all_that_can_be_read_is_known() -> None:
    def reads(kind: GGMLQuantizationType) -> bool:
        weights, size = GGML_QUANT_SIZES[kind]
        try:
            dequantize(np.zeros((1, 512 // weights * size), np.uint8), kind)
        except NotImplementedError:
            return False
        return True

    assert {kind.name for kind in GGMLQuantizationType if reads(kind)} == rewriting.READABLE
    assert set(WRITABLE) <= rewriting.READABLE


def test_four_bits_have_offsets_that_the_library_reads_as_they_are() -> None:
    chance = np.random.default_rng(5)
    numbers = chance.normal(0, 1, (64, 32)).astype(np.float32)
    numbers[0], numbers[1], numbers[2], numbers[3] = 0, 3, -3, np.abs(numbers[3]) + 1
    blocks = openvino_maker.in_four_bits(numbers)
    scale, low = (blocks[:, place : place + 2].copy().view(np.float16).astype(np.float32)[:, 0] for place in (0, 2))
    offset = -low[scale > 0] / scale[scale > 0]
    assert np.abs(offset - offset.round()).max() < 0.01
    assert set(offset.round()) <= set(range(16))
    again = dequantize(blocks, GGMLQuantizationType.Q4_1)
    assert np.abs(again[0]).max() == 0
    assert np.allclose(again[1:3], numbers[1:3], atol=0.01)
    own = dequantize(gguf.quantize(numbers, GGMLQuantizationType.Q4_0), GGMLQuantizationType.Q4_0)
    assert np.square(again - numbers).sum() < np.square(own - numbers).sum()


@pytest.mark.parametrize(
    ("kind", "shape", "is_large", "target"),
    [
        ("F32", (512,), False, "F32"),
        ("BF16", (512,), True, "F32"),
        ("F32", (512, 4), True, "F16"),
        ("F32", (40, 4), False, "F16"),
        ("Q8_0", (512, 4), True, "Q8_0"),
        ("Q4_0", (512, 4), False, "Q4_0"),
        ("Q4_1", (512, 4), False, "Q8_0"),
        ("Q4_1", (512, 4), True, "Q4_1"),
        ("Q4_K", (512, 4), True, "Q4_K"),
        ("Q4_K", (512, 4), False, "Q8_0"),
        ("Q6_K", (512, 4), True, "Q8_0"),
        ("Q5_0", (896, 4), True, "Q8_0"),
        ("IQ3_S", (512, 4), True, "Q4_1"),
    ],
)
def test_which_type_becomes_which(kind: str, shape: tuple[int, ...], is_large: bool, target: str) -> None:
    assert rewriting.target(tensor(kind, *shape), is_large) == target


def test_numbers_that_are_none_or_too_large_are_tamed() -> None:
    numbers = np.array([[np.nan, np.inf, -np.inf, 1e9, 1.0] + [0.5] * 27], np.float32)
    half = np.frombuffer(
        openvino_maker.converted(numbers.view(np.uint8), GGMLQuantizationType.F32, int(GGMLQuantizationType.F16)),
        np.float16,
    )
    assert np.isfinite(half).all() and half[4] == 1 and half[3] == np.finfo(np.float16).max


@pytest.mark.parametrize("kind", ["Q8_1", "I32", "Q1_0"])
def test_a_type_that_nothing_reads_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"model.gguf has tensors of the type {kind}, which no engine"):
        rewriting.check_types(Path("model.gguf"), Head({}, {}, {"output.weight": tensor(kind, 32, 32)}))


def test_a_file_is_rewritten_a_few_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_maker, "CHUNK", 700)
    old, new = tmp_path / "old.gguf", tmp_path / "new.gguf"
    writer = gguf.GGUFWriter(old, "llama")
    writer.add_key_value("llama.embedding_length", 32, gguf.GGUFValueType.UINT32)
    writer.add_head_count(2)
    writer.add_chat_template("{{ 'out' }}")
    writer.add_file_type(2)
    numbers = np.random.default_rng(1).normal(0, 1, (33, 64)).astype(np.float32)
    for name in ("Q5_1", "Q8_0", "BF16"):
        writer.add_tensor(f"{name}.weight", gguf.quantize(numbers, own := GGMLQuantizationType[name]), raw_dtype=own)
    writer.add_tensor("odd.weight", numbers[:, :7])
    writer.add_tensor("norm.weight", numbers[0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    head = read_head(old)
    tensors = rewriting.planned(head)
    rewriting.write_head(new, old, head, tensors)
    openvino_maker.rewrite(old, new, rewriting.orders(head, tensors)["tensors"])
    again = gguf.GGUFReader(new)
    assert again.get_field("general.file_type").contents() == 7
    assert again.get_field("tokenizer.ggml.pre").contents() == "default"
    assert again.get_field("tokenizer.chat_template") is None
    found = {one.name: (one.tensor_type.name, dequantize(one.data, one.tensor_type)) for one in again.tensors}
    assert {name: kind for name, (kind, _) in found.items()} == {
        "Q5_1.weight": "Q8_0", "Q8_0.weight": "Q8_0", "BF16.weight": "F16", "odd.weight": "F16", "norm.weight": "F32",
    }  # fmt: skip
    before = {one.name: dequantize(one.data, one.tensor_type) for one in gguf.GGUFReader(old).tensors}
    assert all(np.allclose(values, before[name], atol=0.02) for name, (_, values) in found.items())
    assert np.array_equal(found["Q8_0.weight"][1], before["Q8_0.weight"])
