"""What the browser loads: a folder for each tab beside ``shared``, arrows that point one way, nothing left over."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.studio import Studio
from tests.serving import client, small_app
from webapp import STATIC, page

# A tab's folder uses itself and ``shared``; the customers' page shows what Support shows.
# A native tab has none of its own unless it needs one.
FOLDERS = [tab for tab in page.TABS if (STATIC / tab).exists()]
USES = {tab: {tab, "shared"} for tab in FOLDERS} | {"shared": {"shared"}, "ask": {"ask", "support", "shared"}}
# What others made.
FOREIGN = {"docs", "fonts", "mermaid"}
# What no other file of ours names: it runs on the pages of others.
WIDGET = "ask/widget.js"
IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"'`()=;]*["']([^"']+)|\bimport\(\s*["']([^"']+)""", re.MULTILINE)
LIVE = re.compile(r'\blive\("(\w+)"(?:, "(\w+)")?[,)]')
ADDRESS = re.compile(r'(?<=["`(/])studio/([\w/.-]+\.\w+)')


def files(kind: str) -> dict[str, str]:
    """Return the text of each of our own files of a kind, by its path below ``static/``."""
    paths = [path for path in STATIC.rglob(f"*.{kind}") if path.relative_to(STATIC).parts[0] not in FOREIGN]
    return {path.relative_to(STATIC).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def imported(place: str, source: str) -> Iterator[str]:
    """Yield what a script imports, by its path below ``static/``; raises ``ValueError`` if that lies outside."""
    for match in IMPORT.finditer(source):
        path = (STATIC / place).parent / (match[1] or match[2])
        yield path.resolve().relative_to(STATIC.resolve()).as_posix()


def named(*sources: str) -> set[str]:
    """Return the files below ``static/`` whose address stands in a source."""
    return {address for source in sources for address in ADDRESS.findall(source)}


def test_the_reader_sees_every_import() -> None:
    source = """
import "./a.js";
import {
  b,
} from '../shared/b.js';
export * from "./c.js";
export const words = ["d", "e"];
export function later(name = "f") {
  return import("./g.js");
}
"""
    assert list(imported("chat/x.js", source)) == ["chat/a.js", "shared/b.js", "chat/c.js", "chat/g.js"]
    scripts = files("js")
    assert {"shared/dom.js", "chat/chat.js", WIDGET} <= set(scripts)
    found = [name for place, source in scripts.items() for name in imported(place, source)]
    assert len(found) == sum(source.count('from "') for source in scripts.values()) > 0


def test_every_file_lies_in_the_folder_of_its_tab_or_is_shared() -> None:
    assert {path.name for path in STATIC.iterdir()} == {*USES, *FOREIGN}
    for tab in FOLDERS:
        own = [path.name for path in (STATIC / tab).iterdir()]
        assert f"{tab}.css" in own, "the one that leads is called as its folder is"
        assert not [name for name in own if name.startswith(f"{tab}-")], "the folder says that already"


def test_scripts_use_their_own_folder_and_what_is_shared() -> None:
    scripts = files("js")
    arrows = [(place, name) for place, source in scripts.items() for name in imported(place, source)]
    assert [arrow for arrow in arrows if arrow[1] not in scripts] == []
    assert [arrow for arrow in arrows if Path(arrow[1]).parts[0] not in USES[Path(arrow[0]).parts[0]]] == []


def test_what_is_shared_has_more_than_one_user() -> None:
    scripts = files("js")
    users: dict[str, set[str]] = {}
    for place, source in scripts.items():
        for name in imported(place, source):
            users.setdefault(name, set()).add(Path(place).parts[0])
    alone = {name: tabs for name, tabs in users.items() if name.startswith("shared/") and len(tabs) == 1}
    assert {name: tabs for name, tabs in alone.items() if tabs != {"shared"}} == {}


def test_no_script_or_skeleton_is_left_over() -> None:
    python = [path.read_text(encoding="utf-8") for path in STATIC.parent.rglob("*.py")]
    live = {f"{folder}/{name or folder}" for source in python for folder, name in LIVE.findall(source)}
    skeletons, scripts = files("html"), files("js")
    assert set(skeletons) == {f"{component}.html" for component in live} | {"ask/ask.html"}
    reached, ahead = set(), [f"{component}.js" for component in live] + ["ask/ask.js", WIDGET]
    while ahead:
        place = ahead.pop()
        if place not in reached:
            reached.add(place)
            ahead += imported(place, scripts[place])
    assert reached == set(scripts)


def test_no_style_or_picture_is_left_over() -> None:
    loaded = set(page.styles()) | named(files("html")["ask/ask.html"])
    assert [style for style in files("css") if style not in loaded] == []
    assert len(list(page.styles())) == len(set(page.styles())) and not set(page.styles()) - set(files("css"))
    assert set(files("svg")) <= named(*files("js").values(), *files("html").values())


def test_what_refines_stands_behind_what_it_refines() -> None:
    order = list(page.styles())
    assert order[0] == "shared/style.css"
    tabs = [Path(style).parts[0] for style in order]
    assert list(dict.fromkeys(tabs)) == ["shared", *FOLDERS]
    assert [order[tabs.index(tab)] for tab in FOLDERS] == [f"{tab}/{tab}.css" for tab in FOLDERS]


def test_a_colour_has_one_name_and_one_place() -> None:
    # White and black stand on pictures and on paper, too, which have no theme.
    places: dict[str, set[str]] = {}
    for place, source in files("css").items():
        for name, value in re.findall(r"([\w-]+):([^;{}]*);", source):
            for colour in re.findall(r"#[0-9a-f]{3,8}\b", value.lower()):
                places.setdefault(colour, set()).add(f"{place} {name if name.startswith('--') else ''}")
    assert places["#b42318"] == {"shared/style.css --danger"}
    assert {colour for colour, found in places.items() if len(found) > 1} == {"#fff", "#000"}
    assert {place for place in places["#fff"] | places["#000"] if "--" not in place} == {
        "chat/code.css ", "images/viewer.css ", "writing/desk.css ",
    }  # fmt: skip


def test_every_address_in_a_file_answers(studio: Studio) -> None:
    browser = client(small_app(studio))
    addresses = named(*files("js").values(), *files("html").values(), *files("css").values(), page.HEAD)
    assert {"widget.js", "shared/icons.svg", "shared/logo.svg", "ask/ask.js"} <= addresses
    assert {name for name in addresses if browser.get(f"/studio/{name}").status_code != 200} == set()
    for place, source in files("css").items():
        for url in re.findall(r'url\("(?!data:)([^"]+)"\)', source):
            assert ((STATIC / place).parent / url).is_file(), f"{place}: {url}"


def test_nothing_but_its_files_is_served(studio: Studio) -> None:
    browser = client(small_app(studio))
    outside = "%2e%2e/server.py shared/%2e%2e/%2e%2e/server.py shared/..%2f..%2fserver.py chat/%2e%2e/__init__.py"
    outside += " ..%5cserver.py %252e%252e/server.py //etc/passwd %2fetc%2fpasswd shared/dom.js%00"
    folders, before = " shared shared/ chat/", "dom.js ask.js style.css logo.svg"
    paths = f"{outside} {folders} {before}".split(" ")
    assert {path: browser.get(f"/studio/{path}").status_code for path in paths} == dict.fromkeys(paths, 404)


def test_no_link_leads_out_of_the_folder(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static, secret = tmp_path / "static", tmp_path / "secret.key"
    (static / "shared").mkdir(parents=True)
    (static / "shared" / "dom.js").write_text("1", encoding="utf-8")
    secret.write_text("secret", encoding="utf-8")
    (static / "shared" / "out.js").symlink_to(secret)
    monkeypatch.setattr("webapp.server.STATIC", static)
    browser = client(small_app(studio))
    assert browser.get("/studio/shared/dom.js").text == "1"
    assert browser.get("/studio/shared/out.js").status_code == 404
