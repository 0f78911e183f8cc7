"""What the page shows and asks, as anybody can ask it: over HTTP, past the page."""

import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from gradio.queueing import Queue

from assistants.errors import InvalidInput
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.jobs.stand_ins import full
from tests.serving import SHARED, listening, opened, web_app
from webapp import STATIC, page
from webapp.api.conversations import list_messages
from webapp.api.models import get_start
from webapp.wording import sentence


class Visitor:
    """Somebody who asks the studio; with a cookie if they have opened the page."""

    def __init__(self, url: str, *, known: bool = True, **headers: str) -> None:
        self.http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30)
        self.config = self.http.get("/config").json()
        if known:
            self.http.get("/").raise_for_status()

    def say(self, text: str) -> None:
        """Send a message to a new chat and wait for the reply."""
        asked = {"assistant": "chat", "request": {"message": text}}
        job = self.http.post("/api/jobs", json=asked).raise_for_status().json()["id"]
        self.http.get(f"/api/jobs/{job}/events").raise_for_status()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio that is open to others, so that each visitor is a stranger to the next."""
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio, listening(web_app(studio)) as url:
        yield url


@pytest.fixture
def ann(url: str) -> Iterator[Visitor]:
    visitor = Visitor(url)
    yield visitor
    visitor.http.close()


@pytest.fixture
def bob(url: str) -> Iterator[Visitor]:
    visitor = Visitor(url)
    yield visitor
    visitor.http.close()


def test_a_stranger_is_asked_to_open_the_page_first(url: str) -> None:
    stranger = Visitor(url, known=False)
    for path in ("conversations", "drafts", "writing"):
        answer = stranger.http.get(f"/api/{path}")
        assert answer.status_code == 401 and "cookies" in answer.json()["error"]["message"]
    stranger.http.close()


def test_errors_are_in_the_visitors_language_and_call_widgets_by_their_names(url: str) -> None:
    visitor = Visitor(url, **{"Accept-Language": "zh-CN"})
    assert visitor.http.get("/api/conversations/unknown").json()["error"]["message"] == "没有这个对话。"
    assert sentence(InvalidInput("message", "{field} is empty."), "zh") == "消息为空。"
    visitor.http.close()


def test_a_model_without_chinese_is_said_and_gets_english_examples(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        english, chinese = (get_start(studio, LOCAL, lang, "starter") for lang in ("en", "zh"))
        stand_in = get_start(studio, LOCAL, "zh", "echo:")
    assert english.advice is None
    assert chinese.advice and "英文" in chinese.advice
    assert chinese.examples == english.examples and len(english.examples) == 4
    assert stand_in.advice is None and stand_in.note is None
    assert "天空" in stand_in.examples[0]


def test_a_call_of_a_program_is_shown_to_its_owner_alone(url: str, ann: Visitor) -> None:
    talk = [{"role": "user", "content": "one two three"}]
    key = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}
    script = Visitor(url, known=False, **key)
    with closing(script.http):
        sent = script.http.post("/v1/chat/completions", json={"messages": talk, "max_tokens": 2}).json()
        job = sent["id"].removeprefix("chatcmpl-")
        script.http.get(f"/api/jobs/{job}/events").raise_for_status()
        item = script.http.get(f"/api/history/{job}").json()
    assert item["said"] == [{"role": "user", "text": "one two three"}] and item["output"] == "one two "
    assert (item["status"], item["error"], item["tokens"]) == ("done", None, {"read": 3, "written": 2})
    assert json.loads(item["settings"]) == {"params": {"max_tokens": 2}}
    assert "no such item" in ann.http.get(f"/api/history/{job}").json()["error"]["message"]


def test_the_history_pages_and_filters(ann: Visitor) -> None:
    for number in range(32):
        ann.say(f"item {number}")
    first = ann.http.get("/api/history?limit=30").json()
    assert [item["title"] for item in first["items"]] == [f"item {number}" for number in range(31, 1, -1)]
    rest = ann.http.get(f"/api/history?limit=30&before={first['next']}").json()
    assert [item["title"] for item in rest["items"]] == ["item 1", "item 0"]
    assert rest["next"] is None
    assert ann.http.get("/api/history?assistant=nobody").json()["items"] == []
    assert "chat" in ann.http.get("/api/history/choices").json()["assistants"]


def test_the_page_keeps_no_connection_and_offers_by_name_what_programs_call(ann: Visitor) -> None:
    # Each open tab would hold one of the six connections that a browser grants to a host.
    assert ann.config["connect_heartbeat"] is False
    offered = ann.http.get("/gradio_api/info").json()
    assert set(offered["named_endpoints"]) == {"/chat", "/write", "/ask", "/draw"}
    assert offered["unnamed_endpoints"] == {}


def test_no_event_is_taken_for_an_argument(ann: Visitor) -> None:
    # Gradio would show what stands behind it to everybody, and copy the whole page at each visit to do so.
    assert not [one for one in ann.config["components"] if "functools" in str(one["props"])]


def test_the_look_comes_from_this_server_alone(ann: Visitor) -> None:
    assert ann.config["stylesheets"] == []
    assert "http" not in ann.http.get("/theme.css").text.replace("http://www.w3.org", "")
    for name in re.findall(r'href="studio/([^"]+)"', page.HEAD):
        assert ann.http.get(f"/studio/{name}").status_code == 200
        assert "http" not in (STATIC / name).read_text(encoding="utf-8")


def test_skeletons_hold_nothing_that_gradio_would_run() -> None:
    # They go through Handlebars and then through a JavaScript template string.
    for path in STATIC.rglob("*.html"):
        assert not re.search(r"\{\{|\$\{|`|\\|@children", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("is_space", [False, True])
def test_storage_that_will_be_lost_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_space: bool) -> None:
    if is_space:
        monkeypatch.setenv("SPACE_ID", "somebody/studio")

    async def build(studio: Studio) -> str:
        return json.dumps(page.build(studio).get_config_file()["components"], default=str)

    # Where no event loop runs, Gradio makes one that nobody closes.
    with opened(tmp_path) as studio:
        assert ("store.ephemeral" in asyncio.run(build(studio))) is is_space


def test_gradios_queue_rests_where_nothing_goes_through_it(tmp_path: Path) -> None:
    async def build(studio: Studio) -> Queue:
        return page.build(studio)._queue

    with opened(tmp_path) as studio:
        queue = asyncio.run(build(studio))
    assert queue.sleep_when_free == queue.progress_update_sleep_when_free == page.QUEUE_SECONDS
    # The names are Gradio's own.
    assert "self.sleep_when_free" in inspect.getsource(Queue.start_processing)
    assert "self.progress_update_sleep_when_free" in inspect.getsource(Queue.start_progress_updates)


def test_a_reply_that_ends_on_a_full_disk_stays_on_the_page(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        job = studio.jobs.submit(
            "chat", {"message": " ".join(map(str, range(800))), "model": "echo:delay=0.001"}, LOCAL
        )
        with full(studio.history):
            text = studio.jobs.wait(job.id, "local", 30).output
            assert studio.history.jobs.get(job.id, "local").status != "done" and text.endswith("799")
            shown = list_messages(studio, "local", job.result["conversation"], "en", 10).messages[-1]
            assert (shown.status, shown.text) == ("done", text)
        assert studio.jobs.wait(studio.jobs.submit("chat", {"message": "on"}, LOCAL).id, "local", 30).status == "done"
