"""A server elsewhere that says what a test tells it to."""

from collections.abc import Iterator

import pytest

from assistants.connections import Connection
from assistants.principals import OPERATOR
from assistants.requests import validated
from assistants.studio import Studio
from tests.engines.misbehaving import Server, serving


@pytest.fixture
def cluster(studio: Studio) -> Iterator[Server]:
    """A server whose model the studio knows as ``cluster:m``."""
    with serving() as server:
        fields = {"name": "cluster", "url": server.url, "key": "sk-1234567890", "models": ["m"]}
        studio.connections.save(validated(Connection, fields), OPERATOR)
        yield server
