"""The prompts in the browser: edited, kept as versions, used by the chat, found again in the history."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Server
from tests.e2e.chat import Chat
from tests.test_packing import SMALL, zipped

WRAPPED = """\
name: Wrapped <i>
description: Says what it is given in a frame
messages:
  - {role: user, content: "{{frame}}: {{text}} & <b>"}
testData:
  - {frame: Here, text: a word}
metadata: {tags: [odd], language: en, assistant: chat}
"""


class Prompts:
    """The Prompts tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.cards = page.locator(".prompts .cards li")
        self.box = page.locator("textarea[name=source]")
        self.save = page.get_by_role("button", name="Save version")
        self.versions = page.locator(".versions li")
        self.messages = page.locator(".editor .messages li")
        self.problem = page.locator(".editor .problem")

    def put(self, name: str, source: str = WRAPPED) -> None:
        """Keep a prompt of that name, past the page."""
        answer = self.page.request.put(f"{self.url}/api/prompts/chat/{name}", data={"source": source})
        assert answer.ok, answer.text()

    def open(self, name: str) -> None:
        """Open a prompt by its link."""
        self.page.goto(f"{self.url}/?prompt=chat/{name}")
        expect(self.messages).not_to_have_count(0)


@pytest.fixture
def prompts(chat: Chat) -> Iterator[Prompts]:
    """The tab in front."""
    chat.page.get_by_role("tab", name="Prompts").click()
    tab = Prompts(chat.page, chat.url)
    expect(tab.cards).not_to_have_count(0)
    yield tab


def test_an_edited_prompt_is_what_the_chat_sends_and_the_history_shows(prompts: Prompts, chat: Chat) -> None:
    page = prompts.page
    prompts.put("edited")
    prompts.open("edited")
    expect(prompts.messages).to_have_text(["YouHere: a word & <b>"])
    prompts.box.fill(WRAPPED.replace("{{frame}}:", "{{frame}} says:"))
    expect(prompts.messages).to_have_text(["YouHere says: a word & <b>"])
    page.get_by_placeholder("What is new").fill("it says now")
    prompts.save.click()
    expect(prompts.versions).to_have_count(2)
    expect(prompts.versions.first).to_contain_text("it says now")
    expect(prompts.versions.first.locator(".chip")).to_have_text("in use")
    version = prompts.versions.first.get_attribute("data-version")
    page.get_by_role("button", name="Use in Chat").click()
    page.locator(".chat .template input[name=frame]").fill("The <i>clerk</i>")
    expect(chat.box).to_have_attribute("placeholder", "text")
    assert chat.text(chat.ask("hello")) == "The <i>clerk</i> says: hello & <b>"
    page.get_by_role("tab", name="Prompts").click()
    prompts.open("edited")
    page.get_by_role("link", name="Uses: 1").click()
    rows = page.locator(".history .items li")
    expect(rows).to_have_count(1)
    expect(rows.locator(".meta")).to_contain_text(f"chat/edited @ {version}")


def test_an_earlier_version_is_compared_and_put_in_use(prompts: Prompts) -> None:
    prompts.put("twice")
    prompts.put("twice", WRAPPED.replace("odd", "even"))
    prompts.open("twice")
    for box in prompts.versions.get_by_role("checkbox").all():
        box.check()
    difference = prompts.page.locator(".difference")
    expect(difference.locator("del")).to_have_text("odd")
    expect(difference.locator("ins")).to_have_text("even")
    prompts.versions.last.get_by_role("button", name="Use").click()
    expect(prompts.versions.last.locator(".chip")).to_have_text("in use")
    expect(prompts.box).to_have_value(WRAPPED)


def test_what_is_wrong_is_said_with_its_line_and_what_was_typed_is_kept(prompts: Prompts) -> None:
    prompts.put("wrong")
    prompts.open("wrong")
    prompts.box.fill(WRAPPED + "colour: red\n")
    expect(prompts.problem).to_contain_text("line 8: 'colour' is not a key of prompt files.")
    prompts.save.click()
    expect(prompts.page.locator(".studio-toast.problem")).to_contain_text("line 8")
    prompts.page.reload()
    expect(prompts.versions).to_have_count(1)
    expect(prompts.box).to_have_value(WRAPPED + "colour: red\n")
    prompts.page.get_by_role("button", name="Discard it").click()
    expect(prompts.box).to_have_value(WRAPPED)


def test_a_copy_is_named_found_deleted_and_had_back(prompts: Prompts, chat: Chat) -> None:
    page = prompts.page
    prompts.put("original")
    prompts.open("original")
    page.get_by_role("button", name="More actions").last.click()
    chat.choose("Duplicate")
    expect(page.get_by_label("Name of the file")).to_have_value("chat/original-2")
    page.get_by_label("Name of the file").fill("chat/original")
    prompts.save.click()
    expect(chat.toast).to_contain_text("There is a prompt named chat/original already")
    page.get_by_label("Name of the file").fill("chat/other")
    prompts.save.click()
    expect(prompts.versions).to_have_count(1)
    page.locator("[data-do=actions]").click()
    chat.choose("Delete")
    card = page.locator("li[data-id='chat/other']")
    expect(page.locator("li[data-id='chat/original']")).to_be_visible()
    expect(card).to_have_count(0)
    chat.toast.get_by_role("button", name="Undo").click()
    expect(prompts.box).to_be_visible()
    page.get_by_role("button", name="All prompts").click()
    page.get_by_placeholder("Search prompts").fill("wrapped (2)")
    expect(prompts.cards).to_have_count(1)
    expect(card.locator(".name")).to_have_text("Wrapped <i> (2)")


def test_files_come_in_and_go_out(prompts: Prompts, chat: Chat, tmp_path: Path) -> None:
    page = prompts.page
    prompts.put("known")
    both = tmp_path / "both.zip"
    both.write_bytes(zipped(**{"chat/fresh.prompt.yml": SMALL, "chat/known.prompt.yml": SMALL}))
    page.locator(".prompts input[type=file]").set_input_files(both)
    expect(page.locator(".prompts .sure")).to_contain_text("with another text: chat/known")
    page.get_by_role("button", name="Add as new versions").click()
    expect(chat.toast).to_contain_text("Imported: 2")
    expect(page.locator("li[data-id='chat/fresh']")).to_be_visible()
    page.get_by_role("button", name="Import and export").click()
    with page.expect_download() as download:
        chat.choose("Export all as a zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.read("chat/known.prompt.yml").decode() == SMALL


def test_a_file_that_does_not_say_for_whom_it_is_asks(prompts: Prompts, chat: Chat, tmp_path: Path) -> None:
    page, whose = prompts.page, prompts.page.locator(".prompts .whose")
    file = tmp_path / "From GitHub.prompt.yaml"
    file.write_text("model: openai/gpt-4o\n" + SMALL.replace("name: Small\n", ""), encoding="utf-8")
    page.locator(".prompts input[type=file]").set_input_files(file)
    expect(whose).to_contain_text("From GitHub.prompt.yaml does not say which assistant it is for")
    whose.get_by_role("combobox").select_option("writing")
    whose.get_by_role("button", name="Import for this assistant").click()
    expect(chat.toast).to_contain_text("Imported: 1")
    expect(whose).to_be_hidden()
    expect(page.locator("li[data-id='writing/From-GitHub']")).to_be_visible()


def test_the_drawer_of_the_picker_finds_shows_and_uses(prompts: Prompts, chat: Chat) -> None:
    page = prompts.page
    prompts.put("drawn", WRAPPED.replace("Wrapped", "Drawn"))
    page.get_by_role("tab", name="Chat").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Browse prompts").click()
    drawer = page.locator(".prompt-drawer")
    drawer.get_by_placeholder("Search prompts").fill("drawn")
    expect(drawer.locator(".cards li")).to_have_count(1)
    drawer.locator(".cards li").click()
    expect(drawer.locator(".messages li")).to_have_text(["You{{frame}}: {{text}} & <b>"])
    drawer.get_by_role("button", name="Use").click()
    expect(drawer).to_have_count(0)
    chip = page.locator(".chat .template .name")
    expect(chip).to_have_text("Drawn <i>")
    expect(page.get_by_label("Template", exact=True)).to_have_value("chat/drawn")
    chat.send("no frame yet")
    expect(chat.toast).to_contain_text("chat/drawn needs a value for: frame.")
    expect(chat.box).to_have_value("no frame yet")
    page.get_by_role("button", name="Use no template").click()
    expect(page.locator(".chat .template")).to_be_hidden()


def test_a_link_to_what_is_not_there_says_so(prompts: Prompts, running: Server) -> None:
    prompts.page.goto(f"{running.url}/?prompt=chat/absent")
    expect(prompts.page.locator(".studio-toast.problem")).to_contain_text("There is no prompt template chat/absent.")
