"""What runs a model best on a machine: what there is to choose from, and by what it is chosen."""

import os
from pathlib import Path

import pytest

from assistants.engines import tuning
from assistants.engines.openvino import OpenVINOChat

BF16, F32 = tuning.CHOICES


def cpuinfo(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    def read(self: Path, **_: str) -> str:
        if text is None:
            raise FileNotFoundError(self)
        return text

    monkeypatch.setattr(Path, "read_text", read)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("model name\t: Fast 9000\nflags\t\t: fpu avx512_bf16 amx_bf16 amx_tile\n", ["amx_bf16", "avx512_bf16"]),
        ("model name\t: Old 1\nflags\t\t: fpu avx2\n", []),
        ("processor : 0\nFeatures : fp asimd\n", []),
        (None, []),
    ],
)
def test_only_units_for_16_bits_give_a_choice(
    monkeypatch: pytest.MonkeyPatch, text: str | None, units: list[str]
) -> None:
    cpuinfo(monkeypatch, text)
    found = tuning.machine()
    assert found["units"] == units and found["processor"]
    assert 1 <= found["usable"] <= (os.cpu_count() or 1)
    assert tuning.choices() == (tuning.CHOICES if units else ())


@pytest.mark.parametrize(
    ("bf16", "f32", "best"),
    [
        # As measured with AMX: the 135M, the 0.5B and the 1.5B.
        ((2200, 70), (1450, 115), F32),
        ((780, 21.6), (490, 36), F32),
        ((190, 6.9), (157, 11), F32),
        # A machine that writes as fast either way is to read sooner.
        ((780, 36), (490, 36), BF16),
        ((2200, 70), (200, 80), BF16),
    ],
)
def test_the_choice_is_for_what_people_ask_and_get(
    tmp_path: Path, bf16: tuple[float, float], f32: tuple[float, float], best: tuning.Properties
) -> None:
    tuning.keep(tmp_path, [{"reads": reads, "writes": writes} for reads, writes in (bf16, f32)])
    assert tuning.properties(tmp_path) == best


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": 3}'])
def test_a_choice_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / tuning.FILE).write_text(text, encoding="utf-8")
    assert tuning.known(tmp_path) is None and tuning.properties(tmp_path) == {}


def test_what_was_chosen_is_what_the_program_is_told(tmp_path: Path) -> None:
    described = {"context": 512, "token_bytes": 1000, "control": {}, "eos": 2, "template": None, "tokens": {}}
    engine = OpenVINOChat(model="tiny", folder=tmp_path, described=described)
    assert engine._first()["properties"] == {}
    tuning.keep(tmp_path, [{"reads": 1.0, "writes": 1.0}, {"reads": 1.0, "writes": 9.0}])
    assert engine._first()["properties"] == F32
