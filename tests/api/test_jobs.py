"""Jobs over HTTP: from request to result, followed live and late, each visitor alone with their own."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.api.talk import SLOW, ask, ended, events, stop, text
from tests.serving import SHARED, client, listening
from webapp.i18n import book

KEY = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}


@pytest.fixture
def server(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the app listening on a port, where streams are streams."""
    with listening(app) as url, httpx.Client(base_url=url, headers=KEY, timeout=20) as http:
        yield http


def test_a_job_from_request_to_result(ann: TestClient) -> None:
    request = {"message": "one two three", "model": "echo:"}
    answer = ann.post("/api/jobs", json={"assistant": "chat", "request": request})
    assert answer.status_code == 202
    assert answer.json().keys() == {"id", "status"} and answer.json()["status"] == "queued"
    job = ended(ann, answer.json()["id"])
    assert list(job) == [
        "id", "assistant", "status", "model", "model_sha256", "created", "started", "finished", "request",
        "output", "result", "usage", "error",
    ]  # fmt: skip
    assert (job["assistant"], job["status"], job["model"], job["error"]) == ("chat", "done", "echo:", None)
    assert job["request"] == request
    assert job["output"].split() == ["one", "two", "three"]
    assert job["result"].keys() == {"conversation", "message"}
    assert job["created"] <= job["started"] <= job["finished"]
    assert job["usage"]["output_tokens"] > 0


def test_a_sentence_in_what_a_job_made_is_told_in_the_readers_language(ann: TestClient) -> None:
    messages = [{"role": "user", "content": "Say {{x}}"}]
    request = {"messages": messages, "rows": [{"x": "one", "expected": "two"}], "models": ["echo:"]}
    answer = ann.post("/api/jobs", json={"assistant": "playground", "request": request})
    for lang, sentence in (("en", 'It does not contain "two".'), ("zh", "其中没有“two”。")):
        stream = ann.get(f"/api/jobs/{answer.json()['id']}/events", headers={"Accept-Language": lang})
        parts = [event.data for event in events(stream.text.split("\n")) if event.kind == "part"]
        (cell,) = (part["data"] for part in parts if part["name"] == "cell")
        assert cell["checks"][0]["text"] == sentence


def test_the_result_is_there_as_soon_as_the_job_is(ann: TestClient) -> None:
    job = ask(ann, model=SLOW)
    assert ann.get(f"/api/jobs/{job}").json()["result"].keys() == {"conversation", "message"}
    stop(ann, job)


def test_stop_keeps_the_text(ann: TestClient) -> None:
    job = ask(ann, model=SLOW)
    while not ann.get(f"/api/jobs/{job}").json()["output"]:
        time.sleep(0.02)
    answer = ann.post(f"/api/jobs/{job}/stop")
    assert answer.status_code == 200 and answer.json() == {"id": job, "status": "stopping"}
    state = ended(ann, job)
    assert state["status"] == "stopped" and state["output"].startswith("one ")
    assert len(state["output"].split()) < 500
    assert ann.post(f"/api/jobs/{job}/stop").json() == {"id": job, "status": "stopped"}


def test_a_failed_job_says_why_in_the_readers_language(ann: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ask(ann, model="echo:fail=1")
    english = ended(ann, job)["error"]
    assert english.endswith(".")
    monkeypatch.setitem(book("zh")["errors"], english, "坏了。")
    chinese = {"Accept-Language": "zh-CN"}
    assert ann.get(f"/api/jobs/{job}", headers=chinese).json()["error"] == "坏了。"
    for headers, sentence in [({}, english), (chinese, "坏了。")]:
        stream = list(events(ann.get(f"/api/jobs/{job}/events", headers=headers).text.split("\n")))
        assert stream[-1].data == {"status": "failed", "error": sentence}


def test_events_of_a_finished_job(ann: TestClient) -> None:
    job = ask(ann)
    state = ended(ann, job)
    answer = ann.get(f"/api/jobs/{job}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache", "no")
    stream = list(events(answer.text.split("\n")))
    assert [event.id for event in stream] == sorted({event.id for event in stream})
    assert [event.data["status"] for event in stream if event.kind == "status"] == ["queued", "running", "done"]
    assert text(stream) == state["output"]


def test_a_follower_goes_on_where_it_was(ann: TestClient) -> None:
    job = ask(ann, message=" ".join(map(str, range(30))), model="echo:delay=0.01")
    state = ended(ann, job)
    everything = list(events(ann.get(f"/api/jobs/{job}/events").text.split("\n")))
    for seen in everything:
        by_header = ann.get(f"/api/jobs/{job}/events?after=0", headers={"Last-Event-ID": str(seen.id)}).text
        by_query = ann.get(f"/api/jobs/{job}/events?after={seen.id}").text
        rest = [event for event in everything if event.id > seen.id]
        assert list(events(by_header.split("\n"))) == list(events(by_query.split("\n"))) == rest
    assert text(everything) == state["output"]


def test_two_followers_one_late_see_the_same(server: httpx.Client) -> None:
    job = ask(server, model="echo:delay=0.01&words=60")
    seen: dict[str, list] = {}

    def follow(name: str) -> None:
        with server.stream("GET", f"/api/jobs/{job}/events") as stream:
            seen[name] = list(events(stream.iter_lines()))

    first = threading.Thread(target=follow, args=["first"])
    first.start()
    while len(server.get(f"/api/jobs/{job}").json()["output"].split()) < 20:
        time.sleep(0.02)
    follow("late")
    first.join(20)
    assert seen["first"] == seen["late"]
    assert seen["late"][-1].data == {"status": "done", "error": None}
    assert len(text(seen["late"]).split()) == 60


def test_events_arrive_while_the_job_runs(server: httpx.Client) -> None:
    job = ask(server, model=SLOW)
    with server.stream("GET", f"/api/jobs/{job}/events") as stream:
        for event in events(stream.iter_lines()):
            if event.kind == "text":
                break
        assert server.get(f"/api/jobs/{job}").json()["status"] == "running"
        stop(server, job)


def test_a_follower_who_leaves_leaves_the_job_alone(app: FastAPI, server: httpx.Client) -> None:
    job = ask(server, model="echo:delay=0.01&words=100")
    running = app.state.studio.jobs._live[job]
    with server.stream("GET", f"/api/jobs/{job}/events") as stream:
        next(lines := stream.iter_lines())
        assert len(running._followers) == 1
    lines.close()
    while running._followers:
        time.sleep(0.02)
    state = ended(server, job)
    assert state["status"] == "done" and len(state["output"].split()) == 100


def test_followers_end_when_the_server_does(app: FastAPI) -> None:
    with httpx.Client(headers=KEY, timeout=20) as http:
        with listening(app) as http.base_url:
            job = ask(http, model=SLOW)
            stream = http.send(http.build_request("GET", f"/api/jobs/{job}/events"), stream=True)
            next(lines := stream.iter_lines())
        with pytest.raises(httpx.RemoteProtocolError):
            list(lines)
    script = client(app, **KEY)
    assert script.get(f"/api/jobs/{job}").json()["status"] == "running"
    stop(script, job)


def test_a_silent_stream_is_kept_alive(server: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
    job = ask(server, model="echo:delay=0.2&words=2")
    with server.stream("GET", f"/api/jobs/{job}/events") as stream:
        lines = list(stream.iter_lines())
    assert ": ping" in lines
    assert len(text(events(lines)).split()) == 2


def test_a_stranger_learns_nothing_of_a_job(ann: TestClient, bob: TestClient) -> None:
    job = ask(ann, model=SLOW)
    for method, path in [("GET", ""), ("GET", "/events"), ("POST", "/stop")]:
        theirs = bob.request(method, f"/api/jobs/{job}{path}")
        unknown = bob.request(method, f"/api/jobs/{'0' * 32}{path}")
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json() == unknown.json()
    assert ann.get(f"/api/jobs/{job}").json()["status"] in ("queued", "running")
    conversation = ann.get(f"/api/jobs/{job}").json()["result"]["conversation"]
    request = {"message": "hi", "conversation": conversation}
    assert bob.post("/api/jobs", json={"assistant": "chat", "request": request}).status_code == 404
    stop(ann, job)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "assistant"),
        ({"assistant": "chat"}, "request"),
        ({"assistant": "nobody", "request": {}}, "assistant"),
        ({"assistant": 1, "request": {}}, "assistant"),
        ({"assistant": "x" * 65, "request": {}}, "assistant"),
        ({"assistant": "chat", "request": {}, "owner": "local"}, "owner"),
        ({"assistant": "chat", "request": []}, "request"),
        ({"assistant": "chat", "request": {}}, "message"),
        ({"assistant": "chat", "request": {"message": ""}}, "message"),
        ({"assistant": "chat", "request": {"message": 5}}, "message"),
        ({"assistant": "chat", "request": {"message": "a\0b"}}, "message"),
        ({"assistant": "chat", "request": {"message": "x" * 100_001}}, "message"),
        ({"assistant": "chat", "request": {"message": "hi", "model": "nobody:nothing"}}, "model"),
        ({"assistant": "chat", "request": {"message": "hi", "params": {"temperature": "warm"}}}, "params.temperature"),
        ({"assistant": "chat", "request": {"message": "hi", "params": {"seed": 10**400}}}, "params.seed"),
        ([], "body"),
        (None, "body"),
    ],
)
def test_wrong_input_names_the_field(ann: TestClient, body: object, field: str) -> None:
    answer = ann.post("/api/jobs", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["message"].endswith(".")
    assert ann.get("/api/history").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"assistant": "chat", "request": {"message": "\xff"}}',
        b'{"assistant": "chat", "request": {"message": "\\ud800"}}',
        b'{"assistant": "\\ud800", "request": {}}',
        b'{"assistant": "chat", "request": {"message": "hi", "\\ud800": 1}}',
        b'{"assistant": "chat", "request": {"message": NaN}}',
        b'{"assistant": "chat", "request": {"message": "hi", "params": {"temperature": 1e999}}}',
        b'{"assistant": "chat", "request": {"message": ' + b"9" * 5000 + b"}}",
        b'{"assistant": "chat", "request": {"message": ' + b"[" * 300 + b"]" * 300 + b"}}",
        b'{"assistant": "chat", "request": {"message": ' + b"[" * 100 + b"]" * 100 + b"}}",
        b'{"a":' * 100_000,
        b'{"assistant": "chat", "request": {"message": "hi"}} {}',
    ],
)
def test_what_is_not_json_text_is_wrong_input(ann: TestClient, body: bytes) -> None:
    answer = ann.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] and len(answer.json()["error"]["message"]) < 300


def test_a_body_of_another_type_is_wrong_input(ann: TestClient) -> None:
    body = json.dumps({"assistant": "chat", "request": {"message": "hi"}})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = ann.post("/api/jobs", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "body")


@pytest.mark.parametrize("number", ["-1", "x", str(2**63), "9" * 5000])
def test_a_number_no_event_has_is_wrong_input(ann: TestClient, number: str) -> None:
    job = ask(ann)
    for where in ({"params": {"after": number}}, {"headers": {"Last-Event-ID": number}}):
        answer = ann.get(f"/api/jobs/{job}/events", **where)
        assert answer.status_code == 422
        assert answer.json()["error"]["field"].lower() in ("after", "last-event-id")


def test_errors_speak_the_clients_language(ann: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(book("zh")["errors"], "{field} is missing.", "缺少 {field}。")
    for lang, message in [("en", "assistant is missing."), ("zh", "缺少 assistant。")]:
        answer = ann.post("/api/jobs", json={}, headers={"Accept-Language": lang})
        assert answer.json() == {"error": {"message": message, "field": "assistant"}}


def test_a_full_queue_is_429(ann: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.state.studio.jobs._queues._ready, "_size", 1)
    job = ask(ann, model=SLOW)
    answer = ann.post("/api/jobs", json={"assistant": "chat", "request": {"message": "hi"}})
    assert answer.status_code == 429 and answer.json()["error"]["field"] is None
    stop(ann, job)
    assert ended(ann, ask(ann))["status"] == "done"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/jobs", "POST"),
        ("DELETE", "/api/jobs/x", "GET"),
        ("TRACE", "/api/health", "GET"),
        ("PUT", "/api/files", "POST"),
    ],
)
def test_another_method_is_405(ann: TestClient, method: str, path: str, allowed: str) -> None:
    answer = ann.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["error"]["message"] == f"This address does not take {method}."


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/jobs/a/b/c", "/api/jobs/%2e%2e/x", "/api/jobs/x/"])
def test_an_unknown_address_is_404(ann: TestClient, path: str) -> None:
    answer = ann.get(path)
    assert answer.status_code == 404 and answer.json()["error"]["message"]


def test_scripts_use_a_key(app: FastAPI) -> None:
    one, two = (client(app, Authorization=f"Bearer {key}") for key in SHARED["api_keys"])
    job = ask(one)
    assert ended(one, job)["status"] == "done"
    assert two.get(f"/api/jobs/{job}").status_code == 404
    assert client(app).get(f"/api/jobs/{job}").status_code == 401
