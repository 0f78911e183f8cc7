"""A world as JSON with its schemas, as CSV for a spreadsheet, and as tables as RPG Maker MZ has them."""

import csv
import io
import json
from typing import Any

from assistants.games.content import KINDS, Document, Element, document_schema, schema
from assistants.games.exporting.files import Files

# What a spreadsheet would take for a formula begins so.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def as_json(document: Document) -> Files:
    """Return the whole world, and the schemas that it and each of its things keeps to."""
    schemas = {f"schemas/{kind}.schema.json": _json(schema(kind)) for kind in KINDS}
    return {"world.json": _json(document), "schemas/world.schema.json": _json(document_schema()), **schemas}


def as_csv(document: Document) -> Files:
    """Return a table for each kind; what is no number and no text is JSON in its cell."""
    return {f"{kind}.csv": _table(kind, document[kind]) for kind in KINDS}


def _table(kind: str, things: list[Element]) -> bytes:
    columns = [name for name in schema(kind)["properties"] if name != "by"]
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    writer.writerows([[_cell(one[name]) for name in columns] for one in things])
    # With a mark that lets Excel read Chinese.
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return value if isinstance(value, int | float | None) else json.dumps(value, ensure_ascii=False)


# RPG Maker

_TABLES = {"weapon": "Weapons", "armour": "Armors"}


def as_rpg_maker(document: Document) -> Files:
    """Return the tables of a project's ``data`` folder: lists whose first entry is null, ids from one on."""
    rows: dict[str, list[Any]] = {name: [None] for name in ("Actors", "Items", "Weapons", "Armors", "Enemies")}
    for person in document["characters"]:
        rows["Actors"].append(
            _row(rows["Actors"], person) | {"profile": person["description"], "initialLevel": person["level"]}
        )
    for item in document["items"]:
        table = rows[_TABLES.get(item["type"], "Items")]
        own = {"description": item["description"], "price": item["price"]}
        if item["type"] in _TABLES:
            own["params"] = _params(attack=item["power"] if item["type"] == "weapon" else 0,
                                    defence=item["power"] if item["type"] == "armour" else 0)  # fmt: skip
        table.append(_row(table, item) | own)
    for enemy in document["enemies"]:
        numbers = _params(enemy["health"], enemy["damage"], enemy["level"])
        rows["Enemies"].append(_row(rows["Enemies"], enemy) | {"params": numbers, "gold": enemy["gold"]})
    files = {f"data/{name}.json": _json(table) for name, table in rows.items()}
    infos: list[Any] = [None]
    for number, one in enumerate(document["maps"], 1):
        files[f"data/Map{number:03}.json"] = _json(_map(one))
        infos.append({"id": number, "name": one["name"], "order": number, "parentId": 0})
    return files | {"data/MapInfos.json": _json(infos)}


def _row(table: list[Any], one: Element) -> dict[str, Any]:
    return {"id": len(table), "name": one["name"], "note": f"<aigc:{one['id']}>"}


def _params(health: int = 0, attack: int = 0, defence: int = 0) -> list[int]:
    """Return most health, most magic, attack, defence, and four that this world does not know."""
    return [health, 0, attack, defence, 0, 0, 0, 0]


def _map(one: Element) -> dict[str, Any]:
    """Return a map: six layers of tiles in one list (ground first), and an event for each place."""
    ground = [one["legend"][character]["tile"] for row in one["layers"][0]["rows"] for character in row]
    # Tiles of the page A5 begin at this number.
    data = [1536 + tile for tile in ground] + [0] * (5 * len(ground))
    events = [None] + [
        {"id": number, "name": place["type"], "note": str(place["target"] or ""), "x": place["x"], "y": place["y"]}
        for number, place in enumerate(one["places"], 1)
    ]
    about = {"displayName": one["name"], "note": one["description"], "tilesetId": 1}
    return about | {"width": one["width"], "height": one["height"], "data": data, "events": events}
