"""How large a pattern becomes when its counts are written out, as libraries do when they compile it.

``(?:a{1500}){1500}`` is short and takes 600 MB. Reads a pattern as far as that needs; what else is wrong with one is
said by the libraries, which work within limits.
"""

import re

# 25 MB, and a tenth of a second.
MOST = 50_000
TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?|\{(?=\d|,\d)(?P<least>\d*)(?P<open>,(?P<most>\d*))?\}|.", re.DOTALL
)
TOO_MUCH = f"its counts come to more than {MOST} characters when they are written out"


def excess(pattern: str) -> str | None:
    """Return why a pattern is too large, or nothing.

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
            return TOO_MUCH
    return None


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    """Return how often something must be there, and how often it may; without an end that is as often as it must."""
    # Longer numbers are too large whatever they are.
    least = max(1, int(token["least"][:9] or 0))
    most = int((token["most"] or "")[:9] or 0) if token["open"] else 0
    return least, max(least, most)
