"""How the tests of the API speak with it."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

SLOW = "echo:delay=0.02&words=500"


def ask(browser: TestClient, **request: Any) -> str:
    """Submit a chat job; returns its id."""
    answer = browser.post("/api/jobs", json={"assistant": "chat", "request": {"message": "one two three", **request}})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def ended(browser: TestClient, job: str) -> dict[str, Any]:
    """Wait until the job has ended; returns it."""
    deadline = time.monotonic() + 20
    while (state := browser.get(f"/api/jobs/{job}").json())["status"] in ("queued", "running", "stopping"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return state


def stop(browser: TestClient, job: str) -> dict[str, Any]:
    """Stop the job and wait until it has ended; returns it."""
    assert browser.post(f"/api/jobs/{job}/stop").status_code == 200
    return ended(browser, job)


@dataclass(frozen=True)
class Event:
    """An event as an EventSource sees it."""

    id: int
    kind: str
    data: Any


def events(lines: Iterable[str]) -> Iterator[Event]:
    """Read a stream as the HTML standard says."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            fields = {}


def text(stream: Iterable[Event]) -> str:
    """Return the words of a stream."""
    return "".join(event.data["delta"] for event in stream if event.kind == "text")
