"""Settings > Models and the chat's offer without a browser: what their handlers answer, and to whom."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistants import engines
from assistants.connections import Connection
from assistants.engines import memory
from assistants.errors import InvalidInput, NotAllowed
from assistants.owners import LOCAL, OPERATOR
from assistants.requests import validated
from assistants.studio import Studio
from tests.engines.stand_ins import MODEL
from tests.serving import opened
from webapp.i18n import book
from webapp.tabs.chat.actions import Asked as ChatAsked
from webapp.tabs.chat.actions import Chosen
from webapp.tabs.chat.actions import act as chat_act
from webapp.tabs.chat.offer import offered
from webapp.tabs.settings.models import Asked, act

SIXTEEN = 16 * 2**30


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio that is fresh from its first start, on a machine with 16 GB."""
    monkeypatch.setattr(memory, "total", lambda: SIXTEEN)
    monkeypatch.setattr(engines, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(engines, "check", lambda path: None)
    monkeypatch.setattr(engines, "make_ready", lambda path, *_: path)
    with opened(tmp_path / "home", text_model="starter") as studio:
        yield studio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(MODEL)
    return path


def ask(studio: Studio, owner: str = LOCAL, lang: str = "en", **data: Any) -> dict[str, Any]:
    answer = act(studio, owner, validated(Asked, data), lang)
    json.dumps(answer)
    return answer


def test_the_list_says_what_each_model_is_and_what_suits(studio: Studio) -> None:
    answer = ask(studio, do="list")
    assert answer["memory"]["total"] == SIXTEEN
    assert answer["may"] is True
    shown = {model["name"]: model for model in answer["models"]}
    best = shown["qwen3-4b-instruct"]
    assert (best["license"], best["size"], best["runner"]) == ("Apache-2.0", 2_497_281_120, "OpenVINO")
    assert (best["recommended"], best["reason"]) == (True, "Fits your 16 GB and writes English well.")
    assert shown["mini"]["own"] is True
    assert shown["bge-small-zh"]["size"] is None
    assert "中文" in next(model["reason"] for model in ask(studio, lang="zh", do="list")["models"] if model["reason"])


def test_ones_own_file_is_added_and_forgotten(studio: Studio, file: Path) -> None:
    added = ask(studio, OPERATOR, do="install", name=str(file))
    assert added["begun"] == "mine"
    mine = added["models"][0]
    assert (mine["name"], mine["installed"], mine["linked"], mine["origin"]) == ("mine", True, True, str(file))
    left = ask(studio, do="delete", name="mine")
    assert "mine" not in [model["name"] for model in left["models"]]
    assert file.exists()


def test_a_visitor_sees_models_but_no_paths_and_changes_nothing(studio: Studio, file: Path) -> None:
    ask(studio, do="install", name=str(file))
    seen = ask(studio, "ann", do="list")
    assert seen["may"] is False
    assert str(file) not in json.dumps(seen)
    for do in ("install", "cancel", "delete"):
        with pytest.raises(NotAllowed):
            ask(studio, "ann", do=do, name="mine")
    installed = {model["name"] for model in ask(studio, do="list")["models"] if model["installed"]}
    # The second one comes with the studio.
    assert installed == {"mine", "starter-image"}


@pytest.mark.parametrize("data", [{"do": "install", "name": "x" * 1001}, {"do": "install", "name": 3}, {"do": "run"}])
def test_what_is_not_a_question_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        validated(Asked, data)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_first_start_offers_a_bigger_model_and_a_quicker_one(studio: Studio, lang: str) -> None:
    best, quick = offered(studio, LOCAL, lang)
    assert (best["name"], quick["name"]) == ("qwen3-4b-instruct", "qwen2.5-coder-1.5b")
    assert offered(studio, "ann", lang) is None


def test_nothing_is_offered_where_there_is_something_bigger(studio: Studio, file: Path, tmp_path: Path) -> None:
    ask(studio, do="install", name=str(file))
    assert offered(studio, LOCAL, "en") is None
    ask(studio, do="delete", name="mine")
    assert offered(studio, LOCAL, "en")
    studio.connections.save(Connection(name="far", url="http://localhost:8000/v1", models=["m"]), LOCAL)
    assert offered(studio, LOCAL, "en") is None
    with opened(tmp_path / "other", text_model="echo:") as other:
        assert offered(other, LOCAL, "en") is None


def test_the_offer_is_taken_in_the_chat(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(type(studio.models), "install", lambda self, *what: asked.append(what))
    chosen = Chosen("local:mini", None, dict)
    answer = chat_act(studio, LOCAL, validated(ChatAsked, {"do": "install", "target": "qwen3-8b"}), chosen, "en")
    assert asked == [("qwen3-8b", LOCAL)]
    assert answer["model"]["offer"]


def test_a_base_model_is_said_to_be_one(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(studio.models), "is_base", lambda self, name: True)
    chosen = Chosen("local:mini", None, dict)
    model = chat_act(studio, LOCAL, validated(ChatAsked, {"do": "model"}), chosen, "en")["model"]
    assert model["advice"] == book("en")["page"]["model.base"]
