"""Charts and diagrams of Office files as lines of text: what a reader would read off them.

Knows nothing about where they stand.
"""

from collections.abc import Iterator
from typing import Any

from assistants.knowledge.readers.formats import shown
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.readers.package import SPACES, Package, Relation, tag

UNREAD = "Charts and diagrams that cannot be read are left out ({count})."
# Points of a diagram that hold how it looks.
LOOKS = ("pres", "parTrans", "sibTrans", "doc")


def drawn(package: Package, tree: Any, related: dict[str, Relation], notes: Notes) -> Iterator[tuple[Any, list[str]]]:
    """Yield each chart and diagram within ``tree`` and its lines; say how many cannot be read, as some newer kinds."""
    for element in list(tree.iter("{*}chart", tag("dgm:relIds"))):
        is_chart = element.tag != tag("dgm:relIds")
        target = related.get(element.get(tag("r:id" if is_chart else "r:dm"), ""))
        part = package.tree(target.target) if target else None
        lines = [] if part is None else chart(part) if is_chart else diagram(part)
        notes.count(UNREAD, int(not lines))
        if lines:
            yield element, lines


def chart(tree: Any) -> list[str]:
    """Return the title of a chart, and a line for each series: its name, then each category with its value."""
    titles = ("".join(one.itertext("{*}t")) for one in tree.iterfind("c:chart/c:title", SPACES))
    return [*filter(None, map(str.strip, titles)), *(_series(one) for one in tree.iter("{*}ser"))]


def _series(series: Any) -> str:
    name = " ".join(filter(None, (one.text for one in series.iterfind("c:tx//c:v", SPACES))))
    categories = dict(_points(series, "c:cat", "c:xVal"))
    values = [f"{categories.get(place, '')} {value}".strip() for place, value in _points(series, "c:val", "c:yVal")]
    return f"{name}: {'; '.join(values)}" if name else "; ".join(values)


def _points(series: Any, *names: str) -> Iterator[tuple[str, str]]:
    """Yield the places and the texts of points; of categories on several levels the nearest one."""
    for name in names:
        for cache in series.iterfind(f"{name}//c:ptCount/..", SPACES):
            code = cache.findtext("c:formatCode", "General", SPACES)
            for point in cache.iterfind("c:pt", SPACES):
                text = point.findtext("c:v", "", SPACES)
                yield point.get("idx", ""), _value(text, code)


def _value(text: str, code: str) -> str:
    try:
        return shown(float(text), code)
    except ValueError:
        return text


def diagram(tree: Any) -> list[str]:
    """Return the texts of a diagram (SmartArt), in the order in which they are kept."""
    points = [point for point in tree.iterfind("dgm:ptLst/dgm:pt", SPACES) if point.get("type") not in LOOKS]
    paragraphs = [one for point in points for one in point.iterfind("dgm:t/a:p", SPACES)]
    return [text for one in paragraphs if (text := "".join(one.itertext("{*}t")).strip())]
