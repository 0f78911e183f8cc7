"""Worlds over HTTP: made by a job, edited, proved, mended, played, exported and taken in; strangers see nothing."""

import io
import json
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.talk import ended


def built(browser: TestClient, **request: Any) -> dict[str, Any]:
    """Build a world by a job and return it."""
    body = {"assistant": "games", "request": {"kind": "world", "seed": 3, **request}}
    ticket = browser.post("/api/jobs", json=body)
    assert ticket.status_code == 202, ticket.text
    job = ended(browser, ticket.json()["id"])
    assert job["status"] == "done", job
    return browser.get(f"/api/worlds/{job['result']['world']}").json()


def test_a_thing_is_edited_locked_and_refused_where_stale(ann: TestClient) -> None:
    world = built(ann)
    item = world["document"]["items"][0]
    path, revision = f"/api/worlds/{world['id']}/content/{item['id']}", world["revisions"][item["id"]]
    name = 'A "new"\n<b>name</b>; DROP TABLE'
    edited = ann.patch(path, json={"fields": {"name": name}, "locked": True, "based_on": revision})
    assert edited.status_code == 200 and edited.json()["document"]["items"][0]["name"] == name
    assert ann.patch(path, json={"fields": {"name": "Late"}, "based_on": revision}).status_code == 409
    now = edited.json()["revisions"][item["id"]]
    assert ann.patch(path, json={"fields": {"name": "Locked"}, "based_on": now}).status_code == 409
    assert ann.delete(path).status_code == 409
    for fields in (
        {"price": -1},
        {"price": "ten"},
        {"id": "other"},
        {"by": {}},
        {"nothing": 1},
        {"name": "x" * 81},
        {"name": "a\0"},
    ):
        wrong = ann.patch(path, json={"fields": fields, "locked": False, "based_on": now})
        assert wrong.status_code == 422, fields
    assert ann.get(f"/api/worlds/{world['id']}").json() == edited.json()
    versions = ann.get(f"/api/worlds/{world['id']}/versions").json()
    assert [one["cause"] for one in versions] == ["edit", "made"]
    [before] = ann.get(f"{path}/alternates?field=name").json()
    assert before["value"] == item["name"]
    restored = ann.post(f"/api/worlds/{world['id']}/versions/{versions[-1]['id']}/restore").json()
    assert restored["document"] == world["document"]


def test_what_is_taken_out_is_found_missing_and_mended(ann: TestClient) -> None:
    world = built(ann)
    path = f"/api/worlds/{world['id']}"
    assert ann.get(f"{path}/report").json()["wrong"] == []
    giver = world["document"]["quests"][0]["giver"]
    assert ann.delete(f"{path}/content/{giver}").status_code == 200
    found = ann.get(f"{path}/report", headers={"Accept-Language": "zh"}).json()["wrong"]
    assert found and any(giver in one["text"] and "不在" in one["text"] for one in found)
    report = ann.post(f"{path}/repair").json()
    assert report["mended"] and report["wrong"] == []
    solved = ann.get(f"{path}/solution").json()
    assert solved["solver"] and solved["player"]


def test_a_game_is_played_to_its_end_and_undone(ann: TestClient) -> None:
    world = built(ann)
    path = f"/api/worlds/{world['id']}"
    game = ann.post(f"{path}/games", json={}).json()
    assert game["name"] == world["name"] and game["options"] and game["transcript"]
    for command in ann.get(f"{path}/solution").json()["player"]:
        game = ann.post(f"{path}/games/{game['id']}/commands", json={"command": command}).json()
    assert game["won"]
    undone = ann.post(f"{path}/games/{game['id']}/undo").json()
    assert not undone["won"] and len(undone["commands"]) == len(game["commands"]) - 1
    refused = ann.post(f"{path}/games/{game['id']}/commands", json={"command": "fly away"}).json()
    assert refused["last"][-1]["kind"] == "refused" and refused["commands"] == undone["commands"]
    assert [one["id"] for one in ann.get(f"{path}/games").json()] == [game["id"]]
    assert ann.get(f"{path}/games/{game['id']}").json()["state"] == undone["state"]


def test_maps_are_pictures_and_files_go_out_and_come_in_again(ann: TestClient) -> None:
    world = built(ann, language="zh")
    path = f"/api/worlds/{world['id']}"
    for way in ("false", "true"):
        picture = ann.get(f"{path}/maps/map-1/picture?way={way}")
        assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert ann.get(f"{path}/maps/item-1/picture").status_code == 404
    answer = ann.get(f"{path}/export?form=json")
    assert ".zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("AIGC.json"))["AIGC"]["Label"] == "1"
        assert json.loads(archive.read("world.json"))["AIGC"]["ProduceID"] == world["id"]
    taken = ann.post("/api/worlds/import", files={"file": ("world.zip", answer.content)}).json()
    assert ann.get(f"/api/worlds/{taken['id']}").json()["document"] == world["document"]
    assert ann.get(f"{path}/export?form=exe").status_code == 422
    wrong = ann.post("/api/worlds/import", files={"file": ("a.tmx", b"no")})
    assert wrong.status_code == 422 and "no export" in wrong.json()["error"]["message"]


def test_strangers_find_nothing(ann: TestClient, bob: TestClient) -> None:
    world = built(ann)
    path = f"/api/worlds/{world['id']}"
    game = ann.post(f"{path}/games", json={"name": "Mine"}).json()
    version = world["version"]
    assert bob.get("/api/worlds").json() == []
    for method, tail, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("PATCH", "/content/item-1", {"based_on": world["revisions"]["item-1"]}),
        ("DELETE", "/content/item-1", None),
        ("GET", "/content/item-1/alternates", None),
        ("GET", "/versions", None),
        ("POST", f"/versions/{version}/restore", None),
        ("GET", "/report", None),
        ("POST", "/repair", None),
        ("GET", "/solution", None),
        ("GET", "/maps/map-1/picture", None),
        ("GET", "/export", None),
        ("GET", "/games", None),
        ("POST", "/games", {}),
        ("GET", f"/games/{game['id']}", None),
        ("POST", f"/games/{game['id']}/commands", {"command": "1"}),
        ("POST", f"/games/{game['id']}/undo", None),
    ]:
        assert bob.request(method, path + tail, json=body).status_code == 404, tail
    mine = built(bob)
    # Not even through a world of one's own.
    other = f"/api/worlds/{mine['id']}"
    assert bob.get(f"{other}/games/{game['id']}").status_code == 404
    assert bob.post(f"{other}/versions/{version}/restore").status_code == 404
    assert ann.patch(path, json={"name": "My world"}).status_code == 204
    assert [one["name"] for one in ann.get("/api/worlds?q=my+w").json()] == ["My world"]
    assert ann.delete(path).status_code == 204 and ann.get(path).status_code == 404
    [line] = [line for line in ann.get("/api/trash").json() if line["kind"] == "world"]
    assert ann.post(f"/api/trash/{line['id']}/restore").status_code == 204
    assert ann.get(f"{path}/games/{game['id']}").json()["name"] == "Mine"


@pytest.mark.parametrize("body", [{"command": 1}, {}, {"command": "a\0"}, [], {"command": "x" * 1001}])
def test_a_bad_command_is_one_sentence(ann: TestClient, body: Any) -> None:
    answer = ann.post("/api/worlds/x/games/y/commands", json=body)
    assert answer.status_code == 422 and answer.json()["error"]["message"]
