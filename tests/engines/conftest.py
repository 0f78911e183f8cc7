"""What the tests of engines share: a hub and an index on this machine, and the starter, opened once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.engines import open_chat
from assistants.engines.openvino import OpenVINOChat
from assistants.models.files.catalog import read_catalog
from tests.engines.stand_ins import Mirror, serve


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A hub and an index."""
    with serve(monkeypatch) as server:
        yield server


@pytest.fixture(scope="session")
def starter_file(starter_folder: Path) -> Path:
    """The starter's GGUF file."""
    return read_catalog()["mini"].path(starter_folder / "mini")


@pytest.fixture(scope="session")
def starter(starter_file: Path) -> Iterator[OpenVINOChat]:
    """The starter, open."""
    engine = open_chat("local:starter", starter_file)
    yield engine
    engine.close()
