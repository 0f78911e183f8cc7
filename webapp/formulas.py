"""LaTeX as MathML, which browsers draw by themselves.

What the converter does not know stays LaTeX, for half a formula says something else. Knows nothing about where formulas
stand, and nothing about how the result is made safe.
"""

import re
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup
from math_core import LatexError, LatexToMathML

from assistants.markdown.formulas import MAX_FORMULA

# How deep braces may be: deeper ones take all of a small stack.
MAX_DEPTH = 100
# Characters of MathML, and how often commands that a formula defines itself are replaced by what they stand for.
MAX_MATHML, MAX_EXPANSIONS = 100_000, 50

# What the converter knows by other names, or needs no number of columns for.
RENAMED = re.compile(r"\\(begin|end)\{(alignedat|alignat|flalign|split|smallmatrix)(\*?)\}(?:\{\d+\})?")
NAMES = {"alignedat": "aligned", "alignat": "align", "flalign": "align", "split": "aligned", "smallmatrix": "matrix"}
EQNARRAY = re.compile(r"\\(begin|end)\{eqnarray\*?\}")
PLAIN = re.compile(r"\\(?:begin|end)\{(?:displaymath|math)\}")
SUBSTACK = re.compile(r"\\substack\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
# The end of a line, by its other names and with what is said of the space below it, which nothing here keeps.
LINE_END = re.compile(
    r"(?:\\\\|\\newline(?![A-Za-z])|\\cr(?![A-Za-z]))\*?(?:\[-?[\d.]+ ?(?:pt|em|ex|mm|cm|in|mu|pc|bp)\])?"
)
INNERMOST = re.compile(r"\\begin\{(\w+\*?)\}(?:(?!\\begin).)*?\\end\{\1\}", re.DOTALL)
# A reference to an equation leads nowhere on this page.
REFERENCE = re.compile(r"</?a\b[^>]*>")
MACROS = {"mbox": r"\text{#1}"}


def formula(_renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
    """Show LaTeX as MathML, or as its own source where it cannot be read; equations are counted through a text."""
    source, kind = tokens[index].content.strip(), tokens[index].type
    outer = Markup('<div class="math">{}</div>\n') if kind == "math_block" else Markup('<span class="math">{}</span>')
    if "formulas" not in env:
        env["formulas"] = LatexToMathML(
            macros=MACROS, fancy_error=False, allow_unreliable_rendering=True, max_expansions=MAX_EXPANSIONS
        )
    mathml = mathml_of(source, env["formulas"], displayed=kind != "math_inline")
    return outer.format(Markup("<code>{}</code>").format(source) if mathml is None else Markup(mathml))  # noqa: S704


def mathml_of(source: str, converter: LatexToMathML, *, displayed: bool) -> str | None:
    """Return a formula as MathML, or None for what is not known, or not LaTeX."""
    if len(source) > MAX_FORMULA or _depth(source) > MAX_DEPTH:
        return None
    for attempt in _attempts(_renamed(source), displayed=displayed):
        try:
            mathml = converter.convert_with_global_state(attempt, displaystyle=displayed)
        except LatexError:
            continue
        return REFERENCE.sub("", mathml) if len(mathml) <= MAX_MATHML else None
    return None


def _depth(source: str) -> int:
    deepest = depth = 0
    for sign in re.findall(r"\\left|\\right|\\begin|\\end|(?<!\\)[{}]", source):
        depth += -1 if sign in (r"\right", r"\end", "}") else 1
        deepest = max(deepest, depth)
    return deepest


def _renamed(source: str) -> str:
    source = RENAMED.sub(lambda found: rf"\{found[1]}{{{NAMES[found[2]]}{found[3]}}}", source)
    source = LINE_END.sub(r"\\\\ ", source)
    source = EQNARRAY.sub(lambda found: rf"\{found[1]}{{array}}" + ("{rcl}" if found[1] == "begin" else ""), source)
    return SUBSTACK.sub(r"\\begin{matrix}\1\\end{matrix}", PLAIN.sub("", source))


def _attempts(source: str, *, displayed: bool) -> Iterator[str]:
    """Yield a formula as it can be read: lines, columns and numbers of their own need something around them."""
    outside = _without(INNERMOST, source)
    top = _without(re.compile(r"\{[^{}]*\}"), outside)
    if r"\\" in outside and r"\\" not in top:
        # The converter would put lines within braces into one.
        return
    if re.search(r"(?<!\\)&", outside):
        source = rf"\begin{{aligned}}{source}\end{{aligned}}"
    elif r"\\" in top:
        source = rf"\begin{{gathered}}{source}\end{{gathered}}"
    yield source
    if displayed and (r"\tag" in source or r"\label" in source):
        yield rf"\begin{{equation}}{source}\end{{equation}}"


def _without(pattern: re.Pattern[str], source: str) -> str:
    """Return what is left once a pattern is taken out, and what it is then, and so on."""
    while (left := pattern.sub("", source)) != source:
        source = left
    return source
