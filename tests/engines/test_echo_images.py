"""The stand-in that draws: deterministic, and behaves as an image engine must."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from assistants.engines import open_image
from assistants.engines.drawing import Drawing, Drawn, Mark, Preview, Quiet, Step
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable

DOG = Drawing("a dog on mars", width=64, height=48, steps=3)


def draw(drawing: Drawing, name: str = "echo:") -> list[Mark]:
    return list(open_image(name).draw(drawing))


def pictures(drawing: Drawing) -> list[bytes]:
    return [mark.png for mark in draw(drawing) if isinstance(mark, Drawn)]


def test_it_draws_a_picture_of_the_size_asked_for_each_seed() -> None:
    marks = draw(replace(DOG, seeds=(7, 8)))
    assert [mark.done for mark in marks if isinstance(mark, Step)] == [1, 2, 3, 4, 5, 6]
    assert [(mark.index, mark.seed) for mark in marks if isinstance(mark, Drawn)] == [(0, 7), (1, 8)]
    assert all(mark.jpeg.startswith(b"\xff\xd8") for mark in marks if isinstance(mark, Preview))
    first, second = (Image.open(io.BytesIO(mark.png)) for mark in marks if isinstance(mark, Drawn))
    assert first.format == "PNG"
    assert first.size == (64, 48)
    assert not first.info
    assert first.tobytes() != second.tobytes()


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert pictures(DOG) == pictures(DOG)
    assert pictures(DOG) != pictures(replace(DOG, prompt="a cat"))


def test_outside_the_mask_the_picture_stays(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    mask = Image.new("L", (64, 48), 0)
    mask.paste(255, (32, 0, 64, 48))
    mask.save(tmp_path / "mask.png")
    (png,) = pictures(replace(DOG, init_image=tmp_path / "red.png", mask=tmp_path / "mask.png"))
    picture = Image.open(io.BytesIO(png))
    assert set(picture.crop((0, 0, 32, 48)).get_flattened_data()) == {(255, 0, 0)}
    assert set(picture.crop((32, 0, 64, 48)).get_flattened_data()) != {(255, 0, 0)}


def test_it_breaks_and_waits_as_told() -> None:
    done = []
    with pytest.raises(GenerationFailed, match="as it was told to"):
        done.extend(open_image("echo:fail=2").draw(DOG))
    marks = draw(replace(DOG, steps=1), "echo:delay=0.3")
    assert isinstance(marks[0], Quiet)
    with pytest.raises(InvalidInput, match="does not know the options nonsense"):
        open_image("echo:nonsense")
    with pytest.raises(ModelUnavailable, match="No engine of the studio draws with magic:one"):
        open_image("magic:one")
    engine = open_image("echo:")
    engine.close()
    with pytest.raises(ModelUnavailable, match="is closed"):
        next(engine.draw(DOG))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("width", {"width": 63}),
        ("height", {"height": 4096}),
        ("steps", {"steps": 0}),
        ("guidance", {"guidance": 31}),
        ("guidance", {"guidance": float("nan")}),
        ("seed", {"seeds": ()}),
        ("seed", {"seeds": (-1,)}),
        ("scheduler", {"scheduler": "magic"}),
        ("strength", {"strength": 0.0}),
        ("mask", {"mask": Path("mask.png")}),
        ("init_image", {"init_image": Path("missing.png")}),
    ],
)
def test_a_drawing_that_cannot_be_is_refused(field: str, changes: dict) -> None:
    with pytest.raises(InvalidInput) as caught:
        draw(replace(DOG, **changes))
    assert caught.value.field == field
    assert str(caught.value)
