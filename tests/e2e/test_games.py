"""The Games tab in a browser: a world by one click, a thing edited, a map, the game, and a file out and in again."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


def open_part(page: "Page", name: str) -> None:
    page.locator("#games-native").get_by_role("tab", name=name).click()


@pytest.fixture
def built(page: "Page", running: Server) -> "Page":
    """A page on which a world was built from an example."""
    page.goto(f"{running.url}/?tab=games")
    page.get_by_role("button", name="A drowned kingdom").click()
    expect(page.get_by_label("What kind of world?")).to_have_value(
        "A drowned kingdom whose bells still ring under water"
    )
    page.get_by_role("button", name="Build a world").click()
    expect(page.locator("#games-card")).to_contain_text("things hold together", timeout=60_000)
    return page


def test_a_world_is_built_looked_at_edited_and_played(built: "Page") -> None:
    page = built
    expect(page.locator("#games-card .graph rect")).to_have_count(3)
    open_part(page, "Content")
    page.get_by_label("Look at").click()
    page.get_by_role("option").first.click()
    name = page.get_by_label("Name", exact=True)
    expect(name).not_to_have_value("")
    name.fill('Mara <b>"the" Ferryman</b>')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#games-table")).to_contain_text('Mara <b>"the" Ferryman</b>')
    expect(page.locator("#games-facts")).to_contain_text("a person")
    open_part(page, "Maps")
    expect(page.locator("#games-picture img")).to_have_js_property("complete", True)
    assert page.locator("#games-picture img").evaluate("image => image.naturalWidth") > 0
    open_part(page, "Play")
    transcript, options = page.get_by_role("log"), page.locator(".adventure .options button")
    expect(options.first).to_be_visible()
    before = transcript.locator("p").all_inner_texts()
    first = options.first.inner_text()
    options.first.click()
    expect(transcript).to_contain_text(first)
    page.get_by_label("Command", exact=True).fill("fly away")
    page.get_by_role("button", name="Do", exact=True).click()
    expect(transcript.locator(".refused")).to_be_visible()
    page.locator("[data-do=undo]").click()
    expect(transcript.locator("p")).to_have_text(before, use_inner_text=True)
    page.get_by_role("button", name="Narrate").click()
    expect(page.locator(".adventure .told")).to_contain_text("What happened", timeout=20_000)


def test_a_world_goes_out_and_comes_in_again(built: "Page", tmp_path: Path) -> None:
    page = built
    open_part(page, "Export")
    with page.expect_download() as begun:
        page.locator(".forms").get_by_role("link", name="JSON With").click()
    begun.value.save_as(tmp_path / "world.zip")
    page.locator(".taking input[type=file]").set_input_files(tmp_path / "world.zip")
    expect(page.locator(".taking .notes")).to_have_text("Imported.")
    (tmp_path / "wrong.tmx").write_text("<map width='1000000000' height='9'/>", encoding="utf-8")
    page.locator(".taking input[type=file]").set_input_files(tmp_path / "wrong.tmx")
    expect(page.locator(".taking .problem")).to_contain_text("1000000000")
