"""One shared studio for the tests of the API; each visitor in it is new, so nothing of one test is seen by another."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.serving import SHARED, newcomer, opened, small_app


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio:
        yield small_app(studio)


@pytest.fixture
def ann(app: FastAPI) -> TestClient:
    """A visitor."""
    return newcomer(app)


@pytest.fixture
def bob(app: FastAPI) -> TestClient:
    """Another visitor."""
    return newcomer(app)
