"""The Notes tab in the browser: an address and the palette lead to a note, and the trash says what it was."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def test_a_note_is_written_found_opened_by_its_address_and_deleted(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Notes").click()
    page.get_by_label("Text").fill("a patient okapi")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator(".notes li")).to_contain_text("a patient okapi")
    page.keyboard.press("Control+k")
    page.locator("dialog.palette input").fill("okapi")
    found = page.get_by_role("group", name="Notes").get_by_role("option")
    expect(found).to_contain_text("a patient okapi")
    found.click()
    expect(page.get_by_label("Text")).to_have_value("a patient okapi")
    note = page.evaluate("fetch('api/notes').then((answer) => answer.json()).then(([note]) => note.id)")
    page.goto(f"{chat.url}/?note={note}")
    expect(page.get_by_role("tab", name="Notes")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Text")).to_have_value("a patient okapi")
    page.locator(".notes").get_by_role("button", name="Delete").click()
    expect(page.locator(".notes li")).to_have_count(0)
    page.get_by_role("tab", name="History").click()
    page.locator(".history [data-do=menu]").click()
    page.get_by_role("menuitem", name="Trash").click()
    expect(page.locator(".trash .line")).to_contain_text("Note")
