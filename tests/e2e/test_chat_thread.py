"""What one can do in the thread: with code and what it shows, by keys and by touch, and in a long conversation."""

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.e2e.chat import Chat
from tests.e2e.test_axe import AXE, findings

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def quick(running: Server) -> None:
    """Let new chats, which begin as the last one was, be answered without a pause between words."""
    data = json.dumps({"assistant": "chat", "request": {"message": "begun", "model": "echo:"}}).encode()
    urlopen(Request(f"{running.url}/api/jobs", data, {"Content-Type": "application/json"})).close()


def block(chat: Chat, language: str, code: str) -> "Locator":
    """Have a reply with a block of code and return it."""
    return chat.ask(f"```{language}\n{code}\n```").locator(".code")


def shown(code: "Locator") -> "FrameLocator":
    """Press Preview and return the frame."""
    code.get_by_role("button", name="Preview", exact=True).click()
    return code.frame_locator("iframe")


NAMED = [
    ("python", "# src/birds.py\nprint('robin')", "birds.py"),
    ("js", "// ../../.evil/owl.js\nowl()", "owl.js"),
    ("python", "# numpy.array\nprint(1)", "code.py"),
    ("Dockerfile", "FROM scratch", "Dockerfile"),
    ("html", "<!-- 主页.html -->\n<p>hi</p>", "主页.html"),
    ("html", "<p>hi</p>", "index.html"),
    ("brainfuck/../../x", "+", "code.txt"),
    ("", "plain", "code.txt"),
]


def test_code_is_downloaded_whole_under_a_sensible_name(chat: Chat) -> None:
    reply = chat.ask("\n".join(f"```{language}\n{code}\n```" for language, code, _ in NAMED))
    for place, (_, code, name) in enumerate(NAMED):
        with chat.page.expect_download() as coming:
            reply.get_by_role("button", name="Download").nth(place).click()
        assert coming.value.suggested_filename == name
        assert coming.value.path().read_text("utf-8") == f"{code}\n"


def test_code_wraps_and_the_next_one_as_the_last(chat: Chat) -> None:
    long = block(chat, "text", " ".join(["nightingale"] * 60))
    moves = "node => node.scrollWidth > node.clientWidth"
    assert long.locator("pre").evaluate(moves)
    wrap = long.get_by_role("button", name="Wrap long lines")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not long.locator("pre").evaluate(moves)
    chat.page.reload()
    chat.done.first.wait_for()
    assert not long.locator("pre").evaluate(moves)


@pytest.fixture
def home() -> Iterator[tuple[str, int, list[bytes]]]:
    """A stranger's machine, by TCP and UDP: its host, its port, and the beginning of whatever comes."""
    heard: list[bytes] = []
    streams = socket.create_server(("127.0.0.1", 0))
    port = streams.getsockname()[1]
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets.bind(("127.0.0.1", port))

    def accept() -> None:
        while True:
            try:
                connection, _ = streams.accept()
            except OSError:
                return
            heard.append(b"connected")
            connection.close()

    def receive() -> None:
        while data := packets.recv(64):
            heard.append(data)

    threads = [threading.Thread(target=listen, daemon=True) for listen in (accept, receive)]
    for thread in threads:
        thread.start()
    yield "127.0.0.1", port, heard
    packets.sendto(b"", packets.getsockname())
    streams.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    streams.close()
    packets.close()


CALLS = """<title>t</title><img src="URL/img"><link rel="stylesheet" href="URL/css"><link rel="preconnect" href="URL">
<style>@import url(URL/import); body { background: url(URL/bg) }</style><script src="URL/script"></script>
<iframe src="URL/frame"></iframe><object data="URL/object"></object><video src="URL/video" autoplay></video>
<form id="f" action="URL/form" method="post"></form><a id="a" href="URL/link" target="_blank" ping="URL/ping">x</a>
<svg><image href="URL/svg"/></svg><base href="URL/"><img src="base">
<script>
const attempt = (call) => { try { Promise.resolve(call()).catch(() => {}) } catch {} };
const rtc = (scope) => attempt(() => {
  const peer = new scope.RTCPeerConnection({ iceServers: [{ urls: "stun:HOST" }] });
  peer.createDataChannel("x");
  peer.createOffer().then((offer) => peer.setLocalDescription(offer));
});
const calls = `const rtc = ${rtc}, attempt = ${attempt}; rtc(window); attempt(() => fetch("URL/inner"))`;
const inner = `<script>${calls}<\\/script>`;
const framed = (root) => {
  const frame = document.createElement("iframe");
  frame.srcdoc = inner;
  root.append(frame);
  attempt(() => rtc(frame.contentWindow));
};
rtc(window);
framed(document.body);
const host = document.body.appendChild(document.createElement("div"));
framed(host.attachShadow({ mode: "closed" }));
for (const call of [
  () => fetch("URL/fetch", { mode: "no-cors" }), () => navigator.sendBeacon("URL/beacon", "x"),
  () => new WebSocket("ws://HOST"), () => new EventSource("URL/events"), () => open("URL/open"),
  () => (top.location = "URL/top"), () => (parent.location = "URL/parent"), () => f.submit(), () => a.click(),
  () => parent.document.body, () => localStorage.getItem("x"), () => (document.cookie = "a=b"),
  () => import("URL/module"), () => new Worker(URL.createObjectURL(new Blob([`fetch("URL/worker")`]))),
]) attempt(call);
document.body.append("all tried");
</script>
LAST"""


@pytest.mark.parametrize(
    "last",
    [
        "",
        '<script>setTimeout(() => location = "URL/away", 50)</script>',
        '<script>setTimeout(() => location = "STUDIO/api/away", 50)</script>',
        '<meta http-equiv="refresh" content="0;url=URL/refresh">',
    ],
    ids=["calls", "goes", "goes-to-the-studio", "refreshes"],
)
def test_html_that_calls_home_reaches_nobody(
    running: Server, page: "Page", home: tuple[str, int, list[bytes]], last: str
) -> None:
    host, port, heard = home
    asked: list[str] = []
    chat = Chat(page, running.url).open()
    source = CALLS.replace("LAST", last).replace("STUDIO", running.url)
    source = source.replace("HOST", f"{host}:{port}").replace("URL/", f"http://{host}:{port}/")
    code = block(chat, "html", source.replace('"URL"', f'"http://{host}:{port}"'))
    page.on("request", lambda request: asked.append(request.url))
    code.get_by_role("button", name="Preview", exact=True).click()
    if not last:
        expect(code.frame_locator("iframe").locator("body")).to_contain_text("all tried")
    page.wait_for_timeout(500)
    assert heard == []
    assert [url for url in asked if not url.startswith(("data:", "about:")) and "away" in url] == []
    assert page.url.startswith(running.url) and len(page.context.pages) == 1


def test_what_a_preview_runs_ends_when_it_is_closed(chat: Chat) -> None:
    code = block(chat, "html", "<p>before</p><script>setTimeout(() => { for (;;); }, 100)</script>")
    expect(shown(code).locator("p")).to_have_text("before")
    expect(code.locator("pre")).to_be_hidden()
    chat.page.wait_for_timeout(300)
    code.get_by_role("button", name="Close preview").click()
    expect(code.locator("iframe")).to_have_count(0)
    expect(code.locator("pre")).to_be_visible()
    chat.ask("still here")


def test_a_drawing_shows_and_its_script_does_not_run(chat: Chat) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/><text>{}</text></svg>'
    code = block(chat, "svg", svg.format("owl"))
    expect(shown(code).locator("text")).to_have_text("owl")
    assert code.locator("iframe").get_attribute("sandbox") == ""
    # Only what can be shown offers it.
    assert block(chat, "xml", "<a>1</a>").get_by_role("button", name="Preview").count() == 0


def test_a_diagram_is_drawn_or_says_in_a_sentence_why_not(chat: Chat) -> None:
    code = block(chat, "mermaid", "graph LR\n  Robin --> Nest")
    expect(shown(code).locator("svg")).to_contain_text("Nest")
    # The frame is as high as what was drawn.
    expect(code.locator(".preview.is-drawn")).to_be_visible()
    height = code.locator("iframe").evaluate("frame => frame.offsetHeight")
    assert 60 <= height < 300
    code = block(chat, "mermaid", "graph LR\n  --> --> (")
    code.get_by_role("button", name="Preview", exact=True).click()
    expect(code.get_by_role("alert")).to_contain_text("This can't be drawn")


def test_a_diagram_that_never_ends_is_stopped(chat: Chat) -> None:
    never = "globalThis.mermaid = { initialize() {}, render() { for (;;); } }"
    chat.page.route("**/mermaid.min.js", lambda route: route.fulfill(body=never, content_type="text/javascript"))
    code = block(chat, "mermaid", "graph LR\n  A --> B")
    # Playwright's clock would wait for the frame.
    chat.page.evaluate("{ const set = setTimeout; window.setTimeout = (call, ms) => set(call, ms / 20); }")
    code.get_by_role("button", name="Preview", exact=True).click()
    expect(code.get_by_role("alert")).to_have_text(
        "Drawing this takes too long, so it was stopped. The code is as it was."
    )
    expect(code.locator("iframe")).to_have_count(0)


def test_keys_do_what_the_sheet_says_and_nothing_while_one_types(chat: Chat) -> None:
    page = chat.page
    chat.ask("first owl")
    chat.box.press_sequentially("?nec")
    expect(chat.box).to_have_value("?nec")
    expect(page.locator(".keys-sheet")).to_have_count(0)
    chat.box.fill("")
    chat.box.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Copy the last reply")
    # Nothing below the sheet hears a key.
    page.keyboard.press("n")
    expect(chat.users).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(chat.toast).to_contain_text("Copied")
    page.keyboard.press("e")
    edited = page.locator("form.edit textarea")
    expect(edited).to_be_focused()
    expect(edited).to_have_value("first owl")
    page.keyboard.press("Escape")
    page.locator(".thread").focus()
    page.keyboard.press("m")
    expect(page.locator(".model-picker")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".picker .model")).to_be_focused()
    page.locator(".thread").focus()
    page.keyboard.press("s")
    expect(page.get_by_label("Search conversations")).to_be_focused()
    page.locator(".thread").focus()
    page.keyboard.press("n")
    expect(chat.users).to_have_count(0)


def test_single_keys_can_be_switched_off(chat: Chat) -> None:
    chat.ask("stays")
    chat.page.get_by_role("button", name="Keyboard shortcuts").click()
    chat.page.get_by_label("Use single keys").uncheck()
    chat.page.keyboard.press("Escape")
    chat.page.locator(".thread").focus()
    chat.page.keyboard.press("n")
    chat.page.keyboard.press("?")
    expect(chat.page.get_by_label("Use single keys")).not_to_be_checked()
    expect(chat.users).to_have_count(1)


def test_a_slash_brings_a_template_with_its_fields(chat: Chat) -> None:
    page = chat.page
    options = page.get_by_role("listbox", name="Prompts").get_by_role("option")
    chat.box.press_sequentially("/")
    expect(options.first).to_be_visible()
    chat.box.press_sequentially("transl")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(chat.box).to_have_value("")
    field = page.get_by_role("textbox", name="language")
    expect(field).to_be_focused()
    field.fill("French")
    page.keyboard.press("Enter")
    expect(chat.box).to_be_focused()
    chat.ask("Good morning")
    conversation = page.request.get(f"{chat.url}/api/conversations/{page.url.partition('chat=')[2]}").json()
    assert conversation["settings"]["template"] == "chat/translator"
    assert conversation["settings"]["values"] == {"language": "French"}


def test_a_slash_that_begins_no_template_is_a_message(chat: Chat) -> None:
    options = chat.page.get_by_role("listbox", name="Prompts").get_by_role("option")
    chat.ask("/etc/passwd is a file")
    assert chat.text(chat.users.last) == "/etc/passwd is a file"
    chat.box.press_sequentially("/tut")
    expect(options).to_have_count(1)
    chat.box.press("Escape")
    expect(options).to_have_count(0)
    chat.box.press("Enter")
    expect(chat.users.last).to_have_text("/tut")
    # Nor does one in the middle.
    chat.box.press_sequentially("1 /tutor")
    expect(options).to_have_count(0)


@pytest.fixture(scope="module")
def long(running: Server) -> str:
    """A conversation of 400 messages, of which each has its number."""
    with closing(sqlite3.connect(running.home / "studio.db")) as db, db:
        own = db.execute("SELECT id FROM conversations").fetchone()[0]
        ids = [f"long{number:05}" for number in range(400)]
        columns = [row[1] for row in db.execute("PRAGMA table_info(conversations)")]
        row = dict(zip(columns, db.execute("SELECT * FROM conversations WHERE id = ?", (own,)).fetchone(), strict=True))
        row |= {"id": "long", "title": "Long", "leaf": ids[-1]}
        db.execute(f"INSERT INTO conversations VALUES ({', '.join('?' * len(row))})", [*row.values()])
        for number, (id, parent) in enumerate(zip(ids, [None, *ids], strict=False)):
            role, words = ("assistant", f"answer **{number}** of it") if number % 2 else ("user", f"question {number}")
            db.execute(
                "INSERT INTO messages (id, conversation, parent, role, text, created) VALUES (?, 'long', ?, ?, ?, ?)",
                (id, parent, role, words + "\n\nmore" * 8, row["created"]),
            )
    return "long"


# Scrolls, and says which message is then the first in sight and how far below the edge it is.
SCROLL = """(thread, top) => {
  thread.scrollTo(0, top < 0 ? thread.scrollHeight - thread.clientHeight + top : top);
  const edge = thread.getBoundingClientRect().top;
  const first = [...document.querySelectorAll(".turn")].find((one) => one.getBoundingClientRect().bottom > edge);
  return [first.dataset.turn, first.getBoundingClientRect().top];
}"""
PLACE = "turn => document.querySelector(`[data-turn=${turn}]`).getBoundingClientRect().top"


def test_a_long_conversation_scrolls_to_its_beginning_and_back_with_few_messages_on_the_page(
    chat: Chat, long: str
) -> None:
    page, turns, thread = chat.page, chat.page.locator(".turn"), chat.page.locator(".thread")
    chat.open(f"?chat={long}")
    expect(turns.last).to_contain_text("answer 399")
    for first in range(340, -1, -30):
        turn, top = thread.evaluate(SCROLL, 200)
        expect(page.locator(f"[data-turn=long{first:05}]")).to_be_attached()
        # What one reads stays where it is.
        assert page.evaluate(PLACE, turn) == pytest.approx(top, abs=2)
        assert turns.count() <= 120
    thread.evaluate(SCROLL, 0)
    expect(turns.first).to_have_attribute("data-turn", "long00000")
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    # Downwards it goes on too.
    last = turns.last.get_attribute("data-turn")
    turn, top = thread.evaluate(SCROLL, -100)
    expect(page.locator(f"[data-turn={last}] + .turn")).to_be_attached()
    assert page.evaluate(PLACE, turn) == pytest.approx(top, abs=2)
    # A visit to another window changes nothing.
    shown = turns.last.get_attribute("data-turn")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_load_state("networkidle")
    expect(turns.last).to_have_attribute("data-turn", shown or "")
    page.get_by_role("button", name="To the latest message").click()
    expect(turns.last).to_contain_text("answer 399")


def test_a_text_is_found_far_from_what_is_on_the_page(chat: Chat, long: str) -> None:
    page = chat.page
    chat.open(f"?chat={long}")
    expect(page.locator(".turn").last).to_contain_text("answer 399")
    page.keyboard.press("Control+f")
    box = page.get_by_role("searchbox", name="Find in the conversation")
    expect(box).to_be_focused()
    box.fill("ANSWER **17")
    expect(page.locator(".finder .count")).to_have_text("6 of 6")
    expect(page.locator("[data-turn=long00179]")).to_be_in_viewport()
    box.fill("of it")
    expect(page.locator(".finder .count")).to_have_text("200 of 200")
    expect(page.locator(".turn").last).to_be_in_viewport()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".finder .count")).to_have_text("199 of 200")
    page.keyboard.press("Enter")
    # From the last it goes on at the first, lit up.
    page.keyboard.press("Enter")
    expect(page.locator("[data-turn=long00001]")).to_be_in_viewport()
    lit = "[...CSS.highlights.get('studio-found-here')].map(String)"
    assert page.evaluate(lit) == ["of it"]
    box.fill("nowhere in it")
    expect(page.locator(".finder .count")).to_have_text("Not found")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert page.evaluate("CSS.highlights.get('studio-found').size") == 0


def test_what_is_sent_from_far_back_is_answered_at_the_end(chat: Chat, long: str) -> None:
    thread = chat.page.locator(".thread")
    chat.open(f"?chat={long}")
    for first in range(340, 200, -30):
        thread.evaluate(SCROLL, 200)
        expect(chat.page.locator(f"[data-turn=long{first:05}]")).to_be_attached()
    expect(chat.page.get_by_text("answer 399")).to_have_count(0)
    chat.send("said from afar")
    expect(chat.users.last).to_have_text("said from afar")
    expect(chat.replies.last.locator(".meta")).to_be_in_viewport()


def test_by_touch_all_that_a_message_offers_is_in_sight_and_large_enough(chat: Chat, running: Server) -> None:
    browser = chat.page.context.browser
    assert browser
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = Chat(context.new_page(), running.url).open()
    block(phone, "html", "<p>hi</p>")
    buttons = phone.page.locator(".turn button:visible, .bar button:visible, .composer button:visible")
    assert phone.page.locator(".turn [data-tool]:visible").count() >= 6
    for button in buttons.all():
        box = button.bounding_box()
        name = button.get_attribute("aria-label") or button.inner_text()
        assert box and min(box["width"], box["height"]) >= 40, (name, box)
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, (name, box)
    tools = phone.users.last.locator(".tools")
    assert tools.evaluate("node => getComputedStyle(node).opacity") == "1"
    phone.users.last.locator("[data-tool=edit]").tap()
    expect(phone.page.locator("form.edit textarea")).to_have_value("```html\n<p>hi</p>\n```")
    context.close()


def test_what_is_new_in_the_thread_has_no_serious_finding(chat: Chat) -> None:
    page = chat.page
    code = block(chat, "svg", '<svg xmlns="http://www.w3.org/2000/svg"><text>owl</text></svg>')
    page.evaluate(AXE)
    shown(code)
    page.get_by_role("button", name="Find in the conversation").click()
    page.locator(".finder input").fill("owl")
    expect(page.locator(".finder .count")).to_contain_text("of")
    found = findings(page)
    page.keyboard.press("Escape")
    chat.box.press_sequentially("/")
    expect(page.locator(".slash")).to_be_visible()
    found += findings(page)
    chat.box.fill("")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert found + findings(page) == []
