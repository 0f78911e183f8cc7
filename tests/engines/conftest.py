"""Fixtures of the engines."""

import pytest

from tests.engines.misbehaving import Server


@pytest.fixture
def server(shared: Server) -> Server:
    """A server with models of its own that does well, but for what a test's script says."""
    return shared.reset()
