"""Engines of other packages, installed as pip would: the example of the documentation, and some that are broken."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistants.engines import open_chat
from assistants.engines.plugins import GROUP, open_plugin, plugins
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests import installed

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return what installs a package of one module with its entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(module: str, source: str, **entry_points: str) -> None:
        installed.install(tmp_path, module, {module: source}, {GROUP: entry_points})
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


@pytest.fixture
def eliza(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "aigc_studio_eliza", raising=False)
    installed.install_example(tmp_path, "eliza")


def test_the_documentation_shows_the_example_as_it_is() -> None:
    page = installed.DOCS.joinpath("plugins.md").read_text(encoding="utf-8")
    files = [*(installed.DOCS / "eliza").iterdir(), *(installed.DOCS / "slogans").iterdir()]
    sources = [path for path in files if path.suffix in {".py", ".toml"}]
    assert len(sources) == 5
    for path in sources:
        assert path.read_text(encoding="utf-8") in page


def test_the_example_works(eliza: None) -> None:
    engine = open_plugin(plugins()["eliza"], "doctor")
    chunks = list(engine.stream("I need a holiday."))
    assert "".join(chunk.text for chunk in chunks) == "Why do you need a holiday?"
    assert len(chunks) > 3
    assert engine.invoke("My mother\ncalls.").text == "Tell me more about your mother."


def test_a_chat_uses_it_like_any_other(eliza: None, studio: Studio) -> None:
    request = {"message": "I am tired.", "model": "eliza:doctor"}
    job = studio.jobs.submit("chat", request, LOCAL)
    assert studio.jobs.wait(job.id, "local", 30).output == "How long have you been tired?"
    with pytest.raises(NotAllowed):
        studio.jobs.submit("chat", request, of_owner("v-1"))
    broken = studio.jobs.submit("chat", request | {"model": "eliza:engineer"}, LOCAL)
    assert studio.jobs.wait(broken.id, "local", 30).status == "failed"
    fine = studio.jobs.submit("chat", {"message": "hello"}, LOCAL)
    assert studio.jobs.wait(fine.id, "local", 30).output == "hello"


def test_what_it_does_not_say_of_itself_is_said_for_it(eliza: None, install: Install) -> None:
    source = """
from aigc_studio_eliza import Eliza

class Telling(Eliza):
    slots: int = 2
    context: int = 512
    capabilities: list[str] = ["json_schema"]
    is_closed: bool = False

    def close(self):
        self.is_closed = True

def open_chat(model, path=None):
    return Telling()
"""
    install("telling", source, telling="telling:open_chat")
    silent, telling = open_chat("eliza:doctor"), open_chat("telling:m")
    assert (silent.slots, silent.context, silent.capabilities) == (8, None, frozenset())
    assert silent.begins_reasoning is False and silent.is_base is False
    silent.close()
    assert (telling.slots, telling.context, telling.capabilities) == (2, 512, {"json_schema"})
    telling.close()
    assert telling.stream.__self__.is_closed


def test_what_goes_wrong_in_a_plugin_is_one_sentence(eliza: None, install: Install) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        open_plugin(plugins()["eliza"], "engineer")
    assert str(caught.value) == (
        "The engine eliza of the package aigc-studio-eliza does not work: "
        "ValueError: Eliza plays the doctor and not engineer."
    )
    install("shattered", "def open_chat(:", shattered="shattered:open_chat")
    install("needy", "import not_there_at_all", needy="needy:open_chat", misspelt="needy:open_cat")
    install("odd", "def open_chat(model, path): return model", odd="odd:open_chat")
    for name, problem in [
        ("shattered", "SyntaxError"),
        ("needy", "No module named 'not_there_at_all'"),
        ("misspelt", "does not work"),
        ("odd", "The engine odd gives no chat model"),
    ]:
        with pytest.raises(ModelUnavailable, match=problem):
            open_plugin(plugins()[name], "m")


def test_a_plugins_own_sentences_are_passed_on(install: Install) -> None:
    source = """
from assistants.errors import InvalidInput

def open_chat(model, path=None):
    raise InvalidInput("model", "There is no model named {name}.", name=model)
"""
    install("strict", source, strict="strict:open_chat")
    with pytest.raises(InvalidInput, match="no model named m"):
        open_plugin(plugins()["strict"], "m")


def test_no_plugin_takes_the_place_of_what_there_is(install: Install) -> None:
    install("cuckoo", "", local="cuckoo:open_chat", echo="cuckoo:open_chat", cuckoo="cuckoo:open_chat")
    assert plugins(taken={"local", "echo"}).keys() == {"cuckoo"}


def test_looking_for_plugins_imports_none(install: Install) -> None:
    install("loud", "raise SystemExit", loud="loud:open_chat")
    assert "loud" in plugins()
    assert "loud" not in sys.modules
