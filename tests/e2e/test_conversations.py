"""The list of conversations, their addresses, and what is typed in each."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat

pytestmark = pytest.mark.browser


def test_the_address_opens_the_conversation_again(chat: Chat) -> None:
    chat.ask("find me by my address")
    address = chat.page.url
    assert "?chat=" in address
    chat.new()
    assert "?chat=" not in chat.page.url
    chat.page.goto(address)
    expect(chat.users).to_have_text("find me by my address")
    assert chat.page.title().startswith("find me by my address")


@pytest.mark.parametrize("query", ["?chat=nobody-knows", "?job=nobody-knows"])
def test_an_unknown_address_says_so_and_begins_a_new_chat(chat: Chat, query: str) -> None:
    chat.open(query)
    expect(chat.toast).to_contain_text("There is no such")
    assert query[1:5] not in chat.page.url
    assert chat.text(chat.ask("still works")) == "still works"


def test_rename_in_place(chat: Chat) -> None:
    chat.ask("dull title")
    chat.chats.first.hover()
    chat.chats.first.get_by_role("button").click()
    chat.choose("Rename")
    chat.page.get_by_role("textbox", name="Rename").fill("Bright <b>title</b>")
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator(".bar .title")).to_have_text("Bright <b>title</b>")
    expect(chat.chats.first.locator(".name")).to_have_text("Bright <b>title</b>")


def test_pinned_ones_stay_on_top(chat: Chat) -> None:
    chat.ask("to be pinned")
    chat.page.get_by_role("button", name="More actions").first.click()
    chat.choose("Pin")
    expect(chat.chats.first).to_have_class("pinned")
    chat.new()
    chat.ask("newer one")
    expect(chat.chats.first.locator(".name")).to_have_text("to be pinned")
    expect(chat.chats.nth(1).locator(".name")).to_have_text("newer one")
    chat.chats.first.hover()
    chat.chats.first.get_by_role("button").click()
    chat.choose("Unpin")
    expect(chat.chats.first.locator(".name")).to_have_text("newer one")


def test_delete_can_be_undone(chat: Chat) -> None:
    chat.ask("precious words")
    chat.page.locator(".bar").get_by_role("button", name="More actions").click()
    chat.choose("Delete")
    expect(chat.users).to_have_count(0)
    expect(chat.chats.locator(".name", has_text="precious words")).to_have_count(0)
    chat.toast.get_by_role("button", name="Undo").click()
    expect(chat.users).to_have_text("precious words")
    expect(chat.chats.first.locator(".name")).to_have_text("precious words")


def test_search_looks_into_titles_and_texts(chat: Chat) -> None:
    chat.ask("about zebras")
    chat.new()
    chat.ask("about 退款 and yaks")
    search = chat.page.get_by_placeholder("Search conversations")
    search.fill("zebra")
    expect(chat.chats).to_have_count(1)
    expect(chat.chats.locator(".name")).to_have_text("about zebras")
    search.fill("退款")
    expect(chat.chats.locator(".name")).to_have_text("about 退款 and yaks")
    expect(chat.chats.locator(".name mark")).to_have_text("退款")
    search.fill("no such thing at all")
    expect(chat.page.locator(".chats .none")).to_be_visible()


def test_search_shows_where_the_words_stand_and_opens_there(chat: Chat) -> None:
    conversation = chat.seed(40)
    chat.open()
    search = chat.page.get_by_placeholder("Search conversations")
    search.fill("n3 ")
    hit = chat.chats.locator(f"a[href*='{conversation}']")
    expect(hit.locator(".snippet mark")).to_have_text("n3")
    hit.click()
    reply = chat.replies.filter(has=chat.page.locator(".body", has_text=re.compile(r"^\s*n3\s*$"))).first
    expect(reply).to_be_in_viewport()
    search.fill("")
    expect(chat.chats.locator(".snippet")).to_have_count(0)


def test_export(chat: Chat) -> None:
    chat.ask("keep this")
    for label, check in [("Export as Markdown", lambda text: "keep this" in text), ("Export as JSON", json.loads)]:
        chat.page.locator(".bar").get_by_role("button", name="More actions").click()
        with chat.page.expect_download() as download:
            chat.choose(label)
        assert check(download.value.path().read_text(encoding="utf-8"))


def test_each_conversation_keeps_what_is_typed_in_it(chat: Chat) -> None:
    chat.ask("one conversation")
    chat.box.fill("half a thought")
    chat.new()
    expect(chat.box).to_have_value("")
    chat.box.fill("another thought")
    chat.page.reload()
    expect(chat.box).to_have_value("another thought")
    chat.chats.first.locator("a").click()
    expect(chat.box).to_have_value("half a thought")
    chat.box.fill("")
    chat.new()
    chat.box.fill("")
