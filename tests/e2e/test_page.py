"""The page around the chat: languages, themes, small screens, settings, history."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.chat import Chat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_the_language_can_be_switched_without_losing_anything(chat: Chat) -> None:
    chat.ask("hello")
    chat.box.fill("half typed")
    chat.page.get_by_role("button", name="切换到中文").click()
    expect(chat.page.get_by_role("tab", name="历史")).to_be_visible()
    expect(chat.box).to_have_value("half typed")
    expect(chat.box).to_have_attribute("placeholder", "输入消息")
    expect(chat.users).to_have_text("hello")
    assert chat.page.evaluate("document.documentElement.lang") == "zh-CN"
    chat.page.get_by_role("button", name="Switch to English").click()
    expect(chat.page.get_by_role("tab", name="History")).to_be_visible()
    expect(chat.box).to_have_value("half typed")


def test_the_language_is_the_browsers_at_first(browser: "Browser", running: Server) -> None:
    context = browser.new_context(locale="zh-CN")
    chat = Chat(context.new_page(), running.url).open()
    expect(chat.page.get_by_role("button", name="新对话")).to_be_visible()
    chat.page.get_by_role("button", name="设置").click()
    expect(chat.page.get_by_text("系统提示", exact=True)).to_be_visible()
    expect(chat.page.locator(".caution")).to_have_text("内容由AI生成，请注意甄别")
    context.close()


def test_enter_sends_but_not_while_an_input_method_composes(chat: Chat) -> None:
    chat.box.fill("ni hao")
    composing = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    chat.box.dispatch_event("keydown", composing)
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("second line")
    expect(chat.box).to_have_value("ni hao\nsecond line")
    expect(chat.users).to_have_count(0)
    chat.box.press("Enter")
    expect(chat.users.locator(".body")).to_have_text("ni hao\nsecond line")


def test_settings_survive_a_reload_and_reach_the_model(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("System prompt").fill("Be brief.")
    page.get_by_text("Sampling").click()
    page.get_by_label("Max. tokens").fill("3")
    reply = chat.ask("one two three four five")
    assert chat.text(reply) == "one two three"
    expect(reply.locator(".note")).to_contain_text("cut at its limit of 3 tokens")
    chat.open()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("System prompt")).to_have_value("Be brief.")
    page.get_by_text("Sampling").click()
    expect(page.get_by_label("Max. tokens")).to_have_value("3")


def test_a_wrong_setting_is_said_and_the_text_stays(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Settings").click()
    chat.page.get_by_text("Sampling").click()
    chat.page.get_by_label("Temperature").fill("hot")
    chat.send("not lost")
    expect(chat.toast).to_have_text("Temperature must be a number.")
    expect(chat.box).to_have_value("not lost")
    chat.page.get_by_label("Temperature").fill("9")
    chat.box.press("Enter")
    expect(chat.toast).to_have_text("Temperature may be at most 2.")
    expect(chat.users).to_have_count(0)
    chat.page.get_by_label("Temperature").fill("0.5")
    chat.box.press("Enter")
    chat.done.wait_for()


def test_a_template_shows_its_system_prompt(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Settings").click()
    chat.page.get_by_label("Template", exact=True).select_option("Patient tutor")
    expect(chat.page.get_by_label("System prompt")).to_have_attribute(
        "placeholder", re.compile("You are a patient tutor")
    )
    expect(chat.page.locator(".chat .template .name")).to_have_text("Patient tutor")
    chat.ask("hello")


def test_the_history_finds_an_item_and_opens_it(chat: Chat) -> None:
    chat.ask("a walrus story")
    chat.new()
    chat.ask("something else")
    chat.page.get_by_role("tab", name="History").click()
    items = chat.page.locator(".history li")
    expect(items.first).to_contain_text("something else")
    chat.page.get_by_placeholder("Search everything", exact=True).fill("walrus")
    expect(items).to_have_count(1)
    chat.page.get_by_role("combobox", name="Status").select_option("failed")
    expect(chat.page.locator(".history .none")).to_have_text("Nothing found.")
    chat.page.get_by_role("combobox", name="Status").select_option("done")
    items.locator("a").click()
    expect(chat.users).to_have_text("a walrus story")
    expect(chat.box).to_be_visible()


def test_a_call_of_a_program_opens_in_the_history_itself(chat: Chat) -> None:
    page = chat.page
    question = "say <img src=x onerror=alert(1)> back"
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    sent = page.request.post(f"{chat.url}/v1/chat/completions", data={"messages": talk, "temperature": 0.5})
    assert sent.ok
    page.get_by_role("tab", name="History").click()
    page.locator(".history .items a", has_text="onerror").first.click()
    said = page.locator(".history .said")
    shown = ["Instructions\nBe brief.", f"Asked\n{question}", f"Answered\n{question}"]
    expect(said.locator("li")).to_have_text([words.replace("\n", "") for words in shown])
    expect(page.locator(".history .item .meta")).to_contain_text("API · echo:delay=0.03")
    page.locator(".history summary").click()
    expect(page.locator(".history pre")).to_contain_text('"temperature": 0.5')
    page.reload()
    expect(said.locator("li")).to_have_count(3)
    page.get_by_role("button", name="All items").click()
    expect(page.locator(".history .items")).to_be_visible()
    assert "item=" not in page.url


def test_a_reload_and_back_come_to_the_tab_that_was_in_front(chat: Chat) -> None:
    page = chat.page
    chat.ask("first talk")
    first = page.url
    chat.new()
    chat.ask("second talk")
    page.get_by_role("tab", name="Prompts").click()
    page.get_by_role("tab", name="History").click()
    page.reload()
    expect(page.locator(".history li").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="New prompt")).to_be_visible()
    page.go_back()
    expect(chat.users).to_have_text("second talk")
    page.goto(first)
    expect(chat.users).to_have_text("first talk")
    chat.chats.get_by_text("second talk").first.click()
    expect(chat.users).to_have_text("second talk")
    page.go_back()
    expect(chat.users).to_have_text("first talk")
    page.goto(f"{chat.url}/?tab=nowhere")
    expect(chat.box).to_be_visible()


def test_a_double_click_makes_one_reply(chat: Chat) -> None:
    chat.ask("once more")
    chat.replies.hover()
    chat.replies.locator("[data-tool=regenerate]").dblclick()
    expect(chat.replies.locator(".siblings")).to_have_text("2/2")


def test_an_item_on_another_branch_opens_with_its_branch(chat: Chat) -> None:
    chat.ask("alpha question")
    chat.tool(chat.users, "edit")
    chat.page.get_by_role("textbox", name="Edit").fill("beta question")
    chat.page.keyboard.press("Enter")
    expect(chat.users.locator(".siblings")).to_contain_text("2/2")
    chat.done.wait_for()
    chat.page.get_by_role("tab", name="History").click()
    chat.page.locator(".history li a", has_text="alpha question").first.click()
    expect(chat.users.locator(".body")).to_have_text("alpha question")


@pytest.mark.parametrize("width", [390, 320])
def test_a_narrow_screen_needs_no_sideways_scrolling(chat: Chat, width: int) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.ask(
        "x" * 300
        + "\n\n| a | b | c | d | e | f | g |\n|--|--|--|--|--|--|--|\n| long words in cells | 2 | 3 | 4 | 5 | 6 | 7 |"
    )
    for box in ("html", ".thread"):
        assert chat.page.locator(box).evaluate("node => node.scrollWidth <= innerWidth"), box
    chat.page.get_by_role("button", name="Conversations").click()
    expect(chat.page.get_by_role("button", name="New chat")).to_be_in_viewport()
    chat.chats.first.locator("a").click()
    expect(chat.page.get_by_role("button", name="New chat")).not_to_be_in_viewport()
    chat.page.get_by_role("button", name="Settings").click()
    expect(chat.page.get_by_label("System prompt")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_label("System prompt")).to_be_hidden()
    chat.page.locator("[data-do=tabs]").click()
    chat.page.get_by_role("menuitemradio", name="History").click()
    chat.page.locator(".history li").first.wait_for()
    assert chat.page.locator("html").evaluate("node => node.scrollWidth <= innerWidth")


def test_the_theme_is_the_systems_until_it_is_chosen(browser: "Browser", running: Server) -> None:
    context = browser.new_context(color_scheme="dark")
    chat = Chat(context.new_page(), running.url).open()
    body = chat.page.locator("body.dark")
    expect(body).to_have_count(1)
    chat.page.get_by_role("button", name="Light or dark").click()
    expect(body).to_have_count(0)
    chat.page.reload()
    chat.page.locator(".example").first.wait_for()
    expect(body).to_have_count(0)
    context.close()


def test_everything_can_be_reached_by_keyboard(chat: Chat) -> None:
    chat.ask("tab to me")
    chat.box.focus()
    reached = set()
    for _ in range(18):
        chat.page.keyboard.press("Shift+Tab")
        reached.add(chat.page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert {"Copy", "Edit", "Another reply", "Continue the reply", "Delete from here", "Settings"} <= reached


@pytest.mark.parametrize(("locale", "said"), [("en-US", "was deleted or replaced"), ("zh-CN", "已被删除或替换")])
def test_what_cannot_be_kept_is_said_above_all_tabs_for_as_long_as_it_is_so(
    browser: "Browser", running: Server, locale: str, said: str
) -> None:
    context = browser.new_context(locale=locale)
    files, aside = running.home / "files", running.home / "aside"
    files.rename(aside)
    try:
        page = Chat(context.new_page(), running.url).open().page
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        page.get_by_role("tab", name="Settings" if locale == "en-US" else "设置").click()
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    finally:
        aside.rename(files)
    expect(page.locator(".studio-alarm")).to_be_hidden(timeout=10_000)
    context.close()
