"""Formulas of Office files (OMML, ECMA-376 part 1, 22.1) as LaTeX, sign by sign where LaTeX has no word for them.

Knows nothing about where they stand.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree

SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"
SIGNS = {"∫": r"\int", "∬": r"\iint", "∮": r"\oint", "∑": r"\sum", "∏": r"\prod", "⋃": r"\bigcup", "⋂": r"\bigcap"}
ACCENTS = {
    "\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0305": r"\overline", "\u0307": r"\dot",
    "\u0308": r"\ddot", "\u20d7": r"\vec", "\u030c": r"\check", "\u0306": r"\breve",
}  # fmt: skip
BRACKETS = {"{": r"\{", "}": r"\}", "": ".", "‖": r"\|"}
BREAK = r" \\ "
# Words that LaTeX sets upright.
FUNCTIONS = ("sin", "cos", "tan", "log", "ln", "exp", "lim", "max", "min", "det", "sup", "inf", "cot", "arctan")


def latex(formula: Any) -> str:
    """Return a formula, ``m:oMath`` or a part of one."""
    written = WRITERS.get(etree.QName(formula).localname) if isinstance(formula.tag, str) else None
    return written(formula) if written else _inside(formula)


def _inside(element: Any) -> str:
    return "".join(latex(child) for child in element if isinstance(child.tag, str))


def _part(element: Any, name: str) -> str:
    found = element.find(f"{{{SPACE}}}{name}")
    return _inside(found) if found is not None else ""


def _parts(element: Any, name: str) -> list[str]:
    return [_inside(one) for one in element.iterfind(f"{{{SPACE}}}{name}")]


def _property(element: Any, name: str, default: str) -> str:
    found = next(element.iterfind(f"*/{{{SPACE}}}{name}"), None)
    return found.get(f"{{{SPACE}}}val", "") if found is not None else default


def _fraction(element: Any) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    kind = _property(element, "type", "bar")
    if kind in ("lin", "skw"):
        return f"{above}/{below}"
    return rf"{{{above} \atop {below}}}" if kind == "noBar" else rf"\frac{{{above}}}{{{below}}}"


def _root(element: Any) -> str:
    degree, under = _part(element, "deg"), _part(element, "e")
    return rf"\sqrt[{degree}]{{{under}}}" if degree else rf"\sqrt{{{under}}}"


def _large(element: Any) -> str:
    sign = _property(element, "chr", "∫")
    below, above = _part(element, "sub"), _part(element, "sup")
    scripts = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    return f"{SIGNS.get(sign, sign)}{scripts} {_part(element, 'e')}"


def _delimited(element: Any) -> str:
    left, right = (_property(element, name, default) for name, default in (("begChr", "("), ("endChr", ")")))
    inside = _property(element, "sepChr", "|").join(_parts(element, "e"))
    return rf"\left{BRACKETS.get(left, left)} {inside} \right{BRACKETS.get(right, right)}"


def _function(element: Any) -> str:
    name = _part(element, "fName").strip()
    return f"{chr(92) + name if name in FUNCTIONS else name} {_part(element, 'e')}"


def _accent(element: Any) -> str:
    sign = _property(element, "chr", "\u0302")
    return f"{ACCENTS.get(sign, chr(92) + 'hat')}{{{_part(element, 'e')}}}"


def _scripts(element: Any) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    scripts = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    base = f"{{{_part(element, 'e')}}}"
    return f"{{}}{scripts}{base}" if etree.QName(element).localname == "sPre" else base + scripts


def _matrix(element: Any) -> str:
    rows = (" & ".join(_parts(row, "e")) for row in element.iterfind(f"{{{SPACE}}}mr"))
    return rf"\begin{{matrix}} {BREAK.join(rows)} \end{{matrix}}"


def _limit(element: Any, sign: str) -> str:
    base = _part(element, "e").strip()
    return f"{chr(92) + base if base in FUNCTIONS else '{' + base + '}'}{sign}{{{_part(element, 'lim')}}}"


WRITERS: dict[str, Callable[[Any], str]] = {
    "f": _fraction,
    "rad": _root,
    "nary": _large,
    "d": _delimited,
    "func": _function,
    "acc": _accent,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts,
    "m": _matrix,
    "limLow": lambda element: _limit(element, "_"),
    "limUpp": lambda element: _limit(element, "^"),
    "bar": lambda element: rf"\overline{{{_part(element, 'e')}}}",
    "eqArr": lambda element: rf"\begin{{aligned}} {BREAK.join(_parts(element, 'e'))} \end{{aligned}}",
    "t": lambda element: element.text or "",
}
