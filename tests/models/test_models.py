"""The models: what names mean, the states a model goes through, and who waits for it.

The file comes from a hub on this machine; behind ``local:`` stands an engine that needs no model.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from assistants import engines, memory
from assistants.connections import Connection, Connections
from assistants.engines.echo import Echo, Options
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed
from assistants.models import Models, files
from assistants.models.files.catalog import Catalog, Entry
from assistants.principals import LOCAL, of_owner
from assistants.settings import Settings
from tests.models.stand_ins import ENTRY, LARGE, LARGE_ENTRY, MODEL, Mirror, serve
from tests.serving import opened as opened_studio

TINY = "local:tiny"


class Engine(Echo):
    """The stand-in, whose end is seen."""

    closed: bool = False

    def close(self) -> None:
        self.closed = True


class Opener:
    """Opens the local engine, once it has leave to, and fails as often as it was told to."""

    def __init__(self) -> None:
        self.leave = threading.Event()
        self.leave.set()
        self.asked = threading.Event()
        self.failures: list[Exception] = []
        self.engines: list[Engine] = []
        self.needs: list[frozenset[str]] = []

    def make_ready(self, path: Path, folder: Path, report: Any, halt: Any, needs: frozenset[str]) -> Path:
        self.needs.append(needs)
        return path

    def open_chat(self, model: str, file: Path) -> Engine:
        assert model in ("tiny", "other") and file.read_bytes() in (MODEL, LARGE)
        self.asked.set()
        assert self.leave.wait(30)
        if self.failures:
            raise self.failures.pop()
        self.engines.append(Engine(options=Options()))
        return self.engines[-1]


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with serve(monkeypatch) as server:
        yield server


@pytest.fixture
def opener(monkeypatch: pytest.MonkeyPatch) -> Opener:
    opener = Opener()
    monkeypatch.setattr(f"{__name__}.open_chat", opener.open_chat)
    monkeypatch.setitem(engines.CHAT, "local", f"{__name__}:open_chat")
    # What the hub of these tests serves is no real model.
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "transformers" if needs else "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", opener.make_ready)
    return opener


def open_chat(model: str, file: Path) -> Engine:
    """Stand where the fixture ``opener`` puts its own."""
    raise NotImplementedError


@pytest.fixture
def models(settings: Settings, mirror: Mirror, opener: Opener) -> Iterator[Models]:
    with contextlib.closing(opened(settings, {"tiny": ENTRY})) as models:
        yield models


def opened(settings: Settings, catalog: Catalog | None = None) -> Models:
    return Models(settings, Connections(settings), catalog)


def states(models: Models, name: str = "tiny") -> list[str]:
    """Wait for a model and return the states it went through."""
    return [state for state, _ in groupby(state.state for state in models.waiting(name))]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tiny", TINY),
        (TINY, TINY),
        ("echo:", "echo:"),
        ("echo:words=3", "echo:words=3"),
        (None, "echo:"),
        ("", "echo:"),
    ],
)
def test_names_that_mean_a_model(models: Models, name: str | None, meant: str) -> None:
    assert models.resolve(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        "big",
        "local:big",
        "local:",
        "local:../tiny",
        "nobody:tiny",
        "openai",
        "a/b:c",
        "echo:colour=1",
        "../x:y",
        "tiny:",
    ],
)
def test_names_that_mean_none(models: Models, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        models.resolve(name)
    assert caught.value.field == "model"


def test_the_starter_is_the_default(tmp_path: Path) -> None:
    models = opened(Settings(home=tmp_path))
    assert models.resolve(None) == models.resolve("starter") == models.resolve("local:mini") == "local:mini"
    assert models.pickable() == ["local:mini"]
    assert models.state(None).state == "absent"


def test_a_provider_of_langchain_is_known_once_its_package_is_there(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput):
        models.resolve("someone:big")
    tmp_path.joinpath("langchain_someone.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert models.resolve("someone:big") == "someone:big"
    assert models.state("someone:big").state == "ready"
    with pytest.raises(InvalidInput):
        models.resolve("someone:")
    with pytest.raises(ModelUnavailable, match="The model someone:big does not load"):
        models.engine("someone:big")


def test_the_studios_own_model_is_picked_first_and_what_is_not_installed_is_not(models: Models) -> None:
    assert models.pickable() == ["echo:"]
    states(models)
    assert models.pickable() == ["echo:", TINY]
    assert models.pickable(kind="embed") == []


def test_a_model_without_a_file_is_ready_at_once_and_opened_once(models: Models) -> None:
    assert models.state("echo:").state == "ready"
    assert list(models.waiting("echo:")) == []
    engine = models.engine("echo:slots=2")
    assert engine.slots == 2
    assert models.engine("echo:slots=2") is engine
    assert engine.invoke([HumanMessage("hi")]).text == "hi"


def test_a_model_is_fetched_and_loaded_for_who_waits(models: Models, opener: Opener, settings: Settings) -> None:
    assert models.state("tiny").state == "absent"
    with pytest.raises(ModelUnavailable, match="not ready"):
        models.engine("tiny")
    assert states(models)[:2] == ["loading", "downloading"]
    assert models.state("tiny").state == "ready"
    assert models.engine("tiny") is models.engine(TINY) is opener.engines[0]
    assert (settings.models_folder / "tiny" / "tiny.gguf").exists()
    assert list(models.waiting("tiny")) == []


def test_an_installed_model_is_never_downloading(models: Models, settings: Settings, opener: Opener) -> None:
    folder = settings.models_folder / "tiny"
    folder.mkdir(parents=True)
    folder.joinpath("tiny.gguf").write_bytes(MODEL)
    opener.leave.clear()
    seen = set()
    for state in models.waiting("tiny"):
        seen.add(state.state)
        opener.leave.set()
    assert seen == {"loading"}


def test_the_states_say_what_is_done_and_how_far(models: Models, mirror: Mirror, opener: Opener) -> None:
    mirror.flowing.clear()
    opener.leave.clear()
    seen = []
    for state in models.waiting("tiny"):
        seen.append(state)
        if state.done:
            mirror.flowing.set()
        if state.note == "Loading the model":
            opener.leave.set()
    half = next(state for state in seen if state.state == "downloading" and state.done)
    assert half.note == "Downloading from the model hub"
    assert 0 < half.done < half.total == len(MODEL)
    assert [note for note, _ in groupby(state.note for state in seen)][-3:] == [
        "Checking the file",
        "Loading the model",
        "Measuring the model",
    ]
    assert all(state.error is None for state in seen)


def test_who_waits_hears_something_even_if_nothing_changes(
    models: Models, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistants.models.states.WAIT_SECONDS", 0.01)
    opener.leave.clear()
    models.prepare("tiny")
    assert opener.asked.wait(30)
    waiting = models.waiting("tiny")
    assert [next(waiting).note for _ in range(3)] == ["Loading the model"] * 3
    opener.leave.set()


def test_many_who_want_a_model_cause_one_download_and_one_engine(
    models: Models, mirror: Mirror, opener: Opener
) -> None:
    threads = [threading.Thread(target=states, args=[models]) for _ in range(8)]
    for thread in threads:
        models.prepare("tiny")
        thread.start()
    for thread in threads:
        thread.join(60)
    assert models.state("tiny").state == "ready"
    assert len([line for line in mirror.asked if line.startswith("GET") and "resolve" in line]) == 1
    assert len(opener.engines) == 1


def test_a_failure_is_kept_and_the_next_who_waits_tries_again(models: Models, opener: Opener) -> None:
    opener.failures = [ModelUnavailable("The model {model} is tired.", model="tiny")]
    with pytest.raises(ModelUnavailable, match="The model tiny is tired") as caught:
        states(models)
    assert caught.value.template == "The model {model} is tired."
    failed = models.state("tiny")
    assert (failed.state, failed.error) == ("failed", "The model tiny is tired.")
    with pytest.raises(ModelUnavailable, match="not ready"):
        models.engine("tiny")
    assert states(models) == ["loading"]
    assert models.engine("tiny") is opener.engines[0]
    assert models.state("tiny").error is None


def test_a_model_that_nobody_serves_fails_with_the_reasons(models: Models, mirror: Mirror) -> None:
    mirror.model = mirror.wheel = None
    with pytest.raises(ModelUnavailable, match="Tiny couldn't be fetched"):
        states(models)
    assert models.state("tiny").state == "failed"
    mirror.model = MODEL
    assert states(models)[-1] == "loading"
    assert models.state("tiny").state == "ready"


def test_an_unforeseen_error_fails_the_model_and_is_logged(
    models: Models, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    opener.failures = [RuntimeError("no such luck")]
    with pytest.raises(ModelUnavailable, match="The model local:tiny does not load: no such luck"):
        states(models)
    assert next(record for record in caplog.records if record.exc_info).message == "local:tiny does not load"


def test_progress_is_in_the_log_now_and_then(models: Models, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "assistants.models")
    states(models)
    lines = [record.message for record in caplog.records if record.name.startswith("assistants.models")]
    assert lines[0].startswith("local:tiny: Downloading from the model hub (")
    assert lines[-1] == "local:tiny is ready"
    assert len(lines) < 8


def test_closing_ends_a_download_tells_who_waits_and_the_next_start_goes_on(
    settings: Settings, mirror: Mirror, opener: Opener
) -> None:
    mirror.model = LARGE
    mirror.flowing.clear()
    with contextlib.closing(opened(settings, {"tiny": LARGE_ENTRY})) as models:
        waiting = models.waiting("tiny")
        while next(waiting).done < len(LARGE) / 3:
            pass
        models.close()
        with pytest.raises(ModelUnavailable, match="shutting down"):
            list(waiting)
        with pytest.raises(ModelUnavailable, match="shutting down"):
            list(models.waiting("tiny"))
    mirror.flowing.set()
    with contextlib.closing(opened(settings, {"tiny": LARGE_ENTRY})) as later:
        state = later.state("tiny")
        assert (state.state, 0 < state.done < len(LARGE), state.total) == ("paused", True, len(LARGE))
        states(later)
        assert later.state("tiny").state == "ready"
    assert [line for line in mirror.asked if line.startswith("RANGE")] == ["RANGE 10485760"]


def test_closing_closes_the_engines(models: Models, opener: Opener) -> None:
    states(models)
    models.close()
    assert opener.engines[0].closed


def test_an_engine_that_opens_after_the_end_is_closed(
    models: Models, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistants.models.work.CLOSE_SECONDS", 0.01)
    opener.leave.clear()
    models.prepare("tiny")
    assert opener.asked.wait(30)
    loader = next(thread for thread in threading.enumerate() if thread.name == f"load {TINY}")
    models.close()
    opener.leave.set()
    loader.join(30)
    assert opener.engines[0].closed
    with pytest.raises(ModelUnavailable):
        models.engine("tiny")


def test_what_one_engine_cannot_do_another_one_beside_it_does(models: Models, opener: Opener) -> None:
    needs = frozenset({"score"})
    assert [state.state for state in models.waiting("tiny", needs)][-1] == "loading"
    first, second = models.engine("tiny"), models.engine("tiny", needs)
    assert [first, second] == opener.engines
    assert opener.needs == [frozenset(), needs]
    assert list(models.waiting("tiny", needs)) == []


def test_what_a_folder_has_become_is_looked_at_before_it_is_opened(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "weights.safetensors").write_bytes(b"")
    (tmp_path / "model_index.json").write_text('{"_class_name": ["pipeline", "Mine"]}', encoding="utf-8")
    mine = Entry(title="Mine", kind="image", linked=tmp_path)
    models = opened(settings, {"mine": mine})
    with contextlib.closing(models), pytest.raises(ModelUnavailable, match="trust_remote_code"):
        states(models, "mine")


def test_a_model_too_large_for_the_memory_is_refused_before_it_is_opened(
    models: Models, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(ModelUnavailable, match=r"Tiny needs about 0.0 GB of memory, and 0.0 GB are free\. Close other"):
        states(models)
    assert opener.engines == []
    monkeypatch.undo()


@pytest.mark.parametrize("in_use", [set(), {TINY}])
def test_an_idle_engine_makes_room_and_one_in_use_does_not(
    settings: Settings, mirror: Mirror, opener: Opener, monkeypatch: pytest.MonkeyPatch, in_use: set[str]
) -> None:
    catalog = {"tiny": ENTRY, "other": ENTRY}
    taken = lambda: sum(not engine.closed for engine in opener.engines)  # noqa: E731
    monkeypatch.setattr(memory, "available", lambda: len(MODEL) * (1 - taken()))
    with contextlib.closing(Models(settings, Connections(settings), catalog, lambda: in_use)) as models:
        states(models)
        if in_use:
            with pytest.raises(ModelUnavailable, match="Close other programs"):
                states(models, "other")
            assert models.engine("tiny") is opener.engines[0]
        else:
            states(models, "other")
            assert opener.engines[0].closed
            assert models.state("tiny").state == "installed"


def test_the_jobs_under_way_say_which_models_are_in_use(tmp_path: Path) -> None:
    model = "echo:delay=0.05"
    with opened_studio(tmp_path, text_model=model) as studio:
        job = studio.jobs.submit("chat", {"message": "w " * 1000}, LOCAL)
        while studio.jobs.get(job.id, LOCAL.id).status == "queued":
            time.sleep(0.01)
        assert studio.jobs.models_in_use() == {model}
        studio.jobs.stop(job.id, LOCAL.id)
        studio.jobs.wait(job.id, LOCAL.id, 30)
        assert studio.jobs.models_in_use() == set()


def test_a_stranger_gets_what_is_installed_and_what_is_the_studios_own(models: Models, settings: Settings) -> None:
    assert models.resolve(None, of_owner("ann")) == "echo:"
    with pytest.raises(NotAllowed, match="tiny is not installed here"):
        models.resolve("tiny", of_owner("ann"))
    states(models)
    assert models.resolve("tiny", of_owner("ann")) == TINY
    assert models.pickable(of_owner("ann")) == ["echo:", TINY]


def test_connections_are_for_those_they_are_meant_for(settings: Settings) -> None:
    settings.home.mkdir()
    connections = Connections(settings)
    facts = {"url": "http://localhost:8000/v1", "models": ["m"]}
    connections.save(Connection(name="mine", **facts), LOCAL)
    connections.save(Connection(name="ours", visitors=True, **facts), LOCAL)
    with contextlib.closing(Models(settings, connections, {"tiny": ENTRY})) as models:
        assert models.pickable() == ["echo:", "mine:m", "ours:m"]
        assert models.pickable(of_owner("ann")) == ["echo:", "ours:m"]
        assert models.resolve("ours:m", of_owner("ann")) == "ours:m"
        for name in ("mine:m", "ours:other"):
            assert models.resolve(name) == name
            with pytest.raises(NotAllowed, match="for the operator"):
                models.resolve(name, of_owner("ann"))
        engine = models.engine("mine:m")
        assert models.engine("mine:m") is engine
        connections.save(Connection(name="mine", url="http://localhost:9000/v1"), LOCAL)
        assert models.engine("mine:m") is not engine


def test_a_model_of_another_kind_is_said_to_be_one(settings: Settings) -> None:
    models = Models(settings, Connections(settings))
    assert models.resolve("starter", kind="chat") == "local:mini"
    assert models.resolve("starter-embedder", kind="embed") == "local:starter-embedder"
    with pytest.raises(InvalidInput, match=r"^local:starter-embedder makes vectors; it writes no text"):
        models.resolve("starter-embedder", kind="chat")
    with pytest.raises(InvalidInput, match=r"^echo: writes text; it makes no vectors"):
        models.resolve("echo:", kind="embed")
    models.close()
