r"""Formulas in Markdown: where they begin and end.

A dollar may be money or a variable of a shell, ``\(`` a group of a pattern: what is no formula stays text. Every step
is linear in the length of a formula, which is bounded. Knows nothing about LaTeX but the names of its environments.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.dollarmath.index import math_block_dollar, math_inline_dollar

# Characters; what is longer is no formula.
MAX_FORMULA = 2_000
# Of a command without dollars.
MAX_COMMAND = 300

ENVIRONMENTS = (
    "align|aligned|alignat|alignedat|flalign|gather|gathered|multline|equation|eqnarray|split|cases|dcases|rcases|array|"
    "matrix|pmatrix|bmatrix|Bmatrix|vmatrix|Vmatrix|smallmatrix|displaymath|math"
)
BEGIN = re.compile(r"\\begin\{([A-Za-z]{1,30}\*?)\}")
KNOWN = re.compile(rf"(?:{ENVIRONMENTS})\*?")
# Commands of chemistry and units that people write without dollars.
BARE = re.compile(r"\\(?:ce|cf|pu|SI|si|SIrange|qty|num|unit|ang)(?=[\[{])")
CLOSING = re.compile(r"\$\$[ \t]*(?:\n|\Z)")
OPERATOR = re.compile(r"[\\^_=<>{}]")
SENTENCE = re.compile(r"[A-Za-z]{3,}[ ,;.:]+[A-Za-z]{2,}")
WORDS = re.compile(r"[A-Za-z]{3,}[ ,;.:]+[A-Za-z]{2,}|[a-z]{4,}")
SHELL = re.compile(r"\{?[A-Za-z_]\w*\}?(?:[\w/:;,.=|+-]*[/:;,.=|+-])?|\([^()]*\)[/:]?")
TEXT = re.compile(r"\\\w+\{[^{}]*\}")
AMOUNT = re.compile(r"\d[\d.,]*(?:\s+[A-Za-z]{2,}|[,;.:] .*[A-Za-z][A-Za-z.]|.*[\u4e00-\u9fff])")
# What is in no formula: classes, alternatives and repetitions of patterns.
PATTERN = re.compile(
    r"\\[dwsbDWSB](?![A-Za-z])|\.[*+]|\[[^\]]*(?:a-z|A-Z|0-9)[^\]]*\]|\(\?[:=!<]|\\[.?+/]|(?<![\^_{])[*?]$|^\^|\$$"
)
CLASS = re.compile(r"\s*\^?(?:a-z|A-Z|0-9)")
PATTERNS = re.compile(
    r"\b(?:regexp?|regular expression|sed|grep|awk|emacs|vim|capture|escap\w+)\b|正则|捕获|转义", re.IGNORECASE
)
# Characters beside a group in which it may be said that it is one of a pattern.
AROUND = 300
NONSENSE = ("foo", "bar", "baz", "qux")


def formulas_plugin(md: MarkdownIt) -> None:
    r"""Read ``$...$``, ``$$...$$``, ``\(...\)``, ``\[...\]`` and environments of LaTeX as formulas.

    Their tokens are ``math_inline``, ``math_inline_double`` and ``math_block``.
    """
    md.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    md.inline.ruler.at("math_inline", _guarded(math_inline_dollar(False, False, True)))
    md.inline.ruler.before("escape", "bracket_math", _brackets)
    md.inline.ruler.before("escape", "environment", _environment)
    md.inline.ruler.before("escape", "bare_command", _bare_command)
    alternatives: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.at("math_block", _guarded_block(math_block_dollar(allow_labels=False)), alternatives)
    md.block.ruler.before("fence", "bracket_math_block", _brackets_block, alternatives)
    md.block.ruler.before("fence", "environment_block", _environment_block, alternatives)


# Dollars


def _guarded(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Return the rule of dollars for formulas only."""

    def guarded(state: StateInline, silent: bool) -> bool:
        start = state.pos
        # One of several dollars that are text is text, unless the one before it is escaped.
        is_behind = state.pending.endswith("$") and not state.src.endswith("\\$", 0, start)
        if state.src[start] != "$" or is_behind or not rule(state, True):
            return False
        end, state.pos = state.pos, start
        width = 2 if state.src.startswith("$$", start) and state.src.startswith("$$", end - 2) else 1
        content = state.src[start + width : end - width]
        before, after = state.src[start - 1 : start], state.src[end : end + 1]
        is_else = (width == 2 and after == "$") or _is_else(before, content, after)
        return not is_else and rule(state, silent)

    return guarded


def _guarded_block(rule: Callable[[StateBlock, int, int, bool], bool]) -> Callable[[StateBlock, int, int, bool], bool]:
    """Return the rule of blocks between dollars for formulas only, which may follow a paragraph at once."""

    def guarded(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        begin = state.bMarks[start_line] + state.tShift[start_line]
        if not state.src.startswith("$$", begin):
            return False
        closing = CLOSING.search(state.src, begin + 2, begin + MAX_FORMULA)
        if closing is None:
            return False
        content = state.src[begin + 2 : closing.start()]
        # Between two formulas of one line stand words.
        if "$$" in content or (SENTENCE.search(content) and not OPERATOR.search(content)):
            return False
        line, tokens = state.line, len(state.tokens)
        is_formula = rule(state, start_line, end_line, silent)
        if silent:
            # The rule does not know of it.
            state.line = line
            del state.tokens[tokens:]
        return is_formula

    return guarded


def _is_words(content: str) -> bool:
    return OPERATOR.search(content) is None and WORDS.search(content) is not None


def _is_else(before: str, content: str, after: str) -> bool:
    """Say whether dollars are money, variables of a shell, or the ends of patterns."""
    if before.isascii() and before.isalnum():
        return True
    variable = SHELL.fullmatch(content)
    if variable and len(content) > 1 and after.isascii() and (after.isalpha() or after in ("_", "{", "(")):
        return True
    # A quote ends in one string of code and another begins.
    if '"' in TEXT.sub("", content) or after == "{":
        return True
    if OPERATOR.search(content.strip("{}")):
        return False
    if content != content.strip() and content.strip().isalpha():
        return True
    return bool(AMOUNT.match(content) or WORDS.search(content))


# Brackets


def _brackets(state: StateInline, silent: bool) -> bool:
    r"""Read ``\(...\)`` and ``\[...\]`` within a paragraph."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in ("\\(", "\\["):
        return False
    start = state.pos + 2
    end = state.src.find("\\)" if opening == "\\(" else "\\]", start, min(start + MAX_FORMULA, state.posMax))
    if end <= start:
        return False
    content = state.src[start:end]
    kind = "math_inline" if opening == "\\(" else "math_inline_double"
    around = state.src[max(0, state.pos - AROUND) : end + AROUND]
    if _is_pattern(content, around, state.src[state.pos - 1 : state.pos]):
        # CommonMark would take the backslashes away.
        kind, content = "text", state.src[state.pos : end + 2]
    elif opening == "\\[" and _is_words(content):
        return False
    if not silent:
        token = state.push(kind, "" if kind == "text" else "math", 0)
        token.content = content if kind == "text" else content.strip()
    state.pos = end + 2
    return True


def _is_pattern(content: str, around: str, before: str) -> bool:
    """Say whether a group is of a regular expression."""
    if PATTERN.search(content) or CLASS.match(content) or content.count("\\|") % 2:
        return True
    if before and before in "'/^)" and PATTERNS.search(around):
        return True
    is_word = content.isascii() and content.isalpha() and content.islower() and len(content) > 2
    return is_word and (len(content) > 3 or content in NONSENSE or PATTERNS.search(around) is not None)


def _brackets_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    r"""Read ``\[`` at the start of a line to ``\]`` at the end of one, so that lines between are not lists or rules."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("\\[", begin):
        return False
    end = state.src.find("\\]", begin + 2, begin + MAX_FORMULA)
    content = state.src[begin + 2 : end]
    if end < 0 or _is_words(content) or CLASS.match(content):
        return False
    return _block(state, (start_line, end_line), (begin + 2, end, end + 2), silent)


# Environments


def _environment(state: StateInline, silent: bool) -> bool:
    r"""Read ``\begin{...}...\end{...}`` within a paragraph; of one that is no formula, the lines as they are."""
    end = _environment_end(state.src, state.pos, state.posMax)
    if end is None:
        return False
    if not silent:
        content = state.src[state.pos : end]
        if _is_known(content):
            state.push("math_inline_double", "math", 0).content = content
        else:
            for number, line in enumerate(content.split("\n")):
                if number:
                    state.push("hardbreak", "br", 0)
                state.push("text", "", 0).content = line
    state.pos = end
    return True


def _is_known(environment: str) -> bool:
    opened = BEGIN.match(environment)
    return opened is not None and KNOWN.fullmatch(opened[1]) is not None


def _bare_command(state: StateInline, silent: bool) -> bool:
    r"""Read ``\ce{...}`` and the like without dollars as code, in which nothing is emphasis or an escape."""
    command = BARE.match(state.src, state.pos)
    if command is None:
        return False
    end = _arguments_end(state.src, command.end(), min(state.posMax, state.pos + MAX_COMMAND))
    if end is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _arguments_end(text: str, begin: int, limit: int) -> int | None:
    """Return where arguments in brackets and braces end, one directly behind the other, or None."""
    depth, end = 0, None
    for place in range(begin, limit):
        sign = text[place]
        if depth == 0 and sign not in "[{":
            break
        depth += (sign in "[{") - (sign in "]}")
        if depth == 0:
            end = place + 1
    return end if depth == 0 else None


def _environment_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    r"""Read ``\begin{...}`` at the start of a line to its ``\end{...}`` at the end of one."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    end = _environment_end(state.src, begin, state.eMarks[end_line - 1])
    return (
        end is not None
        and _is_known(state.src[begin:end])
        and _block(state, (start_line, end_line), (begin, end, end), silent)
    )


def _environment_end(text: str, begin: int, limit: int) -> int | None:
    """Return where an environment that begins at a place ends, or None."""
    opened = BEGIN.match(text, begin)
    if opened is None:
        return None
    depth = 0
    signs = re.compile(rf"\\(begin|end)\{{{re.escape(opened[1])}\}}")
    for sign in signs.finditer(text, begin, min(limit, begin + MAX_FORMULA)):
        depth += 1 if sign[1] == "begin" else -1
        if depth == 0:
            return sign.end()
    return None


def _block(state: StateBlock, lines: tuple[int, int], places: tuple[int, int, int], silent: bool) -> bool:
    """Make the lines from the first to that of the last place a formula, if nothing stands behind it there."""
    begin, end, after = places
    line = lines[0]
    while line < lines[1] and state.eMarks[line] < end:
        line += 1
    if line >= lines[1] or state.src[after : state.eMarks[line]].strip():
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block, token.map = True, [lines[0], line + 1]
        token.content = state.src[begin:end].strip()
        state.line = line + 1
    return True
