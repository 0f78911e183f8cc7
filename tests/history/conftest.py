"""An empty history of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.history import History


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An open history in ``tmp_path``."""
    opened = History(tmp_path)
    yield opened
    opened.close()
