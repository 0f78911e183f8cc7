"""The chat as a visitor sees it: what tests do with it, in their words."""

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LOADED = ".chat .example:visible, .turn:visible"


def words(count: int) -> str:
    """Return so many different words: the stand-in takes 30 ms to say each of them."""
    return " ".join(f"w{number}" for number in range(count))


class Chat:
    """The page with the chat tab in front."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        self.url = url
        self.box = page.locator(".composer textarea")
        self.users = page.locator(".turn.user:not(.sending)")
        self.replies = page.locator(".turn.assistant")
        self.done = page.locator(".turn.assistant:has(.meta)")
        self.streaming = page.locator(".streaming:not([hidden])")
        self.toast = page.locator(".studio-toast")
        self.chats = page.locator(".chats .list li[data-id]")

    def open(self, query: str = "") -> "Chat":
        """Open the page, at a conversation if the query names one."""
        self.page.goto(f"{self.url}/{query}")
        self.page.locator(LOADED).first.wait_for()
        return self

    def new(self) -> None:
        """Begin a new chat."""
        self.page.get_by_role("button", name="New chat").click()
        expect(self.users).to_have_count(0)

    def send(self, text: str) -> None:
        """Type a message and press Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def ask(self, text: str) -> "Locator":
        """Send a message and wait for the whole reply."""
        before = self.done.count()
        self.send(text)
        self.done.nth(before).wait_for()
        return self.done.nth(before)

    def seed(self, turns: int) -> str:
        """Have so many turns written past the page, n0 and on, and return their conversation."""
        request = {"message": "n0"}
        for number in range(turns):
            job = self.page.request.post(f"{self.url}/api/jobs", data={"assistant": "chat", "request": request}).json()
            events = self.page.request.get(f"{self.url}/api/jobs/{job['id']}/events")
            assert '"done"' in events.text()
            conversation = self.page.request.get(f"{self.url}/api/jobs/{job['id']}").json()["result"]["conversation"]
            request = {"message": f"n{number + 1}", "conversation": conversation}
        return conversation

    def tool(self, turn: "Locator", kind: str) -> None:
        """Press one of a turn's buttons, which show while the pointer is over it."""
        turn.hover()
        turn.locator(f"[data-tool={kind}]").click()

    def text(self, turn: "Locator") -> str:
        """Return the words of a turn."""
        return turn.locator(".body").inner_text().strip()

    def choose(self, label: str) -> None:
        """Choose an entry of the open menu."""
        self.page.get_by_role("menuitem", name=label).click()
