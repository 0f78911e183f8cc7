"""The promise, on the real server: kill -9 in mid-sentence, start again, and the text so far is in the history."""

import json
import time
from typing import Any
from urllib.request import Request, urlopen

from tests.conftest import Server


def ask(server: Server, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{server.url}{path}", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_a_killed_server_has_the_partial_text_as_interrupted(server: Server) -> None:
    request = {"message": "one two three", "model": "echo:delay=0.02&words=1000"}
    job = ask(server, "/api/jobs", {"assistant": "chat", "request": request})
    deadline = time.monotonic() + 20
    # Enough for a part of it to be on disk.
    while len(ask(server, f"/api/jobs/{job['id']}")["output"]) < 300 and time.monotonic() < deadline:
        time.sleep(0.05)
    server.kill()
    server.start()
    after = ask(server, f"/api/jobs/{job['id']}")
    assert after["status"] == "interrupted"
    assert after["output"].startswith("one two three one two three ") and len(after["output"]) > 100
    items = ask(server, "/api/history?q=three&status=interrupted")["items"]
    assert [item["id"] for item in items] == [job["id"]]
    assert after["result"]["conversation"] == items[0]["conversation"]
    more = {"message": "go on", "conversation": items[0]["conversation"], "model": "echo:"}
    assert ask(server, "/api/jobs", {"assistant": "chat", "request": more})["status"] == "queued"
