"""Settings > Models, and the offer of the first start."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistants import ROWS
from assistants.history import History
from assistants.models.files.catalog import read_catalog
from assistants.models.speeds import machine
from tests.conftest import Server
from tests.e2e.chat import Chat
from tests.models.stand_ins import LARGE, Mirror, serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


REPO, FILE = "Qwen/Qwen2.5-1.5B-Instruct-GGUF", "qwen2.5-1.5b-instruct-q4_k_m.gguf"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A hub whose downloads stand still in the middle, for as long as nobody lets them go on."""
    with serve(monkeypatch) as mirror:
        mirror.repos[REPO] = {FILE: LARGE}
        mirror.flowing.clear()
        yield mirror


@pytest.fixture
def fresh(tmp_path: Path, starter_folder: Path, hub: Mirror) -> Iterator[Server]:
    """A studio that has only the small model, on a machine that is known to be fast, and asks before it fetches."""
    server = Server(tmp_path)
    folder = tmp_path / "models" / "mini"
    folder.mkdir(parents=True)
    file = read_catalog()["mini"].path(starter_folder / "mini")
    shutil.copyfile(file, folder / file.name)
    server.home.mkdir()
    with contextlib.closing(History(server.home, ROWS)) as history:
        history.settings.put({"speeds": {"machine": machine(), "models": {"mini": {"writes": 110, "reads": 1500}}}})
    index = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "PIP_INDEX_URL": f"{hub.url}/simple/"}
    server.environment = {"STUDIO_FETCH": "ask", "STUDIO_MODELS": str(folder.parent), **index}
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
    expect(chat.toast).to_contain_text("answers in the conversation that is open")
    expect(page.locator(".chat .picker .model")).to_have_attribute("title", re.compile("SmolLM2"))
    mine.get_by_role("button", name="Remove").click()
    expect(mine).to_contain_text("Its files stay where they are")
    rows.locator(".sure .danger").click()
    expect(rows).to_have_count(1)


def test_a_better_model_is_offered_comes_is_paused_and_declined(page: "Page", fresh: Server) -> None:
    chat = Chat(page, fresh.url).open()
    offer = page.locator(".chat .offer")
    expect(offer).to_contain_text("Qwen2.5 1.5B Instruct")
    expect(offer).to_contain_text("1.1 GB from 127.0.0.1")
    offer.get_by_role("button", name="Later").click()
    expect(offer).to_be_hidden()
    chat.open()
    expect(offer).to_be_hidden()
    # The settings go on offering it.
    page.get_by_role("tab", name="Settings").click()
    again = page.locator(".models .offer")
    again.get_by_role("button", name="Get it").click()
    expect(again.get_by_role("progressbar")).to_have_count(1)
    page.get_by_role("tab", name="Chat").click()
    chat.open()
    expect(offer).to_contain_text("is on its way")
    expect(page.locator(".model-state")).to_be_hidden(timeout=60_000)
    # What the small model doesn't understand may wait.
    chat.box.fill("你好，请用中文回答")
    chat.box.press("Enter")
    dialog = page.get_by_role("dialog", name="Wait for the better model?")
    dialog.get_by_role("button", name="Answer now").click()
    expect(page.locator(".turn.assistant .meta")).to_contain_text("local:mini", timeout=60_000)
    page.locator(".chat .coming").get_by_role("button", name="Pause").click()
    expect(page.locator(".chat .coming")).to_be_hidden()
    chat.box.fill("你好")
    chat.box.press("Enter")
    expect(page.locator(".turn.user")).to_have_count(2)
    expect(dialog).to_have_count(0)
    page.get_by_role("tab", name="Settings").click()
    expect(again).to_contain_text("Its download is paused")
    again.get_by_role("button", name="Keep the small model").click()
    expect(again).to_contain_text("You chose to keep the small model")
    again.get_by_role("button", name="Connect a server or a key").click()
    expect(page.get_by_label("Kind")).to_be_visible()
