"""The catalog over HTTP, and the offer of a better model: what is answered, and to whom."""

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
from assistants.errors import NotAllowed, StudioError
from assistants.models import files
from assistants.models.files.downloads import Halt
from assistants.models.speeds import Speed
from assistants.principals import LOCAL, OPERATOR, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from tests.models.stand_ins import MODEL
from tests.serving import opened
from webapp.api.catalog import list_catalog
from webapp.api.models import Deed, get_start, improve
from webapp.better import comes_with, offered
from webapp.i18n import book

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


def named(catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {model["name"]: model for model in catalog["models"]}


def test_the_list_says_what_each_model_is_and_what_suits(studio: Studio) -> None:
    door = Door(studio)
    answer = door.ask("GET", "models/catalog")
    assert answer["memory"]["total"] == SIXTEEN
    assert answer["may"] is True
    shown = named(answer)
    best = shown["qwen3-4b-instruct"]
    assert (best["license"], best["size"], best["runner"]) == ("Apache-2.0", 2_497_281_120, "OpenVINO")
    assert (best["recommended"], best["reason"]) == (True, "Fits your 16 GB and writes English well.")
    assert shown["mini"]["own"] is True
    assert shown["bge-small-zh"]["size"] is None
    chinese = door.ask("GET", "models/catalog", lang="zh")["models"]
    assert "中文" in next(model["reason"] for model in chinese if model["reason"])


def test_ones_own_file_is_added_and_forgotten(studio: Studio, file: Path) -> None:
    door = Door(studio)
    assert door.ask("POST", "models/catalog", {"spec": str(file)}, OPERATOR) == {"name": "mine"}
    mine = door.ask("GET", "models/catalog")["models"][0]
    assert (mine["name"], mine["installed"], mine["linked"], mine["origin"]) == ("mine", True, True, str(file))
    door.ask("DELETE", "models/catalog/mine")
    assert "mine" not in named(door.ask("GET", "models/catalog"))
    assert file.exists()


def test_a_visitor_sees_models_but_no_paths_and_changes_nothing(studio: Studio, file: Path) -> None:
    door = Door(studio)
    door.ask("POST", "models/catalog", {"spec": str(file)})
    seen = door.ask("GET", "models/catalog", who=of_owner("ann"))
    assert seen["may"] is False
    assert str(file) not in json.dumps(seen)
    for method, path in (("POST", ""), ("POST", "/mine/pause"), ("POST", "/mine/cancel"), ("DELETE", "/mine")):
        status, _ = door.refusal(method, f"models/catalog{path}", {"spec": "mine"}, of_owner("ann"))
        assert status == 403
    installed = {name for name, model in named(door.ask("GET", "models/catalog")).items() if model["installed"]}
    # The second one comes with the studio.
    assert installed == {"mine", "starter-image"}


@pytest.mark.parametrize("body", [{"spec": "x" * 1001}, {"spec": 3}, {}, {"spec": "x", "more": 1}])
def test_what_names_no_model_is_refused(studio: Studio, body: dict[str, Any]) -> None:
    assert Door(studio).refusal("POST", "models/catalog", body)[0] == 422


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
    assert list_catalog(asked, LOCAL, "en").better["phase"] == "declined"
    improve(asked, LOCAL, Deed(do="better"))
    assert begun == [LOCAL]


def test_a_small_model_that_was_chosen_gives_way_when_a_better_one_is_asked_for(
    asked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(asked.models.better), "begin", lambda self, owner: None)
    asked.history.settings.put({"text_model": "local:mini"})
    assert offered(asked, LOCAL, "en")["phase"] == "offered"
    improve(asked, LOCAL, Deed(do="better"))
    assert asked.history.settings.all().get("text_model") is None
    asked.history.settings.put({"text_model": "echo:"})
    assert offered(asked, LOCAL, "en") is None


def test_why_another_model_answers_is_said_in_the_visitors_language(asked: Studio) -> None:
    why = StudioError("{model} needs about {needed} GB of memory beside the rest, and this machine has {total} GB.")
    asked.models._role.change(small=True, left=why.as_dict())
    assert offered(asked, LOCAL, "zh")["told"].startswith("除其他部分外")
    assert offered(asked, of_owner("ann"), "en") is None
    improve(asked, LOCAL, Deed(do="understood"))
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
    shown = named(list_catalog(asked, LOCAL, "en").model_dump())
    assert shown["mini"]["speed"] == {"writes": 115, "tokens": 1500, "seconds": 1} and shown["mini"]["measured"]
    other = shown["qwen2.5-coder-1.5b"]
    assert other["speed"] == {"writes": 10, "tokens": 1500, "seconds": 11} and not other["measured"]
    assert (other["parts"], other["origin"]) == (22, "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF")
    assert shown["starter-embedder"]["speed"] is None


def test_a_base_model_is_said_to_be_one(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(studio.models), "is_base", lambda self, name: True)
    assert get_start(studio, LOCAL, "en").advice == book("en")["page"]["model.base"]
