"""Pictures of numbers for the Lab, as SVG of our own within an ``img``: text in it is text, and nothing in it can run.

Knows shapes and colours, both of the light and the dark page; knows nothing about models.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

# Readable on both grounds.
INK, ACCENT, OTHER = "#8a8580", "#0f9488", "#d9705f"
CELL, LABEL, FONT = 18, 96, 11
WIDTH, HEIGHT = 640, 240
LONGEST = 14


def picture(svg: str, alt: str, width: int | None = None) -> str:
    """Return an SVG as HTML; ``alt`` says what it shows."""
    data = b64encode(svg.encode()).decode()
    size = f' style="width:{width}px;max-width:100%"' if width else ' style="max-width:100%"'
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}"{size}>'


def png(data: str, alt: str, side: int) -> str:
    """Return a PNG in base64 as HTML, enlarged without smoothing."""
    style = f"width:{side}px;height:{side}px;image-rendering:pixelated"
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{escape(data)}" style="{style}">'


def shortened(label: str) -> str:
    """Return a label that fits beside a cell."""
    label = label.replace("\n", "⏎")
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def triangle(rows: Sequence[Sequence[float]], labels: Sequence[str]) -> str:
    """Return a map of weights: a row for each token that looks, up to itself; dark where it looks."""
    count = len(rows)
    side = LABEL + count * CELL
    parts = [_svg(side, side)]
    for number, label in enumerate(map(shortened, labels)):
        middle = LABEL + number * CELL + CELL / 2
        parts.append(_text(LABEL - 4, middle + 4, label, "end"))
        parts.append(_text(0, 0, label, "start", f"translate({middle + 4} {LABEL - 4}) rotate(-90)"))
    for number, row in enumerate(rows):
        for other, weight in enumerate(row):
            x, y = LABEL + other * CELL, LABEL + number * CELL
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="{ACCENT}"'
                f' fill-opacity="{0.06 + 0.94 * min(max(weight, 0), 1) ** 0.5:.3f}"/>'
            )
    return "".join([*parts, "</svg>"])


def lines(series: Sequence[tuple[str, Sequence[float]]], low: float | None = None, high: float | None = None) -> str:
    """Return curves, each named above, over their places; what is no number is left out."""
    values = [value for _, curve in series for value in curve if value == value]
    least = min(values, default=0) if low is None else low
    most = max(values, default=1) if high is None else high
    span = (most - least) or 1
    parts = [_svg(WIDTH, HEIGHT), _text(2, 12, f"{most:.3g}", "start"), _text(2, HEIGHT - 4, f"{least:.3g}", "start")]
    for number, ((name, curve), colour) in enumerate(zip(series, (ACCENT, OTHER, INK, "#7a6bb0"), strict=False)):
        parts.append(f'<text x="60" y="{12 + 15 * number}" {_font(colour)}>{escape(name)}</text>')
        step = (WIDTH - 50) / max(len(curve) - 1, 1)
        points = [
            (40 + place * step, 14 + (HEIGHT - 28) * (1 - (value - least) / span)) for place, value in enumerate(curve)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points if y == y)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
    return "".join([*parts, "</svg>"])


def bars(entries: Sequence[tuple[str, float, float]], names: tuple[str, str]) -> str:
    """Return two bars for each label, the first pale and the second full, each a share of 1."""
    height = 30 + 34 * len(entries)
    parts = [_svg(WIDTH, height), _text(LABEL + 60, 14, names[0], "start"), _text(LABEL + 260, 14, names[1], "start")]
    parts.append(f'<rect x="{LABEL + 44}" y="5" width="10" height="10" fill="{INK}"/>')
    parts.append(f'<rect x="{LABEL + 244}" y="5" width="10" height="10" fill="{ACCENT}"/>')
    most = max((max(one, other) for _, one, other in entries), default=1) or 1
    for number, (label, *shares) in enumerate(entries):
        y = 26 + number * 34
        parts.append(_text(LABEL, y + 18, shortened(label), "end"))
        for line, (share, colour) in enumerate(zip(shares, (INK, ACCENT), strict=True)):
            width = (WIDTH - LABEL - 90) * share / most
            parts.append(f'<rect x="{LABEL + 8}" y="{y + line * 14}" width="{width:.1f}" height="12" fill="{colour}"/>')
            parts.append(_text(LABEL + 14 + width, y + line * 14 + 10, f"{share:.2%}", "start"))
    return "".join([*parts, "</svg>"])


def _svg(width: float, height: float) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'


def _font(colour: str) -> str:
    return f'font-family="sans-serif" font-size="{FONT}" fill="{colour}"'


def _text(x: float, y: float, text: str, anchor: str, transform: str = "") -> str:
    place = f'transform="{transform}"' if transform else f'x="{x:.0f}" y="{y:.0f}"'
    return f'<text {place} text-anchor="{anchor}" {_font(INK)} xml:space="preserve">{escape(text)}</text>'


def intervals(entries: Sequence[tuple[str, float, float, float]]) -> str:
    """Return a bar for each label from 0 to a value, and a line over its interval; values may be below 0."""
    height = 12 + 24 * len(entries)
    left, room = 200, WIDTH - 200 - 70
    least = min([0.0, *(low for _, _, low, _ in entries)])
    most = max([0.0, *(high for _, _, _, high in entries)])
    span = (most - least) or 1

    def place(value: float) -> float:
        return left + room * (value - least) / span

    parts = [_svg(WIDTH, height)]
    for number, (label, value, low, high) in enumerate(entries):
        y, begin, end = 8 + number * 24, *sorted((place(0), place(value)))
        colour = ACCENT if value >= 0 else OTHER
        label = label if len(label) <= 2 * LONGEST else label[: 2 * LONGEST - 1] + "…"
        parts.append(_text(left - 6, y + 12, label.replace("\n", "⏎"), "end"))
        parts.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(end - begin, 1):.1f}" height="16" fill="{colour}"/>')
        parts.append(f'<path d="M{place(low):.1f} {y + 8}H{place(high):.1f}" stroke="{INK}" stroke-width="2"/>')
        parts.append(_text(place(max(high, value, 0)) + 6, y + 12, f"{value:+.2f}", "start"))
    return "".join([*parts, "</svg>"])
