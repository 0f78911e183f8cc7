"""Installing models: from the catalog, the hub and this machine; with progress, cancelled, deleted, and by whom."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants import engines, memory
from assistants.connections import Connections
from assistants.engines.echo import Echo, Options
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed, NotFound, StudioError
from assistants.models import ModelCard, Models, files
from assistants.models.cards import recommended
from assistants.models.files.catalog import Catalog, read_catalog, read_manifest
from assistants.models.registry import ModelRegistry
from assistants.principals import LOCAL, OPERATOR, of_owner
from assistants.settings import Settings
from tests.models.stand_ins import EMBEDDER, ENTRY, LARGE, LARGE_ENTRY, MODEL, TOKEN, Mirror, serve
from tests.models.test_gguf import tensor, written

GB = 10**9


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with serve(monkeypatch) as server:
        server.repos["someone/Some-Chat-GGUF"] = {"some-Q4_K_M.gguf": MODEL, "some-Q8_0.gguf": MODEL[::-1]}
        server.repos["someone/pickled"] = {"config.json": b"{}", "pytorch_model.bin": MODEL}
        yield server


@pytest.fixture
def models(settings: Settings, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    with contextlib.closing(opened(settings, {"tiny": ENTRY, "parts": EMBEDDER, "large": LARGE_ENTRY})) as models:
        yield models


def opened(settings: Settings, catalog: Catalog) -> Models:
    return Models(settings, Connections(settings), catalog)


def card(models: Models, name: str) -> ModelCard | None:
    return next((card for card in models.installer.listed(LOCAL) if card.name == name), None)


def settled(models: Models, name: str) -> ModelCard | None:
    """Wait until nothing is done to a model any more and return its card."""
    deadline = time.monotonic() + 30
    while (found := card(models, name)) and found.state.is_under_way:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def begun(models: Models, name: str, least: int = 1) -> None:
    """Wait until a part of a model is there."""
    deadline = time.monotonic() + 30
    while card(models, name).state.done < least:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_folder(settings: Settings) -> set[str]:
    folder = settings.models_folder
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} if folder.exists() else set()


def test_a_model_of_the_catalog_is_installed_and_deleted(models: Models, settings: Settings) -> None:
    assert (card(models, "tiny").installed, card(models, "tiny").state.state) == (False, "absent")
    assert models.installer.install("tiny", LOCAL) == "tiny"
    found = settled(models, "tiny")
    assert (found.installed, found.state.state, found.runner, found.size) == (True, "installed", "openvino", len(MODEL))
    models.installer.delete("tiny", LOCAL)
    assert not card(models, "tiny").installed
    assert in_folder(settings) == set()


def test_a_model_that_is_deleted_before_it_is_opened_is_missed_by_its_name(settings: Settings) -> None:
    registry = ModelRegistry(settings.models_folder, {})
    for ask in (registry.path, registry.size, registry.note_sha256, registry.entry):
        with pytest.raises(ModelUnavailable, match=r"^There is no model named gone\.$"):
            ask("gone")


def test_progress_is_seen_while_it_comes(models: Models, mirror: Mirror) -> None:
    mirror.flowing.clear()
    models.installer.install("someone/Some-Chat-GGUF", LOCAL)
    begun(models, "some-chat")
    found = card(models, "some-chat")
    assert (found.state.state, found.state.note) == ("downloading", "Downloading from the model hub")
    assert 0 < found.state.done < found.state.total == len(MODEL) == found.size
    mirror.flowing.set()
    assert settled(models, "some-chat").installed


@pytest.mark.parametrize(
    ("spec", "name", "file"),
    [
        ("someone/Some-Chat-GGUF", "some-chat", "some-Q4_K_M.gguf"),
        (" someone/Some-Chat-GGUF/some-Q8_0.gguf ", "some-q8-0", "some-Q8_0.gguf"),
        ("someone/Some-Chat-GGUF@main", "some-chat", "some-Q4_K_M.gguf"),
        ("someone/parts", "parts", None),
    ],
)
def test_a_model_of_the_hub_gets_a_name_and_a_record(
    models: Models, settings: Settings, spec: str, name: str, file: str | None
) -> None:
    assert models.installer.install(spec, OPERATOR) == name
    found = settled(models, name)
    assert (found.installed, found.state.error) == (True, None)
    kept = read_manifest(settings.models_folder / name)
    assert kept.is_pinned
    if file:
        assert [one.name for one in kept.files] == [file]
        assert models.pickable() == ["echo:", f"local:{name}"]
    # It outlives the studio.
    with contextlib.closing(opened(settings, {})) as later:
        assert later.resolve(name) == f"local:{name}"


def test_a_repository_that_the_catalog_knows_is_the_catalogs(models: Models) -> None:
    assert models.installer.install("someone/tiny", LOCAL) == "tiny"
    assert settled(models, "tiny").installed


def test_two_makers_may_use_one_name(models: Models, mirror: Mirror) -> None:
    mirror.repos["other/Tiny-GGUF"] = {"a.gguf": MODEL}
    assert models.installer.install("other/Tiny-GGUF", LOCAL) == "other-tiny"
    assert settled(models, "other-tiny").origin == "other/Tiny-GGUF"


def test_a_file_or_folder_of_ones_own_is_used_where_it_lies_and_never_deleted(
    models: Models, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "Mein Modell ü.gguf"
    file.write_bytes(MODEL[::-1])
    name = models.installer.install(str(file), LOCAL)
    assert name == "mein-modell"
    found = card(models, name)
    assert (found.installed, found.linked, found.size, found.origin) == (True, True, len(MODEL), str(file))
    assert in_folder(settings) == {name, f"{name}/model.yaml"}
    assert models.installer.install(str(file), LOCAL) == name
    assert card(models, name) and models.installer.listed(of_owner("ann"))[0].origin is None
    models.installer.delete(name, LOCAL)
    assert file.exists()
    assert card(models, name) is None
    assert in_folder(settings) == set()


def test_an_embedder_of_ones_own_is_a_folder_with_safetensors(models: Models, tmp_path: Path) -> None:
    folder = tmp_path / "E5"
    folder.mkdir()
    for name in ("modules.json", "config.json", "pytorch_model.bin"):
        folder.joinpath(name).write_bytes(b"[]")
    with pytest.raises(InvalidInput, match=r"The folder E5 holds no model: \*.safetensors is missing"):
        models.installer.install(str(folder), LOCAL)
    folder.joinpath("model.safetensors").write_bytes(MODEL)
    assert models.installer.install(str(folder), LOCAL) == "e5"
    assert (card(models, "e5").kind, card(models, "e5").runner) == ("embed", "sentence-transformers")
    assert models.pickable(kind="embed") == ["local:e5"]
    assert "local:e5" not in models.pickable()


def test_what_was_linked_and_is_gone_is_said(models: Models, tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(MODEL[::-1])
    name = models.installer.install(str(file), LOCAL)
    file.unlink()
    assert not card(models, name).installed
    with pytest.raises(ModelUnavailable, match=r"mine is no longer at mine\.gguf") as gone:
        list(models.waiting(name))
    assert str(tmp_path) not in str(gone.value)


def test_a_download_is_paused_gone_on_with_and_dropped(models: Models, mirror: Mirror, settings: Settings) -> None:
    mirror.model = LARGE
    mirror.flowing.clear()
    models.installer.install("large", LOCAL)
    begun(models, "large", len(LARGE) // 3)
    with pytest.raises(NotAllowed):
        models.installer.pause("large", of_owner("ann"))
    models.installer.pause("large", LOCAL)
    held = card(models, "large")
    assert (held.installed, held.state.state, held.state.note) == (False, "paused", "Download paused")
    assert 0 < held.state.done < held.state.total == len(LARGE)
    models.installer.cancel("large", LOCAL)
    assert (card(models, "large").state.state, in_folder(settings)) == ("absent", set())
    models.installer.install("large", LOCAL)
    begun(models, "large", len(LARGE) // 3)
    models.installer.pause("large", LOCAL)
    mirror.flowing.set()
    models.installer.install("large", LOCAL)
    assert settled(models, "large").installed
    assert [line for line in mirror.asked if line.startswith("RANGE")] == ["RANGE 10485760"]


def test_a_gguf_that_is_cut_off_in_a_tensor_is_a_sentence_and_leaves_nothing(
    settings: Settings, mirror: Mirror, tmp_path: Path
) -> None:
    file = written(tmp_path / "cut.gguf", tensor("one", (4096, 2)))
    mirror.repos["someone/Cut-GGUF"] = {"cut-Q4_K_M.gguf": file.read_bytes()}
    with contextlib.closing(opened(settings, {"tiny": ENTRY})) as models:
        with pytest.raises(ModelUnavailable, match="does not load: a broken GGUF file"):
            models.installer.install(str(file), LOCAL)
        models.installer.install("someone/Cut-GGUF", LOCAL)
        assert "does not load: a broken GGUF file" in settled(models, "cut").state.error
        models.installer.cancel("cut", LOCAL)
        assert card(models, "cut") is None
    assert in_folder(settings) == set()


def test_what_is_not_downloading_cannot_be_paused(models: Models) -> None:
    models.installer.pause("tiny", LOCAL)
    assert card(models, "tiny").state.state == "absent"


@pytest.mark.parametrize("when", ["asking", "downloading"])
def test_cancelling_leaves_nothing(models: Models, mirror: Mirror, settings: Settings, when: str) -> None:
    mirror.flowing.clear()
    models.installer.install("someone/Some-Chat-GGUF", LOCAL)
    if when == "downloading":
        begun(models, "some-chat")
    models.installer.cancel("some-chat", LOCAL)
    assert settled(models, "some-chat") is None
    assert in_folder(settings) == set()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", "is empty"),
        ("x" * 2000, "is too long"),
        ("../tiny", "whole path"),
        ("./tiny.gguf", "whole path"),
        ("/nowhere/model.gguf", "There is nothing at /nowhere/model.gguf"),
        ("~/model.gguf", "whole path"),
        ("tiny2", "hub id such as"),
        ("a/b/c", "is not a GGUF file"),
        ("a/../../b", "hub id such as|GGUF"),
        ("https://huggingface.co/a/b", "hub id such as"),
        ("ä/模型", "hub id such as"),
        ("a/b@../../c", "hub id such as"),
        ("a/b.gguf\n", "has no a/b.gguf"),
        ("a\0b/c", "hub id such as"),
    ],
)
def test_hostile_and_mistaken_names_are_one_sentence_and_leave_nothing(
    models: Models, settings: Settings, spec: str, said: str
) -> None:
    with pytest.raises(StudioError, match=said):
        failure = settled(models, models.installer.install(spec, LOCAL)).state.failure
        raise failure
    assert not in_folder(settings)


@pytest.mark.parametrize(
    ("spec", "name", "said"),
    [
        ("someone/pickled", "pickled", "pickle files only"),
        ("nobody/nothing", "nothing", "The model hub has no nobody/nothing"),
        ("someone/Some-Chat-GGUF/other.gguf", "other", "has no file other.gguf"),
        ("someone/gated", "gated", "only to those who have accepted its terms"),
    ],
)
def test_what_the_hub_refuses_is_kept_until_it_is_dismissed_or_tried_again(
    models: Models, mirror: Mirror, settings: Settings, monkeypatch: pytest.MonkeyPatch, spec: str, name: str, said: str
) -> None:
    mirror.repos["someone/gated"] = {"g.gguf": MODEL}
    mirror.gated.add("someone/gated")
    assert models.installer.install(spec, LOCAL) == name
    assert said in settled(models, name).state.error
    assert in_folder(settings) == set()
    if name == "gated":
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        assert models.installer.install(name, LOCAL) == name
        assert settled(models, name).installed
    else:
        models.installer.cancel(name, LOCAL)
        assert card(models, name) is None


def test_a_model_that_no_engine_runs_is_not_kept(
    models: Models, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise ModelUnavailable("No engine runs {file}.", file=path.name)

    monkeypatch.setattr(files, "check", refuse)
    models.installer.install("someone/Some-Chat-GGUF", LOCAL)
    assert settled(models, "some-chat").state.error == "No engine runs some-Q4_K_M.gguf."
    assert in_folder(settings) == set()


def test_a_visitor_changes_nothing(models: Models, settings: Settings, tmp_path: Path) -> None:
    for change in (models.installer.install, models.installer.cancel, models.installer.delete):
        with pytest.raises(NotAllowed):
            change("tiny", of_owner("ann"))
    assert in_folder(settings) == set()
    assert [card.name for card in models.installer.listed(of_owner("ann"))] == ["tiny", "large", "parts"]


def test_deleting_closes_the_engine_and_waits_for_no_job(
    settings: Settings, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_use: set[str] = {"local:tiny"}
    closed = threading.Event()
    engine = Echo(options=Options())
    monkeypatch.setattr(Echo, "close", lambda self: closed.set(), raising=False)
    monkeypatch.setattr(files, "runner", lambda path, needs=frozenset(): "openvino")
    monkeypatch.setattr(files, "check", lambda path: None)
    monkeypatch.setattr(files, "make_ready", lambda path, *_: path)
    monkeypatch.setattr(engines, "open_chat", lambda *_: engine)
    with contextlib.closing(Models(settings, Connections(settings), {"tiny": ENTRY}, lambda: in_use)) as models:
        list(models.waiting("tiny"))
        with pytest.raises(ModelUnavailable, match="tiny is writing just now"):
            models.installer.delete("tiny", LOCAL)
        assert not closed.is_set()
        in_use.clear()
        models.installer.delete("tiny", LOCAL)
        assert closed.is_set()
        assert models.state("tiny").state == "absent"
        with pytest.raises(NotFound):
            models.installer.delete("nothing", LOCAL)


def test_a_broken_record_is_no_model_and_breaks_nothing(models: Models, settings: Settings) -> None:
    for name, text in [("one", "{"), ("two", "colour: red"), ("three", "title: x\nlinked: /x\nhub: {repo: a/b}")]:
        folder = settings.models_folder / name
        folder.mkdir(parents=True)
        folder.joinpath("model.yaml").write_text(text, encoding="utf-8")
    assert [card.name for card in models.installer.listed(LOCAL)] == ["tiny", "large", "parts"]
    with pytest.raises(InvalidInput):
        models.resolve("one")


@pytest.mark.parametrize(
    ("gigabytes", "language", "wanted"),
    [
        (4, "zh", {"qwen3-0.6b", "bge-small-zh"}),
        (8, "zh", {"qwen2.5-1.5b", "qwen3-embedding-0.6b"}),
        (16, "zh", {"qwen3-4b-instruct", "qwen3-embedding-0.6b"}),
        (16, "en", {"qwen3-4b-instruct", "qwen3-embedding-0.6b", "lcm-dreamshaper-7"}),
        (64, "en", {"qwen3-8b", "qwen3-embedding-0.6b", "lcm-dreamshaper-7"}),
        (1, "en", set()),
    ],
)
def test_what_is_recommended_fits_the_memory_and_knows_the_language(
    gigabytes: int, language: str, wanted: set[str]
) -> None:
    assert recommended(read_catalog(), gigabytes * GB, language) == wanted


def test_cards_say_what_does_not_fit(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    assert card(models, "tiny").fits
    monkeypatch.setattr(memory, "total", lambda: len(MODEL))
    assert not card(models, "tiny").fits


@pytest.mark.parametrize("name", ["../outside", "sub/../../outside", "..", "/"])
def test_a_name_leads_nowhere_but_into_the_folder(models: Models, settings: Settings, name: str) -> None:
    outside = settings.models_folder.parent / "outside"
    outside.mkdir(parents=True)
    outside.joinpath("model.yaml").write_text("title: x\nlinked: /x\n", encoding="utf-8")
    for asked in (name, f"local:{name}", str(outside)):
        with pytest.raises(InvalidInput):
            models.resolve(asked)
    with pytest.raises(NotFound):
        models.installer.delete(name, LOCAL)
    assert outside.joinpath("model.yaml").exists()


def test_what_comes_with_the_studio_stays(settings: Settings) -> None:
    with contextlib.closing(opened(settings, {"own": read_catalog()["starter-image"]})) as models:
        assert card(models, "own").shipped and card(models, "own").installed
        with pytest.raises(ModelUnavailable, match="comes with the studio"):
            models.installer.delete("own", LOCAL)
        assert card(models, "own").installed
