"""A conversation's own settings and model, what the model thought, and what the first page says."""

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat, words
from tests.e2e.test_axe import AXE, findings

pytestmark = pytest.mark.browser

THINKING = "echo:delay=0.03&reasons=12"


def settings_of(chat: Chat) -> dict:
    conversation = chat.page.url.partition("chat=")[2].partition("&")[0]
    return chat.page.request.get(f"{chat.url}/api/conversations/{conversation}").json()["settings"]


def show_settings(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Settings", exact=True).click()


def pick(chat: Chat, typed: str) -> None:
    """Choose a model by its name, with the keyboard alone."""
    chat.page.locator(".picker .model").press("Enter")
    chat.page.get_by_role("combobox", name="Search models").press_sequentially(typed)
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator(".model-picker")).to_be_hidden()


def test_each_conversation_shows_and_sends_its_own_settings(chat: Chat) -> None:
    page = chat.page
    chat.ask("plain")
    plain = page.url
    show_settings(chat)
    chat.new()
    system = page.get_by_label("System prompt")
    system.fill("Sing it.")
    page.get_by_text("Sampling").click()
    page.get_by_label("Temperature").fill("0.4")
    chat.ask("own")
    assert settings_of(chat) | {"params": None} == settings_of(chat) | {"params": None, "system": "Sing it."}
    assert settings_of(chat)["params"] == {"temperature": 0.4}
    # A new one takes the last one's; an old one keeps its own.
    page.reload()
    chat.new()
    expect(system).to_have_value("Sing it.")
    page.goto(plain)
    expect(chat.users).to_have_text("plain")
    expect(page.locator("#system")).to_have_value("")
    assert settings_of(chat)["system"] is None


def test_messages_sent_at_once_go_into_one_conversation_in_their_order(chat: Chat) -> None:
    before = chat.chats.count()
    for number in range(3):
        chat.send(f"number {number}")
    expect(chat.done).to_have_count(3)
    assert [chat.text(turn) for turn in chat.users.all()] == ["number 0", "number 1", "number 2"]
    expect(chat.chats).to_have_count(before + 1)


def test_settings_changed_in_another_window_are_seen_and_not_undone(chat: Chat) -> None:
    chat.ask("here")
    show_settings(chat)
    conversation = chat.page.url.partition("chat=")[2]
    settings = {"system": "From elsewhere."}
    chat.page.request.patch(f"{chat.url}/api/conversations/{conversation}", data={"settings": settings})
    chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(chat.page.locator("#system")).to_have_value("From elsewhere.")
    chat.page.get_by_text("Sampling").click()
    chat.page.get_by_label("Seed").fill("7")
    chat.ask("there")
    assert (settings_of(chat)["system"], settings_of(chat)["params"]) == ("From elsewhere.", {"seed": 7})


def test_a_wrong_value_says_so_and_is_not_sent(chat: Chat) -> None:
    chat.ask("first")
    show_settings(chat)
    chat.page.get_by_text("Sampling").click()
    chat.page.get_by_label("Temperature").fill("9")
    chat.page.keyboard.press("Tab")
    expect(chat.toast).to_contain_text("may be at most 2")
    chat.send("second")
    expect(chat.toast).to_contain_text("may be at most 2")
    expect(chat.box).to_have_value("second")
    expect(chat.users).to_have_count(1)


def test_the_header_names_the_model_and_a_switch_is_shown_in_the_thread(chat: Chat) -> None:
    page = chat.page
    button = page.locator(".picker .model")
    expect(button).to_contain_text("echo:delay=0.03")
    chat.ask("by the default")
    pick(chat, "echo:delay=0.01")
    expect(button).to_contain_text("echo:delay=0.01")
    expect(button).to_be_focused()
    chat.ask("by another")
    expect(page.locator(".switched")).to_have_text("Model changed to echo:delay=0.01")
    expect(chat.replies.last.locator(".meta")).to_contain_text("echo:delay=0.01")
    assert settings_of(chat)["model"] == "echo:delay=0.01"
    # Recent ones come first, and the default can be had back.
    button.click()
    dialog = page.locator(".model-picker")
    expect(dialog.get_by_role("option").first).to_contain_text("Default model")
    dialog.get_by_role("option").first.click()
    expect(button).to_contain_text("echo:delay=0.03")
    chat.ask("back again")
    expect(page.locator(".switched")).to_have_count(2)
    page.reload()
    expect(page.locator(".switched")).to_have_count(2)


def test_the_picker_opens_from_below_on_a_phone(chat: Chat) -> None:
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".picker .model").click()
    place = page.locator(".model-picker").bounding_box()
    assert place and place["width"] == 390 and abs(place["y"] + place["height"] - 800) < 2
    page.keyboard.press("Escape")
    expect(page.locator(".model-picker")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_reasoning_is_streamed_folded_and_kept_apart(chat: Chat) -> None:
    page = chat.page
    pick(chat, THINKING)
    chat.send(f"so many {words(20)}")
    thought = page.locator(".turn.assistant .thought")
    expect(thought.locator("summary")).to_contain_text("Thinking…")
    assert thought.evaluate("(node) => !node.open")
    thought.locator("summary").click()
    expect(thought.locator("div")).to_contain_text("thought1 thought2")
    chat.done.wait_for()
    expect(thought.locator("summary")).to_contain_text("12 tokens")
    assert chat.text(chat.replies) == f"so many {words(20)}"
    page.reload()
    expect(thought.locator("div")).to_be_hidden()
    thought.locator("summary").click()
    expect(thought.locator("div")).to_contain_text("thought11 thought12")
    # It is found, but never sent back.
    page.get_by_placeholder("Search conversations").fill("thought7")
    expect(chat.chats.locator(".snippet mark")).to_have_text("thought7")
    chat.chats.first.locator("a").click()
    expect(thought.locator("div")).to_contain_text("thought7")


def test_a_profile_is_off_until_it_is_turned_on_and_then_shown_where_it_is_used(chat: Chat) -> None:
    page = chat.page
    show_settings(chat)
    expect(page.locator("#chat-settings .known")).to_be_hidden()
    page.get_by_role("tab", name="Settings").click()
    form = page.locator("#profile")
    form.get_by_label("Name", exact=True).fill("Ann <b>")
    form.get_by_label("Facts").fill("I keep bees.")
    expect(form.locator(".told")).to_be_hidden()
    form.get_by_label("Tell models about me").check()
    form.get_by_text("What models are told").click()
    expect(form.locator(".told pre")).to_contain_text("Name: Ann <b>")
    page.get_by_role("tab", name="Chat").click()
    expect(page.locator("#chat-settings .known")).to_contain_text("Your profile is used here.")
    chat.ask("hello")
    said = page.request.get(f"{chat.url}/api/history?q=hello").json()["items"][0]["id"]
    assert "I keep bees." in page.request.get(f"{chat.url}/api/jobs/{said}").json()["request"]["profile"]
    page.get_by_role("button", name="Edit", exact=True).last.click()
    form.get_by_label("Tell models about me").uncheck()
    expect(form.locator(".told")).to_be_hidden()


def test_the_first_page_says_what_answers_and_the_ways_to_more(chat: Chat) -> None:
    page = chat.page
    expect(page.locator(".works")).to_contain_text("answers now.")
    expect(page.locator(".examples .example")).to_have_count(4)
    page.get_by_text("More models").click()
    ways = page.locator(".more-models li")
    expect(ways).to_have_count(3)
    ways.nth(2).get_by_role("button", name="Enter a key").click()
    expect(page.locator(".connections").get_by_label("Key", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    ways.nth(0).get_by_role("button", name="See models").click()
    expect(page.locator(".models")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_here_alone_has_no_serious_finding(chat: Chat, width: int) -> None:
    page = chat.page
    page.set_viewport_size({"width": width, "height": 844})
    pick(chat, THINKING)
    chat.ask("so much")
    page.locator(".thought summary").click()
    expect(page.locator(".thought div")).to_contain_text("thought12")
    pick(chat, "echo:delay=0.01")
    chat.ask("and more")
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate(AXE)
        found += findings(page)
        page.locator(".picker .model").click()
        found += findings(page)
        page.keyboard.press("Escape")
        show_settings(chat)
        page.locator("#sampling").evaluate("(node) => { node.open = true; }")
        found += findings(page)
        page.keyboard.press("Escape")
        if width > 900:
            show_settings(chat)
    chat.open()
    page.locator(".more-models").evaluate("(node) => { node.open = true; }")
    page.evaluate(AXE)
    assert found + findings(page) == []
