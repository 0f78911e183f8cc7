"""Images over HTTP: options, pre-flight, the gallery, the queue, and OpenAI's door to the same."""

import base64
import io
import time
import zipfile
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from assistants import provenance
from tests.serving import PUBLIC, SHARED, client

ECHO = {"model": "echo:"}
KEY = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}


def draw(ann: TestClient, **request: Any) -> dict[str, Any]:
    """Draw, wait, and return the job."""
    ticket = ann.post("/api/jobs", json={"assistant": "images", "request": {"prompt": "a cat", **ECHO, **request}})
    assert ticket.status_code == 202, ticket.text
    return ended(ann, ticket.json()["id"])


def ended(ann: TestClient, job: str) -> dict[str, Any]:
    for _ in range(400):
        found = ann.get(f"/api/jobs/{job}").json()
        if found["status"] in ("done", "failed", "stopped"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def ids(ann: TestClient, **query: Any) -> list[str]:
    return [one["id"] for one in ann.get("/api/images", params=query).json()["pictures"]]


def test_options_name_what_there_is(ann: TestClient) -> None:
    found = ann.get("/api/images/options").json()
    starter = next(one for one in found["models"] if one["name"] == "local:starter-image")
    assert (starter["defaults"]["width"], starter["defaults"]["steps"]) == (128, 20)
    assert {"images/watercolour", "images/ink-wash-zh"} <= {one["id"] for one in found["styles"]}
    assert len(found["examples"]) == 4 and found["upscalers"] == ["lanczos"]
    draw(ann, prompt="a fox", style="images/watercolour")
    styles = {one["id"]: one["picture"] for one in ann.get("/api/images/options").json()["styles"]}
    assert styles["images/watercolour"] == ids(ann)[0] and styles["images/flat-icon"] is None
    chinese = ann.get("/api/images/options", headers={"Accept-Language": "zh"}).json()
    assert chinese["examples"] != found["examples"]


def test_the_gallery_shows_serves_and_packs(ann: TestClient) -> None:
    job = draw(ann, count=2, seed=5, negative="dogs")
    second, first = ann.get("/api/images").json()["pictures"]
    assert [first["seed"], second["seed"]] == [5, 6] and first["file"] == job["result"]["images"][0]["file"]
    content = ann.get(first["file"])
    assert content.headers["content-type"] == "image/png" and provenance.read(content.content)
    small = ann.get(first["thumbnail"])
    assert small.headers["content-type"] == "image/webp" and Image.open(io.BytesIO(small.content)).size == (256, 256)
    whole = ann.get(f"/api/images/{first['id']}").json()
    assert whole["request"]["negative"] == "dogs" and whole["parameters"].startswith("a cat\nNegative prompt: dogs")
    packed = ann.post("/api/images/zip", json={"ids": [first["id"], second["id"]]})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == ["001-a-cat-5.png", "002-a-cat-6.png"]
        assert archive.read("001-a-cat-5.png") == content.content


def test_stars_boards_and_the_trash(ann: TestClient) -> None:
    draw(ann, count=2)
    one, two = ids(ann)
    assert ann.patch(f"/api/images/{one}", json={"starred": True}).status_code == 204
    assert ids(ann, starred=True) == [one]
    board = ann.post("/api/images/boards", json={"name": "Best"}).json()
    assert ann.post(f"/api/images/boards/{board['id']}", json={"add": [two]}).status_code == 204
    assert ann.get("/api/images/boards").json() == [{"id": board["id"], "name": "Best", "pictures": 1}]
    assert ids(ann, board=board["id"]) == [two]
    assert ann.patch(f"/api/images/boards/{board['id']}", json={"name": "Rest"}).status_code == 204
    assert ann.delete(f"/api/images/boards/{board['id']}").status_code == 204
    assert ann.post("/api/images/trash", json={"ids": [one, two]}).status_code == 204
    assert ids(ann) == [] and [line["kind"] for line in ann.get("/api/trash").json()] == ["picture"] * 2
    assert ann.post("/api/images/restore", json={"ids": [one]}).status_code == 204
    assert ids(ann) == [one]


def test_a_picture_gives_its_settings_back(ann: TestClient) -> None:
    job = draw(ann, seed=3, steps=2)
    content = ann.get(job["result"]["images"][0]["file"]).content
    found = ann.post("/api/images/read", files={"file": ("a.png", content)}).json()
    assert (found["source"], found["missing"]) == ("studio", [])
    assert found["request"]["seed"] == 3 and ann.get(f"/api/files/{found['file']}").content == content
    refused = ann.post("/api/images/read", files={"file": ("a.png", b"text")})
    assert refused.status_code == 422
    assert refused.json()["error"]["message"] == "file is not a picture that the studio can read."


def test_before_it_draws_it_says_what_it_takes(ann: TestClient) -> None:
    first = ann.post("/api/images/preflight", json={"prompt": "a cat", "model": "echo:delay=0.01"}).json()
    assert (first["fits"], first["seconds"], first["need"]) == (True, None, None)
    draw(ann, model="echo:delay=0.01")
    known = ann.post("/api/images/preflight", json={"prompt": "a", "model": "echo:delay=0.01", "count": 4}).json()
    assert known["seconds"] > 0
    wrong = ann.post("/api/images/preflight", json={"prompt": "a", "width": 100})
    assert wrong.status_code == 422 and wrong.json()["error"]["message"] == "width must be a multiple of 8."


def test_the_queue_is_held_ordered_and_let_go(ann: TestClient) -> None:
    assert ann.put("/api/images/queue", json={"paused": True}).json() == {"paused": True, "jobs": []}
    tickets = [
        ann.post("/api/jobs", json={"assistant": "images", "request": {"prompt": word, **ECHO}}).json()["id"]
        for word in ("one", "two", "three")
    ]
    shown = ann.put("/api/images/queue", json={"order": tickets[::-1]}).json()["jobs"]
    assert [(one["prompt"], one["position"]) for one in shown] == [("three", 1), ("two", 2), ("one", 3)]
    ann.put("/api/images/queue", json={"paused": False})
    jobs = [ended(ann, ticket) for ticket in tickets]
    assert [job["status"] for job in jobs] == ["done"] * 3
    assert jobs[2]["started"] <= jobs[1]["started"] <= jobs[0]["started"]


def test_skip_and_preview_of_what_is_over(ann: TestClient) -> None:
    job = draw(ann)
    assert ann.post(f"/api/images/jobs/{job['id']}/skip").json()["status"] == "done"
    assert ann.get(f"/api/jobs/{job['id']}/preview").status_code == 204


def test_the_text_model_makes_a_prompt_better(ann: TestClient) -> None:
    ticket = ann.post("/api/images/prompt", json={"prompt": "a fox"}).json()
    job = ended(ann, ticket["id"])
    assert (job["status"], job["output"]) == ("done", "a fox")


@pytest.mark.parametrize("form", ["b64_json", "url"])
def test_openais_clients_draw_too(app: Any, form: str) -> None:
    script = client(app, PUBLIC, **KEY)
    body = {"prompt": "a cat", **ECHO, "n": 2, "size": "128x64", "seed": 4, "response_format": form, "quality": "hd"}
    answer = script.post("/v1/images/generations", json=body)
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["data"]
    content = base64.b64decode(first[form]) if form == "b64_json" else script.get(first[form]).content
    assert Image.open(io.BytesIO(content)).size == (128, 64) and first[form] != second[form]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"size": "large"}, "size"),
        ({"size": "100x100"}, "size"),
        ({"size": "1x100"}, "size"),
        ({"n": 11}, "n"),
        ({"model": "none"}, "model"),
    ],
)
def test_openais_clients_are_told_what_is_wrong(app: Any, change: dict[str, Any], param: str) -> None:
    script = client(app, PUBLIC, **KEY)
    answer = script.post("/v1/images/generations", json={"prompt": "a cat", **ECHO, **change})
    assert answer.status_code in (400, 404) and answer.json()["error"]["param"] == param
