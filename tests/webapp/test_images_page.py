"""The scripts of the Images tab ask for what there is."""

import re

from assistants.studio import Studio
from tests.serving import small_app
from webapp import STATIC

SCRIPTS = sorted((STATIC / "images").glob("*.js"))
# call("POST", "images/trash", …), call("GET", `images/${id}`), …
CALL = re.compile(r'call\("(\w+)", ["`]([^"`?]+)')


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
