"""Settings > Connections without a browser: what its handler answers, and to whom."""

import asyncio
import json
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotAllowed, NotFound
from assistants.opening import open_studio
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Server
from webapp import page
from webapp.tabs.settings.connections import Asked, act
from webapp.wording import sentence

KEY = "sk-do-not-tell-1234567890"
CLUSTER = {"name": "cluster", "url": "http://localhost:8000/v1", "key": KEY, "models": ["m"]}


@pytest.fixture
def server(shared: Server) -> Server:
    return shared.reset()


def ask(studio: Studio, owner: Principal = LOCAL, lang: str = "en", **data: Any) -> dict[str, Any]:
    answer = act(studio, owner, validated(Asked, data), lang)
    assert KEY not in json.dumps(answer)
    return answer


def test_a_key_goes_in_and_never_comes_out(studio: Studio, server: Server) -> None:
    assert ask(studio, do="list") == {"connections": []}
    saved = ask(studio, do="save", connection=CLUSTER)
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
    assert saved == ask(studio, OPERATOR, do="list") == {"connections": [shown]}
    ask(studio, do="save", connection=CLUSTER | {"key": None, "url": server.url})
    assert ask(studio, do="list")["connections"][0]["has_key"] is False
    ask(studio, do="save", connection=CLUSTER | {"url": server.url})
    ask(studio, do="test", name="cluster")
    assert ask(studio, do="delete", name="cluster") == {"connections": []}


def test_the_page_that_everybody_gets_names_no_connection(studio: Studio) -> None:
    ask(studio, do="save", connection=CLUSTER)

    async def built() -> str:
        return json.dumps(page.build(studio).get_config_file(), default=str)

    assert "cluster" not in asyncio.run(built())


@pytest.mark.parametrize("do", ["list", "save", "test", "delete"])
def test_visitors_see_and_do_nothing(studio: Studio, do: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        ask(studio, of_owner("v-1"), do=do, name="cluster", connection=CLUSTER)
    assert sentence(caught.value, "zh") == "只有管理员可以执行此操作。"


def test_a_test_is_told_in_words(studio: Studio, server: Server) -> None:
    found = ask(studio, do="test", connection=CLUSTER | {"url": server.url})
    assert found["models"] == ["m"] and found["tested"].startswith("It works. Models: 1, listed in ")
    assert found["tested"].endswith(" ms: “Once”")
    server.script = [server_that.error(404)]
    assert ask(studio, lang="zh", do="test", connection=CLUSTER | {"url": server.url})["tested"].startswith(
        "连接正常。m 在"
    )


def test_what_is_wrong_names_the_field_as_the_form_does(studio: Studio) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(studio, do="save", connection=CLUSTER | {"url": "localhost"})
    assert sentence(caught.value, "en").startswith("URL must be a web address")
    assert sentence(caught.value, "zh").startswith("网址应形如")
    with pytest.raises(InvalidInput, match="is missing"):
        ask(studio, do="save")
    with pytest.raises(NotFound, match="no connection named other"):
        ask(studio, do="test", name="other")


def test_the_environments_connection_is_fixed(studio: Studio, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    settings = studio.settings.model_copy(update={"home": studio.settings.home / "other"})
    settings.home.mkdir()
    with_environment = open_studio(settings)
    try:
        (shown,) = ask(with_environment, do="list")["connections"]
        assert (shown["name"], shown["fixed"], shown["has_key"]) == ("openai", True, True)
        assert "It works" in ask(with_environment, do="test", name="openai")["tested"]
    finally:
        with_environment.close()
