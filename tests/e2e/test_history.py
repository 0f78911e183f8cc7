"""The history in the browser: found words marked, stars, two items compared, the trash, exports, statistics."""

import zipfile

from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, words


def visit(chat: Chat, q: str = "") -> Page:
    """Open the History tab and look for words."""
    chat.page.get_by_role("tab", name="History").click()
    chat.page.get_by_placeholder("Search everything", exact=True).fill(q)
    return chat.page


def test_words_found_are_marked_as_text_and_stars_filter(chat: Chat) -> None:
    chat.ask("an <i>okapi</i> and its okapis")
    page = visit(chat, "okapi")
    rows = page.locator(".history .items li")
    expect(rows).to_have_count(1)
    expect(rows.locator(".name mark")).to_have_text(["okapi", "okapi"])
    expect(rows.locator("i")).to_have_count(0)
    rows.get_by_role("button", name="Star").click()
    expect(rows.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("With a star").check()
    expect(rows).to_have_count(1)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.locator(".history .none:visible")).to_have_text("Nothing found.")


def test_two_items_are_compared_and_a_selection_exported(chat: Chat) -> None:
    for colour in ("red", "blue"):
        chat.new()
        chat.ask(f"a {colour} tapir")
    page = visit(chat, "tapir")
    rows = page.locator(".history .items li")
    expect(rows).to_have_count(2)
    for row in rows.all():
        row.hover()
        row.get_by_label("Select").check()
    expect(page.locator(".selection .count")).to_have_text("2 selected")
    with page.expect_download() as download:
        page.locator(".selection").get_by_text("Export").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.read("items.jsonl").count(b"tapir") > 1 and len(archive.namelist()) == 3
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compared mark")).to_have_count(2)
    expect(page.locator(".compared tr.differs th")).to_have_text(["Message"])
    page.get_by_role("button", name="All items").click()
    expect(rows).to_have_count(2)
    expect(page.locator(".selection")).to_be_hidden()


def remove(page: Page) -> None:
    """Delete the one item that the list shows: a conversation, which is said before."""
    row = page.locator(".history .items li")
    expect(row).to_have_count(1)
    row.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete the whole conversation").click()
    expect(row).to_have_count(0)


def test_deleting_can_be_undone_and_the_trash_be_looked_into(chat: Chat) -> None:
    chat.new()
    chat.ask("a lone quokka")
    page = visit(chat, "quokka")
    rows = page.locator(".history .items li")
    remove(page)
    expect(chat.toast).to_contain_text("with the whole conversation")
    chat.toast.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(1)
    remove(page)
    page.get_by_role("button", name="Statistics, trash, export").click()
    page.get_by_role("menuitem", name="Trash").click()
    line = page.locator(".history .line", has_text="quokka")
    line.get_by_role("button", name="Restore").click()
    expect(line).to_have_count(0)
    page.get_by_role("button", name="All items").click()
    expect(rows).to_have_count(1)


def test_an_item_runs_again_where_it_was_made(chat: Chat) -> None:
    chat.new()
    chat.ask("a numbat")
    page = visit(chat, "numbat")
    row = page.locator(".history .items li")
    expect(row).to_have_count(1)
    row.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Run again").click()
    expect(chat.replies.locator(".siblings")).to_contain_text("2/2")


def test_an_item_brings_its_inputs_back(chat: Chat) -> None:
    request = {"message": "a dugong", "template": "chat/tutor", "system": "Sing.", "params": {"seed": 7}}
    # This turn alone asked so, its conversation does not.
    turn = request | {"conversation": chat.seed(1)}
    chat.page.request.post(f"{chat.url}/api/jobs", data={"assistant": "chat", "request": turn})
    page = visit(chat, "dugong")
    page.locator(".history .items li a", has_text="a dugong").click()
    expect(chat.users.last).to_have_text("a dugong")
    expect(chat.toast).to_contain_text("Model and settings are now those of this item.")
    system = page.locator("#system")
    expect(system).to_have_value("Sing.")
    expect(page.locator("#template")).to_have_value("chat/tutor")
    chat.ask("a manatee")
    said = page.request.get(f"{chat.url}/api/history?q=manatee").json()["items"][0]["id"]
    asked = page.request.get(f"{chat.url}/api/jobs/{said}").json()["request"]
    assert {name: asked[name] for name in ("template", "system", "params")} == {
        name: request[name] for name in ("template", "system", "params")
    }
    chat.toast.get_by_role("button", name="Undo").click()
    expect(system).to_have_value("")


def test_what_is_under_way_is_watched_to_its_end(chat: Chat) -> None:
    request = {"message": f"a quokka {words(300)}"}
    job = chat.page.request.post(f"{chat.url}/api/jobs", data={"assistant": "chat", "request": request}).json()
    # Its words are found once it has ended.
    chip = visit(chat).locator(".history .items li", has_text="quokka").first.locator(".chip")
    expect(chip).to_have_text("Running")
    chat.page.request.post(f"{chat.url}/api/jobs/{job['id']}/stop")
    expect(chip).to_have_text("Stopped")


def test_statistics_are_drawn(chat: Chat) -> None:
    chat.ask("a wombat")
    page = visit(chat)
    page.get_by_role("button", name="Statistics, trash, export").click()
    page.get_by_role("menuitem", name="Statistics").click()
    # Other tests have left items of other models in the same studio.
    expect(page.get_by_role("img", name="Items a day").locator("rect").first).to_be_visible()
    expect(page.locator(".stats tbody")).to_contain_text("echo:delay=0.03")
