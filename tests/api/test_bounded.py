"""What strangers send in schemas, patterns and prompt files is refused at every door, and nobody waits for it."""

import json
import time
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants import bounded
from assistants.bounded import Queue
from tests.api.talk import ended
from tests.engines.test_constraints import HANGING, leading
from tests.test_packing import SMALL, zipped

MESSAGES = [{"role": "user", "content": "{{message}}"}]
KEY = {"Authorization": "Bearer k1"}


def check(browser: TestClient, kind: str, value: Any, **request: Any) -> Any:
    request = {
        "messages": MESSAGES,
        "rows": [{"message": "5"}],
        "evaluators": [{"type": kind, "value": value}],
    } | request
    return browser.post("/api/jobs", json={"assistant": "playground", "request": request})


def served(browser: TestClient, **controls: Any) -> Any:
    body = {"model": "echo:", "messages": [{"role": "user", "content": "5"}], **controls}
    return browser.post("/v1/chat/completions", json=body, headers=KEY)


def asked(browser: TestClient, schema: Any) -> Any:
    body = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return served(browser, response_format=body)


def completed(browser: TestClient, schema: Any) -> Any:
    turns = [{"role": "user", "content": "5"}]
    request = {"model": "echo:", "messages": turns, "controls": {"json_schema": schema}}
    return browser.post("/api/jobs", json={"assistant": "completions", "request": request})


def written(schema: Any) -> str:
    return f"{SMALL}responseFormat: json_schema\njsonSchema: {json.dumps(json.dumps(schema))}\n"


def saved(browser: TestClient, schema: Any) -> Any:
    return browser.put("/api/prompts/chat/schema", json={"source": written({"name": "x", "schema": schema})})


def around(browser: TestClient, schema: Any) -> Any:
    source = written({"name": "x", "schema": {}} | schema)
    return browser.put("/api/prompts/chat/around", json={"source": source})


def sent(browser: TestClient, schema: Any) -> Any:
    content = (written(schema) + "metadata: {assistant: chat}\n").encode()
    return browser.post("/api/prompts/import", files={"file": ("sent.prompt.yml", content)})


def taken_in(browser: TestClient, schema: Any) -> Any:
    content = zipped(**{"chat/schema.prompt.yml": written(schema)})
    return browser.post("/api/prompts/import", files={"file": ("all.zip", content)})


DOORS = {
    "a check": lambda browser, schema: check(browser, "json_schema", schema),
    "another check": lambda browser, schema: check(browser, "contains_json", schema),
    "a third check": lambda browser, schema: check(browser, "json", schema),
    "response_format": asked,
    "controls": completed,
    "a prompt": saved,
    "around a prompt's schema": around,
    "a prompt file": sent,
    "a zip of prompts": taken_in,
}


@pytest.mark.parametrize("door", DOORS)
def test_a_schema_that_leads_elsewhere_or_nowhere_is_refused_at_every_door(ann: TestClient, door: str) -> None:
    schemas = {**leading("http://127.0.0.1:9/a.json"), **{kind: schema for kind, (schema, _) in HANGING.items()}}
    for way, schema in schemas.items():
        answer = DOORS[door](ann, schema)
        assert answer.status_code in (400, 422), way
        assert answer.json()["error"]["message"].count(".") >= 1, way
    plain = {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "integer"}}}
    assert DOORS[door](ann, plain).status_code in (200, 202, 502)


def test_stop_ends_a_check_that_takes_for_ever_and_without_it_the_others_are_made(ann: TestClient) -> None:
    part = {"properties": {"x": {"$ref": "#"}}}
    schema, deep = {"allOf": [part, part]}, '{"x":' * 60 + "0" + "}" * 60
    job = check(ann, "json_schema", schema, rows=[{"message": deep}] * 30).json()["id"]
    while not bounded._pool()._watched:
        time.sleep(0.02)
    assert ann.post(f"/api/jobs/{job}/stop").status_code in (200, 202)
    assert ended(ann, job)["status"] == "stopped"
    job = check(ann, "json_schema", schema, rows=[{"message": deep}, {"message": "5"}]).json()["id"]
    cells = ended(ann, job)["result"]["cells"]
    found = {cell["row"]: cell["checks"][0] for cell in cells}
    assert found[0]["passed"] is None and "more time or memory" in found[0]["template"]
    assert found[1]["passed"] is True


def test_patterns_that_come_to_too_much_are_refused_at_every_door(ann: TestClient) -> None:
    pattern = "(?:a{1500}){1500}"
    for answer in (check(ann, "regex", pattern), served(ann, guided_regex=pattern)):
        assert answer.status_code in (400, 422)
        assert "come to more than 50000 characters" in answer.json()["error"]["message"]
    # Where it comes about only when a row is put in, the check cannot be made; the others go on.
    job = check(
        ann,
        "regex",
        "{{pattern}}",
        rows=[{"message": "aaa", "pattern": pattern}, {"message": "aaa", "pattern": "a{3}"}],
    )
    cells = ended(ann, job.json()["id"])["result"]["cells"]
    found = {cell["row"]: cell["checks"][0] for cell in cells}
    assert found[0]["passed"] is None and "come to more" in found[0]["values"]["cause"]
    assert found[1]["passed"] is True


def test_values_that_make_a_prompt_too_long_are_refused_with_their_row(ann: TestClient) -> None:
    messages = [{"role": "user", "content": "{{message}}" * 9000}]
    rows = [{"message": "x"}, {"message": "x" * 20_000}]
    answer = check(ann, "equals", "x", messages=messages, rows=rows)
    assert answer.status_code == 422 and answer.json()["error"]["message"].startswith("Row 2 makes prompt 1 longer")
    source = SMALL.replace("{{word}}", "{{message}}" * 2000)
    assert ann.put("/api/prompts/chat/many", json={"source": source}).status_code == 200
    request = {"message": "x" * 9000, "template": "chat/many"}
    answer = ann.post("/api/jobs", json={"assistant": "chat", "request": request})
    assert answer.status_code == 422 and "comes to more than 1000000 characters" in answer.json()["error"]["message"]
    short = ann.post("/api/jobs", json={"assistant": "chat", "request": request | {"message": "x"}})
    assert short.status_code == 202


def test_yaml_of_many_parts_is_refused_and_the_others_are_served(ann: TestClient, app: FastAPI) -> None:
    heavy = SMALL + "testData:\n" + "  - a: [" + "1," * 100_000 + "]\n"
    answer = ann.put("/api/prompts/chat/heavy", json={"source": heavy})
    assert answer.status_code == 422 and "more than 20000 parts" in answer.json()["error"]["message"]
    many = zipped(**{f"chat/p{number}.prompt.yml": heavy for number in range(15)})
    answer = ann.post("/api/prompts/import", files={"file": ("all.zip", many)})
    assert answer.status_code == 422
    rows = "".join(f"  - question: Is {number} even?\n    expected: no\n" for number in range(1000))
    assert ann.put("/api/prompts/chat/cases", json={"source": SMALL + f"testData:\n{rows}"}).status_code == 200
    assert ann.get("/api/prompts/chat/cases").json()["name"] == "Small"


def test_nobody_waits_for_a_child_while_they_hold_the_stores(
    ann: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    entered, lock = Queue.enter, app.state.studio.history.store._lock

    def enter(self: Queue, *arguments: Any) -> None:
        held.append("held" if lock._is_owned() else "free")
        entered(self, *arguments)

    monkeypatch.setattr(Queue, "enter", enter)
    source = SMALL + "".join(f"# {number}\n" for number in range(5000))
    assert ann.put("/api/prompts/chat/long", json={"source": source}).status_code == 200
    assert ann.put("/api/prompts/chat/long", json={"source": source + "#"}).status_code == 200
    assert taken_in(ann, {"type": "object"}).status_code == 200
    assert check(ann, "regex", "a+").status_code == 202
    assert check(ann, "json_schema", {"type": "object"}).status_code == 202
    assert completed(ann, {"type": "object"}).status_code == 202
    request = {"message": "x", "template": "chat/long", "values": {"word": "y"}}
    ann.post("/api/jobs", json={"assistant": "chat", "request": request})
    draft = ann.post("/api/drafts/import", files={"file": ("a.md", b"# A\n\nwords")})
    assert draft.status_code == 200, draft.text
    assert len(held) > 6 and "held" not in held
