"""Settings > Models, and the offer of the first start."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistants.engines.catalog import read_catalog
from tests.conftest import Server
from tests.e2e.chat import Chat

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def fresh(tmp_path: Path, starter_folder: Path) -> Iterator[Server]:
    """A studio that has only the starter."""
    server = Server(tmp_path)
    models = tmp_path / "models" / "mini"
    models.mkdir(parents=True)
    file = read_catalog()["mini"].path(starter_folder / "mini")
    shutil.copyfile(file, models / file.name)
    server.environment = {"STUDIO_TEXT_MODEL": "mini", "STUDIO_MODELS": str(models.parent)}
    server.start()
    yield server
    server.kill()


def test_a_file_of_ones_own_is_added_used_and_forgotten(chat: Chat, starter_folder: Path) -> None:
    page = chat.page
    page.get_by_role("tab", name="Settings").click()
    rows = page.locator(".models .here li")
    # What comes with the studio cannot be taken away.
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_text("Add another model").click()
    spec = page.get_by_role("textbox", name="Add another model")
    spec.fill("/nowhere/model.gguf")
    spec.press("Enter")
    expect(page.locator(".models .problem")).to_have_text("There is nothing at /nowhere/model.gguf.")
    spec.fill(str(read_catalog()["mini"].path(starter_folder / "mini")))
    spec.press("Enter")
    expect(rows).to_have_count(2)
    mine = rows.filter(has_text="OpenVINO")
    mine.get_by_role("button", name="Use").click()
    expect(chat.toast).to_contain_text("is chosen for your chats")
    expect(page.locator("#model input")).to_have_value("local:smollm2-135m-instruct.q4-1")
    mine.get_by_role("button", name="Remove").click()
    expect(mine).to_contain_text("Its files stay where they are")
    rows.locator(".sure .danger").click()
    expect(rows).to_have_count(1)


def test_the_offer_of_the_first_start_is_dismissed_for_good(page: "Page", fresh: Server) -> None:
    chat = Chat(page, fresh.url).open()
    offer = page.locator(".chat .offer")
    expect(offer).to_contain_text("English only")
    expect(offer.get_by_role("button", name="Install")).to_have_count(2)
    offer.get_by_role("button", name="Later").click()
    expect(offer).to_be_hidden()
    chat.open()
    expect(offer).to_be_hidden()
