"""The engine that draws, on tiny real models: what it draws, that it can be stopped, and what it refuses."""

import io
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assistants.engines import open_image
from assistants.engines.diffusion import Diffusion
from assistants.engines.drawing import Drawing, Drawn, Preview, Step
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from assistants.models.files.contents import is_image_model
from tests.engines import single_file, tiny, tiny_images
from tests.engines.opening import opened_picture_model

CAT = Drawing("the cat sat on the mat", width=64, height=64, steps=4, guidance=5.0, seeds=(3,))
KINDS: dict[str, Callable[[Path], Any]] = {
    "sd1": tiny_images.make_sd1,
    "sdxl": tiny_images.make_sdxl,
    "sd3": tiny_images.make_sd3,
    "pixart": tiny_images.make_pixart,
}
ALL = ("text", "image", "inpaint")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tiny.take_one_thread()
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def sd1(models: Path) -> Iterator[Diffusion]:
    tiny_images.make_lora(models / "style.safetensors", tiny_images.make_sd1(models / "sd1"))
    engine = open_image("local:sd1", models / "sd1")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def starter(models: Path) -> Iterator[Diffusion]:
    tiny_images.make_starter(models / "starter", models / "bert")
    engine = open_image("local:starter", models / "starter", models / "bert")
    yield engine
    engine.close()


@pytest.fixture
def start(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((64, 64)).save(tmp_path / "start.png")
    return tmp_path / "start.png"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    picture = Image.new("L", (64, 64), 0)
    picture.paste(255, (24, 24, 64, 64))
    picture.save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def draw(engine: Diffusion, drawing: Drawing = CAT) -> list[np.ndarray]:
    """Return the pixels of the pictures."""
    marks = [mark for mark in engine.draw(drawing) if isinstance(mark, Drawn)]
    assert [(mark.index, mark.seed) for mark in marks] == list(enumerate(drawing.seeds))
    return [np.asarray(Image.open(io.BytesIO(mark.png)), dtype=int) for mark in marks]


def refusal(engine: Diffusion, drawing: Drawing) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        draw(engine, drawing)
    assert str(caught.value)
    return caught.value


def check_painting_over(engine: Diffusion, start: Path, mask: Path) -> None:
    from_picture = replace(CAT, init_image=start, strength=0.5)
    (little,), (much,) = (draw(engine, replace(from_picture, strength=strength)) for strength in (0.25, 1.0))
    assert (little != much).any()
    (painted,) = draw(engine, replace(from_picture, mask=mask, strength=1.0))
    before = np.asarray(Image.open(start), dtype=int)
    assert (painted[:24] == before[:24]).all()
    assert (painted[24:, 24:] != before[24:, 24:]).any()


@pytest.mark.parametrize("kind", ["sdxl", "sd3", "pixart"])
def test_other_kinds_draw_what_they_can(kind: str, tmp_path: Path, start: Path, mask: Path) -> None:
    KINDS[kind](tmp_path / kind)
    engine = open_image(f"local:{kind}", tmp_path / kind)
    try:
        facts = engine.facts
        assert (facts.family, facts.width, facts.multiple) == (kind, 64, 8 if kind == "sdxl" else 16)
        assert facts.tasks == (("text",) if kind == "pixart" else ALL)
        wide = replace(CAT, width=96, seeds=(3, 4))
        assert [mark.done for mark in engine.draw(wide) if isinstance(mark, Step)] == list(range(1, 9))
        first, second = draw(engine, wide)
        assert first.shape == (64, 96, 3)
        assert (first != second).any()
        assert (draw(engine, replace(wide, seeds=(4,)))[0] == second).all()
        if "image" in facts.tasks:
            check_painting_over(engine, start, mask)
        else:
            assert refusal(engine, replace(CAT, init_image=start)).field == "init_image"
    finally:
        engine.close()


def test_a_seed_gives_the_same_pixels_alone_and_among_others(sd1: Diffusion) -> None:
    four = draw(sd1, replace(CAT, seeds=(1, 2, 3, 4)))
    singles = [draw(sd1, replace(CAT, seeds=(seed,)))[0] for seed in (1, 2, 3, 4)]
    assert all((one == other).all() for one, other in zip(four, singles, strict=True))
    assert len({one.tobytes() for one in four}) == 4
    assert {"torch", "diffusers", "device", "dtype", "model", "seeds"} == set(sd1.facts.made_with)


def test_a_picture_begins_from_another(sd1: Diffusion, start: Path, mask: Path) -> None:
    assert sd1.facts.tasks == ALL
    check_painting_over(sd1, start, mask)


def test_the_text_encoder_may_come_from_elsewhere(starter: Diffusion, start: Path, mask: Path) -> None:
    facts = starter.facts
    assert (facts.tasks, facts.steps, facts.guidance, facts.tokens) == (ALL, 20, 3.0, tiny_images.TOKENS)
    assert (draw(starter)[0] != draw(starter, replace(CAT, prompt="the dog ran"))[0]).any()
    check_painting_over(starter, start, mask)
    for name in starter.facts.schedulers:
        (painted,) = draw(starter, replace(CAT, init_image=start, mask=mask, scheduler=name))
        assert (painted[:24] == np.asarray(Image.open(start), dtype=int)[:24]).all()


def test_every_word_of_a_drawing_counts(sd1: Diffusion, models: Path) -> None:
    lora = models / "style.safetensors"
    changes: list[dict[str, Any]] = [
        {"negative": "the dog"},
        {"guidance": 1.0},
        {"steps": 5},
        {"scheduler": "euler"},
        {"scheduler": "dpmpp_2m_karras"},
        {"scheduler": "lcm"},
        {"prompt": "the (cat:1.5) sat on the mat"},
        {"prompt": "the [cat] sat on the mat"},
        {"loras": ((lora, 1.0),)},
        {"loras": ((lora, 0.5),)},
        {"loras": ((lora, 0.5), (lora, 0.25))},
    ]
    (plain,) = draw(sd1)
    pictures = [draw(sd1, replace(CAT, **change))[0] for change in changes]
    assert len({one.tobytes() for one in [plain, *pictures]}) == len(changes) + 1
    assert (draw(sd1)[0] == plain).all(), "what one drawing was told stays with it"
    assert (draw(sd1, replace(CAT, prompt="the (cat:1.0) sat on the mat"))[0] == plain).all()
    assert (draw(sd1, replace(CAT, scheduler=sd1.facts.scheduler))[0] == plain).all()


def test_it_shows_how_it_comes_along(models: Path, sd1: Diffusion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistants.engines.diffusion.PREVIEW_SECONDS", 0)
    engine = open_image("local:sd1", models / "sd1")
    marks = list(engine.draw(replace(CAT, width=96, seeds=(1, 2))))
    assert [(mark.done, mark.total) for mark in marks if isinstance(mark, Step)] == [(n, 8) for n in range(1, 9)]
    previews = [mark for mark in marks if isinstance(mark, Preview)]
    assert [mark.index for mark in previews] == [0] * 4 + [1] * 4
    picture = Image.open(io.BytesIO(previews[0].jpeg))
    assert (picture.format, picture.size) == ("JPEG", (192, 128))
    assert engine.facts.made_with == sd1.facts.made_with
    assert (draw(engine)[0] == draw(sd1)[0]).all(), "another process, and previews, change nothing"
    engine.close()


def test_closing_ends_it_within_a_step(sd1: Diffusion) -> None:
    marks = sd1.draw(replace(CAT, steps=150, seeds=tuple(range(50))))
    while not isinstance(next(marks), Step):
        pass
    marks.close()
    others = sd1.draw(replace(CAT, steps=1))
    assert [mark.total for mark in others if isinstance(mark, Step)] == [1]


def test_two_at_once_wait_for_each_other_and_keep_their_seeds(sd1: Diffusion) -> None:
    both = [sd1.draw(replace(CAT, seeds=(seed,) * 2)) for seed in (7, 8)]
    marks = [[next(one)] for one in both]
    for found, one in zip(marks, both, strict=True):
        found.extend(one)
    drawn = [[(mark.seed, mark.png) for mark in found if isinstance(mark, Drawn)] for found in marks]
    assert [[seed for seed, _ in one] for one in drawn] == [[7, 7], [8, 8]]
    assert [len(set(one)) for one in drawn] == [1, 1]


def test_a_process_that_dies_fails_its_drawing_only(sd1: Diffusion) -> None:
    (before,) = draw(sd1)
    marks = sd1.draw(replace(CAT, steps=150, seeds=(1, 2, 3)))
    while not isinstance(next(marks), Step):
        pass
    os.kill(sd1.start()._process.pid, signal.SIGSEGV)
    with pytest.raises(GenerationFailed, match=r"its process crashed \(SIGSEGV\)"):
        list(marks)
    assert (draw(sd1)[0] == before).all()


def test_what_cannot_be_drawn_is_refused_and_the_next_is_drawn(
    sd1: Diffusion, models: Path, tmp_path: Path, start: Path, mask: Path
) -> None:
    broken, pickle, other, small = (tmp_path / name for name in ("a.safetensors", "b.ckpt", "c.safetensors", "d.png"))
    broken.write_bytes(b"no weights")
    pickle.write_bytes(b"\x80\x04N.")
    tiny_images.make_lora(other, tiny_images.make_sdxl(tmp_path / "sdxl"))
    Image.new("L", (32, 32), 255).save(small)
    picture = replace(CAT, init_image=start)
    process = sd1.start()
    refused = {
        "loras": [replace(CAT, loras=((file, 1.0),)) for file in (broken, pickle, other, tmp_path / "no.safetensors")],
        "mask": [replace(picture, mask=small), replace(picture, mask=broken), replace(CAT, mask=mask)],
        "init_image": [replace(CAT, init_image=broken), replace(CAT, init_image=tmp_path / "no.png")],
        "width": [replace(CAT, width=68), replace(CAT, width=10_000)],
        "steps": [replace(CAT, steps=0), replace(picture, strength=0.1)],
    }
    for field, drawings in refused.items():
        for drawing in drawings:
            assert refusal(sd1, drawing).field == field
    assert "is made for another base model" in str(refusal(sd1, refused["loras"][2]))
    (plain,) = draw(sd1)
    assert (draw(sd1, replace(CAT, loras=((models / "style.safetensors", 1.0),)))[0] != plain).any()
    assert sd1.start() is process


def test_a_single_file_draws_as_its_folder_does(models: Path, sd1: Diffusion) -> None:
    single_file.write(tiny_images.make_sd1(models / "same"), models / "single.safetensors")
    assert is_image_model(models / "single.safetensors")
    engine = open_image("local:single", models / "single.safetensors")
    assert (np.abs(draw(engine)[0] - draw(sd1)[0]) <= 1).all()
    assert engine.facts.tasks == ALL
    engine.close()


def test_what_could_run_programs_is_not_opened(models: Path, sd1: Diffusion, tmp_path: Path) -> None:
    assert is_image_model(models / "sd1")
    folder = tmp_path / "model"
    shutil.copytree(models / "sd1", folder)
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))

    def attempt(**changes: Any) -> str:
        (folder / "model_index.json").write_text(json.dumps(index | changes), encoding="utf-8")
        with pytest.raises(ModelUnavailable) as caught:
            opened_picture_model("local:model", folder)
        return str(caught.value)

    assert "trust_remote_code" in attempt(_class_name=["pipeline", "Mine"])
    for file in folder.glob("*/*.safetensors"):
        file.rename(file.with_suffix(".bin"))
    assert "is a pickle checkpoint" in attempt()
    (folder / "model_index.json").unlink()
    assert not is_image_model(folder)
    with pytest.raises(ModelUnavailable, match=r"holds no model: model_index\.json is missing"):
        opened_picture_model("local:model", folder)
    (tmp_path / "old.ckpt").write_bytes(b"\x80\x04N.")
    with pytest.raises(ModelUnavailable, match="is a pickle checkpoint"):
        opened_picture_model("local:old", tmp_path / "old.ckpt")
    assert not is_image_model(models / "style.safetensors")
    with pytest.raises(ModelUnavailable, match="holds no model that draws"):
        opened_picture_model("local:style", models / "style.safetensors")


def test_weights_in_half_precision_are_found_by_their_names(models: Path, sd1: Diffusion) -> None:
    folder = models / "half"
    shutil.copytree(models / "sd1", folder)
    for file in folder.glob("*/*.safetensors"):
        file.rename(file.with_name(f"{file.stem}.fp16.safetensors"))
    engine = open_image("local:half", folder)
    try:
        assert (draw(engine)[0] == draw(sd1)[0]).all()
    finally:
        engine.close()
