"""Pictures that say how they were made: the studio's own and those of other programs."""

import io
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from assistants.errors import InvalidInput
from assistants.images.reading import read
from assistants.images.restoring import restored
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.images.conftest import Draw

THEIRS = (
    "a castle, (stormy:1.2) sky\nsecond line\nNegative prompt: blurry, low quality\nSteps: 28, Sampler: DPM++ 2M, "
    "Schedule type: Karras, CFG scale: 6.5, Seed: 1234, Size: 512x768, Model hash: abc, Model: dream, "
    'Lora hashes: "x: 1, y: 2"'
)


def saved(path: Path, **texts: str) -> Path:
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(name.replace("_", "-"), text)
    Image.new("RGB", (8, 8)).save(path, "PNG", pnginfo=info)
    return path


def test_a_picture_of_automatic1111_is_understood(tmp_path: Path) -> None:
    found = read(saved(tmp_path / "a.png", parameters=THEIRS))
    assert (found.source, found.settings) == (
        "a1111",
        {
            "prompt": "a castle, (stormy:1.2) sky\nsecond line",
            "negative": "blurry, low quality",
            "steps": 28,
            "guidance": 6.5,
            "seed": 1234,
            "width": 512,
            "height": 768,
            "scheduler": "dpmpp_2m_karras",
            "model": "dream",
        },
    )
    assert [one["values"]["name"] for one in found.missing] == ["Model hash", "Lora hashes"]


def test_our_own_picture_restores_everything(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a {red|blue} cat", negative="dogs", steps=3, guidance=2.5, seed=9, scheduler="ddim", width=64)
    file = studio.history.files.get(job.result["images"][0]["file"].rpartition("/")[2], "local")
    found = restored(studio, read(file.path), LOCAL)
    assert not found.missing and found.settings["prompt"] in ("a red cat", "a blue cat")
    again = draw(**found.settings)
    assert [one["seed"] for one in again.result["images"]] == [9]
    pixels = [Image.open(io.BytesIO(studio.history.files.get(one.id, "local").path.read_bytes())).tobytes()
              for one in studio.history.pictures.of_job(again.id) + studio.history.pictures.of_job(job.id)]  # fmt: skip
    assert pixels[0] == pixels[1]


def test_what_is_not_here_is_named(studio: Studio, tmp_path: Path) -> None:
    found = restored(studio, read(saved(tmp_path / "a.png", parameters=THEIRS)), LOCAL)
    assert "model" not in found.settings
    assert [one["values"]["name"] for one in found.missing] == ["Model hash", "Lora hashes", "model"]


@pytest.mark.parametrize("piece", ["1", " ", ":", '"', ",", 'a:"', "a:\\", "\\,", "a b/", 'a: "b", '])
def test_a_long_line_of_settings_keeps_nobody_waiting(tmp_path: Path, piece: str) -> None:
    # A visitor's picture is read by the server itself; the square of this many would be the better part of an hour.
    found = read(saved(tmp_path / "a.png", parameters="a cat\nSteps: 28, " + piece * (600_000 // len(piece))))
    assert found.settings["prompt"] == "a cat" and found.settings["steps"] == 28


def test_numbers_of_thousands_of_digits_are_no_settings(tmp_path: Path) -> None:
    digits = "1" * 5000
    found = read(saved(tmp_path / "a.png", parameters=f"a cat\nSteps: {digits}, Size: {digits}x8, Seed: {digits}"))
    assert found.settings == {"prompt": "a cat", "negative": ""}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "does not say how it was made"),
        ({"aigc_studio": "[1]"}, "cannot be read"),
        ({"aigc_studio": "{"}, "cannot be read"),
        ({"aigc_studio": "[" * 100_000}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, texts: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(saved(tmp_path / "a.png", **texts))


def test_a_text_in_place_of_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(InvalidInput, match="not a picture"):
        read(tmp_path / "a.png")
