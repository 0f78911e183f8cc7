"""What editing a long draft costs in the browser; run ``python -m benchmarks.editing``.

A draft of 10,000 words is brought in twice, as 20 sections and as a single one, and typed into as a person would. For
each: milliseconds from the key to the page being painted and idle again, and milliseconds that the page was busy with
the key, beside the same text in a bare text box of the same browser; and milliseconds to save what was typed. The
ratios count, not the absolute figures.
"""

import argparse
from statistics import median
from typing import Any

from benchmarks.server import chromium, serving

WORDS = 10_000
# Milliseconds between two keys of somebody who types fast.
PACE = 120
# A paragraph of 50 words.
PARAGRAPH = " ".join(f"word{number}" for number in range(49)) + " end."

# Collects the time from each key to the moment when the page is painted and nothing is left to do.
WATCH = """() => {
  window.keys = [];
  addEventListener("keydown", () => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.keys.push(performance.now() - began)));
  }, true);
}"""
BARE = """(text) => {
  document.body.innerHTML = "<textarea style='field-sizing: content; width: 700px; font-size: 16px'></textarea>";
  document.querySelector("textarea").value = text;
}"""
# The answers to the page's questions since the last look, in milliseconds.
ASKED = """() => {
  const found = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/api/drafts/"));
  performance.clearResourceTimings();
  return found.map(({ duration }) => duration);
}"""


def markdown(sections: int) -> str:
    """Return a text of so many sections, of 10,000 words in all."""
    text = "\n\n".join([PARAGRAPH] * (WORDS // 50 // sections))
    return "# A long text\n\n" + "\n\n".join(f"## Section {number}\n\n{text}" for number in range(sections))


def busy(session: Any) -> float:
    """Return the milliseconds that the page's main thread has worked so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def typed(page: Any, selector: str, keys: int) -> tuple[list[float], float]:
    """Type into the middle of a text box; return what each key took, and how long the page was busy with each."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    box = page.locator(selector).first
    box.focus()
    box.evaluate("box => box.setSelectionRange(box.value.length / 2, box.value.length / 2)")
    page.evaluate(WATCH)
    began = busy(session)
    for number in range(keys):
        page.keyboard.press("Space" if number % 6 == 5 else "e")
        page.wait_for_timeout(PACE)
    page.wait_for_function(f"window.keys.length >= {keys}")
    return page.evaluate("window.keys"), (busy(session) - began) / keys


def saved(page: Any, rounds: int) -> list[float]:
    """Type a letter and wait until it is saved, again and again; return what each saving took."""
    took = []
    for _ in range(rounds):
        page.evaluate(ASKED)
        page.keyboard.press("e")
        page.wait_for_function("document.querySelector('.writing .saved').textContent === 'Saving…'")
        page.wait_for_function("document.querySelector('.writing .saved').textContent === 'Saved'")
        took += page.evaluate(ASKED)
    return took


def figures(took: list[float], work: float | None = None) -> str:
    """Return median, 95th percentile, worst and how long the page was busy."""
    late = sorted(took)[int(0.95 * (len(took) - 1))]
    return f"{median(took):.1f} | {late:.1f} | {max(took):.1f} | {'' if work is None else f'{work:.1f}'}"


def measure(url: str, page: Any, sections: int, keys: int, rounds: int) -> None:
    """Print the figures of one draft."""
    text = markdown(sections)
    page.goto("about:blank")
    page.evaluate(BARE, text if sections == 1 else text[: len(text) // sections])
    bare = typed(page, "textarea", keys)
    page.goto(url)
    page.get_by_role("tab", name="Write").click()
    page.locator(".writing .example").first.wait_for()
    file = {"name": "long.md", "mimeType": "text/markdown", "buffer": text.encode()}
    page.locator(".writing .import input").set_input_files(file)
    page.locator(".writing .card textarea.text").nth(sections - 1).wait_for()
    page.wait_for_timeout(1000)
    desk = typed(page, ".writing .card textarea.text", keys)
    print(f"| {sections} | bare text box | {figures(*bare)} |")
    print(f"| {sections} | desk | {figures(*desk)} |")
    print(f"| {sections} | saving | {figures(saved(page, rounds))} |")


def main() -> None:
    """Measure both drafts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with serving("echo:") as server, chromium() as page:
        if page is None:
            raise SystemExit("This needs Chromium.")
        print(
            f"\n{WORDS} words, ms\n\n| sections | what | median | p95 | worst | busy a key |\n|---|---|---|---|---|---|"
        )
        for sections in (20, 1):
            measure(f"http://127.0.0.1:{server.port}/", page, sections, options.keys, options.rounds)


if __name__ == "__main__":
    main()
