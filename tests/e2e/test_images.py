"""The image studio in the browser: drawn, looked at, starred, drawn again, painted over, stopped, put in order."""

import re
import zipfile
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Server
from tests.e2e.chat import Chat
from tests.e2e.wire import wire_to

SLOW = "echo:delay=2"


class Images:
    """The Images tab in front."""

    def __init__(self, chat: Chat) -> None:
        self.page: Page = chat.page
        self.url = chat.url
        self.toast = chat.toast
        self.root = self.page.locator(".images")
        self.prompt = self.root.get_by_label("Prompt", exact=True)
        self.stage = self.root.locator(".stage")
        self.cells = self.root.locator(".cells li")
        self.queue = self.root.locator(".queue li")
        self.viewer = self.page.locator(".images-viewer")
        self.enter()

    def enter(self) -> None:
        """Open the tab."""
        self.page.get_by_role("tab", name="Images").click()
        expect(self.root.locator(".examples button").first).to_be_attached()

    def set(self, **fields: Any) -> None:
        """Fill fields of the folded part."""
        if self.root.locator(".advanced").get_attribute("open") is None:
            self.root.get_by_text("Advanced").click()
        for name, value in fields.items():
            model = self.root.get_by_role("combobox", name="Model", exact=True)
            (model if name == "model" else self.root.locator(f"[name={name}]")).fill(str(value))

    def generate(self, prompt: str, **fields: Any) -> None:
        """Ask for a picture."""
        self.prompt.fill(prompt)
        if fields:
            self.set(**fields)
        with self.page.expect_response("**/api/jobs") as answer:
            self.root.get_by_role("button", name="Generate").click()
        assert answer.value.ok, answer.value.text()

    def draw(self, prompt: str, **fields: Any) -> Locator:
        """Draw pictures until they are done and return the latest of the gallery."""
        self.generate(prompt, **fields)
        expect(self.stage.locator(".note")).to_have_text("Done")
        cell = self.cells.filter(has=self.page.locator(f'img[alt="{prompt}"]')).first
        expect(cell).to_be_visible()
        return cell

    def view(self, cell: Locator) -> Locator:
        """Open a picture."""
        cell.locator("a").click()
        expect(self.viewer.locator(".whole img")).to_be_visible()
        return self.viewer

    def asked(self, job: str) -> dict[str, Any]:
        """Return what a job was asked."""
        return self.page.request.get(f"{self.url}/api/jobs/{job}").json()["request"]


@pytest.fixture
def images(chat: Chat) -> Images:
    """The tab in front."""
    return Images(chat)


def test_a_picture_is_drawn_looked_at_and_its_settings_come_back(images: Images) -> None:
    page, root = images.page, images.root
    root.get_by_label("4:3").check(force=True)
    cell = images.draw("a brown owl", seed=41, count=2, negative="blur")
    expect(images.stage.locator(".tiles img")).to_have_count(2)
    viewer = images.view(cell)
    expect(viewer.locator("dl")).to_contain_text("296 × 224")
    expect(viewer.locator("dl")).to_contain_text("42")
    page.keyboard.press("s")
    expect(viewer.get_by_label("Star")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(viewer.locator("dl")).to_contain_text("41")
    assert re.search(r"image=\w+", page.url)
    page.reload()
    expect(viewer.locator("dl")).to_contain_text("41")
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    assert "image=" not in page.url
    images.prompt.fill("something else")
    root.get_by_label("What is shown").select_option("starred")
    expect(images.cells).to_have_count(1)
    images.view(images.cells.first).get_by_role("button", name="Use these settings").click()
    expect(images.prompt).to_have_value("a brown owl")
    expect(root.locator("[name=seed]")).to_have_value("42")
    expect(root.get_by_label("Negative prompt")).to_have_value("blur")
    expect(root.get_by_label("4:3")).to_be_checked()
    page.locator(".studio-toast").get_by_role("button", name="Undo").click()
    expect(images.prompt).to_have_value("something else")


def test_the_same_picture_comes_out_again(images: Images) -> None:
    cell = images.draw("a grey heron", count=1)
    images.view(cell).get_by_role("button", name="Run again").click()
    expect(images.stage.locator(".notes")).to_contain_text("The same picture came out, pixel for pixel.")


def test_a_picture_is_made_larger_and_says_how(images: Images) -> None:
    images.view(images.draw("a tiny ant")).get_by_role("button", name="Upscale").click()
    images.page.get_by_role("menuitem", name="2× as large (lanczos)").click()
    expect(images.stage.locator(".tiles img")).to_have_attribute("width", "512")
    images.stage.locator(".tiles a").click()
    expect(images.viewer.locator("dl")).to_contain_text("512 × 512")
    expect(images.viewer.locator("dl")).to_contain_text("Enlarged by")


def test_words_of_others_are_text(images: Images) -> None:
    prompt = "<img src=x onerror=alert(1)> & 'more'"
    viewer = images.view(images.draw(prompt))
    expect(viewer.locator(".said .text").first).to_have_text(prompt)


def test_a_deleted_picture_comes_back(images: Images) -> None:
    images.draw("a lost glove")
    images.root.get_by_label("Search prompts").fill("lost glove")
    expect(images.cells).to_have_count(1)
    images.view(images.cells.first)
    images.page.keyboard.press("Delete")
    expect(images.viewer).to_have_count(0)
    expect(images.cells).to_have_count(0)
    expect(images.root.locator(".gallery .none")).to_be_visible()
    images.toast.get_by_role("button", name="Undo").click()
    expect(images.cells).to_have_count(1)


def test_a_part_is_painted_over_and_drawn_anew(images: Images) -> None:
    page, root = images.page, images.root
    viewer = images.view(images.draw("a plain wall"))
    viewer.get_by_role("button", name="Inpaint").click()
    dialog = page.locator(".images-brush")
    board = dialog.locator(".board")
    expect(board).to_be_visible()
    board.hover(position={"x": 40, "y": 40})
    page.mouse.down()
    board.hover(position={"x": 120, "y": 90})
    page.mouse.up()
    dialog.get_by_role("button", name="Widen to the right").click()
    dialog.get_by_role("button", name="Use this").click()
    expect(root.locator(".thumb .mask")).to_be_visible()
    images.prompt.fill("a window in a wall")
    with page.expect_response("**/api/jobs") as answer:
        root.get_by_role("button", name="Generate").click()
    request = images.asked(answer.value.json()["id"])
    assert request["init_image"] and request["mask"]
    assert request["width"] > request["height"]
    expect(images.stage.locator(".note")).to_have_text("Done")
    images.root.get_by_label("Start from nothing").click()
    expect(root.locator(".thumb")).to_have_count(0)


def test_what_is_stopped_is_kept_as_far_as_it_came(images: Images) -> None:
    images.generate("a slow snail", model=SLOW)
    expect(images.stage.locator(".coming img")).to_be_visible()
    images.page.reload()
    images.enter()
    images.stage.get_by_role("button", name="Stop").click()
    expect(images.stage.locator(".note")).to_have_text("Stopped")
    expect(images.stage.locator(".tiles .chip")).to_have_text("unfinished")
    expect(images.cells.first.locator(".chip")).to_have_text("unfinished")


def test_one_of_several_is_skipped(images: Images) -> None:
    images.generate("a row of ducks", model=SLOW, count=2)
    expect(images.stage.locator(".note")).to_contain_text("1/2")
    images.stage.get_by_role("button", name="Skip this one").click()
    expect(images.stage.locator(".notes")).to_contain_text("One picture was skipped.")
    images.stage.get_by_role("button", name="Stop").click()
    expect(images.stage.locator(".note")).to_have_text("Stopped")


def test_what_waits_is_put_in_order_held_back_and_cancelled(images: Images) -> None:
    prompts = ["first in line", "second in line", "third in line", "fourth in line"]
    for prompt in prompts:
        images.generate(prompt, model=SLOW, count=1)
    expect(images.queue.locator(".name")).to_have_text(prompts)
    images.queue.nth(3).get_by_label("Move up").click()
    expect(images.queue.nth(2).locator(".name")).to_have_text("fourth in line")
    images.root.get_by_role("button", name="Pause").click()
    expect(images.root.locator(".queue .state")).to_have_text("Paused")
    for left in (3, 2):
        images.queue.nth(1).get_by_label("Cancel this one").click()
        expect(images.queue).to_have_count(left)
    images.stage.get_by_role("button", name="Stop").click()
    expect(images.queue.locator(".name")).to_have_text(["third in line"])
    images.root.get_by_role("button", name="Go on").click()
    expect(images.stage.locator(".note")).to_contain_text("Drawing")
    images.stage.get_by_role("button", name="Stop").click()
    expect(images.root.locator(".queue")).to_be_hidden()


def test_several_are_compared_put_on_a_board_and_taken_home(images: Images) -> None:
    page, root = images.page, images.root
    images.draw("something else, so that there are two only once the search is done")
    images.draw("a pair of shoes", count=2)
    root.get_by_label("Search prompts").fill("pair of shoes")
    expect(images.cells).to_have_count(2)
    for place in range(2):
        images.cells.nth(place).hover()
        images.cells.nth(place).locator("input").check()
    bar = root.locator(".selection")
    bar.get_by_role("button", name="Compare").click()
    compared = page.locator(".images-compare")
    expect(compared.locator("tbody th")).to_have_text(["Seed"])
    page.keyboard.press("ArrowRight")
    expect(compared.locator("input")).to_have_value("51")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Download (zip)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 2
    bar.get_by_role("button", name="Boards").click()
    page.get_by_role("menuitem", name="New board").click()
    page.locator(".playground-dialog").get_by_label("Name").fill("Shoes <b>")
    page.locator(".playground-dialog").get_by_role("button", name="Save").click()
    expect(root.get_by_label("What is shown")).to_contain_text("Shoes <b> (2)")


def test_the_file_of_a_picture_brings_its_settings(images: Images) -> None:
    viewer = images.view(images.draw("a paper boat", seed=7, steps=4))
    file = viewer.locator("[data-do=download]").get_attribute("href")
    content = images.page.request.get(file).body()
    images.page.keyboard.press("Escape")
    images.set(steps="", seed="")
    images.prompt.fill("")
    picture = {"name": "boat.png", "mimeType": "image/png", "buffer": content}
    images.root.locator(".aids [type=file]").set_input_files(picture)
    expect(images.prompt).to_have_value("a paper boat")
    expect(images.root.locator("[name=steps]")).to_have_value("4")


def test_what_cannot_be_drawn_is_said_in_a_sentence(images: Images) -> None:
    images.prompt.fill("too wide")
    images.set(width=10_001)
    expect(images.root.locator(".flight.refused")).to_contain_text("Width")
    images.root.get_by_role("button", name="Generate").click()
    expect(images.root.locator(".wish > .problem")).to_contain_text("4096")
    images.set(width="", model="echo:fail=2")
    images.root.get_by_role("button", name="Generate").click()
    expect(images.stage.locator(".problem")).to_have_text("The stand-in broke, as it was told to.")
    expect(images.stage.get_by_role("button", name="Try again")).to_be_visible()


def test_a_picture_goes_into_a_draft(images: Images) -> None:
    page = images.page
    images.view(images.draw("a map of an island")).get_by_role("button", name="Put into a draft").click()
    page.locator(".playground-dialog").get_by_role("button", name="New draft").click()
    expect(page.locator(".writing .cards textarea.text").last).to_have_value(
        re.compile(r"!\[a map of an island\]\(/api/files/\w+\)")
    )


def test_a_plot_is_a_grid(images: Images) -> None:
    root = images.root
    images.set(count="")
    root.get_by_text("Compare values in a grid").click()
    root.get_by_label("Axis X").select_option("steps")
    root.locator(".axis textarea").first.fill("2, 4")
    images.draw("a plotted star")
    expect(images.stage.locator(".tiles .grid img")).to_be_visible()
    expect(images.stage.locator(".tiles .whole")).to_have_count(2)


def test_a_long_gallery_is_read_on_as_one_scrolls(images: Images) -> None:
    page = images.page
    request = {"prompt": "one of many pebbles", "model": "echo:", "count": 16, "width": 64, "height": 64}
    for _ in range(4):
        job = page.request.post(f"{images.url}/api/jobs", data={"assistant": "images", "request": request}).json()
        page.request.get(f"{images.url}/api/jobs/{job['id']}/events")
    images.root.get_by_label("Search prompts").fill("many pebbles")
    expect(images.root.locator(".total")).to_have_text("64")
    expect(images.cells.first).to_be_visible()
    images.cells.last.scroll_into_view_if_needed()
    expect(images.cells).to_have_count(64)
    images.view(images.cells.nth(62))
    page.keyboard.press("ArrowRight")
    expect(images.viewer.locator("header strong")).to_have_text("64 of 64")
    expect(images.viewer.get_by_label("Next picture")).to_be_disabled()


def test_the_palette_finds_a_picture(images: Images) -> None:
    page = images.page
    images.draw("a quokka")
    page.get_by_role("tab", name="Chat").click()
    page.keyboard.press("Control+k")
    page.locator(".palette input").fill("quokka")
    page.locator(".palette .option", has_text="a quokka").last.click()
    expect(images.viewer.locator(".said")).to_contain_text("a quokka")


def test_a_section_of_a_draft_is_illustrated(images: Images) -> None:
    page = images.page
    text = b"# Birds\n\n## a penguin in the snow\n\nThey walk.\n\n## Others\n\nThey fly.\n"
    draft = page.request.post(
        f"{images.url}/api/drafts/import",
        multipart={"file": {"name": "birds.md", "mimeType": "text/markdown", "buffer": text}},
    ).json()["id"]
    page.goto(f"{images.url}/?draft={draft}")
    page.locator(".writing .card").first.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Illustrate").click()
    expect(images.prompt).to_have_value("a penguin in the snow")
    images.view(images.draw("a penguin in the snow"))
    images.viewer.get_by_role("button", name="Put into a draft").click()
    page.get_by_role("dialog").last.get_by_role("button", name="Into “a penguin in the snow”").click()
    cards = page.locator(".writing .card")
    expect(cards.first.locator("textarea.text")).to_have_value(re.compile(r"They walk\.\n\n!\[.+\]\(/api/files/"))
    expect(cards.first.locator(".pictures img")).to_be_in_viewport()
    expect(cards.last.locator("textarea.text")).to_have_value("They fly.")


def test_words_that_cannot_be_drawn_are_named_before_with_what_can_be(images: Images) -> None:
    images.set(model="local:starter-image")
    images.prompt.fill("a walrus and an eel in the snow")
    expect(images.root.locator(".flight")).to_contain_text("doesn't know: walrus, eel")
    words = images.root.locator(".vocabulary")
    words.get_by_role("button", name="elephant", exact=True).click()
    expect(images.prompt).to_have_value("an elephant and an eel in the snow")
    expect(images.root.locator(".flight")).to_contain_text("doesn't know: eel")
    words.get_by_role("button", name="fox", exact=True).click()
    expect(images.prompt).to_have_value("an elephant and a fox in the snow")
    expect(images.root.locator(".flight")).not_to_contain_text("learnt")
    words.get_by_role("button", name="at night", exact=True).click()
    expect(images.prompt).to_have_value("an elephant and a fox in the snow at night")
    images.set(model="echo:")
    images.prompt.fill("a walrus")
    expect(words).to_be_hidden()
    expect(images.root.locator(".flight")).not_to_contain_text("learnt")


KEEPS = [
    ("a fox", "a red fox in a snowy forest, low winter sun", True),
    ("a sleeping fox", "a red fox asleep under an old oak", True),
    ("two wolves, oil painting", "a pair of wolves? no: two wolves at dusk", True),
    ("a walrus reading", "a fluffy orange cat on a windowsill, morning light", False),
    ("a red fox and a dog", "a red fox in the snow", False),
    ("a 1950s diner", "a diner with neon lights", False),
    ("一只猫", "窗台上的橘猫，晨光", True),
    ("一只猫和一条狗", "森林里的城堡", False),
    ("雪地里的企鹅", "a penguin in the snow", True),
    ("", "anything", True),
]


@pytest.mark.parametrize(("before", "after", "keeps"), KEEPS)
def test_a_better_prompt_still_names_what_was_wished_for(images: Images, before: str, after: str, keeps: bool) -> None:
    script = "async ([before, after]) => (await import('/studio/images/subject.js')).keepsSubject(before, after)"
    assert images.page.evaluate(script, [before, after]) is keeps


def test_a_prompt_that_lost_its_subject_is_not_taken(images: Images) -> None:
    """The stand-in says the last message back: a template of one's own makes that something else."""
    source = images.page.request.get(f"{images.url}/api/prompts/chat/picture-prompt").json()["source"]
    own = source.replace('content: "{{message}}"', "content: a fluffy orange cat").replace(
        'Of "a cat"', '{{message}}. Of "a cat"'
    )
    kept = images.page.request.put(f"{images.url}/api/prompts/chat/picture-prompt", data={"source": own})
    assert kept.ok, kept.text()
    try:
        images.prompt.fill("a walrus")
        images.root.get_by_role("button", name="Improve the prompt").click()
        expect(images.toast).to_contain_text("lost what you wanted to see")
        expect(images.prompt).to_have_value("a walrus")
        images.prompt.fill("a cat")
        images.root.get_by_role("button", name="Improve the prompt").click()
        expect(images.prompt).to_have_value("a fluffy orange cat")
    finally:
        images.page.request.delete(f"{images.url}/api/prompts/chat/picture-prompt")


def test_the_trash_is_reached_from_the_pictures(images: Images) -> None:
    images.draw("a picture to be deleted")
    images.root.locator(".gallery > header").get_by_role("button", name="More actions").click()
    images.page.get_by_role("menuitem", name="Deleted pictures").click()
    expect(images.page.get_by_role("heading", name="Trash")).to_be_visible()
    images.page.go_back()
    expect(images.prompt).to_be_visible()


def test_a_lost_connection_says_what_becomes_of_the_picture(page: Page, running: Server) -> None:
    with wire_to(running.port) as wire:
        images = Images(Chat(page, f"http://127.0.0.1:{wire.port}").open())
        images.generate("a slow snail", model="echo:delay=0.4")
        expect(images.stage.locator(".coming img")).to_be_visible()
        wire.cut()
        expect(images.stage.locator(".note")).to_contain_text("Connection lost. The picture is still being drawn")
        expect(images.stage.get_by_role("button", name="Stop")).to_be_disabled()
        wire.mend()
        expect(images.stage.locator(".note")).to_have_text("Done", timeout=20_000)
        expect(images.stage.locator(".tiles .whole img")).to_be_visible()
