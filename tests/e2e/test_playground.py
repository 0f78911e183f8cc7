"""The playground in the browser: tried and pinned, run on many rows, there after a reload, saved and put to use."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, words


class Playground:
    """The Playground tab in front."""

    def __init__(self, chat: Chat) -> None:
        self.page: Page = chat.page
        self.url = chat.url
        self.root = self.page.locator(".playground")
        self.answers = self.root.locator(".answer")
        self.cells = self.root.locator(".matrix .cell")
        self.rows = self.root.locator(".matrix tbody tr")
        self.message = self.root.locator(".try .turns textarea")
        self.enter()

    def enter(self) -> None:
        """Open the tab."""
        self.page.get_by_role("tab", name="Playground").click()
        expect(self.root.locator(".examples button").first).to_be_attached()

    def mode(self, name: str) -> None:
        """Go to Try, the bench or the studies."""
        self.root.get_by_role("tab", name=name).click()

    def run(self) -> None:
        """Press the one button that is filled."""
        self.root.locator("[type=submit]:visible").click()

    def paste(self, part: str, table: str) -> None:
        """Replace a table of the bench by one that is pasted."""
        place = self.root.locator(f"[data-part={part}]")
        if place.get_attribute("open") is None:
            place.locator("summary").first.click()
        place.get_by_text("Paste a table").click()
        place.locator(".paste textarea").fill(table)
        place.get_by_role("button", name="Replace the table").click()


@pytest.fixture
def playground(chat: Chat) -> Playground:
    """The tab in front."""
    return Playground(chat)


def test_an_answer_is_pinned_and_the_next_one_compared_with_it(playground: Playground) -> None:
    page, root = playground.page, playground.root
    playground.message.fill("Say {{word}} & <b>twice</b>")
    root.get_by_label("word", exact=True).fill("alpha")
    playground.run()
    expect(playground.answers.locator(".text")).to_have_text("Say alpha & <b>twice</b>")
    root.get_by_role("button", name="Pin", exact=True).click()
    root.get_by_label("word", exact=True).fill("beta")
    playground.run()
    expect(playground.answers).to_have_count(2)
    expect(playground.answers.last).to_contain_text("Changed since the pinned one: values")
    root.get_by_role("button", name="Show the differences").click()
    expect(playground.answers.first.locator("mark")).to_have_text("alpha")
    expect(playground.answers.last.locator("mark")).to_have_text("beta")
    assert "run=" in page.url
    page.reload()
    expect(playground.answers.locator(".text")).to_have_text(["Say alpha & <b>twice</b>", "Say beta & <b>twice</b>"])
    expect(playground.message).to_have_value("Say {{word}} & <b>twice</b>")


def test_the_bundled_set_fills_a_matrix_whose_failures_can_be_looked_at(playground: Playground) -> None:
    root = playground.root
    playground.mode("Bench")
    root.get_by_role("button", name="Load the bundled data set").click()
    playground.run()
    expect(root.locator(".cell.failed").first).to_be_visible()
    # The whole matrix first.
    expect(root.locator(".summary tbody tr")).to_have_count(1, timeout=60_000)
    root.get_by_label("Which rows").select_option("failed")
    failed = root.locator(".cell.failed")
    expect(failed).to_have_count(playground.rows.count())
    failed.first.click()
    dialog = playground.page.locator(".playground-dialog")
    expect(dialog.locator(".checks .sign.failed")).to_have_count(1)
    dialog.get_by_text("What was sent").click()
    expect(dialog.locator("h4").first).to_be_visible()
    dialog.get_by_role("button", name="Compare with another cell").click()
    failed.last.click()
    expect(dialog.locator(".sides .text")).to_have_count(2)


def test_a_reload_shows_the_matrix_as_it_goes_on(playground: Playground) -> None:
    page = playground.page
    playground.mode("Bench")
    playground.root.locator(".bench .turns textarea").fill(words(25) + " {{x}}")
    playground.paste("rows", "x,expected\n" + "".join(f"r{number},nothing\n" for number in range(24)))
    playground.run()
    expect(playground.cells.first).to_be_visible()
    page.reload()
    expect(playground.cells).to_have_count(24)
    expect(playground.root.locator(".cell.failed")).to_have_count(24)
    expect(playground.cells.last).to_contain_text(re.compile("w0 w1"))
    expect(playground.root.locator(".bench .turns textarea")).to_have_value(words(25) + " {{x}}")


def test_an_experiment_is_saved_opened_and_its_variant_put_to_use(playground: Playground, chat: Chat) -> None:
    page, root = playground.page, playground.root
    playground.mode("Bench")
    root.locator(".bench .turns textarea").fill("Repeat: {{x}}")
    playground.paste("rows", "x\texpected\none\tRepeat: one\ntwo\tthree\n")
    root.get_by_role("button", name="Experiments").click()
    dialog = page.locator(".playground-dialog")
    dialog.get_by_label("Name", exact=True).fill("Repeats <i>")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(root.locator(".name")).to_have_text("Repeats <i>")
    link = re.search(r"experiment=\w+", page.url)
    assert link
    playground.run()
    expect(root.locator(".summary .rate")).to_contain_text("1 of 2")
    root.get_by_role("button", name="Use as a prompt").click()
    dialog.get_by_label("Name of the file").fill("chat/repeats")
    dialog.get_by_role("button", name="Save and use").click()
    dialog.get_by_role("button", name="Use in Chat").click()
    assert chat.text(chat.ask("hello")) == "Repeat: hello"
    page.get_by_role("tab", name="History").click()
    page.locator(".history .items li", has_text="hello").first.get_by_label("More actions").click()
    chat.choose("Open in Playground")
    expect(playground.message).to_have_value("Repeat: {{x}}")
    expect(root.locator(".variables textarea")).to_have_value("hello")
    page.evaluate("localStorage.clear()")
    page.goto(f"{playground.url}/?{link[0]}")
    expect(root.locator(".bench .turns textarea")).to_have_value("Repeat: {{x}}")
    expect(root.locator("[data-part=rows] .count")).to_have_text("2")


@pytest.mark.parametrize("mode", ["Try", "Bench"])
def test_the_schema_of_a_prompt_goes_along_until_it_is_dropped(playground: Playground, mode: str) -> None:
    page, root = playground.page, playground.root
    playground.mode(mode)
    root.locator(f".{mode.lower()} [data-do=template]").click()
    drawer = page.locator(".prompt-drawer")
    drawer.get_by_placeholder("Search prompts").fill("Structured output")
    drawer.locator("li[data-id='playground/structured-output']").click()
    drawer.get_by_role("button", name="Use").click()
    held = root.locator(".schema:visible")
    expect(held).to_contain_text("valid against the JSON schema")
    playground.run()
    # The stand-in says what it was asked, which is no JSON.
    expect(root.get_by_text("did not keep to json_schema").first).to_be_visible(timeout=30_000)
    if mode == "Bench":
        # What was filled in is folded away while it runs.
        root.locator("[data-part=prompts] > summary").click()
    held.get_by_role("button", name="Remove the schema").click()
    expect(held).to_have_count(0)
    playground.run()
    expect(root.get_by_text("did not keep to json_schema")).to_have_count(0)
