"""Numbers within bounds as expressions of a grammar."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from assistants.engines.grammar.rules import Unservable

# Beyond this many digits a number is no longer what was meant; a small model goes on with digits for ever.
DIGITS = 12
PLACES = 4
WHOLE = '("0" | "-"? [1-9] [0-9]{0,11})'


def whole(low: Decimal | None, high: Decimal | None) -> str:
    """Return the expression for a whole number of ``low`` to ``high``."""
    return WHOLE if low is None and high is None else _between(*_bounds(low, high, 0), 0)


def decimal(low: Decimal | None, high: Decimal | None, above: bool = False, below: bool = False) -> str:
    """Return the expression for a number of ``low`` to ``high``, or ``above`` and ``below`` them."""
    if low is None and high is None:
        return f'{WHOLE} ("." [0-9]{{1,6}})?'
    places = max(PLACES - 2, *(-int(bound.as_tuple().exponent) for bound in (low, high) if bound is not None))
    if low is not None and high is not None and high - low < 1:
        places = max(places, PLACES)
    fractions = _between(*_bounds(low, high, places, above, below), places)
    try:
        return f"({_between(*_bounds(low, high, 0, above, below), 0)} | {fractions})"
    except Unservable:
        return fractions


def _bounds(
    low: Decimal | None, high: Decimal | None, places: int, above: bool = False, below: bool = False
) -> tuple[int, int]:
    """Return the bounds in units of the last of ``places``."""
    unit = Decimal(10) ** places
    far = 10 ** (DIGITS + places) - 1
    first = None if low is None else int((low * unit).to_integral_value(ROUND_CEILING))
    last = None if high is None else int((high * unit).to_integral_value(ROUND_FLOOR))
    if first is None:
        first = min(0, last or 0) - far
    if last is None:
        last = max(0, first) + far
    is_low, is_high = low is not None and first == low * unit, high is not None and last == high * unit
    return first + (above and is_low), last - (below and is_high)


def _between(low: int, high: int, places: int) -> str:
    """Return the expression for the numbers of ``low`` to ``high``, counted in units of the last of ``places``."""
    if low > high:
        raise Unservable("no number is within its bounds")
    ways = []
    if low < 0:
        ways += [f'"-" {way}' for way in _positive(max(1, -high), -low, places)]
    if high >= 0:
        ways += _positive(max(0, low), high, places)
    return f"({' | '.join(ways)})"


def _positive(low: int, high: int, places: int) -> list[str]:
    ways = []
    for width in range(max(len(str(low)), places + 1), max(len(str(high)), places + 1) + 1):
        least = 0 if width == places + 1 else 10 ** (width - 1)
        first, last = max(low, least), min(high, 10**width - 1)
        if first <= last:
            runs = _span(str(first).zfill(width), str(last).zfill(width))
            ways += [_digits(run[: width - places]) + _fraction(run[width - places :]) for run in runs]
    return ways


def _span(low: str, high: str) -> list[list[str]]:
    """Return runs of digit ranges ("3", "4-8") that together are the numbers of ``low`` to ``high``, of one width."""
    if not low:
        return [[]]
    if not low.strip("0") and not high.strip("9"):
        return [["0-9"] * len(low)]
    first, last, rest = low[0], high[0], len(low) - 1
    if first == last:
        return [[first, *run] for run in _span(low[1:], high[1:])]
    runs = [[first, *run] for run in _span(low[1:], "9" * rest)]
    if int(last) - int(first) > 1:
        runs.append([f"{int(first) + 1}-{int(last) - 1}", *["0-9"] * rest])
    return runs + [[last, *run] for run in _span("0" * rest, high[1:])]


def _digits(run: list[str]) -> str:
    return " ".join(f"[{digit}]" for digit in run)


def _fraction(run: list[str]) -> str:
    return f' "." {_digits(run)}' if run else ""


def multiples(low: Decimal | None, high: Decimal | None, step: Decimal, most: int) -> list[int]:
    """Return whole multiples of ``step`` from ``low`` to ``high``, not more than so many, the smallest ones."""
    if step != int(step):
        return []
    if low is None:
        low = Decimal(0) if high is None or high >= 0 else high - step * (most - 1)
    last = low + step * (most - 1) if high is None else min(high, low + step * (most - 1))
    return [int(step) * number for number in range(math.ceil(low / step), math.floor(last / step) + 1)]
