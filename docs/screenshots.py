"""The pictures of the README; run ``python -m docs.screenshots``.

Opens a studio on a fresh home, talks with the starter model (or what ``STUDIO_TEXT_MODEL`` names) and takes the tabs at
1280 and 390 pixels, light and dark, in English and Chinese.
"""

import os
from pathlib import Path
from typing import Any

from assistants import playground, writing
from benchmarks.server import Server, chromium, serving

FOLDER = Path(__file__).parent
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 780}
SEED = {"params": {"seed": 7}}
TALK = (
    "Give me three names for a small tea shop by the sea, as a list.",
    "Explain in three sentences why the sky is blue.",
    "Write a Python function that sorts a list of names by length, with a short explanation.",
)

PICTURES = (
    "a lion and a star on the beach",
    "three penguins in the snow",
    "a robot at night",
    "a parrot and a flamingo on mars",
    "a turtle on the beach",
    "a hamburger and fries on a table",
    "a castle at sunset",
    "a cow and a beer in the snow",
    "a whale underwater",
    "an owl in a forest",
    "a rocket in space",
    "two apples on a table",
    "an astronaut riding a horse on mars",
    "a cat and a dog on the grass",
    "a sailboat on the sea",
)


def talk(server: Server) -> str:
    """Fill the history and return the conversation to show."""
    params = {"seed": 7, "temperature": 0.3, "max_tokens": 220}
    for message in TALK:
        job = server.say(message, params=params)
        server.follow(job["id"])
        conversation = server.ask("GET", f"/api/jobs/{job['id']}")["result"]["conversation"]
    return conversation


def study(server: Server) -> str:
    """Study how many examples help on the bundled task, and return the job."""
    options = {"study": "shots", "study_options": {"ks": [0, 1, 2, 3, 4, 6, 8]}, "shots": {}}
    request = playground.DATASET["request"] | options
    job = server.ask("POST", "/api/jobs", {"assistant": "playground", "request": request})
    server.follow(job["id"])
    return job["id"]


def draw(server: Server) -> None:
    """Fill the gallery, one picture a prompt, whatever comes of it."""
    for prompt in PICTURES:
        job = server.ask("POST", "/api/jobs", {"assistant": "images", "request": {"prompt": prompt, "seed": 7}})
        server.follow(job["id"])


def write(server: Server) -> str:
    """Let the first example of Write be drafted, whatever comes of it, and return the draft."""
    job = server.ask("POST", "/api/jobs", {"assistant": "writing", "request": writing.EXAMPLES[0] | SEED})
    server.follow(job["id"])
    return server.ask("GET", f"/api/jobs/{job['id']}")["result"]["draft"]


# What to press for a tab's picture, and what to wait for then.
STEPS = {
    "history": [("#tab-history-button", "#history li, #history .item")],
    "images": [("#tab-images-button", ".images .cells img")],
    "models": [("#tab-settings-button", ".models li")],
    "prompts": [("#tab-prompts-button", ".prompts .cards li")],
    "write": [(None, ".writing .card textarea.text")],
    "study": [(None, ".playground .studies svg")],
    "support": [("#tab-support-button", ".support"), ("text=How many days do I have to return", "text=See why")],
}


def shoot(browser: Any, url: str, name: str, *, size: dict[str, int], lang: str = "en", dark: bool = False) -> None:
    """Take one picture: of Chat, unless ``name`` begins with that of another tab."""
    locale = {"en": "en-US", "zh": "zh-CN"}[lang]
    context = browser.new_context(viewport=size, locale=locale, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".chat", state="attached")
    for button, drawn in STEPS.get(name.partition("-")[0], []):
        if button:
            page.click(button)
        page.wait_for_selector(drawn)
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> None:
    """Take all of them."""
    with serving(os.environ.get("STUDIO_TEXT_MODEL", "mini")) as server, chromium() as page:
        if page is None:
            raise SystemExit("The pictures need Chromium.")
        browser = page.context.browser
        root = f"http://127.0.0.1:{server.port}/"
        shoot(browser, root, "chat-empty", size=WIDE)
        chat = f"{root}?chat={talk(server)}"
        shoot(browser, chat, "chat", size=WIDE)
        shoot(browser, chat, "chat-dark", size=WIDE, dark=True)
        shoot(browser, chat, "chat-zh", size=WIDE, lang="zh")
        shoot(browser, chat, "chat-narrow", size=NARROW)
        shoot(browser, root, "history", size=WIDE)
        shoot(browser, root, "history-zh-dark", size=WIDE, lang="zh", dark=True)
        shoot(browser, root, "history-narrow", size=NARROW)
        shoot(browser, root, "models", size=WIDE)
        shoot(browser, root, "prompts", size=WIDE)
        draft = f"{root}?draft={write(server)}"
        shoot(browser, draft, "write", size=WIDE)
        shoot(browser, draft, "write-zh-dark", size=WIDE, lang="zh", dark=True)
        shoot(browser, root, "support", size=WIDE)
        shoot(browser, f"{root}?run={study(server)}", "study", size=WIDE)
        draw(server)
        shoot(browser, root, "images", size=WIDE)
        shoot(browser, root, "images-zh-dark", size=WIDE, lang="zh", dark=True)
        shoot(browser, root, "images-narrow", size=NARROW)


if __name__ == "__main__":
    main()
