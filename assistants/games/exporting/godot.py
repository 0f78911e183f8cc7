"""A world for Godot 4: a resource for each kind, and a script that fills a TileMapLayer from a map."""

import json
from typing import Any

from assistants.games import tiles
from assistants.games.content import KINDS, Document
from assistants.games.exporting.files import COMMENT, Files

FOLDER = "res://aigc_world"
THINGS = f"""# {COMMENT}
class_name AigcThings
extends Resource
## All things of one kind in a world, by their ids.

@export var kind: String
@export var things: Dictionary
"""
MAP = f'''# {COMMENT}
class_name AigcMap
extends TileMapLayer
## Draws a map of the world: set `map_id`, and put this node into a scene.

@export var maps: AigcThings = preload("{FOLDER}/maps.tres")
@export var map_id: String


func _ready() -> void:
	var source := TileSetAtlasSource.new()
	source.texture = preload("{FOLDER}/tiles.png")
	source.texture_region_size = Vector2i({tiles.SIDE}, {tiles.SIDE})
	for number in {tiles.COLUMNS * tiles.ROWS}:
		source.create_tile(Vector2i(number % {tiles.COLUMNS}, number / {tiles.COLUMNS}))
	tile_set = TileSet.new()
	tile_set.tile_size = Vector2i({tiles.SIDE}, {tiles.SIDE})
	tile_set.add_source(source, 0)
	var map: Dictionary = maps.things[map_id]
	var rows: Array = map["layers"][0]["rows"]
	for y in rows.size():
		for x in rows[y].length():
			var tile: int = map["legend"][rows[y][x]]["tile"]
			set_cell(Vector2i(x, y), 0, Vector2i(tile % {tiles.COLUMNS}, tile / {tiles.COLUMNS}))
'''


def as_godot(document: Document) -> Files:
    """Return the folder ``aigc_world`` of a project."""
    files = {"aigc_world/things.gd": THINGS.encode(), "aigc_world/map.gd": MAP.encode()}
    files["aigc_world/tiles.png"] = tiles.tile_set()
    world = {name: value for name, value in document.items() if name not in KINDS}
    for kind, things in [("world", {"world": world}), *((kind, _by_id(document, kind)) for kind in KINDS)]:
        files[f"aigc_world/{kind}.tres"] = _resource(kind, things).encode()
    return files


def _by_id(document: Document, kind: str) -> dict[str, Any]:
    return {one["id"]: one for one in document[kind]}


def _resource(kind: str, things: dict[str, Any]) -> str:
    return (
        f"; {COMMENT}\n"
        '[gd_resource type="Resource" script_class="AigcThings" load_steps=2 format=3]\n\n'
        f'[ext_resource type="Script" path="{FOLDER}/things.gd" id="1"]\n\n'
        '[resource]\nscript = ExtResource("1")\n'
        f"kind = {_value(kind)}\nthings = {_value(things)}\n"
    )


def _value(value: Any) -> str:
    """Return a value as Godot writes it: as JSON, for it takes the same texts, numbers, lists and dictionaries."""
    return json.dumps(value, ensure_ascii=False)
