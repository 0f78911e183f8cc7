"""What can be done with a turn: other replies, other questions, going on, deleting, copying."""

import json
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.chat import Chat, words

pytestmark = pytest.mark.browser


def test_other_replies_are_kept_as_siblings(chat: Chat) -> None:
    chat.ask("one")
    chat.tool(chat.replies, "regenerate")
    expect(chat.replies.locator(".siblings")).to_contain_text("2/2")
    chat.done.wait_for()
    chat.page.get_by_role("button", name="Previous version").click()
    expect(chat.replies.locator(".siblings")).to_contain_text("1/2")
    expect(chat.page.get_by_role("button", name="Previous version")).to_be_disabled()
    chat.page.reload()
    expect(chat.replies.locator(".siblings")).to_contain_text("1/2")


def test_an_edited_question_is_a_branch(chat: Chat) -> None:
    chat.ask("first")
    chat.ask("second")
    chat.tool(chat.users.first, "edit")
    box = chat.page.get_by_role("textbox", name="Edit")
    expect(box).to_have_value("first")
    box.fill("another")
    box.press("Enter")
    expect(chat.done).to_have_count(1)
    assert [chat.text(turn) for turn in chat.users.all()] == ["another"]
    expect(chat.users.locator(".siblings")).to_contain_text("2/2")
    chat.users.first.hover()
    chat.users.get_by_role("button", name="Previous version").click()
    expect(chat.users).to_have_count(2)
    assert [chat.text(turn) for turn in chat.users.all()] == ["first", "second"]


def test_an_edit_can_be_given_up(chat: Chat) -> None:
    chat.ask("as it was")
    chat.tool(chat.users, "edit")
    chat.page.get_by_role("textbox", name="Edit").fill("other")
    chat.page.keyboard.press("Escape")
    expect(chat.users.locator(".body")).to_have_text("as it was")


def test_a_stopped_reply_can_go_on(chat: Chat) -> None:
    chat.send(words(60))
    expect(chat.streaming).to_contain_text("w5")
    chat.replies.locator("[data-tool=stop]").click()
    chat.done.wait_for()
    chat.tool(chat.replies, "continue")
    expect(chat.replies.locator(".siblings")).to_contain_text("2/2")
    chat.done.wait_for()
    assert chat.text(chat.replies) == words(60)


def test_a_deleted_turn_comes_back(chat: Chat) -> None:
    chat.ask("stays")
    chat.ask("goes")
    chat.tool(chat.users.nth(1), "delete")
    expect(chat.users).to_have_count(1)
    chat.toast.get_by_role("button", name="Undo").click()
    expect(chat.users).to_have_count(2)
    expect(chat.done).to_have_count(2)


def test_text_and_code_can_be_copied(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("**look**\n```python\nx = 1\n```")
    expect(chat.replies.locator(".code-head")).to_have_text("python")
    chat.replies.get_by_role("button", name="Copy the code").click()
    expect(chat.toast).to_contain_text("Copied")
    assert chat.page.evaluate("navigator.clipboard.readText()") == "x = 1\n"
    chat.tool(chat.replies, "copy")
    expect(chat.toast).to_contain_text("Copied")
    assert chat.page.evaluate("navigator.clipboard.readText()").startswith("**look**\n```python")


def test_formulas_have_their_font_and_wide_tables_move_in_their_frames(chat: Chat) -> None:
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 800})
    row = "| " + " | ".join(f"incomprehensibilities{number}" for number in range(5)) + " |"
    with page.expect_response(lambda response: "LibertinusMath" in response.url) as font:
        reply = chat.ask(f"$$\\left( \\frac{{a}}{{b}} \\right)$$\n\n{row}\n{'|--' * 5}|\n{row}\n\n- [x] done")
    assert font.value.ok
    page.wait_for_function("document.fonts.check('16px \"Libertinus Math\"')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame = reply.locator(".wide")
    assert frame.evaluate("(frame) => frame.scrollWidth > frame.clientWidth && frame.tabIndex === 0")
    assert frame.locator("td").first.evaluate("(cell) => cell.getClientRects().length === 1 && cell.offsetHeight < 60")
    expect(reply.locator(".task")).to_have_text("☑")


def test_hostile_text_runs_nothing_and_fetches_nothing(chat: Chat) -> None:
    # The page fixture fails on any request that leaves this machine.
    chat.page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    hostile = [
        "<script>document.title = 'owned'</script>",
        "<img src=x onerror=\"document.title='owned'\">",
        "![cat](https://evil.example/cat.png)",
        "<iframe src='https://evil.example'></iframe>",
        "[press](javascript:document.title='owned')",
        "{{constructor.constructor('document.title=`owned`')()}} ${document.title='owned'}",
        r"$\text{<img src=x onerror=document.title='owned'>}$",
    ]
    chat.ask("\n\n".join(hostile))
    for selector in ("img", "iframe", "script", "[onerror]"):
        expect(chat.page.locator(f".turns {selector}")).to_have_count(0)
    expect(chat.replies).to_contain_text("{{constructor.constructor")
    expect(chat.replies).to_contain_text("${document.title='owned'}")
    assert chat.replies.locator("a").all_inner_texts() == ["cat", "https://evil.example"]
    assert "owned" not in chat.page.title().split(" · ")[-1]
    assert chat.page.evaluate("document.title.startsWith('owned')") is False


def test_earlier_turns_come_on_demand(chat: Chat) -> None:
    chat.open(f"?chat={chat.seed(17)}")
    expect(chat.users.last).to_have_text("n16")
    expect(chat.users.first).to_have_text("n2")
    chat.page.locator(".thread").evaluate("thread => thread.scrollTo(0, 0)")
    expect(chat.users.first).to_have_text("n0")
    expect(chat.page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    chat.ask("last")
    expect(chat.users.first).to_have_text("n0")


def test_what_a_circle_cut_can_be_asked_for(chat: Chat, running: Server) -> None:
    chat.ask("round and round")
    with closing(sqlite3.connect(running.home / "studio.db")) as db, db:
        job, number = db.execute(
            "SELECT job, max(number) FROM events GROUP BY job ORDER BY job DESC LIMIT 1"
        ).fetchone()
        template = "The model began to repeat itself, so its reply was ended. Another reply may do better."
        part = {"name": "note", "data": {"template": template, "values": {"cut": "and <b>round</b>"}}}
        db.execute("INSERT INTO events VALUES (?, ?, 'part', ?)", (job, number + 1, json.dumps(part)))
    chat.page.reload()
    cut = chat.replies.locator("details.cut")
    expect(cut.locator("div")).to_be_hidden()
    cut.get_by_text("Show what was cut").click()
    expect(cut.locator("div")).to_have_text("and <b>round</b>")
