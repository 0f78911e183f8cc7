"""Settings > Models and the chat's offer without a browser: what their handlers answer, and to whom."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistants import memory
from assistants.connections import Connection, nearby
from assistants.errors import InvalidInput, NotAllowed, StudioError
from assistants.models import files
from assistants.models.files.downloads import Halt
from assistants.models.speeds import Speed
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.models.stand_ins import MODEL
from tests.serving import opened
from webapp.api.models import Deed, get_start, improve
from webapp.better import comes_with, offered
from webapp.i18n import book
from webapp.tabs.settings.models import Asked, act

SIXTEEN = 16 * 2**30


@contextmanager
def listening(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """Serve some answers on this machine; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, data = answers.get(self.path, (404, {}))
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio that is fresh from its first start, on a machine with 16 GB."""
    monkeypatch.setattr(memory, "total", lambda: SIXTEEN)
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    with opened(tmp_path / "home", text_model="starter") as studio:
        yield studio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(MODEL)
    return path


def ask(studio: Studio, owner: Principal = LOCAL, lang: str = "en", **data: Any) -> dict[str, Any]:
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
    seen = ask(studio, of_owner("ann"), do="list")
    assert seen["may"] is False
    assert str(file) not in json.dumps(seen)
    for do in ("install", "cancel", "delete"):
        with pytest.raises(NotAllowed):
            ask(studio, of_owner("ann"), do=do, name="mine")
    installed = {model["name"] for model in ask(studio, do="list")["models"] if model["installed"]}
    # The second one comes with the studio.
    assert installed == {"mine", "starter-image"}


@pytest.mark.parametrize("data", [{"do": "install", "name": "x" * 1001}, {"do": "install", "name": 3}, {"do": "run"}])
def test_what_is_not_a_question_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        validated(Asked, data)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio that asks before it fetches a better model, on a machine without other servers."""
    monkeypatch.setattr(memory, "total", lambda: SIXTEEN)
    monkeypatch.setattr(nearby, "SERVERS", (("x", "X", "http://127.0.0.1:9/v1"),))
    with opened(tmp_path / "home", text_model="default", fetch="ask") as studio:
        studio.models.better.look(Halt())
        yield studio


def test_the_first_start_offers_a_better_model_and_says_where_it_comes_from(asked: Studio) -> None:
    offer = offered(asked, LOCAL, "en")
    assert (offer["phase"], offer["title"]) == ("offered", "Qwen2.5 1.5B Instruct (Q4_K_M)")
    assert (offer["size"], offer["parts"]) == (1_117_320_736, 22)
    assert offer["hub"].endswith("/Qwen/Qwen2.5-1.5B-Instruct-GGUF") and "zh" in offer["languages"]
    assert (offer["may"], offer["servers"]) == (True, [])
    # What is to be decided is the operator's.
    assert offered(asked, of_owner("ann"), "en") is None


def test_what_a_person_decides_is_done_and_can_be_taken_back_in_the_settings(
    asked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    monkeypatch.setattr(type(asked.models.better), "begin", lambda self, owner: begun.append(owner))
    for do in ("better", "keep", "understood"):
        with pytest.raises(NotAllowed):
            improve(asked, of_owner("ann"), Deed(do=do))
    improve(asked, LOCAL, Deed(do="keep"))
    assert get_start(asked, LOCAL, "en").offer is None
    assert offered(asked, LOCAL, "en") is None
    assert ask(asked, do="list")["better"]["phase"] == "declined"
    assert ask(asked, do="better")["models"] and begun == [LOCAL]


def test_a_small_model_that_was_chosen_gives_way_when_a_better_one_is_asked_for(
    asked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(asked.models.better), "begin", lambda self, owner: None)
    asked.history.settings.put({"text_model": "local:mini"})
    assert offered(asked, LOCAL, "en")["phase"] == "offered"
    ask(asked, do="better")
    assert asked.history.settings.all().get("text_model") is None
    asked.history.settings.put({"text_model": "echo:"})
    assert offered(asked, LOCAL, "en") is None


def test_why_another_model_answers_is_said_in_the_visitors_language(asked: Studio) -> None:
    why = StudioError("{model} needs about {needed} GB of memory beside the rest, and this machine has {total} GB.")
    asked.models._role.change(small=True, left=why.as_dict())
    assert offered(asked, LOCAL, "zh")["told"].startswith("除其他部分外")
    assert offered(asked, of_owner("ann"), "en") is None
    ask(asked, do="understood")
    assert offered(asked, LOCAL, "en") is None


def test_servers_on_this_machine_are_named_until_there_is_a_connection(
    asked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"/v1/models": (200, {"data": [{"id": "qwen3"}]}), "/other/models": (200, {"pages": []})}
    with listening(answers) as url:
        servers = (
            ("ollama", "Ollama", f"{url}/v1"),
            ("lm-studio", "LM Studio", f"{url}/other"),
            ("x", "X", f"{url}/no"),
        )
        monkeypatch.setattr(nearby, "SERVERS", servers)
        assert offered(asked, LOCAL, "en")["servers"] == [{"name": "ollama", "title": "Ollama"}]
    asked.connections.save(Connection(name="far", url="http://localhost:8000/v1", models=["m"]), LOCAL)
    assert offered(asked, LOCAL, "en")["servers"] == []


def test_the_languages_that_a_coming_model_brings_are_told(asked: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    assert comes_with(asked) == []
    seen = replace(asked.models.better.seen(), phase="coming")
    monkeypatch.setattr(type(asked.models.better), "seen", lambda self, **_: seen)
    brought = get_start(asked, of_owner("ann"), "en").comes_with
    assert "zh" in brought and "en" not in brought


def test_the_list_says_how_fast_each_model_is_here_and_how_fast_others_would_be(asked: Studio) -> None:
    asked.models.speeds._found["mini"] = Speed(115, 1500)
    shown = {model["name"]: model for model in ask(asked, do="list")["models"]}
    assert shown["mini"]["speed"] == {"writes": 115, "tokens": 1500, "seconds": 1} and shown["mini"]["measured"]
    other = shown["qwen2.5-coder-1.5b"]
    assert other["speed"] == {"writes": 10, "tokens": 1500, "seconds": 11} and not other["measured"]
    assert (other["parts"], other["origin"]) == (22, "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF")
    assert shown["starter-embedder"]["speed"] is None


def test_a_base_model_is_said_to_be_one(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(studio.models), "is_base", lambda self, name: True)
    assert get_start(studio, LOCAL, "en").advice == book("en")["page"]["model.base"]
