"""What the tests of models share: a hub and an index on this machine."""

from collections.abc import Iterator

import pytest

from tests.models.stand_ins import Mirror, serve


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A hub and an index."""
    with serve(monkeypatch) as server:
        yield server
