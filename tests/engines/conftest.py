"""What the tests of engines share: a hub and an index on this machine, and the starter, opened once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.engines.catalog import read_catalog
from assistants.engines.openvino import OpenVINOChat, open_chat
from tests.engines.stand_ins import Mirror
from tests.engines.stand_ins import mirror as serve_mirror


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A hub and an index, which this process and its children take for the real ones."""
    with serve_mirror() as server:
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "HF_HUB_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_RETRIES", "0")
        yield server


@pytest.fixture(scope="session")
def starter_file(starter_folder: Path) -> Path:
    """The starter's GGUF file."""
    return read_catalog()["starter"].path(starter_folder / "starter")


@pytest.fixture(scope="session")
def starter(starter_file: Path) -> Iterator[OpenVINOChat]:
    """The starter, open."""
    engine = open_chat("starter", starter_file)
    yield engine
    engine.close()
