"""The Write tab: what is written stays one's own, whatever is written again beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.writing import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FOUR = ("Beginning", "Middle", "Further", "End")


@pytest.fixture
def desk(page: "Page", running: Server) -> Iterator[Desk]:
    """The tab; the test fails if the browser's console shows an error, such as a violation of the CSP.

    That somebody was quicker is an answer, and the browser's own line about it is none of ours.
    """
    errors: list[str] = []
    page.on(
        "console", lambda one: errors.append(one.text) if one.type == "error" and "(Conflict)" not in one.text else None
    )
    page.goto(running.url)
    yield Desk(page, running.url)
    assert errors == []


def test_a_topic_becomes_a_draft_that_streams_in(desk: Desk) -> None:
    desk.enter()
    desk.page.get_by_role("textbox", name="Topic").fill("A note about the garden. It opens on Monday.")
    desk.home.get_by_role("radio", name="E-mail").check()
    desk.press("Draft")
    desk.streaming.first.wait_for()
    desk.wait()
    assert "garden" in "".join(desk.shown())
    assert "draft=" in desk.page.url


def test_locked_sections_stay_as_they_are_to_the_byte(desk: Desk) -> None:
    draft = desk.write(*FOUR)
    desk.open(draft)
    mine = ["  My own text,\n\n\nwith 😀 and spaces  \n", "第二段。\ttab"]
    for number, text in zip((0, 2), mine, strict=True):
        desk.texts.nth(number).fill(text)
        expect(desk.saved).to_have_text("Saved")
        desk.tool(desk.cards.nth(number), "lock")
        expect(desk.texts.nth(number)).not_to_be_editable()
    before = desk.documents(draft)
    for number in (1, 3):
        desk.texts.nth(number).fill("A placeholder that is to go.")
    desk.press("Write all unlocked sections again")
    desk.work.wait_for()
    desk.wait()
    after = desk.documents(draft)
    assert [after[0], after[2]] == [before[0], before[2]] == mine
    assert "placeholder" not in after[1] + after[3]
    assert desk.shown() == after


@pytest.fixture
def real(tmp_path: Path, starter_folder: Path) -> Iterator[Server]:
    """A studio that writes with the starter model."""
    server = Server(tmp_path)
    server.environment = {"STUDIO_TEXT_MODEL": "starter", "STUDIO_MODELS": str(starter_folder)}
    server.start()
    yield server
    server.kill()


def test_the_starter_writes_an_article_and_leaves_locked_sections_alone(page: "Page", real: Server) -> None:
    page.goto(real.url)
    desk = Desk(page, real.url)
    draft = desk.write(*FOUR, topic="How a small library changed our town", keywords=["library"], model="starter")
    desk.open(draft)
    before = desk.documents(draft)
    assert all(text.rstrip()[-1] in ".!?”\"'" for text in before)
    for number in (0, 2):
        desk.tool(desk.cards.nth(number), "lock")
    desk.press("Write all unlocked sections again")
    desk.work.wait_for()
    expect(desk.work).to_be_hidden(timeout=120_000)
    expect(desk.streaming).to_have_count(0)
    after = desk.documents(draft)
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1] != before[1] and after[3] != before[3]
    assert desk.shown() == after


def test_undo_brings_back_the_exact_former_text(desk: Desk) -> None:
    draft = desk.write(*FOUR[:2])
    desk.open(draft)
    desk.texts.first.fill("Mine.\n\n  Exactly so. \n")
    expect(desk.saved).to_have_text("Saved")
    before = desk.documents(draft)
    desk.tool(desk.cards.first, "again")
    desk.work.wait_for()
    desk.wait()
    assert desk.documents(draft) != before
    desk.press("Undo what was generated last")
    expect(desk.texts.first).to_have_value(before[0])
    assert desk.documents(draft) == before
    desk.press("Redo what was generated")
    expect(desk.texts.first).not_to_have_value(before[0])


def test_a_reload_in_the_middle_goes_on_following(desk: Desk) -> None:
    draft = desk.write(*FOUR)
    desk.open(draft)
    desk.press("Write all unlocked sections again")
    desk.streaming.first.wait_for()
    desk.page.reload()
    desk.work.wait_for()
    desk.streaming.first.wait_for()
    desk.wait()
    assert desk.shown() == desk.documents(draft)


def test_a_selection_is_rewritten_only_once_that_is_accepted(desk: Desk) -> None:
    draft = desk.write(*FOUR[:1])
    desk.open(draft)
    desk.texts.first.fill("😀 One sentence stays. Another one goes its way. The last one stays.")
    expect(desk.saved).to_have_text("Saved")
    before = desk.documents(draft)
    words = before[0]
    start = words.index("Another") + 1  # the browser counts the smiley twice
    desk.select(desk.cards.first, start, start + len("Another one goes its way."))
    desk.pen.get_by_role("button", name="Rewrite").click()
    accept = desk.pen.get_by_role("button", name="Accept")
    accept.wait_for()
    expect(desk.pen.locator(".about")).to_contain_text("Words: 5 before, ")
    expect(desk.pen.locator(".said mark.added")).not_to_have_count(0)
    desk.pen.get_by_role("checkbox", name="Show changes").uncheck()
    expect(desk.pen.locator(".said mark")).to_have_count(0)
    assert desk.documents(draft) == before
    desk.pen.get_by_role("button", name="Discard").click()
    assert desk.documents(draft) == before
    desk.select(desk.cards.first, start, start + len("Another one goes its way."))
    desk.pen.get_by_role("button", name="Rewrite").click()
    accept.click()
    expect(desk.pen).to_be_hidden()
    expect(desk.texts.first).not_to_have_value(words)
    after = desk.documents(draft)[0]
    assert after.startswith("😀 One sentence stays. ") and after.endswith(" The last one stays.")


def test_what_was_typed_survives_a_lost_page(desk: Desk) -> None:
    draft = desk.write(*FOUR[:1])
    desk.open(draft)
    before = desk.documents(draft)[0]
    # Nothing reaches the server any more, and then the page is gone.
    desk.page.route("**/api/drafts/**", lambda route: route.abort())
    desk.texts.first.press("Control+End")
    desk.texts.first.press_sequentially("Not lost. ")
    desk.page.wait_for_function("Object.keys(localStorage).some((key) => localStorage[key].includes('Not lost.'))")
    desk.page.unroute("**/api/drafts/**")
    desk.page.reload()
    expect(desk.texts.first).to_have_value(before + "Not lost. ")
    for _ in range(100):
        if desk.documents(draft) == [before + "Not lost. "]:
            break
        desk.page.wait_for_timeout(100)
    assert desk.documents(draft) == [before + "Not lost. "]


def test_two_windows_that_change_a_section_keep_both_texts(desk: Desk) -> None:
    draft = desk.write(*FOUR[:1])
    desk.open(draft)
    section = desk.ask("GET", f"drafts/{draft}")["document"]["sections"][0]
    theirs = {"text": "Theirs.", "based_on": section["revision"]}
    desk.ask("PUT", f"drafts/{draft}/sections/{section['id']}", theirs)
    desk.texts.first.fill("Mine.")
    conflict = desk.page.locator(".writing .conflict")
    expect(conflict).to_contain_text("Mine.")
    expect(desk.texts.first).to_have_value("Theirs.")
    desk.press("Take mine")
    expect(desk.texts.first).to_have_value("Mine.")
    assert desk.documents(draft) == ["Mine."]


def test_sections_are_added_moved_and_removed_with_a_way_back(desk: Desk) -> None:
    draft = desk.write(*FOUR[:2])
    desk.open(draft)
    desk.press("Add a section")
    expect(desk.cards).to_have_count(3)
    desk.cards.nth(2).locator(".heading").fill("New")
    desk.texts.nth(2).fill("Typed at once.")
    expect(desk.saved).to_have_text("Saved")
    desk.tool(desk.cards.nth(2), "up")
    expect(desk.texts.nth(1)).to_have_value("Typed at once.")
    desk.cards.nth(1).get_by_role("button", name="More actions").click()
    desk.page.get_by_role("menuitem", name="Remove this section").click()
    expect(desk.cards).to_have_count(2)
    desk.toast.get_by_role("button", name="Undo").click()
    expect(desk.texts.nth(1)).to_have_value("Typed at once.")
    headings = [one["heading"] for one in desk.ask("GET", f"drafts/{draft}")["document"]["sections"]]
    assert headings == ["Beginning", "New", "Middle"]


def test_replacing_leaves_locked_sections_alone_and_says_so(desk: Desk) -> None:
    draft = desk.write(*FOUR[:2])
    desk.open(draft)
    for number in (0, 1):
        desk.texts.nth(number).fill("A cat and a Cat.")
    expect(desk.saved).to_have_text("Saved")
    desk.tool(desk.cards.nth(1), "lock")
    desk.press("Find and replace")
    desk.page.get_by_placeholder("Find", exact=True).fill("cat")
    expect(desk.page.locator(".replacing .count")).to_have_text("4 found")
    desk.page.get_by_placeholder("Replace with").fill("dog")
    desk.press("Replace all")
    expect(desk.toast).to_contain_text("Left as they are in locked sections: 2")
    expect(desk.saved).to_have_text("Saved")
    assert desk.documents(draft) == ["A dog and a dog.", "A cat and a Cat."]
    desk.toast.get_by_role("button", name="Undo").click()
    expect(desk.texts.first).to_have_value("A cat and a Cat.")


def test_checks_lead_to_their_place(desk: Desk) -> None:
    draft = desk.write(*FOUR[:2], keywords=["walrus"])
    desk.open(draft)
    desk.texts.nth(1).fill("Here the walrus sleeps.")
    desk.beside("Checks")
    desk.side.locator("summary").filter(has_text="Keywords").click()
    desk.side.get_by_role("button", name="walrus").click()
    selected = (
        "(({ value, selectionStart: start, selectionEnd: end }) => value.slice(start, end))(document.activeElement)"
    )
    assert desk.page.evaluate(selected) == "walrus"


def test_versions_are_compared_and_restored(desk: Desk) -> None:
    draft = desk.write(*FOUR[:1])
    desk.open(draft)
    before = desk.documents(draft)
    desk.texts.first.fill("Something else.")
    expect(desk.saved).to_have_text("Saved")
    desk.beside("Versions")
    desk.side.get_by_role("button", name="Draft").first.click()
    expect(desk.side.locator("mark.added").first).to_have_text("Something")
    desk.press("Side by side")
    expect(desk.side.locator(".diff.two > .text")).to_have_count(2)
    desk.press("Restore")
    expect(desk.texts.first).to_have_value(before[0])
    assert desk.documents(draft) == before
    desk.toast.get_by_role("button", name="Undo").click()
    expect(desk.texts.first).to_have_value("Something else.")
    assert desk.documents(draft) == ["Something else."]


def test_a_long_heading_is_seen_as_a_whole_and_stays_one_line(desk: Desk) -> None:
    draft = desk.write("One")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open(draft)
    heading = desk.cards.first.locator(".heading")
    heading.fill("Why it is important \n to plant a tree in every street")
    expect(heading).to_have_value("Why it is important to plant a tree in every street")
    assert heading.evaluate("(box) => box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight")
    heading.press("Enter")
    expect(desk.texts.first).to_be_focused()


def test_who_wrote_a_paragraph_and_what_was_sent_can_be_seen(desk: Desk) -> None:
    draft = desk.write(*FOUR[:1])
    desk.open(draft)
    desk.texts.first.press("Control+End")
    desk.texts.first.press_sequentially("\n\nMine.")
    expect(desk.saved).to_have_text("Saved")
    desk.beside("Authors")
    expect(desk.cards.first.locator(".under mark.a0")).not_to_have_count(0)
    expect(desk.side.locator(".legend").first).to_contain_text("echo:")
    expect(desk.side.locator(".legend").first).to_contain_text("paragraphs: 1")
    desk.beside("Sent")
    desk.side.locator("summary").filter(has_text="Beginning").click()
    expect(desk.side.locator(".message").last).to_contain_text("The town library")


def test_drafts_are_listed_renamed_deleted_and_brought_back(desk: Desk) -> None:
    desk.write("One", topic="A topic that only this test has")
    desk.enter()
    desk.page.get_by_placeholder("Search drafts").fill("only this test")
    expect(desk.rows).to_have_count(1)
    desk.rows.get_by_role("button", name="More actions").click()
    desk.page.get_by_role("menuitem", name="Rename").click()
    desk.page.get_by_role("textbox", name="Rename").fill("Renamed <b>")
    desk.page.keyboard.press("Enter")
    expect(desk.rows).to_contain_text("Renamed <b>")
    desk.rows.get_by_role("button", name="More actions").click()
    desk.page.get_by_role("menuitem", name="Delete").click()
    expect(desk.rows).to_have_count(0)
    desk.toast.get_by_role("button", name="Undo").click()
    expect(desk.rows).to_have_count(1)


def test_a_text_of_ones_own_is_brought_in_and_taken_home(desk: Desk) -> None:
    desk.enter()
    text = "# Mine\n\n## First\n\nOne *word*.\n\n## Second\n\nTwo.\n"
    file = {"name": "mine.md", "mimeType": "text/markdown", "buffer": text.encode()}
    desk.page.locator(".writing .import input").set_input_files(file)
    expect(desk.cards).to_have_count(2)
    assert desk.shown() == ["One *word*.", "Two."]
    desk.press("Copy, export, print")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("menuitem", name="Markdown").click()
    assert text in download.value.path().read_text(encoding="utf-8")


def test_what_cannot_be_brought_in_is_said_in_words_of_the_page(page: "Page", running: Server) -> None:
    page.context.add_cookies([{"name": "studio_language", "value": "zh", "url": running.url}])
    page.goto(running.url)
    page.get_by_role("tab", name="写作").click()
    page.locator(".writing .example").first.wait_for()
    file = {"name": "empty.md", "mimeType": "text/markdown", "buffer": b" "}
    page.locator(".writing .import input").set_input_files(file)
    expect(Desk(page, running.url).toast).to_contain_text("文件中没有文字")
    deep = {"name": "deep.md", "mimeType": "text/markdown", "buffer": "# 茶\n\n### 绿茶\n\n热水。".encode()}
    page.locator(".writing .import input").set_input_files(deep)
    expect(page.locator(".writing .notes")).to_contain_text("下级标题在这里成为各节的标题（1 个）")


def test_the_history_opens_the_draft_of_an_item(desk: Desk) -> None:
    desk.write("One", topic="From the history to the desk")
    desk.page.get_by_role("tab", name="History").click()
    desk.page.get_by_role("link").filter(has_text="From the history to the desk").click()
    expect(desk.cards).to_have_count(1)
    expect(desk.cards.first.locator(".heading")).to_have_value("One")


def test_hostile_text_runs_nothing(desk: Desk) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script> **bold**"
    draft = desk.write(hostile[:200], topic=hostile)
    desk.open(draft)
    desk.texts.first.fill(hostile)
    expect(desk.saved).to_have_text("Saved")
    for panel in ("Versions", "Authors", "Sent", "Brief", "Checks"):
        desk.beside(panel)
    desk.page.evaluate("window.print = () => {}")
    desk.press("Copy, export, print")
    desk.page.get_by_role("menuitem", name="Print").click()
    expect(desk.page.locator(".writing-sheet strong").first).to_have_text("bold")
    for selector in ("img", "script", "[onerror]"):
        expect(desk.page.locator(f".writing {selector}, .writing-sheet {selector}")).to_have_count(0)
    assert not desk.page.title().startswith("owned")
