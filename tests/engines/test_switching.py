"""Twenty switches between models that draw: each takes its memory with it, and leaves no process behind."""

import gc
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from assistants.engines import open_image
from assistants.engines.drawing import Drawing, Drawn
from tests.engines import tiny_images

SWITCHES = 20
GROWTH = 1.15


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_stays_flat_over_twenty_switches(tmp_path: Path) -> None:
    tiny_images.make_sd1(tmp_path / "first")
    tiny_images.make_sdxl(tmp_path / "second")
    gc.collect()
    studio = psutil.Process()
    idle, children = studio.memory_info().rss, set(studio.children())
    sizes: list[int] = []
    for number in range(SWITCHES):
        name = ("first", "second")[number % 2]
        with closing(open_image(f"local:{name}", tmp_path / name)) as engine:
            marks = engine.draw(Drawing("the cat sat", width=64, height=64, steps=2, seeds=(number,)))
            assert any(isinstance(mark, Drawn) for mark in marks)
            (process,) = set(studio.children()) - children
            sizes.append(process.memory_info().rss)
        assert set(studio.children()) == children
    assert studio.memory_info().rss <= GROWTH * idle
    assert max(sizes[2:]) <= GROWTH * max(sizes[:2])
