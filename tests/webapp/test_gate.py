"""Gradio's own endpoints: what the page needs answers, whom it is for, and nothing else answers anybody."""

import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from gradio_client import Client
from PIL import Image
from starlette.testclient import TestClient

from assistants.errors import InvalidInput
from tests.serving import PUBLIC, SHARED, client, listening, newcomer, opened, small_app, tiny_page, web_app
from webapp import transfers
from webapp.kit import takes_files
from webapp.visitors import visitor

# What may be asked of Gradio where the page is as it is now: its parts, its handlers, which ask who it is, and what
# programs call by name.
OPEN = {
    ("GET", "/"), ("HEAD", "/"), ("GET", "/theme.css"), ("GET", "/favicon.ico"), ("GET", "/manifest.json"),
    ("GET", "/pwa_icon"), ("GET", "/config"), ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/run/predict/"), ("GET", "/gradio_api/info"), ("POST", "/gradio_api/queue/join"),
}  # fmt: skip
VALUES = {"path": "x", "url_path": "http://127.0.0.1:1/", "path_or_url": "/etc/passwd", "api_name": "predict"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The page as it is, for others, too."""
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio:
        yield web_app(studio)


def addresses(app: FastAPI) -> Iterator[str]:
    """Yield an address for each route that Gradio has, whatever it is for."""
    for route in app.routes[-1].app._app.routes:
        for one in getattr(route, "original_router", None).routes if hasattr(route, "original_router") else [route]:
            yield re.sub(r"\{(\w+)(?::path)?\}", lambda part: VALUES.get(part[1], "1"), one.path)


def test_no_route_of_gradio_answers_but_those_of_the_list(real: FastAPI) -> None:
    known = [*addresses(real), "/gradio_api/mcp/sse", "/gradio_api/runs", "/svelte/x", "/pwa_icon/100000", "/static/x"]
    known += ["/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/upload", "/nothing"]
    known += ["/assets/..%2f..%2fetc%2fpasswd", "/assets/%00", "/static/%2e%2e/x", "/gradio_api", "/gradio_api/"]
    assert len(known) > 70 and "/gradio_api/process_recording" in known
    operator = client(real, PUBLIC, Authorization="Bearer open-sesame")
    for asker in (client(real, PUBLIC), newcomer(real), operator):
        answers = {
            (method, address): asker.request(method, address, json={} if method == "POST" else None).status_code
            for address in known
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
        }
        # /openapi.json and /docs are ours.
        answering = {asked for asked, status in answers.items() if status not in (404, 405)}
        assert answering - {("GET", "/openapi.json"), ("HEAD", "/openapi.json")} == OPEN


def test_the_page_has_all_its_parts(real: FastAPI) -> None:
    browser = newcomer(real)
    page = browser.get("/").text
    parts = re.findall(r'(?:src|href)="\.?(/(?:assets|static|manifest|theme)[^"?]*)', page)
    assert len(parts) >= 3
    for part in [*parts, "/theme.css", "/favicon.ico", "/pwa_icon"]:
        assert browser.get(part).status_code == 200, part


def test_the_page_tells_no_place_on_this_machine(real: FastAPI, tmp_path: Path) -> None:
    browser = newcomer(real)
    home = str(real.state.studio.settings.home)
    for path in ("/", "/config", "/manifest.json", "/theme.css"):
        text = browser.get(path).text
        assert home not in text and str(Path(gr.__file__).parent) not in text and str(Path.cwd()) not in text


ENDLESS = "[" * 400 + "]" * 400
JUNK = [
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000,
    b'{"data": []}', b'{"data": [], "fn_index": 99999}', b'{"data": [], "fn_index": -1}', b'{"data": 1, "fn_index": 0}',
    b'{"data": [], "fn_index": true}', b'{"data": [], "fn_index": "0"}', b'{"data": [], "fn_index": 0.0}',
    b'{"data": [], "fn_index": 0, "request": {"headers": {}}}', b'{"data": [], "fn_index": 0, "batched": true}',
    b'{"data": [], "fn_index": 0, "event_id": "x"}', b'{"data": [], "fn_index": 0, "trigger_id": 1}',
    b'{"data": [], "fn_index": 0, "session_hash": "../x"}', b'{"data": [], "fn_index": 0, "session_hash": 1}',
    b'{"data": [], "fn_index": 0, "session_hash": "' + b"x" * 65 + b'"}',
    b'{"data": [], "fn_index": 0, "event_data": NaN}', b'{"data": [], "fn_index": 0, "event_data": 1e999}',
    b'{"data": [], "fn_index": 0, "event_data": ' + b"9" * 30 + b"}",
    b'{"data": [], "fn_index": 0, "event_data": ' + b"9" * 5000 + b"}",
    b'{"data": [], "fn_index": 0, "event_data": ' + ENDLESS.encode() + b"}",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: junk[:60].decode("latin-1"))
def test_nonsense_is_a_sentence_and_no_traceback(
    real: FastAPI, junk: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for asker in (client(real, PUBLIC), newcomer(real)):
        answer = asker.post("/gradio_api/run/predict", content=junk, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422 and len(answer.text) < 100 and "event of the page" in answer.text
    assert caplog.records == [] and capfd.readouterr() == ("", "")


def event(app: FastAPI, tab: str, event_data: Any, data: Any = None) -> dict[str, Any]:
    """Return an event of a live component as the page sends it."""
    blocks = app.routes[-1].app._blocks
    [asked] = [number for number, block in blocks.blocks.items() if block.elem_id == tab]
    fn = next(fn for fn in blocks.fns.values() if fn.fn and fn.targets[0] == (asked, "action"))
    values = [getattr(one, "value", None) for one in fn.inputs] if data is None else [data] * len(fn.inputs)
    return {"data": values, "fn_index": fn._id, "event_data": event_data, "trigger_id": asked, "session_hash": "s"}


@pytest.mark.parametrize("job", ["9" * 7_500_000, "x" * 64, "\0", 10**18, -(10**18), 1.5, True, None, [], {"a": 1}])
def test_the_job_that_an_event_names_is_a_job_or_not_found(
    real: FastAPI, job: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = newcomer(real)
    asked = event(real, "lab-tokens-job", {"job": job})
    answer = browser.post("/gradio_api/run/predict", json=asked, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no such item.")
    # Nor does it wait for its turn as what programs call does.
    assert browser.post("/gradio_api/queue/join", json=asked).status_code in (404, 413)
    assert caplog.records == [] and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("value", [2**63, -(2**70), 10**30])
def test_a_number_that_no_database_holds_is_a_sentence(
    real: FastAPI, value: int, caplog: pytest.LogCaptureFixture
) -> None:
    asked = event(real, "lab-tokens-job", {"job": value})
    answer = newcomer(real).post("/gradio_api/run/predict", json=asked)
    assert answer.status_code == 422 and caplog.records == []


@pytest.mark.parametrize(
    "value", [None, True, -1, 7.5, "x", "\0", "\ud83d", [1], {"a": 1}, {"model": ["x"]}, {"params": 7}]
)
def test_what_a_script_says_may_be_anything(
    real: FastAPI, value: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Handlers outside of live components, and widgets of the chat, given what no page sends."""
    browser = newcomer(real)
    for fn in real.routes[-1].app._blocks.fns.values():
        if fn.fn is not None:
            asked = {"data": [value] * len(fn.inputs), "fn_index": fn._id, "event_data": value, "session_hash": "s"}
            answer = browser.post("/gradio_api/run/predict", content=json.dumps(asked))
            assert answer.status_code in (200, 404, 422), (fn.targets, answer.text)
            assert "broke" not in answer.text
    assert [record for record in caplog.records if record.exc_info] == [] and "Traceback" not in capfd.readouterr().err


def test_few_sessions_are_remembered_and_none_of_strangers(real: FastAPI) -> None:
    sessions = real.routes[-1].app._blocks.state_holder
    assert sessions.capacity <= 500  # of 80 kB each
    before = len(sessions.session_data)
    asked = event(real, "lab-events", {})
    assert client(real, PUBLIC).post("/gradio_api/run/predict", json=asked).status_code == 401
    assert len(sessions.session_data) == before
    # A session of the same name is another one for somebody else.
    for asker in (newcomer(real), newcomer(real)):
        assert asker.post("/gradio_api/run/predict", json=asked).status_code == 200
    assert len(sessions.session_data) == before + 2


# A page of plain Gradio: with files, events that wait, and events that have a name.


def owner(request: gr.Request) -> str:
    return visitor(request).id


def native_page(_studio: object) -> gr.Blocks:
    """Build a page as a tab in plain Gradio has it."""

    def read(path: str | None, count: float) -> str:
        return f"{Path(path).name}: {Path(path).read_text(encoding='utf-8')[:9]}, {count}" if path else f"none, {count}"

    def draw(request: gr.Request) -> Image.Image:
        return Image.new("RGB", (8, 8), "red" if visitor(request).is_operator else "blue")

    def fail(text: str) -> str:
        if text == "broken":
            raise RuntimeError(f"a secret in {Path(__file__)}")
        raise InvalidInput("text", "{field} is empty.")

    with gr.Blocks(analytics_enabled=False) as page:
        declared, other = takes_files(gr.File(), 1), gr.File()
        count, text = gr.Number(1, maximum=5), gr.Textbox()
        answer, picture = gr.Textbox(), gr.Image()
        gr.Image(Image.new("RGB", (8, 8), "teal"), label="first")
        gr.Button().click(read, [declared, count], answer, queue=False, api_visibility="private")
        gr.Button().click(read, [other, count], answer, queue=False, api_visibility="private")
        gr.Button().click(draw, None, picture, queue=False, api_name="draw")
        gr.Button().click(fail, text, answer, queue=False, api_name="fail")
        gr.Button().click(owner, None, answer, api_name="who")
        gr.Button().click(draw, None, picture, api_name="draw_queued")
    page._queue.sleep_when_free = 0.01
    return page


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with opened(tmp_path_factory.mktemp("home"), **SHARED, uploads_mb=3) as studio, patched(native_page):
        yield web_app(studio)


def patched(page: Any) -> Any:
    return patch.multiple("webapp.page", build=page, mount_options=lambda _studio: {})


def sent(browser: TestClient, content: bytes = b"my words", name: str = "notes.txt") -> httpx.Response:
    return browser.post("/gradio_api/upload", files={"files": (name, content)})


def named(path: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def ask(browser: TestClient, fn: int, *data: Any) -> httpx.Response:
    asked = {"data": list(data), "fn_index": fn, "session_hash": "s"}
    return browser.post("/gradio_api/run/predict", json=asked, headers={"Accept-Language": "en"})


def test_a_component_that_says_so_takes_its_visitors_files(native: FastAPI) -> None:
    ann, bob, home = newcomer(native), newcomer(native), str(native.state.studio.settings.home)
    [name] = sent(ann, name="../../ä b.txt").json()
    assert re.fullmatch(r"[0-9a-f]{32}/ä b\.txt", name)
    assert ask(ann, 0, named(name), 1).json()["data"] == ["ä b.txt: my words, 1"]
    for browser, status in [(ann, 200), (bob, 404), (client(native, PUBLIC), 404)]:
        answer = browser.get(f"/gradio_api/file={quote(name)}")
        assert answer.status_code == status and (answer.text == "my words") is (status == 200)
    assert ann.get(f"/gradio_api/file={quote(name)}").headers["content-disposition"].startswith("inline")
    refused = ask(bob, 0, named(name), 1)
    assert refused.status_code == 404 and refused.json()["error"] == "There is no such file."
    assert home not in refused.text


PLACES = [
    "/etc/passwd", "../../../etc/passwd", "{home}/secret.key", "{home}/studio.db", "file:///etc/passwd", "", ".", "/",
    "http://127.0.0.1:1/", "{home}/gradio", "\0", "x" * 5000, 7, None, ["x"], {"path": "/etc/passwd"},
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place)[:20])
def test_no_other_file_is_one(
    native: FastAPI, place: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    home = native.state.studio.settings.home
    path = place.replace("{home}", str(home)) if isinstance(place, str) else place
    ann = newcomer(native)
    mine = sent(ann).json()[0]
    files = [named(path), named(path, url=path), named(mine + "/../../studio.db"), {"path": path, "meta": path}]
    files += [{"path": path}, path, [named(path)], {"a": [named(path)]}, named(path, meta={"_type": "x"})]
    for file in files:
        answer = ask(ann, 0, file, 1)
        assert answer.status_code in (404, 422) or answer.json()["data"] == ["none, 1"], (file, answer.text)
        assert str(home) not in answer.text and "root:" not in answer.text
    if isinstance(path, str):
        asked = ann.get(f"/gradio_api/file={quote(path)}")
        assert asked.status_code == 404 and str(home) not in asked.text
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_a_component_that_does_not_say_so_takes_none(native: FastAPI) -> None:
    ann = newcomer(native)
    answer = ask(ann, 1, named(sent(ann).json()[0]), 1)
    assert answer.status_code == 422 and answer.json()["error"] == "This takes no files."
    assert ask(ann, 1, None, 2).json()["data"] == ["none, 2"]


def test_without_such_a_component_there_are_no_uploads(real: FastAPI) -> None:
    for asker in (newcomer(real), client(real, PUBLIC, Authorization="Bearer open-sesame")):
        assert sent(asker).status_code == 404
        assert asker.get("/gradio_api/upload_progress?upload_id=x").status_code == 404


def test_strangers_hand_nothing_in(native: FastAPI) -> None:
    folder = native.state.studio.settings.home / "gradio"
    before = sorted(folder.iterdir())
    assert sent(client(native, PUBLIC)).status_code == 401
    ann = newcomer(native)
    assert ann.post("/gradio_api/upload", content=b"x").status_code == 422
    assert ann.post("/gradio_api/upload", data={"files": "text"}).status_code == 422
    many = [("files", (f"{number}.txt", b"x")) for number in range(transfers.MAX_FILES + 1)]
    assert ann.post("/gradio_api/upload", files=many).status_code in (400, 422)
    large = [("files", ("a.txt", b"x")), ("files", ("b.txt", b"x" * ((1 << 20) + 1)))]
    answer = ann.post("/gradio_api/upload", files=large, headers={"Accept-Language": "en"})
    assert answer.status_code == 422 and answer.text == "A file may be at most 1 MB."
    assert sorted(folder.iterdir()) == before


def test_a_handlers_files_are_for_whoever_asked(native: FastAPI) -> None:
    ann, bob, home = newcomer(native), newcomer(native), str(native.state.studio.settings.home)
    answer = ann.post("/gradio_api/run/draw", json={"data": []})
    [file] = answer.json()["data"]
    assert home not in answer.text and re.fullmatch(r"[0-9a-f]{32}/image\.webp", file["path"])
    assert file["url"] == f"{PUBLIC}/gradio_api/file={file['path']}"
    assert ann.get(file["url"]).headers["content-type"] == "image/webp"
    # The very same picture, made for somebody else.
    [other] = bob.post("/gradio_api/run/draw", json={"data": []}).json()["data"]
    assert other["path"] != file["path"] and bob.get(other["url"]).status_code == 200
    assert bob.get(file["url"]).status_code == ann.get(other["url"]).status_code == 404
    shown = next(one for one in ann.get("/config").json()["components"] if one["props"].get("label") == "first")
    for asker in (ann, client(native, PUBLIC)):
        assert asker.get(shown["props"]["value"]["url"]).status_code == 200
    assert home not in ann.get("/config").text + ann.get("/").text


def test_events_that_wait_are_their_visitors(native: FastAPI) -> None:
    with client(native, PUBLIC) as ann, client(native, PUBLIC) as bob:
        for browser in (ann, bob):
            browser.get("/")
        join = {"data": [], "fn_index": 5, "session_hash": "same"}
        assert ann.post("/gradio_api/queue/join", json=join).status_code == 200
        assert bob.get("/gradio_api/queue/data?session_hash=same").status_code == 404
        assert client(native, PUBLIC).get("/gradio_api/queue/data?session_hash=same").status_code == 401
        stream = ann.get("/gradio_api/queue/data?session_hash=same").text
        assert str(native.state.studio.settings.home) not in stream
        [url] = set(re.findall(r'"url":"([^"]+)"', stream))
        assert ann.get(url).status_code == 200 and bob.get(url).status_code == 404
        assert ann.get("/gradio_api/queue/data?session_hash=other").status_code == 404
        large = ann.post("/gradio_api/queue/join", json=join | {"event_data": {"n": "9" * 7_500_000}})
        assert large.status_code == 413 and "1 MB" in large.text


def test_what_a_handler_raises_is_a_sentence(
    native: FastAPI, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    ann = newcomer(native)
    chinese = {"Accept-Language": "zh-CN"}
    empty = ann.post("/gradio_api/run/fail", json={"data": [""]}, headers=chinese)
    assert empty.status_code == 422 and empty.json()["error"].endswith("为空。")
    assert ask(ann, 0, None, 9).json()["error"] == "Value 9 is greater than maximum value 5."
    assert caplog.records == []
    broken = ann.post("/gradio_api/run/fail", json={"data": ["broken"]}, headers={"Accept-Language": "en"})
    assert broken.status_code == 500 and "secret" not in broken.text and "log says more" in broken.json()["error"]
    assert "a secret in" in caplog.text and "Traceback" not in capfd.readouterr().err


def test_named_events_are_there_for_gradios_client(native: FastAPI) -> None:
    with listening(native) as url:
        script = Client(url, headers={"Authorization": "Bearer k1"}, verbose=False, download_files=False)
        assert script.predict(api_name="/draw")["path"].endswith(".webp")
        assert script.predict(api_name="/draw_queued")["path"].endswith(".webp")
        with pytest.raises(Exception, match="is empty"):
            script.predict("x", api_name="/fail")
        script.close()
    # And for nobody where none has a name.
    assert newcomer(native).get("/gradio_api/info").status_code == 200
    assert client(native, PUBLIC).get("/gradio_api/info").status_code == 401


def test_a_visitor_has_so_much_room_and_all_anonymous_ones_have(
    native: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = b"x" * (1 << 20)
    ann = newcomer(native)
    assert [sent(ann, piece).status_code for _ in range(4)] == [200, 200, 200, 422]
    full = sent(ann, b"x")
    assert full.status_code == 422 and "no room" in full.text
    answers = [sent(newcomer(native), piece).status_code for _ in range(30)]
    assert answers.count(200) < 30 and answers[-1] == 422
    # Whoever has a key has room of their own, and the operator as much as there is.
    script, operator = (client(native, PUBLIC, Authorization=f"Bearer {key}") for key in ("k2", "open-sesame"))
    assert [sent(script, piece).status_code for _ in range(4)] == [200, 200, 200, 422]
    assert [sent(operator, piece).status_code for _ in range(5)] == [200] * 5
    # A day later there is room again.
    later = time.monotonic() + transfers.SECONDS + 1
    monkeypatch.setattr("webapp.transfers.time.monotonic", lambda: later)
    assert sent(ann, piece).status_code == 200


def test_what_an_earlier_start_left_is_deleted(tmp_path: Path) -> None:
    left = tmp_path / "home" / "gradio" / "abc" / "left.txt"
    left.parent.mkdir(parents=True)
    left.touch()
    with opened(tmp_path / "home") as studio:
        small_app(studio)
        assert not left.exists()


def test_a_page_without_such_events_has_no_queue_and_no_names(tmp_path: Path) -> None:
    def quiet(_studio: object) -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            gr.Button().click(lambda: None, None, None, queue=False, api_visibility="private")
        return page

    with opened(tmp_path / "home", **SHARED) as studio:
        for page, status in [(quiet, 404), (tiny_page, 200)]:
            with patched(page):
                app = web_app(studio)
            with client(app, PUBLIC) as browser:
                browser.get("/")
                join = {"data": [], "fn_index": 1, "session_hash": "abc"}
                assert browser.post("/gradio_api/queue/join", json=join).status_code == status
                assert browser.post("/gradio_api/run/who", json={"data": []}).status_code == status
                assert browser.get("/gradio_api/info").status_code == status


def test_nonsense_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    from webapp.logs import LINES, Sparing

    log, sparing = logging.getLogger("nonsense"), Sparing()
    caplog.handler.addFilter(sparing)
    try:
        for number in range(100):
            log.warning("%s is nonsense", number)
            log.info("%s is progress", number)
        log.error("another kind")
        assert len(caplog.records) == LINES + 1
        later = time.monotonic() + 61
        with patch("assistants.jobs.pace.time.monotonic", lambda: later):
            log.warning("%s is nonsense", "this")
        assert caplog.messages[-1] == f"this is nonsense (and {100 - LINES} more of this kind)"
    finally:
        caplog.handler.removeFilter(sparing)
