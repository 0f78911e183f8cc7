"""Getting about: tabs on a phone, Back, the keyboard, and nothing that covers what one is at."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat, words
from tests.e2e.writing import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
STRANGE = {"prompt": "a walrus reading a newspaper", "model": "local:starter-image"}
FOCUS = "[document.activeElement.tagName, document.activeElement.getAttribute('aria-label')]"
# What a drag of a file from the desktop does to a page; says whether the browser was kept from leaving for it.
DROP = """(node, kind) => {
  const dataTransfer = new DataTransfer();
  if (kind === "file") dataTransfer.items.add(new File(["x"], "notes.txt", { type: "text/plain" }));
  else dataTransfer.setData("text/uri-list", "http://elsewhere.example/");
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  node.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }));
  return !node.dispatchEvent(drop);
}"""


@pytest.fixture
def desk(chat: Chat) -> Desk:
    return Desk(chat.page, chat.url)


def overlap(one: "Locator", other: "Locator") -> bool:
    a, b = one.bounding_box(), other.bounding_box()
    across = a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
    return across and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def test_every_tab_can_be_reached_on_a_phone_and_the_current_one_is_seen(chat: Chat) -> None:
    page = chat.page
    names = page.get_by_role("tab").all_inner_texts()
    page.set_viewport_size(PHONE)
    button = page.locator("[data-do=tabs]")
    for name in names:
        button.click()
        entry = page.get_by_role("menuitemradio", name=name, exact=True)
        expect(entry).to_be_in_viewport(ratio=1)
        entry.click()
        expect(button).to_have_text(name)
    button.click()
    expect(page.get_by_role("menuitemradio", name=names[-1])).to_be_focused()
    expect(page.get_by_role("menuitemradio", checked=True)).to_have_text(names[-1])
    page.keyboard.press("Escape")
    page.go_back()
    expect(button).to_have_text(names[-2])
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(button).to_be_hidden()
    expect(page.get_by_role("tab", name=names[-2])).to_have_attribute("aria-selected", "true")


def test_more_tabs_than_have_room_are_all_in_the_menu(chat: Chat) -> None:
    """There will be eleven."""
    page = chat.page
    page.set_viewport_size({"width": 700, "height": 800})
    expect(page.get_by_role("tab")).to_have_count(0)
    page.set_viewport_size({"width": 320, "height": 420})
    page.locator("[data-do=tabs]").click()
    page.evaluate(
        "const menu = document.querySelector('.studio-menu');"
        "for (const one of [...menu.children].slice(0, 3)) menu.append(one.cloneNode(true))"
    )
    last = page.locator(".studio-menu > :last-child")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
    assert page.locator("html").evaluate("node => node.scrollWidth <= innerWidth")


def test_back_returns_from_what_is_open_to_its_list(desk: Desk, chat: Chat) -> None:
    page = chat.page
    draft = desk.write("Why it matters")
    desk.enter()
    desk.rows.first.locator("a").click()
    expect(page).to_have_url(re.compile(f"draft={draft}"))
    page.go_back()
    expect(desk.home).to_be_visible()
    page.go_forward()
    expect(desk.cards.first).to_be_visible()
    page.get_by_role("tab", name="Prompts").click()
    assert "draft=" not in page.url
    page.locator(".prompts .cards a").first.click()
    expect(page.locator(".prompts .editor")).to_be_visible()
    page.get_by_role("button", name="All prompts").click()
    page.get_by_role("button", name="New prompt").click()
    page.get_by_role("textbox", name="Text of the prompt").wait_for()
    page.reload()
    expect(page.locator(".prompts .editor")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="New prompt")).to_be_visible()
    page.get_by_role("tab", name="History").click()
    page.get_by_role("button", name="Statistics, trash, export").click()
    chat.choose("Trash")
    page.reload()
    expect(page.get_by_role("heading", name="Trash")).to_be_visible()
    page.go_back()
    expect(page.locator(".history .items")).to_be_visible()


def test_back_closes_a_picture_and_comes_to_a_draft_in_a_tab_left_before(desk: Desk, chat: Chat) -> None:
    page = chat.page
    job = desk.ask("POST", "jobs", {"assistant": "images", "request": {"prompt": "a red boat"}})["id"]
    page.request.get(f"{chat.url}/api/jobs/{job}/events")
    draft = desk.write("Two")
    desk.enter()
    page.get_by_role("tab", name="Images").click()
    page.locator(".images .cells a").first.click()
    expect(page.locator(".images-viewer")).to_be_visible()
    page.go_back()
    expect(page.locator(".images-viewer")).to_have_count(0)
    expect(page.locator(".images .cells")).to_be_visible()
    page.get_by_role("tab", name="Write").click()
    desk.rows.first.locator("a").click()
    desk.cards.first.wait_for()
    page.get_by_role("tab", name="History").click()
    page.reload()
    page.go_back()
    expect(page).to_have_url(re.compile(f"draft={draft}"))
    expect(desk.cards.first).to_be_visible()


def test_back_from_what_is_gone_leads_on(desk: Desk, chat: Chat) -> None:
    page = chat.page
    draft = desk.write("Gone")
    desk.enter()
    desk.rows.first.locator("a").click()
    desk.cards.first.wait_for()
    page.go_back()
    expect(desk.home).to_be_visible()
    page.request.delete(f"{chat.url}/api/drafts/{draft}")
    page.go_forward()
    expect(desk.home).to_be_visible()
    expect(page).not_to_have_url(re.compile("draft="))
    page.go_back()
    expect(desk.home).to_be_visible()


def test_the_focus_is_where_one_writes(chat: Chat) -> None:
    page = chat.page
    expect(chat.box).to_be_focused()
    chat.ask("one")
    chat.new()
    expect(chat.box).to_be_focused()
    chat.chats.first.locator("a").click()
    expect(chat.users).to_have_count(1)
    expect(chat.box).to_be_focused()
    for tab, selector in [("Write", "[name=topic]"), ("Support", "[name=question]"), ("Images", "[name=prompt]")]:
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(f"{selector}:visible")).to_be_focused()
    # By the keyboard one goes on among the tabs.
    page.get_by_role("tab", name="Write").press("Enter")
    expect(page.get_by_role("tab", name="Write")).to_be_focused()


def test_the_focus_is_never_lost_to_the_body(desk: Desk, chat: Chat) -> None:
    page = chat.page

    def kept() -> None:
        page.wait_for_timeout(150)
        assert page.evaluate("document.activeElement !== document.body"), page.evaluate(FOCUS)

    for name in ("one", "two", "three"):
        chat.ask(name)
        chat.new()
    row = chat.chats.nth(1)
    row.hover()
    row.get_by_role("button").click()
    chat.choose("Delete")
    chat.toast.wait_for()
    kept()
    chat.toast.get_by_role("button", name="Close").click()
    kept()
    chat.send(words(60))
    chat.streaming.wait_for()
    page.get_by_role("button", name="Stop").first.press("Enter")
    chat.done.last.wait_for()
    kept()
    desk.write("Why")
    desk.enter()
    desk.rows.first.locator("a").press("Enter")
    desk.cards.first.wait_for()
    kept()
    page.get_by_role("button", name="All drafts").press("Enter")
    expect(desk.home).to_be_visible()
    kept()
    page.get_by_role("tab", name="History").click()
    items = page.locator(".history .items li")
    count = items.count()
    items.first.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Delete").press("Enter")
    expect(items).not_to_have_count(count)
    kept()
    page.get_by_role("tab", name="Prompts").click()
    page.locator(".prompts .cards a").first.press("Enter")
    page.locator(".prompts .editor").wait_for()
    kept()


def test_escape_stops_what_runs_in_the_tab_in_front(desk: Desk, chat: Chat) -> None:
    page = chat.page
    chat.send(words(200))
    chat.streaming.wait_for()
    chat.box.press("Escape")
    expect(chat.done.last).to_contain_text("Stopped")
    # What Escape closes is no stop.
    chat.send(words(150))
    chat.streaming.wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(chat.box).to_be_focused()
    expect(chat.streaming).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.streaming).to_be_hidden()
    page.get_by_role("tab", name="Images").click()
    page.locator(".images .ratios label").first.wait_for()
    page.locator(".images [name=prompt]").fill("a boat")
    page.locator(".images .advanced > summary").click()
    page.locator(".images [name=count]").fill("8")
    page.locator(".images").get_by_role("combobox", name="Model", exact=True).fill("echo:delay=0.3")
    page.locator(".images [type=submit]").click()
    page.locator(".images .stage [data-do=stop]").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".images .stage")).to_have_attribute("data-status", "stopped")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_dropped_never_leaves_the_page(chat: Chat, kind: str) -> None:
    page = chat.page
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.locator("body").evaluate(DROP, kind)
    page.get_by_role("tab", name="Chat").click()
    if kind == "file":
        assert chat.box.evaluate(DROP, kind)
        expect(chat.toast).to_contain_text("Files can't be dropped here")
        # A field for files takes what is dropped into it.
        field = page.locator(".support [name=files]")
        assert not field.evaluate(DROP, kind)
    else:
        assert not chat.box.evaluate(DROP, kind)
    page.goto(f"{chat.url}/ask/sample")
    page.locator("input, textarea").first.wait_for()
    assert page.locator("body").evaluate(DROP, kind)


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 700}], ids=["phone", "desktop"])
def test_the_last_answer_stands_above_the_field_for_the_next_question(chat: Chat, size: dict[str, int]) -> None:
    page = chat.page
    page.set_viewport_size(size)
    page.goto(f"{chat.url}/?tab=support")
    short, long = "How many days do I have to return an item?", "What does shipping to other EU countries cost?"
    for number, question in enumerate([short, long, short]):
        page.get_by_role("textbox", name="Ask the knowledge base").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".support .talk .why")).to_have_count(number + 1, timeout=90_000)
    last, foot = page.locator(".support .talk .why").last, page.locator(".support .foot")
    expect(last).to_be_in_viewport(ratio=1)
    assert not overlap(last, foot)
    assert foot.evaluate("node => getComputedStyle(node).backgroundColor !== 'rgba(0, 0, 0, 0)'")


@pytest.mark.parametrize("late", ["**/studio/support/support.js", "**/api/knowledge"])
def test_a_question_that_is_sent_before_the_tab_is_ready_is_asked_then(chat: Chat, late: str) -> None:
    page = chat.page
    waiting: list[Any] = []
    held = [True]
    page.route(late, lambda route: waiting.append(route) if held else route.continue_())
    page.goto(f"{chat.url}/?tab=support")
    page.locator(".support .question input").fill("Hi")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    held.clear()
    for one in waiting:
        one.continue_()
    expect(page.locator(".support .talk .asked")).to_have_text("Hi")
    expect(page.locator(".support .foot .problem")).to_be_hidden()


@pytest.mark.parametrize("mode", ["try", "bench"])
def test_what_is_wrong_in_the_playground_stands_in_sight(chat: Chat, mode: str) -> None:
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(f"{chat.url}/?tab=playground")
    page.locator(".playground .examples button").first.wait_for()
    page.locator(f"[data-mode={mode}]").click()
    form = page.locator(f".playground .{mode}")
    if mode == "try":
        form.get_by_role("textbox").last.press("Control+Enter")
    else:
        for part in ("examples", "rows", "checks", "models"):
            form.locator(f"[data-part={part}] summary").first.click()
        page.locator("#tab-playground, .tabitem:visible").last.evaluate("node => node.scrollTo(0, 0)")
        form.locator("[type=submit]").click()
    expect(form.locator(".problem:visible")).to_have_text("The message is empty.")
    expect(form.locator(".problem:visible")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 620}], ids=["phone", "desktop"])
def test_a_toast_stands_beside_what_it_speaks_of(desk: Desk, chat: Chat, size: dict[str, int]) -> None:
    page = chat.page
    page.set_viewport_size(size)
    page.goto(f"{chat.url}/?tab=images")
    prompt = page.locator(".images [name=prompt]")
    page.locator(".images .ratios label").first.wait_for()
    prompt.fill("typed by hand")
    page.locator(".images [data-do=surprise]").click()
    chat.toast.wait_for()
    assert not overlap(chat.toast, prompt)
    for number in range(7):
        desk.write(f"Section {number}")
    page.goto(f"{chat.url}/?tab=writing")
    row = desk.rows.last
    row.scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    for place in (desk.rows.nth(1), desk.rows.last):
        place.get_by_role("button").click()
        box = place.bounding_box()
        chat.choose("Delete")
        chat.toast.wait_for()
        toast = chat.toast.bounding_box()
        assert toast["y"] >= box["y"] + box["height"] or toast["y"] + toast["height"] <= box["y"]
        # The next one is another's.
        chat.toast.get_by_role("button", name="Close").click()


@pytest.mark.parametrize("height", [844, 560])
def test_nothing_lies_over_a_line_of_what_is_wished_for(chat: Chat, height: int) -> None:
    page = chat.page
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("kept => localStorage.setItem('studio.images', kept)", json.dumps(STRANGE))
        page.goto(f"{chat.url}/?tab=images")
        # Its words are there, and lines on what it was never taught.
        page.locator(".images .vocabulary[open] button").first.wait_for()
        covered = page.locator(".images .wish").evaluate(
            """form => [...form.querySelectorAll("button, label, summary, .hint span")].filter((node) => {
              if (!node.checkVisibility()) return false;
              node.scrollIntoView({ block: "center" });
              const { left, top, width, height } = node.getBoundingClientRect();
              if (!width) return false;
              const front = document.elementFromPoint(left + width / 2, top + height / 2);
              return !node.contains(front) && !front?.contains(node);
            }).map((node) => node.outerHTML.slice(0, 100))"""
        )
        assert covered == []
