"""Graphs as SVG: the quests of a world and the nodes of a dialogue, in columns from where they begin.

Every text is escaped; colours are the page's (``static/games/games.css``). Knows nothing about Gradio.
"""

from dataclasses import dataclass
from html import escape

from assistants.games.content import Document, Element

WIDTH, HEIGHT, ACROSS, DOWN, EDGE = 168, 44, 44, 16, 6
# As many letters as a box is wide; a Chinese one takes the place of two.
LETTERS = 24


@dataclass(frozen=True)
class Box:
    """A box of a graph: two lines of text and a class."""

    id: str
    title: str
    below: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another; a ``guarded`` one is there on a condition only."""

    start: str
    end: str
    guarded: bool = False


def quests(document: Document) -> str:
    """Return the quests of a world, each after those that it needs."""
    names = {one["id"]: one["name"] for one in document["characters"]}
    goal = document["goal"]
    boxes = [
        Box(one["id"], one["name"], names.get(one["giver"], ""), "goal" if one["id"] == goal else "")
        for one in document["quests"]
    ]
    arrows = [Arrow(before, one["id"]) for one in document["quests"] for before in one["prerequisites"]]
    return svg(boxes, arrows)


def dialogue(element: Element) -> str:
    """Return the nodes of a dialogue, each after the first that leads to it."""
    boxes = []
    for node in element["nodes"]:
        kind = "start" if node["id"] == element["start"] else "ending" if node["ending"] else ""
        boxes.append(Box(node["id"], node["text"], node["id"], kind))
    boxes.sort(key=lambda box: box.kind != "start")
    arrows = {
        (node["id"], choice["to"]): Arrow(node["id"], choice["to"], bool(choice["conditions"]))
        for node in element["nodes"]
        for choice in node["choices"]
    }
    return svg(boxes, list(arrows.values()))


def svg(boxes: list[Box], arrows: list[Arrow]) -> str:
    """Return a graph; boxes that nothing leads to stand in the first column."""
    if not boxes:
        return ""
    columns = _columns(boxes, arrows)
    places = {
        box.id: (EDGE + number * (WIDTH + ACROSS), EDGE + row * (HEIGHT + DOWN))
        for number, column in enumerate(columns)
        for row, box in enumerate(column)
    }
    width = max(x for x, _ in places.values()) + WIDTH + EDGE
    height = max(y for _, y in places.values()) + HEIGHT + EDGE + DOWN
    lines = [_arrow(places[one.start], places[one.end], one) for one in arrows if {one.start, one.end} <= places.keys()]
    drawn = [_box(box, *places[box.id]) for column in columns for box in column]
    head = (
        '<marker id="games-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    )
    tip = f'<defs>{head}<path d="M0 0L8 4L0 8z"/></marker></defs>'
    whole = f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return f'<div class="graph">{whole}{tip}{"".join(lines)}{"".join(drawn)}</svg></div>'


def _columns(boxes: list[Box], arrows: list[Arrow]) -> list[list[Box]]:
    """Return the boxes by how far they are from where one begins; circles end where they came from."""
    targets = {one.end for one in arrows if one.start != one.end}
    depth = {box.id: 0 for box in boxes if box.id not in targets} or {boxes[0].id: 0}
    if boxes[0].kind == "start":
        depth = {boxes[0].id: 0}
    waiting = list(depth)
    while waiting:
        id = waiting.pop(0)
        for one in arrows:
            if one.start == id and one.end not in depth:
                depth[one.end] = depth[id] + 1
                waiting.append(one.end)
    columns: list[list[Box]] = [[] for _ in range(max(depth.values()) + 1)]
    for box in boxes:
        columns[depth.get(box.id, 0)].append(box)
    return columns


def _box(box: Box, x: int, y: int) -> str:
    title, below = escape(_cut(box.title)), escape(_cut(box.below))
    words = f'<text x="{x + 10}" y="{y + 18}">{title}</text>'
    if below:
        words += f'<text class="small" x="{x + 10}" y="{y + 34}">{below}</text>'
    tip = f"<title>{escape(box.title)}</title>"
    frame = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    return f'<g class="{box.kind}">{tip}{frame}{words}</g>'


def _cut(text: str) -> str:
    """Return as much of a text as a box holds."""
    room, kept = LETTERS, ""
    for letter in " ".join(text.split()):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return kept.rstrip() + "…"
        kept += letter
    return kept


def _arrow(start: tuple[int, int], end: tuple[int, int], one: Arrow) -> str:
    style = ' class="guarded"' if one.guarded else ""
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    if end[0] > start[0]:
        bend = (x2 - x1) // 2
        line = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    else:
        # Back, or down the same column: around below.
        low = max(start[1], end[1]) + HEIGHT + DOWN // 2
        x1, x2 = start[0] + WIDTH // 2, end[0] + WIDTH // 2
        line = f"M{x1} {start[1] + HEIGHT}C{x1} {low + 10} {x2} {low + 10} {x2} {end[1] + HEIGHT}"
    return f'<path{style} d="{line}" marker-end="url(#games-arrow)"/>'
