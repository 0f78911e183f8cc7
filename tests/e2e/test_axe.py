"""Names, roles and contrast, as axe-core finds them: every tab, wide and narrow, light, dark and in Chinese."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.writing import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => [id, target.join(" "), any[0]?.message ?? ""]));
}"""
TABS = ("chat", "writing", "support", "playground", "images", "prompts", "history", "settings")
SIZES = ({"width": 1280, "height": 800}, {"width": 390, "height": 844})
ANSWER = """\
**bold**, `code`, [a link](https://example.org)

```python
print(1)  # one
```

| a | b |
|--|--|
| 1 | 2 |

> $x^2$"""


@pytest.fixture(scope="module")
def full(running: Server, browser: "Browser") -> Iterator[dict[str, str]]:
    """Something in every tab: the addresses of what can be open in each."""
    context = browser.new_context()
    desk = Desk(context.new_page(), running.url)

    def made(assistant: str, **request: Any) -> dict[str, Any]:
        job = desk.ask("POST", "jobs", {"assistant": assistant, "request": request})["id"]
        desk.page.request.get(f"{running.url}/api/jobs/{job}/events", timeout=60_000)
        return desk.ask("GET", f"jobs/{job}") | {"id": job}

    first, second = made("chat", message=ANSWER), made("chat", message="again", params={"seed": 1})
    made("images", prompt="a red boat")
    request = {"prompts": [{"messages": [{"role": "user", "content": "{{word}}"}]}], "rows": [{"word": "tea"}]}
    run = made("playground", **request, evaluators=[{"type": "contains", "value": "x"}])
    yield {
        "chat": f"chat={first['result']['conversation']}",
        "writing": f"draft={desk.write('Why it matters')}",
        "playground": f"run={run['id']}",
        "prompts": "prompt=chat/tutor",
        "history": f"compare={first['id']},{second['id']}",
    }
    context.close()


def findings(page: "Page") -> list[Any]:
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")
    return page.evaluate(RUN)


def arrive(page: "Page", url: str, tab: str, query: str = "") -> None:
    page.goto(f"{url}/?tab={tab}&{query}")
    expect(page.locator(f"#tab-{tab}")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE)


@pytest.mark.parametrize(("locale", "looks"), [("en-US", ["light", "dark"]), ("zh-CN", ["light"])])
def test_no_tab_has_a_serious_finding(
    browser: "Browser", running: Server, full: dict[str, str], locale: str, looks: list[str]
) -> None:
    """What a tab begins with, and what is open in it."""
    # The page's own rules allow no foreign script; the test is one.
    context = browser.new_context(locale=locale, bypass_csp=True, viewport=SIZES[0])
    page = context.new_page()
    found = []
    for tab in TABS:
        for query in filter(None, ["new=", full.get(tab)]):
            arrive(page, running.url, tab, query)
            for size in SIZES:
                page.set_viewport_size(size)
                for look in looks:
                    page.emulate_media(color_scheme=look)
                    expect(page.locator("body.dark")).to_have_count(int(look == "dark"))
                    found += [(tab, query[:6], size["width"], look, *one) for one in findings(page)]
    context.close()
    assert found == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_what_opens_over_the_page_has_no_serious_finding(
    browser: "Browser", running: Server, full: dict[str, str], look: str
) -> None:
    """Menus, dialogs, drawers, toasts, errors."""
    context = browser.new_context(color_scheme=look, bypass_csp=True, viewport=SIZES[1])
    page = context.new_page()
    found: list[Any] = []

    def look_at(what: str) -> None:
        found.extend((what, *one) for one in findings(page))

    arrive(page, running.url, "chat", full["chat"])
    page.locator("[data-do=tabs]").click()
    look_at("menu of tabs")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("dialog.palette input").fill("again")
    page.locator("dialog.palette [role=option] mark").first.wait_for()
    look_at("palette")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    look_at("settings of the chat")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Conversations").click()
    page.get_by_placeholder("Search conversations").fill("again")
    page.locator(".chats .snippet").first.wait_for()
    look_at("list of conversations")
    arrive(page, running.url, "images")
    page.locator(".images .cells a").first.click()
    page.locator(".images-viewer .whole img").wait_for()
    look_at("viewer")
    page.keyboard.press("Escape")
    page.locator(".images .advanced > summary").click()
    page.locator(".images [name=width]").fill("3")
    page.locator(".images [name=prompt]").fill("a")
    page.locator(".images .wish [type=submit]").click()
    page.locator(".images .problem:visible").wait_for()
    look_at("an error")
    arrive(page, running.url, "history", "view=trash")
    look_at("trash")
    arrive(page, running.url, "history", "view=stats")
    look_at("statistics")
    arrive(page, running.url, "playground")
    for mode in ("bench", "studies"):
        page.locator(f"[data-mode={mode}]").click()
        look_at(mode)
    arrive(page, running.url, "support")
    page.locator("[data-mode=managing]").click()
    for part in page.locator(".support .parts:visible [data-part]").all():
        part.click()
        look_at(part.get_attribute("data-part") or "")
    page.goto(f"{running.url}/ask/sample")
    page.locator(".examples button, [name=question]").first.wait_for()
    page.evaluate(AXE)
    look_at("the customers' page")
    context.close()
    assert found == []
