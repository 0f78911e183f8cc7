"""Conversations in order on the page: days, folders and tags, another that goes on from a message, and sharing one."""

import pytest
from playwright.sync_api import expect

from tests.api.exports import chatgpt, picture, zipped
from tests.e2e.chat import Chat
from tests.e2e.test_axe import AXE, findings

pytestmark = pytest.mark.browser


def menu(chat: Chat, title: str, label: str) -> None:
    """Choose an entry of the menu of a conversation in the list."""
    row = chat.chats.filter(has_text=title).first
    row.hover()
    row.get_by_label("More actions").click()
    chat.choose(label)


def test_a_conversation_that_is_opened_has_no_welcome_above_it(chat: Chat) -> None:
    conversation = chat.seed(1)
    chat.open(f"?chat={conversation}")
    expect(chat.users).to_have_text("n0")
    expect(chat.page.locator(".chat .empty")).to_be_hidden()


def test_folders_and_tags_narrow_the_list(chat: Chat) -> None:
    chat.ask("A walk in Porto")
    chat.new()
    chat.ask("Bread")
    page = chat.page
    expect(page.locator(".chats .group").first).to_have_text("Today")
    menu(chat, "A walk in Porto", "Folder and tags")
    page.get_by_role("dialog").get_by_label("Folder", exact=True).fill("Travel")
    page.get_by_role("dialog").get_by_label("Tags", exact=True).fill("slow, 旅行")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    labels = page.get_by_role("group", name="Folders and tags")
    labels.get_by_role("button", name="Travel").click()
    expect(chat.chats).to_have_count(1)
    expect(chat.chats).to_contain_text("A walk in Porto")
    labels.get_by_label("More actions").click()
    chat.choose("Rename folder")
    page.get_by_label("Name", exact=True).fill("Trips")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(labels.get_by_role("button", name="Trips")).to_have_attribute("aria-pressed", "true")
    labels.get_by_role("button", name="Trips").click()
    expect(chat.chats.filter(has_text="Bread")).to_have_count(1)
    labels.get_by_role("button", name="旅行").click()
    expect(chat.chats).to_have_count(1)
    # Searched, what was found stands in no order of days.
    labels.get_by_role("button", name="旅行").click()
    page.get_by_label("Search conversations").fill("Bread")
    expect(page.locator(".chats .group")).to_have_count(0)


def test_a_conversation_goes_on_in_another_from_a_message(chat: Chat) -> None:
    chat.ask("First of all")
    chat.ask("Then this")
    before = chat.page.url
    chat.tool(chat.done.first, "fork")
    expect(chat.toast).to_contain_text("This is a copy")
    expect(chat.users).to_have_text("First of all")
    assert chat.page.url != before
    chat.ask("Or that")
    chat.page.goto(before)
    expect(chat.users).to_have_count(2)


def test_a_link_shows_a_conversation_until_it_is_taken_back(chat: Chat) -> None:
    page = chat.page
    chat.ask("To be **read** by others")
    menu(chat, "To be", "Share")
    expect(page.locator(".sharing")).to_contain_text("The operator can allow it")
    page.keyboard.press("Escape")
    page.request.patch(f"{chat.url}/api/preferences", data={"sharing": True})
    menu(chat, "To be", "Share")
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    reader = page.context.browser.new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.resource_type))
    reader.goto(address)
    expect(reader.locator("article")).to_have_count(2)
    assert set(asked) <= {"document", "stylesheet", "image", "font", "other"}
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_role("button", name="Create link")).to_be_visible()
    reader.reload()
    expect(reader.locator("h1")).to_have_text("This page is not shared, or no longer.")
    reader.close()
    page.request.patch(f"{chat.url}/api/preferences", data={"sharing": None})


def test_an_export_comes_in_with_its_branches_and_pictures(chat: Chat) -> None:
    page = chat.page
    export = zipped(chatgpt(), **{"file-AbCdEfGhIj-red.png": picture("red")})
    file = {"name": "export.zip", "mimeType": "application/zip", "buffer": export}
    page.locator(".chats .import input").set_input_files(file)
    told = page.locator(".brought")
    expect(told).to_contain_text("Imported 2 conversations with 9 messages and 1 pictures.")
    expect(told).to_contain_text("2 messages from and to tools are not shown")
    told.get_by_role("button", name="Close").click()
    chat.chats.filter(has_text="A red square").locator("a").click()
    expect(chat.users).to_have_count(2)
    expect(chat.users.first.locator("img")).to_have_js_property("naturalWidth", 4)
    expect(chat.replies.first.locator(".siblings")).to_contain_text("1/2")
    page.locator(".chats .import input").set_input_files({
        "name": "notes.json",
        "mimeType": "application/json",
        "buffer": b"{}",
    })
    expect(chat.toast).to_contain_text("notes.json is no export of ChatGPT")


def test_several_models_answer_side_by_side_and_one_is_kept(chat: Chat) -> None:
    page = chat.page
    chat.box.fill("Which of you?")
    page.get_by_role("button", name="Ask several models").click()
    models = page.locator(".several fieldset input")
    ask = page.locator(".several").get_by_role("button", name="Ask", exact=True)
    expect(ask).to_be_disabled()
    other = page.get_by_label("Another model")
    other.fill("echo:delay=0.001")
    other.press("Enter")
    wanted = [models.first.input_value(), "echo:delay=0.001"]
    expect(models.last).to_be_checked()
    ask.click()
    replies = page.locator(".several.replies section")
    expect(replies).to_have_count(2)
    for number, model in enumerate(wanted):
        expect(replies.nth(number).locator("h3")).to_have_text(model)
    replies.nth(0).get_by_role("button", name="Keep this one").click()
    expect(chat.users).to_have_text("Which of you?")
    expect(chat.replies.locator(".siblings")).to_contain_text("1/2")
    expect(chat.box).to_have_value("")


def test_a_temporary_chat_is_gone_when_it_is_left(chat: Chat) -> None:
    page, before = chat.page, chat.chats.count()
    chat.new()
    page.get_by_label("Temporary chat").check()
    chat.ask("Nobody heard this")
    expect(page.locator(".temporary-note")).to_be_visible()
    expect(chat.chats).to_have_count(before)
    gone = page.url
    with page.expect_response("**/temporary"):
        chat.new()
    expect(page.locator(".temporary-note")).to_be_hidden()
    page.goto(gone)
    expect(chat.toast).to_contain_text("There is no such conversation.")


def test_what_is_new_around_the_thread_has_no_serious_finding(chat: Chat) -> None:
    page = chat.page
    chat.ask("To be filed")
    page.evaluate(AXE)
    found = []
    for entry in ("Folder and tags", "Share"):
        menu(chat, "To be filed", entry)
        expect(page.get_by_role("dialog")).to_be_visible()
        found += findings(page)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask several models").click()
    expect(page.locator("form.several")).to_be_visible()
    found += findings(page)
    assert found == []


def test_a_title_is_asked_for_once_nothing_is_going_on(chat: Chat) -> None:
    page = chat.page
    chat.new()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/title") else None)
    chat.ask("What is it about?")
    chat.box.fill("still typing")
    page.wait_for_timeout(7_000)
    assert asked == []
    chat.box.fill("")
    chat.ask("And this?")
    with page.expect_response("**/title", timeout=15_000) as answer:
        pass
    assert answer.value.json() == {"title": None}
    expect(page.locator(".chat .title")).to_have_text("What is it about?")
