"""Connections over HTTP: what is answered, and to whom."""

import asyncio
import json

import pytest

from assistants.opening import open_studio
from assistants.principals import OPERATOR, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Server
from webapp import page

KEY = "sk-do-not-tell-1234567890"
CLUSTER = {"name": "cluster", "url": "http://localhost:8000/v1", "key": KEY, "models": ["m"]}


@pytest.fixture
def server(shared: Server) -> Server:
    return shared.reset()


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def test_a_key_goes_in_and_never_comes_out(door: Door, server: Server) -> None:
    assert door.ask("GET", "connections") == []
    shown = {
        "name": "cluster",
        "provider": "openai",
        "url": "http://localhost:8000/v1",
        "models": ["m"],
        "visitors": False,
        "connect_timeout": None,
        "first_token_timeout": None,
        "idle_timeout": None,
        "has_key": True,
        "fixed": False,
    }
    assert door.ask("PUT", "connections", CLUSTER) == shown
    assert door.ask("GET", "connections", who=OPERATOR) == [shown]
    assert door.ask("PUT", "connections", CLUSTER | {"key": None, "url": server.url})["has_key"] is False
    door.ask("PUT", "connections", CLUSTER | {"url": server.url})
    assert KEY not in json.dumps(door.ask("POST", "connections/cluster/test"))
    door.ask("DELETE", "connections/cluster")
    assert door.ask("GET", "connections") == []


def test_the_page_that_everybody_gets_names_no_connection(studio: Studio, door: Door) -> None:
    door.ask("PUT", "connections", CLUSTER)

    async def built() -> str:
        return json.dumps(page.build(studio).get_config_file(), default=str)

    assert "cluster" not in asyncio.run(built())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "connections"),
        ("PUT", "connections"),
        ("POST", "connections/test"),
        ("POST", "connections/cluster/test"),
        ("DELETE", "connections/cluster"),
    ],
)
def test_visitors_see_and_do_nothing(door: Door, method: str, path: str) -> None:
    refused = door.refusal(method, path, CLUSTER, of_owner("v-1"), "zh")
    assert refused == (403, "只有管理员可以执行此操作。")


def test_a_test_is_told_in_words(door: Door, server: Server) -> None:
    found = door.ask("POST", "connections/test", CLUSTER | {"url": server.url})
    assert found["models"] == ["m"] and found["tested"].startswith("It works. Models: 1, listed in ")
    assert found["tested"].endswith(" ms: “Once”") and KEY not in json.dumps(found)
    server.script = [server_that.error(404)]
    found = door.ask("POST", "connections/test", CLUSTER | {"url": server.url}, lang="zh")
    assert found["tested"].startswith("连接正常。m 在")


def test_what_is_wrong_is_one_sentence(door: Door) -> None:
    status, sentence = door.refusal("PUT", "connections", CLUSTER | {"url": "localhost"})
    assert status == 422 and sentence.startswith("url must be a web address")
    assert door.refusal("PUT", "connections", CLUSTER | {"url": "localhost"}, lang="zh")[1].startswith("url应形如")
    assert door.refusal("PUT", "connections", {})[1] == "name is missing."
    assert door.refusal("POST", "connections/other/test") == (404, "There is no connection named other.")


def test_the_environments_connection_is_fixed(studio: Studio, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    settings = studio.settings.model_copy(update={"home": studio.settings.home / "other"})
    settings.home.mkdir()
    with_environment = open_studio(settings)
    try:
        door = Door(with_environment)
        (shown,) = door.ask("GET", "connections")
        assert (shown["name"], shown["fixed"], shown["has_key"]) == ("openai", True, True)
        assert "It works" in door.ask("POST", "connections/openai/test")["tested"]
    finally:
        with_environment.close()
