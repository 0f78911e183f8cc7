"""The model that draws and ships with the studio: whole, small enough, and it draws what it is asked for."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistants.engines import open_image
from assistants.engines.diffusion import Diffusion
from assistants.engines.drawing import Drawing, Drawn, Preview
from assistants.models.files.catalog import read_catalog
from training.text import EmbedderMissing, embedder_folder

ENTRY = read_catalog()["starter-image"]
FOLDER = ENTRY.path(Path())
OWN = ENTRY.picture.model_dump(exclude_none=True)


@pytest.fixture(scope="module")
def starter() -> Iterator[Diffusion]:
    try:
        encoder = embedder_folder()
    except EmbedderMissing as error:
        pytest.skip(str(error))
    engine = open_image("local:starter-image", FOLDER, encoder)
    yield engine
    engine.close()


def draw(engine: Diffusion, prompt: str, seed: int = 0) -> np.ndarray:
    marks = list(engine.draw(Drawing(prompt, seeds=(seed,), **OWN)))
    (picture,) = [mark for mark in marks if isinstance(mark, Drawn)]
    assert all(mark.jpeg for mark in marks if isinstance(mark, Preview))
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"), dtype=int)


def test_it_is_whole_and_small_enough() -> None:
    sizes = [file.stat().st_size for file in FOLDER.rglob("*.safetensors")]
    assert sum(sizes) <= 40_000_000 and max(sizes) <= 10_000_000
    words = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
    assert len(words["objects"]) >= 200 and len(words["places"]) >= 20
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "Not measured" not in card and "Noto Color Emoji" in card


@pytest.mark.starter
def test_it_draws_the_background_it_is_asked_for(starter: Diffusion) -> None:
    corner = {
        prompt: draw(starter, prompt)[:12, :12].mean((0, 1))
        for prompt in ("a cat on a pink background", "a cat on mars")
    }
    assert np.abs(corner["a cat on a pink background"] - (250, 160, 200)).max() < 30
    red, green, blue = corner["a cat on mars"]
    assert red > green > blue


@pytest.mark.starter
def test_an_object_is_there_and_the_same_each_time(starter: Diffusion) -> None:
    first = draw(starter, "a penguin in the snow", 3)
    assert (first == draw(starter, "a penguin in the snow", 3)).all()
    assert np.abs(first - draw(starter, "a penguin in the snow", 4)).mean() > 1
    # A penguin is dark, and stands in the middle.
    assert first[48:100, 44:84].min() < 60 < first[:30, 44:84].min()
