"""A reply is written on the server; the page only looks on, and finds it again whatever happens to the page."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.chat import LOADED, Chat, words
from tests.e2e.wire import wire_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_reply_streams_and_is_then_laid_out(chat: Chat) -> None:
    text = "**bold** " + words(40)
    chat.send(text)
    expect(chat.streaming).to_contain_text("**bold** w0 w1")
    assert "w39" not in chat.streaming.inner_text()
    chat.done.wait_for()
    expect(chat.replies.locator("strong")).to_have_text("bold")
    assert chat.text(chat.replies) == text.replace("*", "")
    expect(chat.replies.locator(".meta")).to_contain_text(re.compile(r"echo:\S* · \d+ tokens/s · \d\.\d s"))


def test_a_reload_in_mid_stream_goes_on(chat: Chat) -> None:
    chat.send(words(80))
    expect(chat.streaming).to_contain_text("w5")
    chat.page.reload()
    expect(chat.streaming).to_contain_text("w0 w1")
    chat.done.wait_for()
    assert chat.text(chat.replies) == words(80)


def test_a_lost_network_goes_on_without_a_reload(page: "Page", running: Server) -> None:
    with wire_to(running.port) as wire:
        chat = Chat(page, f"http://127.0.0.1:{wire.port}").open()
        page.evaluate("window.still = 'here'")
        chat.send(words(100))
        expect(chat.streaming).to_contain_text("w5")
        wire.cut()
        expect(chat.replies.locator(".waiting")).to_contain_text(
            "Connection lost. The work goes on, and this page catches up"
        )
        seen = len(chat.streaming.inner_text())
        wire.mend()
        chat.done.wait_for()
        assert seen < len(chat.text(chat.replies))
        assert chat.text(chat.replies) == words(100)
        assert page.evaluate("window.still") == "here"


def test_a_page_that_comes_back_to_the_front_catches_up(chat: Chat) -> None:
    chat.send(words(60))
    expect(chat.streaming).to_contain_text("w2")
    # A hidden page lets go of its stream.
    show = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    chat.page.evaluate(show, True)
    chat.page.wait_for_timeout(200)
    seen = chat.streaming.inner_text()
    chat.page.wait_for_timeout(200)
    assert chat.streaming.inner_text() == seen
    chat.page.evaluate(show, False)
    chat.done.wait_for()
    assert chat.text(chat.replies) == words(60)


def test_stop_keeps_the_text(chat: Chat) -> None:
    chat.send(words(200))
    expect(chat.streaming).to_contain_text("w5")
    chat.page.get_by_role("button", name="Stop").last.click()
    expect(chat.replies.locator(".chip")).to_have_text("Stopped")
    text = chat.text(chat.replies)
    assert text.startswith("w0 w1 w2 w3 w4 w5")
    assert len(text) < len(words(200))
    expect(chat.page.get_by_role("button", name="Send")).to_be_visible()


def test_the_next_message_can_be_sent_while_a_reply_runs(chat: Chat) -> None:
    chat.send(words(40))
    expect(chat.streaming).to_contain_text("w1")
    chat.send("second message")
    expect(chat.replies.nth(1).locator(".waiting")).to_contain_text("Waits for its turn")
    chat.done.nth(1).wait_for()
    assert [chat.text(reply) for reply in chat.replies.all()] == [words(40), "second message"]


def test_a_message_that_waits_can_be_taken_back(chat: Chat) -> None:
    chat.send(words(60))
    expect(chat.streaming).to_contain_text("w1")
    chat.send("never mind")
    chat.replies.nth(1).locator("[data-tool=stop]").click()
    chat.done.first.wait_for()
    expect(chat.replies.nth(1).locator(".chip")).to_have_text("Stopped")
    assert chat.text(chat.replies.first) == words(60)


def test_the_page_follows_the_end_until_the_reader_scrolls_up(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 700, "height": 420})
    thread, latest = chat.page.locator(".thread"), chat.page.get_by_role("button", name="To the latest message")
    at_end = "node => node.scrollHeight - node.scrollTop - node.clientHeight < 5"
    chat.send("\n\n".join(f"line{number}" for number in range(100)))
    expect(chat.streaming).to_contain_text("line15")
    assert thread.evaluate(at_end)
    thread.evaluate("node => node.scrollTop = 0")
    expect(latest).to_be_visible()
    expect(chat.streaming).to_contain_text("line40")
    assert thread.evaluate("node => node.scrollTop") == 0
    latest.click()
    expect(latest).to_be_hidden()
    chat.done.wait_for()
    assert thread.evaluate(at_end)


@pytest.mark.slow
def test_a_killed_server_leaves_the_text_and_the_page_finds_it(page: "Page", server: Server) -> None:
    chat = Chat(page, server.url).open()
    page.evaluate("window.still = 'here'")
    chat.send(words(400))
    expect(chat.streaming).to_contain_text("w30")
    server.kill()
    server.start()
    expect(chat.replies.locator(".chip")).to_have_text("Interrupted", timeout=20_000)
    assert chat.text(chat.replies).startswith("w0 w1 w2")
    assert page.evaluate("window.still") == "here"
    assert chat.text(chat.ask("and on")) == "and on"


def test_what_is_sent_to_a_dead_server_is_not_lost(page: "Page", running: Server) -> None:
    with wire_to(running.port) as wire:
        chat = Chat(page, f"http://127.0.0.1:{wire.port}").open()
        wire.cut()
        chat.send("into the void")
        chat.box.press_sequentially("and more")
        wire.mend()
        page.reload()
        page.locator(LOADED).first.wait_for()
        # It is put back as soon as it is known to be lost: before what is typed meanwhile, or under it.
        expect(chat.box).to_have_value(re.compile(r"into the void\s*and more"))


def test_a_tab_that_cannot_be_had_says_so_and_comes_when_it_can(page: "Page", running: Server) -> None:
    with wire_to(running.port) as wire:
        chat = Chat(page, f"http://127.0.0.1:{wire.port}").open()
        wire.cut()
        page.get_by_role("tab", name="History").click()
        expect(page.locator("#history .studio-lost")).to_contain_text("the studio does not answer")
        wire.mend()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_placeholder("Search everything", exact=True)).to_be_visible()
        assert chat.box.is_hidden()
