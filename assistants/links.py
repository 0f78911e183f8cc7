r"""Links that name a host and no protocol, ``//host/x`` or ``\\host``, in Markdown and in HTML.

Such a link takes the protocol of the page that it stands on. In a file that is opened from a disk it leads to a share
in the network, to which some systems send the user's name at once. Knows nothing about what else a link may be.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# What is put in place of such an address.
REMOVED = "#removed"
# What browsers leave out of an address.
IGNORED = r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]"
MAYBE = re.compile(rf"(?<!:)[/\\]{IGNORED}*[/\\]|&")
ONE = "href|src|poster|action|formaction|data|background|cite|longdesc|manifest|profile|usemap|codebase|lowsrc"
# Attributes that hold more than an address: several, a style, a wait before it.
MANY = "srcset|imagesrcset|ping|archive|style|content"
IN_MANY = re.compile(rf"""(?:^|[\s,;=("'])[/\\]{IGNORED}*[/\\]""")
VALUE = r"""<[^<>\n]*>|"[^"]*"|'[^']*'|(?:[^\s()<>"'\\]|\\.|\([^\s()]*\))+"""
ADDRESS = re.compile(
    rf"(?P<before>\]\([\s>]*|(?<![\w-])(?:[\w-]+:)?(?:{ONE}|(?P<many>{MANY}))\s*=\s*)(?P<value>{VALUE})",
    re.IGNORECASE | re.DOTALL,
)
DEFINITION = re.compile(rf"(?P<before>\[(?:[^\[\]\\]|\\.)+\]:[\s>]*)(?P<many>\0)?(?P<value>{VALUE})", re.DOTALL)
TICKS = re.compile("`+")


def is_bare(address: str) -> bool:
    r"""Say whether an address names a host and no protocol, also as ``\\host`` or with what browsers leave out."""
    return re.sub(IGNORED, "", address).replace("\\", "/").startswith("//")


def without_bare_hosts(text: str) -> str:
    """Return Markdown in which no link, no picture and no HTML names a host without a protocol; code stays as it is."""
    if not MAYBE.search(text):
        return text
    lines = text.split("\n")
    made = []
    for first, last, kind in _regions(text, len(lines)):
        whole = "\n".join(lines[first:last])
        if kind == "prose":
            made.append("".join(part if is_code else ADDRESS.sub(_mended, part) for part, is_code in _spans(whole)))
        else:
            made.append(whole if kind == "code" else DEFINITION.sub(_mended, ADDRESS.sub(_mended, whole)))
    return "\n".join(made)


def _mended(found: re.Match[str]) -> str:
    value = found["value"]
    quote = value[0] if value[0] in "\"'<" and len(value) > 1 else ""
    inner = value[1:-1] if quote else value
    # As HTML reads it, and as Markdown does, where a backslash may stand before any sign.
    readings = [inner, unescape(inner), re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", unescape(inner))]
    if not any(map(IN_MANY.search if found["many"] else is_bare, readings)):
        return found[0]
    return found["before"] + (f"{quote}{REMOVED}{'>' if quote == '<' else quote}")


def _regions(text: str, count: int) -> Iterator[tuple[int, int, str]]:
    """Cut a text into lines of one kind each, prose, code or the rest: the first line, and the one behind the last."""
    kinds = ["rest"] * count
    for token in _parser().parse(text):
        kind = {"inline": "prose", "fence": "code", "code_block": "code"}.get(token.type)
        if kind and token.map:
            kinds[token.map[0] : token.map[1]] = [f"{kind} {token.map[0]}"] * (token.map[1] - token.map[0])
    first = 0
    for last in range(1, count + 1):
        if last == count or kinds[last] != kinds[first]:
            yield first, last, kinds[first].partition(" ")[0]
            first = last


def _spans(prose: str) -> Iterator[tuple[str, bool]]:
    """Cut a block into its text and the code in it: from a run of backticks to the next one of that length."""
    runs = [match.span() for match in TICKS.finditer(prose)]
    places = defaultdict(list)
    for start, end in runs:
        places[end - start].append(start)
    done = 0
    for start, end in runs:
        same = places[end - start]
        after = bisect_right(same, start)
        if start >= done and after < len(same):
            yield prose[done:start], False
            done = same[after] + end - start
            yield prose[start:done], True
    yield prose[done:], False


@cache
def _parser() -> "MarkdownIt":
    """Return a reader that says where blocks are."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": 100}).disable("inline")
