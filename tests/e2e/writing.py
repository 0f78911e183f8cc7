"""The Write tab as a visitor sees it: what tests do with it, in their words."""

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class Desk:
    """The page with the Write tab in front."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        self.url = url
        self.home = page.locator(".writing .home")
        self.cards = page.locator(".writing .card")
        self.texts = page.locator(".writing .card textarea.text")
        self.streaming = page.locator(".writing .streaming:not([hidden])")
        self.work = page.locator(".writing .work")
        self.pen = page.locator(".writing .pen")
        self.saved = page.locator(".writing .saved")
        self.side = page.locator(".writing .side")
        self.rows = page.locator(".writing .drafts .rows li")
        self.toast = page.locator(".studio-toast")

    def enter(self) -> "Desk":
        """Open the page and go into the tab."""
        self.page.goto(self.url)
        self.page.get_by_role("tab", name="Write").click()
        self.page.locator(".writing .example").first.wait_for()
        return self

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the REST interface as a script of the same visitor."""
        data = None if body is None else json.dumps(body)
        answer = self.page.request.fetch(
            f"{self.url}/api/{path}", method=method, data=data, headers={"Content-Type": "application/json"}
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.text() else None

    def write(self, *headings: str, topic: str = "The town library", model: str = "echo:", **request: Any) -> str:
        """Let a draft with these sections be written, at once unless a slower model is named, and return its id."""
        outline = [{"heading": heading, "words": 40} for heading in headings]
        asked = {"topic": topic, "outline": outline, "polish": False, "model": model, **request}
        job = self.ask("POST", "jobs", {"assistant": "writing", "request": asked})["id"]
        self.page.request.get(f"{self.url}/api/jobs/{job}/events", timeout=180_000)
        return self.ask("GET", f"jobs/{job}")["result"]["draft"]

    def open(self, draft: str) -> "Desk":
        """Open a draft by its address."""
        self.page.goto(f"{self.url}/?draft={draft}")
        self.cards.first.wait_for()
        return self

    def documents(self, draft: str) -> list[str]:
        """Return the texts of a draft's sections, as they are kept."""
        return [section["text"] for section in self.ask("GET", f"drafts/{draft}")["document"]["sections"]]

    def shown(self) -> list[str]:
        """Return the texts of the sections on the page."""
        return [box.input_value() for box in self.texts.all()]

    def tool(self, card: "Locator", name: str) -> None:
        """Press a tool of a section, which shows on hover."""
        card.hover()
        card.locator(f"[data-tool={name}]").click()

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.page.locator(".writing").get_by_role("button", name=name, exact=True).click()

    def wait(self) -> None:
        """Wait until no job is at work."""
        expect(self.work).to_be_hidden(timeout=20_000)
        expect(self.streaming).to_have_count(0)

    def select(self, card: "Locator", start: int, end: int) -> None:
        """Select a stretch of a section's text."""
        box = card.locator("textarea.text")
        box.focus()
        box.evaluate(
            "(box, [start, end]) => (box.setSelectionRange(0, 0), box.setSelectionRange(start, end))", [start, end]
        )
        self.pen.wait_for()

    def beside(self, panel: str) -> None:
        """Show a panel beside the draft."""
        if self.side.is_hidden():
            self.press("Checks, versions and more")
        self.side.get_by_role("tab", name=panel).click()
