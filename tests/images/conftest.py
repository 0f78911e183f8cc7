"""What the tests of Images share: a studio that draws with the stand-in, and a word with which it draws."""

from collections.abc import Callable
from typing import Any

import pytest

from assistants.principals import of_owner
from assistants.store.jobs import JobRow
from assistants.studio import Studio

Draw = Callable[..., JobRow]


@pytest.fixture
def draw(studio: Studio) -> Draw:
    """Submit a request and wait for its end."""

    def submit(owner: str = "local", **request: Any) -> JobRow:
        row = studio.jobs.submit("images", {"model": "echo:", **request}, of_owner(owner))
        return studio.jobs.wait(row.id, owner, 30)

    return submit
