"""The Images tab without a browser: what its handler answers, and that its scripts ask for what there is."""

import re
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotAllowed
from assistants.principals import LOCAL, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from tests.serving import small_app
from webapp import STATIC
from webapp.tabs.images import Asked, act

SCRIPTS = sorted((STATIC / "images").glob("*.js"))
# call("POST", "images/trash", …), call("GET", `images/${id}`), …
CALL = re.compile(r'call\("(\w+)", ["`]([^"`?]+)')


def ask(studio: Studio, owner: str = "local", **asked: Any) -> dict[str, Any]:
    return act(studio, of_owner(owner), validated(Asked, asked))


def test_a_missing_model_is_fetched_for_the_operator_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    monkeypatch.setattr(
        type(studio.models.installer), "install", lambda self, name, who: begun.append((name, who)) or name
    )
    assert ask(studio, do="install", name="local:stable-diffusion-v1-4") == {"begun": "stable-diffusion-v1-4"}
    assert begun == [("stable-diffusion-v1-4", LOCAL)]
    monkeypatch.undo()
    for what in ("install", "cancel"):
        with pytest.raises(NotAllowed):
            ask(studio, "ann", do=what, name="local:stable-diffusion-v1-4")


@pytest.mark.parametrize("asked", [{"do": "install"}, {"do": "draw", "name": "x"}, {"do": "install", "name": 5}])
def test_what_is_not_a_question_is_refused(studio: Studio, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ask(studio, **asked)


def test_scripts_ask_for_what_there_is(studio: Studio) -> None:
    calls = {found for path in SCRIPTS for found in CALL.findall(path.read_text(encoding="utf-8"))}
    assert len(calls) > 15
    routes = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path.removeprefix("/api/")))
        for path, methods in small_app(studio).openapi()["paths"].items()
        for method in methods
    }
    asked = {(method, re.sub(r"\$\{[^}]+\}", "*", path)) for method, path in calls}
    assert asked - routes == set()
