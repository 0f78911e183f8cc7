"""Values of cells as a spreadsheet program shows them: dates, percentages, currencies, units.

Numbers keep all of their digits: a format says how few of them are shown. Knows Excel's codes of formats (ECMA-376 part
1, 18.8.30) as far as they change what a number means.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

# In brackets: a currency with its locale, which is shown; colours, conditions and locales, which are not.
CURRENCY = re.compile(r"\[\$([^\-\]]*)(?:-[^\]]*)?\]")
BRACKETS = re.compile(r"\[[^\]]*\]")
# Words between quotes, signs behind a backslash, and what only takes space.
QUOTED = re.compile(r'"([^"]*)"|\\(.)')
SPACING = re.compile(r"_.|\*.")
DIGITS = re.compile(r"[#0?][#0?,.]*(?:E[+-]?0+)?")
GENERAL = re.compile("general", re.IGNORECASE)
FRACTION = re.compile(r"[#0?]+\s*/\s*[#0?\d]+")
# More digits than these are noise of binary numbers.
PRECISION = ".15g"
HIDING = ";;;"


def shown(value: Any, code: str = "General") -> str:
    """Return the text of a cell's value, which has a format; "" for None and for what its format hides."""
    if value is None or code.replace(" ", "") == HIDING:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date | time | timedelta):
        return _moment(value, code)
    return _number(value, code) if isinstance(value, int | float) else str(value)


def _moment(value: date | time | timedelta, code: str) -> str:
    """Return a date as ISO 8601 writes it, with its time where there is one, or a time of hours that may be many."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    if isinstance(value, datetime):
        if value.time() == time.min and "h" not in BRACKETS.sub("", code).lower():
            return value.date().isoformat()
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    return value.isoformat("seconds" if value.second else "minutes") if isinstance(value, time) else value.isoformat()


def _number(value: float, code: str) -> str:
    positive, negative, *_ = [*_sections(code), "", ""]
    section = (negative or positive) if value < 0 else positive
    if section.strip().lower() in ("general", "", "@") or FRACTION.search(section):
        return plain(value)
    if "general" in QUOTED.sub("", section).lower():
        section = GENERAL.sub("#", section)
    digits_at = DIGITS.search(section)
    if digits_at is None:
        return plain(value)
    before, after = _literal(section[: digits_at.start()]), _literal(section[digits_at.end() :])
    if "%" in QUOTED.sub("", section):
        value = round(value * 100, 10)
    # Commas behind the last digit leave out thousands.
    if scale := len(digits_at[0]) - len(digits_at[0].rstrip(",")):
        value /= 1000**scale
    # A section of its own shows its own sign.
    digits = _padded(abs(value) if negative and value < 0 else value, digits_at[0])
    return f"{before}{digits}{after}".strip()


def _sections(code: str) -> list[str]:
    """Return the sections of a code, of positive numbers, negative ones and others, without what is not shown."""
    code = CURRENCY.sub(lambda found: f'"{found[1]}"', code)
    return BRACKETS.sub("", code).split(";")


def _literal(part: str) -> str:
    """Return what of a part of a code is shown as it is."""
    return SPACING.sub("", QUOTED.sub(lambda found: found[1] or found[2] or "", part))


def _padded(value: float, digits: str) -> str:
    """Return a number with the zeros before it that its format wants, as postcodes and numbers of articles have."""
    text, least = plain(value), len(digits)
    is_code = set(digits) == {"0"} and least > 1 and text.isdigit()
    return text.zfill(least) if is_code else text


def plain(value: float) -> str:
    """Return a number without noise: 0.3 for 0.1 + 0.2, 199 for 199.0."""
    is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if is_whole else f"{value:{PRECISION}}"
