"""The promise, on the real server: kill -9 in mid-sentence, start again, and the text so far is in the history."""

import json
import sqlite3
import time
from contextlib import closing
from typing import Any
from urllib.request import Request, urlopen

from tests.conftest import Server

# Echoed, each section is its notes.
TOLD = "name: Told\nmessages:\n  - role: user\n    content: '{{notes}}'\n"


def ask(server: Server, path: str, body: Any = None, method: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{server.url}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_a_killed_server_has_the_partial_text_as_interrupted(server: Server) -> None:
    request = {"message": "one two three", "model": "echo:delay=0.02&words=1000"}
    job = ask(server, "/api/jobs", {"assistant": "chat", "request": request})
    deadline = time.monotonic() + 20
    while len(seen := ask(server, f"/api/jobs/{job['id']}")["output"]) < 300 and time.monotonic() < deadline:
        time.sleep(0.05)
    server.kill()
    server.start()
    after = ask(server, f"/api/jobs/{job['id']}")
    assert after["status"] == "interrupted"
    assert after["output"].startswith(seen) and seen.startswith("one two three one2 two2 three2 ")
    items = ask(server, "/api/history?q=three&status=interrupted")["items"]
    assert [item["id"] for item in items] == [job["id"]]
    assert after["result"]["conversation"] == items[0]["conversation"]
    more = {"message": "go on", "conversation": items[0]["conversation"], "model": "echo:"}
    assert ask(server, "/api/jobs", {"assistant": "chat", "request": more})["status"] == "queued"


def test_a_killed_article_goes_on_in_the_section_it_was_in(server: Server) -> None:
    ask(server, "/api/prompts/writing/told", {"source": TOLD}, "PUT")
    outline = [
        {
            "heading": bird,
            "words": 300,
            "notes": " ".join(f"{bird} {n} sings near tree {n}." for n in range(at, at + 45)),
        }
        for bird, at in (("Robin", 100), ("Finch", 200), ("Wren", 300), ("Crow", 400))
    ]
    request = {"topic": "Birds", "outline": outline, "model": "echo:delay=0.004", "polish": False}
    request["template"] = "writing/told"
    job = ask(server, "/api/jobs", {"assistant": "writing", "request": request})
    deadline = time.monotonic() + 60
    while "Wren 320 sings" not in (before := ask(server, f"/api/jobs/{job['id']}"))["output"]:
        assert time.monotonic() < deadline and before["status"] in ("queued", "running")
        time.sleep(0.02)
    draft = f"/api/drafts/{before['result']['draft']}"
    first, second, *_ = ask(server, draft)["document"]["sections"]
    server.kill()
    server.start()
    while (after := ask(server, f"/api/jobs/{job['id']}"))["status"] != "done":
        assert time.monotonic() < deadline + 60 and after["status"] in ("queued", "running")
        time.sleep(0.05)
    sections = ask(server, draft)["document"]["sections"]
    assert [section["text"] for section in sections[:2]] == [first["text"], second["text"]]
    assert "Wren 320 sings near tree 320." in sections[2]["text"] and sections[3]["text"]
    assert after["output"].startswith(before["output"])
    assert after["output"].count("## Wren") == 1
    versions = ask(server, f"{draft}/versions")
    assert [version["cause"] for version in versions] == ["draft"] * 4 + ["outline", "edit"]


def test_a_killed_matrix_runs_no_cell_twice(server: Server) -> None:
    rows = [{"text": f"row {number}", "expected": f"row {number}"} for number in range(40)]
    messages = [{"role": "user", "content": "{{text}}"}]
    # Left to chance, so that no cell can be answered from what is kept.
    model, params = "echo:delay=0.05&words=6&slots=2", {"temperature": 1}
    request = {"messages": messages, "rows": rows, "models": [model], "params": params}
    job = ask(server, "/api/jobs", {"assistant": "playground", "request": request})
    deadline = time.monotonic() + 60
    while not 5 < len(before := stored_cells(server, job["id"])) < 30:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.kill()
    before = stored_cells(server, job["id"])
    server.start()
    while (after := ask(server, f"/api/jobs/{job['id']}"))["status"] != "done":
        assert time.monotonic() < deadline and after["status"] in ("queued", "running")
        time.sleep(0.05)
    stored = stored_cells(server, job["id"])
    assert stored[: len(before)] == before, "what was finished is as it was"
    assert sorted(cell["row"] for cell in stored) == list(range(40))
    assert after["result"]["summary"][0]["rate"] == 1


def stored_cells(server: Server, job: str) -> list[Any]:
    """Return the finished cells that are on disk."""
    with closing(sqlite3.connect(server.home / "studio.db")) as db:
        events = db.execute("SELECT data FROM events WHERE job = ? AND kind = 'part' ORDER BY number", (job,))
        return [part["data"] for (data,) in events if (part := json.loads(data))["name"] == "cell"]


def test_killed_pictures_go_on_and_those_that_wait_keep_their_order(server: Server) -> None:
    def draw(prompt: str, **request: Any) -> str:
        body = {"assistant": "images", "request": {"prompt": prompt, "model": "echo:delay=0.1", "seed": 1, **request}}
        return ask(server, "/api/jobs", body)["id"]

    first = draw("first", count=3)
    second, third = draw("second"), draw("third")
    ask(server, "/api/images/queue", {"order": [third, second]}, "PUT")
    deadline = time.monotonic() + 60
    while not ask(server, "/api/images")["pictures"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # The picture is in the gallery, and whether its job has told of it does not matter.
    server.kill()
    server.start()
    for job in (first, second, third):
        while (after := ask(server, f"/api/jobs/{job}"))["status"] != "done":
            assert time.monotonic() < deadline + 60 and after["status"] in ("queued", "running")
            time.sleep(0.05)
    pictures = ask(server, "/api/images")["pictures"][::-1]
    assert [(one["prompt"], one["seed"]) for one in pictures] == [
        ("first", 1), ("first", 2), ("first", 3), ("third", 1), ("second", 1),
    ]  # fmt: skip
    assert len(ask(server, f"/api/jobs/{first}")["result"]["images"]) == 3
