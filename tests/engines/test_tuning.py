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
    assert tuning.choices() == (tuning.CHOICES if units else ({},))


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
    tmp_path: Path, bf16: tuple[float, float], f32: tuple[float, float], best: tuning.Properties,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(tuning, "choices", lambda: tuning.CHOICES)
    tuning.keep(tmp_path, [{"reads": reads, "writes": writes} for reads, writes in (bf16, f32)])
    assert tuning.chosen(tmp_path)["properties"] == best


@pytest.mark.parametrize(("reads", "part"), [(2000, 256), (300, 128), (168, 64), (20, 64)])
def test_others_do_not_wait_long_for_a_part_of_a_prompt(tmp_path: Path, reads: float, part: int) -> None:
    tuning.keep(tmp_path, [{"reads": reads, "writes": 10.0}])
    assert tuning.chosen(tmp_path)["part"] == part


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": 3}'])
def test_a_choice_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / tuning.FILE).write_text(text, encoding="utf-8")
    assert tuning.known(tmp_path) is None
    assert tuning.chosen(tmp_path) == {"properties": {}, "part": 256}


def test_what_was_chosen_is_what_the_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = {"context": 512, "token_bytes": 1000, "control": {}, "eos": 2, "template": None, "tokens": {}}
    engine = OpenVINOChat(model="tiny", folder=tmp_path, described=described)
    assert (engine._first()["properties"], engine._first()["part"]) == ({}, 256)
    monkeypatch.setattr(tuning, "choices", lambda: tuning.CHOICES)
    tuning.keep(tmp_path, [{"reads": 200.0, "writes": 1.0}, {"reads": 200.0, "writes": 9.0}])
    assert (engine._first()["properties"], engine._first()["part"]) == (F32, 96)
