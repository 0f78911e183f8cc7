"""The Settings tab in the browser: what every visitor and what the operator sets there."""

import re

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def test_theme_model_and_retention_are_set_where_they_are_shown(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Theme").select_option("Dark")
    expect(page.locator("body.dark")).to_be_attached()
    page.get_by_role("button", name="Light or dark").click()
    expect(page.get_by_label("Theme")).to_have_value("light")
    model = page.get_by_label("Default model", exact=True)
    expect(model.locator("option").first).to_have_text("echo:delay=0.03 (from STUDIO_TEXT_MODEL)")
    model.select_option("local:mini")
    expect(chat.toast).to_contain_text("Saved.")
    # Other tests share this studio.
    model.select_option("")
    days = page.get_by_label("Days until the trash is emptied")
    days.fill("soon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(chat.toast).to_have_text("The number of days must be a whole number.")
    days.fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#storage .retention")).to_contain_text("more than 30 days")
    with page.expect_download() as download:
        page.get_by_role("link", name="Make and download a backup").click()
    assert re.fullmatch(r"backup-[\d-]+\.zip", download.value.suggested_filename)
    # Put by for the next start, and not after all; other tests go on in this studio.
    page.set_input_files("#storage [type=file]", {"name": "a.zip", "mimeType": "application/zip", "buffer": b"no zip"})
    expect(chat.toast).to_have_text("a.zip is not a backup of a studio.")
    page.set_input_files("#storage [type=file]", download.value.path())
    expect(page.locator("#storage .waiting")).to_contain_text("is whole (items: ")
    page.get_by_role("button", name="Do not restore it").click()
    expect(page.get_by_role("button", name="Choose a backup")).to_be_focused()


def test_a_section_that_is_still_on_its_way_comes_to_the_front_until_somebody_scrolls(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Settings").click()
    storage = page.locator("#storage")
    expect(storage).to_be_visible()
    storage.evaluate("storage => storage.style.display = 'none'")
    page.get_by_role("link", name="Storage and backup").click()
    storage.evaluate("storage => storage.style.display = ''")
    heading = storage.get_by_role("heading", name="Storage and backup")
    expect(heading).to_be_in_viewport()
    page.locator("#models").evaluate("models => models.style.paddingBottom = '3000px'")
    expect(heading).to_be_in_viewport()
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -2000)
    expect(heading).not_to_be_in_viewport()
    page.wait_for_timeout(300)
    expect(heading).not_to_be_in_viewport()
