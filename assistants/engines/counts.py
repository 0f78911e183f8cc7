"""How large a pattern becomes when its counts are written out, as libraries do when they compile it.

``(?:a{1500}){1500}`` is short and takes 600 MB. Reads a pattern as far as that needs; what else is wrong with one is
said by the libraries, which work within limits.
"""

import re

# 25 MB, and a tenth of a second.
MOST = 50_000
# What is one thing whatever is in it: an escape and a set.
WHOLE = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?"
TOKEN = re.compile(rf"{WHOLE}|\{{(?=\d|,\d)(?P<least>\d*)(?P<open>,(?P<most>\d*))?\}}|.", re.DOTALL)
# With the flag x, space and what stands behind # are no part of a pattern; (?#...) never is one.
SPACE = r"\s|#[^\n]*(?:\n|\Z)"
COMMENT = r"\(\?#[^)]*\)?"
FLAGS = rf"\(\?(?P<flags>(?:[\w-]|{SPACE})*)[:)]"
PARTS = {
    is_spaced: re.compile(rf"{WHOLE}|(?P<no_part>{no_part})|{FLAGS}|.", re.DOTALL)
    for is_spaced, no_part in ((False, COMMENT), (True, f"{COMMENT}|{SPACE}"))
}
TOO_MUCH = f"its counts come to more than {MOST} characters when they are written out"


def excess(pattern: str) -> str | None:
    """Return why a pattern is too large, or nothing."""
    # Where a flag stands by itself, it depends on the version of the rules whether it is for what is before it, too.
    starts = (False, True) if "x" in pattern else (False,)
    return TOO_MUCH if any(_is_too_much(without_comments(pattern, is_spaced)) for is_spaced in starts) else None


def without_comments(pattern: str, is_spaced: bool = False) -> str:
    """Return a pattern without what is no part of it; ``is_spaced`` says whether the flag x is set at its beginning."""
    kept: list[str] = []
    around: list[bool] = []
    place = 0
    while part := PARTS[is_spaced].match(pattern, place):
        place = part.end()
        if part["no_part"] is not None:
            continue
        kept.append(part[0])
        if part[0] == ")" and around:
            is_spaced = around.pop()
        elif part[0][0] == "(" and part[0][-1] != ")":
            around.append(is_spaced)
        on, _, off = (part["flags"] or "").partition("-")
        is_spaced = "x" in on or (is_spaced and "x" not in off)
    return "".join(kept)


def _is_too_much(pattern: str) -> bool:
    """Say whether it is too large.

    What must be there counts as often as it must; a count inside another one as often as both let it.
    """
    around: list[tuple[int, int]] = []
    # Of the group that is being read, and of its last item: the size, and the largest product of counts.
    size, product, last = 0, 0, (0, 0)
    for token in TOKEN.finditer(pattern):
        nested = 0
        if token[0] == "(":
            around.append((size, product))
            size, product, last = 0, 0, (0, 0)
        elif token[0] == ")" and around:
            last = (size, product)
            size, product = around[-1][0] + size, max(around.pop()[1], product)
        elif token["least"] is not None:
            least, most = _bounds(token)
            nested = most * last[1]
            size += last[0] * (least - 1)
            last = (last[0] * least, nested or most)
            product = max(product, last[1])
        elif token[0] not in "*+?|^$":
            size, last = size + 1, (1, 0)
        if size > MOST or nested > MOST:
            return True
    return False


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    """Return how often something must be there, and how often it may; without an end that is as often as it must."""
    # Longer numbers are too large whatever they are.
    least = max(1, int(token["least"][:9] or 0))
    most = int((token["most"] or "")[:9] or 0) if token["open"] else 0
    return least, max(least, most)
