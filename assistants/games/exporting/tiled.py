"""Maps for Tiled, as TMX and as JSON (TMJ 1.10), with the tile set described in the file and its picture beside it."""

import json
from typing import Any
from xml.sax.saxutils import quoteattr

from assistants.games import tiles
from assistants.games.content import Document, Element
from assistants.games.exporting.files import COMMENT, Files
from assistants.games.maps import TILES
from assistants.storable import for_xml

IMAGE = "tiles.png"
VERSION = "1.10"
COUNT = tiles.COLUMNS * tiles.ROWS


def as_tiled(document: Document) -> Files:
    """Return every map in both forms, and the tile set's picture."""
    files = {IMAGE: tiles.tile_set()}
    for one in document["maps"]:
        whole = as_tmj(one)
        files[f"{one['id']}.tmj"] = json.dumps(whole, ensure_ascii=False, indent=1).encode()
        files[f"{one['id']}.tmx"] = _tmx(whole).encode()
    return files


def as_tmj(one: Element) -> dict[str, Any]:
    """Return a map as Tiled's JSON has it."""
    layers = [_layer(one, layer, number) for number, layer in enumerate(one["layers"], 1)]
    objects = _objects(one, len(layers) + 1)
    return {
        "type": "map", "version": VERSION, "orientation": "orthogonal", "renderorder": "right-down",
        "infinite": False, "width": one["width"], "height": one["height"],
        "tilewidth": tiles.SIDE, "tileheight": tiles.SIDE, "compressionlevel": -1,
        "nextlayerid": len(layers) + 2, "nextobjectid": len(one["places"]) + 1,
        "properties": _properties({"AIGC": COMMENT, "name": one["name"], "description": one["description"],
                                   "generator": one["generator"], "seed": one["seed"]}),
        "tilesets": [_tile_set()], "layers": [*layers, objects],
    }  # fmt: skip


def _layer(one: Element, layer: dict[str, Any], number: int) -> dict[str, Any]:
    legend = one["legend"]
    data = [legend[character]["tile"] + 1 if character in legend else 0 for row in layer["rows"] for character in row]
    size = {"width": one["width"], "height": one["height"], "x": 0, "y": 0}
    return {
        "type": "tilelayer",
        "id": number,
        "name": layer["name"],
        "opacity": 1,
        "visible": True,
        **size,
        "data": data,
    }


def _objects(one: Element, number: int) -> dict[str, Any]:
    side = tiles.SIDE
    objects = [
        {
            "id": place_number, "name": str(place["target"] or place["type"]), "type": place["type"],
            "gid": tiles.mark(place["type"]) + 1, "x": place["x"] * side, "y": (place["y"] + 1) * side,
            "width": side, "height": side, "rotation": 0, "visible": True,
            "properties": _properties({"target": place["target"] or ""}),
        }
        for place_number, place in enumerate(one["places"], 1)
    ]  # fmt: skip
    about = {"type": "objectgroup", "id": number, "name": "places", "draworder": "topdown", "opacity": 1}
    return about | {"visible": True, "x": 0, "y": 0, "objects": objects}


def _properties(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {bool: "bool", int: "int", str: "string"}
    return [{"name": name, "type": kinds[type(value)], "value": value} for name, value in values.items()]


def _tile_set() -> dict[str, Any]:
    """Return the tile set; each ground has its name, and says whether one walks there."""
    grounds = [
        {"id": number, "type": name, "properties": _properties({"walkable": walkable})}
        for _, name, walkable, number in TILES
    ]
    marks = [{"id": tiles.mark(kind), "type": kind} for kind in tiles.MARKS]
    size = {"imagewidth": tiles.SIDE * tiles.COLUMNS, "imageheight": tiles.SIDE * tiles.ROWS}
    about = {"firstgid": 1, "name": "aigc-studio", "tilewidth": tiles.SIDE, "tileheight": tiles.SIDE}
    counted = {"tilecount": COUNT, "columns": tiles.COLUMNS, "margin": 0, "spacing": 0}
    return about | counted | {"image": IMAGE, **size, "tiles": [*grounds, *marks]}


# As XML


def _tmx(whole: dict[str, Any]) -> str:
    tile_set = whole["tilesets"][0]
    named = ("version", "orientation", "renderorder", "width", "height", "tilewidth", "tileheight", "nextlayerid",
             "nextobjectid")  # fmt: skip
    inner = [_tag("properties", {}, _xml_properties(whole["properties"])), _xml_tile_set(tile_set)]
    inner += [_xml_layer(layer) for layer in whole["layers"]]
    attributes = {name: whole[name] for name in named} | {"infinite": 0}
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {COMMENT} -->\n' + _tag("map", attributes, "".join(inner))


def _tag(name: str, attributes: dict[str, Any], inner: str = "") -> str:
    text = "".join(f" {key}={quoteattr(for_xml(str(value)))}" for key, value in attributes.items())
    return f"<{name}{text}>{inner}</{name}>\n" if inner else f"<{name}{text}/>\n"


def _xml_properties(properties: list[dict[str, Any]]) -> str:
    return "".join(
        _tag("property", one | {"value": str(one["value"]).lower() if one["type"] == "bool" else one["value"]})
        for one in properties
    )


def _xml_tile_set(one: dict[str, Any]) -> str:
    named = ("firstgid", "name", "tilewidth", "tileheight", "tilecount", "columns")
    image = {"source": one["image"], "width": one["imagewidth"], "height": one["imageheight"]}
    inner = [_tag("image", image)]
    for tile in one["tiles"]:
        properties = tile.get("properties")
        nested = _tag("properties", {}, _xml_properties(properties)) if properties else ""
        inner.append(_tag("tile", {"id": tile["id"], "type": tile["type"]}, nested))
    return _tag("tileset", {name: one[name] for name in named}, "".join(inner))


def _xml_layer(layer: dict[str, Any]) -> str:
    if layer["type"] == "objectgroup":
        inner = [
            _tag(
                "object",
                {name: one[name] for name in ("id", "name", "type", "gid", "x", "y", "width", "height")},
                _tag("properties", {}, _xml_properties(one["properties"])),
            )
            for one in layer["objects"]
        ]
        return _tag("objectgroup", {"id": layer["id"], "name": layer["name"]}, "".join(inner))
    width, data = layer["width"], layer["data"]
    rows = [",".join(map(str, data[start : start + width])) for start in range(0, len(data), width)]
    grid = _tag("data", {"encoding": "csv"}, "\n" + ",\n".join(rows) + "\n")
    attributes = {name: layer[name] for name in ("id", "name", "width", "height")}
    return _tag("layer", attributes, grid)
