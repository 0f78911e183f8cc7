"""Files from elsewhere: the studio's own exports, and maps of Tiled (TMX and its JSON).

Whatever a file says is looked at in a process apart, and its size before it is unpacked: a map of a billion tiles, a
zip or an XML that grows is refused by name. Light, for the child imports it. Knows nothing about whose the world
becomes.
"""

import base64
import gzip
import io
import json
import zipfile
import zlib
from pathlib import PurePath
from typing import Any

from assistants.errors import InvalidInput
from assistants.games.content import FORMAT, MAX_DOCUMENT, Document, Element, problem

MAX_BYTES = 5 * 1024 * 1024
# Of a zip, the part that is read may have so many bytes, and the whole so many parts.
MOST_PARTS = 2000
LEAST_SIDE, MOST_SIDE = 8, 256
MOST_TILES, MOST_LAYERS, MOST_PLACES = 64, 8, 400
# The upper bits of a tile's number say how it is turned.
NUMBER = 0x0FFFFFFF
CHARACTERS = '#.~,"t^_%+=abcdefghijklmnopqrsuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0'
EMPTY = " "
KINDS = ("start", "exit", "key", "door", "item", "enemy", "character")
# Layers on which nobody walks, by what people call them.
SOLID = ("wall", "collision", "block", "solid")

NO_WORLD = "{field} is no export of this studio and no map of Tiled: {problem}."
SIZE = "{field} has a map of {width} x {height} tiles; a side may have {low} to {high}."
INFINITE = "{field} has an endless map. Give it a size in Tiled (Map properties, Infinite off)."
BROKEN = "{field} cannot be read: {problem}."
MANY = "{field} has more than {limit} {what}."
LEFT_OUT = "{count} objects of a kind that is not known here were left out."
TURNED = "Tiles that were turned or mirrored are as they are in the set."
LAYERS = "{count} layers beyond the {limit}th were left out."


def read(name: str, content: bytes) -> dict[str, Any]:
    """Return what a file holds: a ``world``, or a ``map``, and ``notes`` about what did not come along."""
    if len(content) > MAX_BYTES:
        raise InvalidInput("file", "{field} may have at most {limit} MB.", limit=MAX_BYTES >> 20)
    if content.startswith(b"PK\x03\x04"):
        content = _from_zip(content)
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        return _map(_from_xml(content), name)
    return _from_json(text, name)


def _from_zip(content: bytes) -> bytes:
    """Return the world in a zip that this studio has made."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_PARTS:
                raise InvalidInput("file", MANY, limit=MOST_PARTS, what="files")
            found = [entry for entry in entries if PurePath(entry.filename).name == "world.json"]
            if not found:
                raise InvalidInput("file", NO_WORLD, problem="no world.json")
            with archive.open(found[0]) as part:
                text = part.read(MAX_DOCUMENT * 4 + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InvalidInput("file", BROKEN, problem=str(error)[:200]) from error
    if len(text) > MAX_DOCUMENT * 4:
        raise InvalidInput("file", "{field} may hold at most {max_length} characters.", max_length=MAX_DOCUMENT)
    return text


def _from_json(text: bytes, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("file", NO_WORLD, problem=str(error)[:200]) from error
    if isinstance(data, dict) and data.get("format") == FORMAT:
        world = {key: value for key, value in data.items() if key not in ("AIGC", "notice")}
        if wrong := problem(world):
            raise InvalidInput("file", BROKEN, problem=wrong)
        return {"world": world, "notes": []}
    if isinstance(data, dict) and data.get("type") == "map":
        try:
            return _map(data, name)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput("file", BROKEN, problem=f"{type(error).__name__}: {error}"[:200]) from error
    raise InvalidInput("file", NO_WORLD, problem="neither format nor type says so")


# Tiled


def _from_xml(content: bytes) -> dict[str, Any]:
    """Return a TMX file as Tiled's JSON would have it; nothing in it may name anything outside of it."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidInput("file", BROKEN, problem=str(error)[:200]) from error
    if root.getroottree().docinfo.doctype:
        raise InvalidInput("file", BROKEN, problem="a DOCTYPE has no place in a map")
    if root.tag != "map":
        raise InvalidInput("file", NO_WORLD, problem=f"<{str(root.tag)[:40]}>")
    try:
        return _as_json(root)
    except (TypeError, ValueError) as error:
        raise InvalidInput("file", BROKEN, problem=str(error)[:200]) from error


def _as_json(root: Any) -> dict[str, Any]:
    numbers = {name: int(root.get(name, 0)) for name in ("width", "height", "tilewidth", "tileheight", "infinite")}
    layers = [_xml_layer(one) for one in root.iter("layer", "objectgroup")]
    sets = [
        {
            "firstgid": int(one.get("firstgid", 1)),
            "name": one.get("name", ""),
            "tiles": [
                {"id": int(tile.get("id", 0)), "type": tile.get("type") or tile.get("class") or "", **_xml_own(tile)}
                for tile in one.iter("tile")
            ],
        }
        for one in root.iter("tileset")
    ]
    return {"type": "map", **numbers, "tilesets": sets, "layers": layers, **_xml_own(root)}


def _xml_layer(one: Any) -> dict[str, Any]:
    about = {"name": one.get("name", ""), "type": "tilelayer" if one.tag == "layer" else "objectgroup"}
    if one.tag == "objectgroup":
        objects = [
            {
                "type": each.get("type") or each.get("class") or "",
                "name": each.get("name", ""),
                "x": float(each.get("x", 0)),
                "y": float(each.get("y", 0)),
                **({"gid": int(each.get("gid"))} if each.get("gid") else {}),
                **_xml_own(each),
            }
            for each in one.iter("object")
        ]
        return about | {"objects": objects}
    data = one.find("data")
    if data is None:
        raise ValueError("a layer without data")
    if data.find("tile") is not None:
        return about | {"data": [int(tile.get("gid", 0)) for tile in data.iter("tile")]}
    text, encoding = data.text or "", data.get("encoding", "csv")
    if encoding == "csv":
        return about | {"data": [int(part) for part in text.split(",") if part.strip()]}
    return about | {"data": text.strip(), "encoding": encoding, "compression": data.get("compression", "")}


def _xml_own(one: Any) -> dict[str, Any]:
    properties = one.find("properties")
    if properties is None:
        return {}
    return {
        "properties": [
            {
                "name": each.get("name"),
                "value": each.get("value") == "true" if each.get("type") == "bool" else each.get("value"),
            }
            for each in properties.iter("property")
        ]
    }


def _own(one: dict[str, Any], name: str, otherwise: Any) -> Any:
    """Return a property that somebody gave to a thing."""
    return next((each.get("value") for each in one.get("properties") or () if each.get("name") == name), otherwise)


def _map(data: dict[str, Any], name: str) -> dict[str, Any]:
    if data.get("infinite"):
        raise InvalidInput("file", INFINITE)
    width, height = data.get("width"), data.get("height")
    is_size = all(type(side) is int and LEAST_SIDE <= side <= MOST_SIDE for side in (width, height))
    if not is_size or type(width) is not int or type(height) is not int:
        raise InvalidInput("file", SIZE, width=str(width)[:12], height=str(height)[:12], low=LEAST_SIDE, high=MOST_SIDE)
    flat = list(_flat(data.get("layers") or []))
    grids = [one for one in flat if one.get("type") == "tilelayer"]
    if not grids:
        raise InvalidInput("file", BROKEN, problem="no layer of tiles")
    notes = [_note(LAYERS, count=len(grids) - MOST_LAYERS, limit=MOST_LAYERS)] if len(grids) > MOST_LAYERS else []
    reading = _Reading(data, width, height)
    layers = [reading.layer(one) for one in grids[:MOST_LAYERS]]
    places, left_out = reading.places([each for one in flat for each in one.get("objects") or ()])
    notes += [_note(LEFT_OUT, count=left_out)] if left_out else []
    notes += [_note(TURNED)] if reading.is_turned else []
    title = str(_own(data, "name", "") or PurePath(name).stem or "Map")[:80]
    element: Element = {
        "id": "map-1", "name": " ".join(title.split()) or "Map", "locked": False, "by": {},
        "description": str(_own(data, "description", "") or "")[:1000], "generator": "import", "seed": 0,
        "width": width, "height": height, "legend": reading.legend, "layers": layers, "places": places,
    }  # fmt: skip
    return {"map": element, "notes": notes}


def _flat(layers: list[Any], depth: int = 0) -> Any:
    for one in layers:
        if isinstance(one, dict) and one.get("type") == "group" and depth < MOST_LAYERS:
            yield from _flat(one.get("layers") or [], depth + 1)
        elif isinstance(one, dict):
            yield one


def _note(template: str, /, **values: Any) -> dict[str, Any]:
    return {"template": template, "values": values}


class _Reading:
    """A map of Tiled that is being read; its tiles get characters in the order in which they come."""

    def __init__(self, data: dict[str, Any], width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._side = (max(1, int(data.get("tilewidth") or 16)), max(1, int(data.get("tileheight") or 16)))
        self._known: dict[int, dict[str, Any]] = {}
        self._is_ours = False
        for one in data.get("tilesets") or ():
            self._is_ours = self._is_ours or one.get("name") == "aigc-studio"
            for tile in one.get("tiles") or ():
                self._known[int(one.get("firstgid", 1)) + int(tile["id"])] = tile
        self._characters: dict[tuple[int, bool], str] = {}
        self.legend: dict[str, dict[str, Any]] = {EMPTY: {"name": "nothing", "walkable": False, "tile": 0}}
        self.is_turned = False

    def layer(self, one: dict[str, Any]) -> dict[str, Any]:
        """Return a layer as rows of characters."""
        numbers = self._numbers(one)
        if len(numbers) != self._width * self._height:
            raise InvalidInput("file", BROKEN, problem=f"a layer of {len(numbers)} tiles")
        name = str(one.get("name") or "layer")[:80]
        is_solid = any(word in name.casefold() for word in SOLID)
        text = "".join(self._character(number, is_solid) for number in numbers)
        rows = [text[start : start + self._width] for start in range(0, len(text), self._width)]
        return {"name": name, "rows": rows}

    def _numbers(self, one: dict[str, Any]) -> list[int]:
        data = one.get("data")
        if isinstance(data, list):
            return [int(number) for number in data]
        size = 4 * self._width * self._height
        packed = base64.b64decode(str(data), validate=False)
        raw = _unpacked(packed, str(one.get("compression") or ""), size)
        return [int.from_bytes(raw[start : start + 4], "little") for start in range(0, len(raw), 4)]

    def _character(self, number: int, is_solid: bool) -> str:
        plain = number & NUMBER
        self.is_turned = self.is_turned or plain != number
        if not plain:
            return EMPTY
        if (plain, is_solid) not in self._characters:
            if len(self._characters) >= MOST_TILES - 1:
                raise InvalidInput("file", MANY, limit=MOST_TILES - 1, what="kinds of tiles")
            character = CHARACTERS[len(self._characters)]
            self._characters[plain, is_solid] = character
            tile = self._known.get(plain, {})
            name = str(tile.get("type") or tile.get("class") or f"tile {plain}")[:80]
            walkable = bool(_own(tile, "walkable", not is_solid))
            # Of another's tile set there is no picture here: what one walks on is floor.
            own = min(plain - 1, 63) if self._is_ours else 1 if walkable else 0
            self.legend[character] = {"name": name, "walkable": walkable, "tile": own}
        return self._characters[plain, is_solid]

    def places(self, objects: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
        """Return what stands on the map, and how many objects are of no kind that is known."""
        places: list[dict[str, Any]] = []
        for one in objects:
            kind = str(one.get("type") or one.get("class") or "").casefold()
            if kind not in KINDS or len(places) >= MOST_PLACES:
                continue
            # A tile stands on its lower edge.
            row = int(float(one.get("y") or 0) / self._side[1]) - (1 if one.get("gid") else 0)
            x, y = int(float(one.get("x") or 0) / self._side[0]), row
            if 0 <= x < self._width and 0 <= y < self._height:
                places.append({"type": kind, "x": x, "y": y, "target": self._target(kind, one)})
        return places, len(objects) - len(places)

    @staticmethod
    def _target(kind: str, one: dict[str, Any]) -> str | None:
        if kind not in ("key", "door"):
            # What it is, only the world that it came from knows.
            return None
        text = str(_own(one, "target", "") or one.get("name") or "lock").casefold()
        plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "-" for letter in text)
        return plain.lstrip("-_")[:40] or "lock"


def _unpacked(packed: bytes, compression: str, size: int) -> bytes:
    """Return what was packed, but no more than ``size`` bytes and one, which is too much then."""
    try:
        match compression:
            case "":
                return packed[: size + 4]
            case "zlib":
                return zlib.decompressobj().decompress(packed, size + 4)
            case "gzip":
                return gzip.GzipFile(fileobj=io.BytesIO(packed)).read(size + 4)
    except (zlib.error, OSError, EOFError) as error:
        raise InvalidInput("file", BROKEN, problem=str(error)[:200]) from error
    raise InvalidInput("file", BROKEN, problem=f"compression {compression[:20]}")


def place_map(document: Document, element: Element, id: str) -> None:
    """Put a map that was read into a world, under an id that is free there."""
    document["maps"].append(element | {"id": id})
