"""Imports: own exports and Tiled's maps come in as they were; a hostile file is one sentence, and nothing is kept."""

import base64
import gzip
import io
import json
import zipfile
import zlib
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.games import integrity, maps, solving, structure, taking
from assistants.games.exporting import export
from assistants.games.exporting.tiled import as_tiled
from assistants.games.worlds import Worlds
from assistants.history import History


@pytest.fixture
def worlds(history: History) -> Worlds:
    return Worlds(history.store)


def read(worlds: Worlds, name: str, content: bytes, world: str | None = None) -> Any:
    taken = taking.take_in(worlds, "me", name, content, world)
    return taken, worlds.get(taken.id, "me").document


@pytest.mark.parametrize("form", ["json", "all"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_own_export_comes_back_as_it_was(worlds: Worlds, form: str, language: str) -> None:
    document = structure.build(1, language)
    document["items"][0]["name"] = 'x "quoted"\n<b>'
    taken, found = read(worlds, "w.zip", export(document, "id", form)[1])
    assert found == document and taken.notes == ()


@pytest.mark.parametrize("suffix", ["tmx", "tmj"])
def test_an_own_map_goes_through_tiled_and_back(worlds: Worlds, suffix: str) -> None:
    document = structure.build(1, "en")
    for one in document["maps"]:
        _, found = read(worlds, f"m.{suffix}", as_tiled(document)[f"{one['id']}.{suffix}"])
        [back] = found["maps"]
        before, after = maps.level_of(one), maps.level_of(back)
        assert (before.walkable == after.walkable).all()
        assert (before.start, before.exit, before.keys, before.doors) == (
            after.start,
            after.exit,
            after.keys,
            after.doors,
        )
        assert solving.solve(after).is_solved
        tiles = [{tile["name"]: tile["tile"] for tile in each["legend"].values()} for each in (one, back)]
        assert tiles[0].items() <= tiles[1].items()
        assert integrity.check(found).wrong == []


def tmj(**changes: Any) -> dict[str, Any]:
    layer = {"type": "tilelayer", "name": "ground", "width": 10, "height": 10, "data": [1] * 100}
    return {"type": "map", "width": 10, "height": 10, "tilewidth": 16, "tileheight": 16, "layers": [layer]} | changes


def test_a_foreign_map_comes_into_a_world_and_is_mended_there(worlds: Worlds) -> None:
    world = worlds.create("me", structure.build(1, "en"), "made")
    objects = [
        {"type": "Start", "x": 32, "y": 32},
        {"type": "tree", "x": 1, "y": 1},
        {"type": "exit", "x": 9999, "y": 0},
    ]
    walls = {"type": "tilelayer", "name": "Walls", "width": 10, "height": 10, "data": [0] * 99 + [0x80000002]}
    layers = [*tmj()["layers"], {"type": "group", "layers": [walls]}, {"type": "objectgroup", "objects": objects}]
    taken, found = read(worlds, "forest.tmj", json.dumps(tmj(layers=layers)).encode(), world)
    assert taken.id == world and found["maps"][-1]["name"] == "forest"
    assert [note["values"].get("count") for note in taken.notes] == [2, None]
    assert integrity.mend(found).wrong == []
    level = maps.level_of(found["maps"][-1])
    assert level is not None and level.walkable.sum() == 99


@pytest.mark.parametrize(("compression", "pack"), [("", bytes), ("zlib", zlib.compress), ("gzip", gzip.compress)])
def test_packed_layers_are_read(worlds: Worlds, compression: str, pack: Any) -> None:
    raw = b"".join((number % 2 + 1).to_bytes(4, "little") for number in range(100))
    text = base64.b64encode(pack(raw)).decode()
    layer = {"type": "tilelayer", "name": "a", "data": text, "encoding": "base64", "compression": compression}
    _, found = read(worlds, "m.json", json.dumps(tmj(layers=[layer])).encode())
    assert found["maps"][0]["layers"][0]["rows"][0] == "#.#.#.#.#."
    data = f'<data encoding="base64" compression="{compression}">{text}</data>'
    xml = f'<map width="10" height="10" tilewidth="8" tileheight="8"><layer name="a">{data}</layer></map>'
    assert read(worlds, "m.tmx", xml.encode())[1]["maps"][0]["layers"] == found["maps"][0]["layers"]


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return target.getvalue()


BILLION = json.dumps(tmj(width=31_623, height=31_623)).encode()
BOMB = b"""<?xml version="1.0"?><!DOCTYPE map [<!ENTITY a "aaaaaaaaaa">%s]><map width="10" height="10">&z;</map>""" % (
    b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (n + 1, n, n, n, n) for n in range(97, 122))
)
OUTSIDE = b'<!DOCTYPE map [<!ENTITY x SYSTEM "file:///etc/passwd">]><map width="10" height="10">&x;</map>'
PACKED = {"type": "tilelayer", "encoding": "base64", "compression": "zlib",
          "data": base64.b64encode(zlib.compress(b"\1" * 50_000_000)).decode()}  # fmt: skip
WORLD = structure.build(1, "en")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no export"),
        (b"\xff\xfe\x00\x01", "no export"),
        (b"[" * 200_000, "no export"),
        (b'{"type": "map"}', "tiles"),
        (BILLION, "31623"),
        (b'<map width="1000000000" height="1"/>', "1000000000"),
        (json.dumps(tmj(width=True, height=10)).encode(), "tiles"),
        (json.dumps(tmj(infinite=True)).encode(), "endless"),
        (json.dumps(tmj(layers=[])).encode(), "no layer"),
        (json.dumps(tmj(layers=[PACKED])).encode(), "layer of 101"),
        (json.dumps(tmj(layers=[{"type": "tilelayer", "data": [1] * 99}])).encode(), "99"),
        (json.dumps(tmj(layers=[{"type": "tilelayer", "data": list(range(100))}])).encode(), "63"),
        (json.dumps(tmj(layers=[{"type": "tilelayer", "data": ["x"] * 100}])).encode(), "read"),
        (json.dumps(tmj(layers=7)).encode(), "read"),
        (BOMB, "read"),
        (OUTSIDE, "DOCTYPE"),
        (b"<html/>", "html"),
        (b"<map width='x' height='10'/>", "read"),
        (b"PK\x03\x04 not a zip", "read"),
        (zipped(readme_txt=b"hello"), "world.json"),
        (zipped(world_json=b" " * 40_000_000), "characters"),
        (zipped(world_json=json.dumps(WORLD | {"extra": 1}).encode()), "extra"),
        (json.dumps(WORLD | {"items": [WORLD["items"][0]] * 600}).encode(), "items"),
        (json.dumps(WORLD | {"name": "\x00"}).encode(), "not text"),
        (b"x" * 6_000_000, "5 MB"),
    ],
    ids=range(25),
)
def test_a_hostile_file_is_one_sentence_and_nothing_is_kept(worlds: Worlds, content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        taking.take_in(worlds, "me", "../../x.tmx", content)
    assert says in str(error.value) and "passwd" not in str(error.value)
    assert worlds.list("me") == []


def test_a_map_does_not_come_into_the_world_of_another(worlds: Worlds) -> None:
    world = worlds.create("other", structure.build(1, "en"), "made")
    with pytest.raises(NotFound):
        taking.take_in(worlds, "me", "m.tmj", json.dumps(tmj()).encode(), world)
    assert worlds.list("me") == []
