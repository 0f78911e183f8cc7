"""Personal data in a text, hidden behind marks before a model elsewhere reads it, and put back into what it writes.

Finds what has a form of its own, English and Chinese: e-mail addresses, bank cards (by their check digit), Chinese ID
cards (by theirs), US social security numbers, telephone numbers. Names and addresses have none, and stay. Knows nothing
about models.
"""

import re
from collections.abc import Callable

MARK = "[{kind}_{number}]"
# As a model may write it back.
MARKED = re.compile(r"[\[【<(]?\b(EMAIL|CARD|ID|PHONE)[_ ](\d{1,3})\b[\])】>]?", re.IGNORECASE)

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)")
CHINESE_ID = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
SOCIAL = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
# With a country or an area code; a Chinese mobile number by itself. A plain number, a price or a date is none.
PHONE = re.compile(
    r"(?<![\w.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}"
    r"|\(0?\d{2,4}\)[ .-]?\d(?:[ .-]?\d){5,9}"
    r"|1[3-9]\d(?:[ -]?\d{4}){2}"
    r"|0\d{2,4}[ -/]\d(?:[ -]?\d){5,8}"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w-]|[.,]\d)",
    re.ASCII,
)


def is_card(digits: str) -> bool:
    """Say whether digits are a bank card's, by its check digit (Luhn's) and length."""
    plain = re.sub(r"\D", "", digits)
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in plain[-2::-2])
    same = len(set(plain)) == 1
    return 13 <= len(plain) <= 19 and not same and (sum(map(int, plain[-1::-2])) + sum(doubled)) % 10 == 0


def is_chinese_id(text: str) -> bool:
    """Say whether a text is a Chinese resident's ID number, by its check digit (GB 11643)."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def always(_: str) -> bool:
    """Say that whatever has this form is what it looks like."""
    return True


# In this order: an ID number would be half a telephone number.
KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("EMAIL", EMAIL, always),
    ("ID", CHINESE_ID, is_chinese_id),
    ("CARD", CARD, is_card),
    ("ID", SOCIAL, always),
    ("PHONE", PHONE, always),
)


class Redactor:
    """Hides personal data of several texts, the same behind the same mark, and puts it back."""

    def __init__(self, *, active: bool = True) -> None:
        """One that is not ``active`` hides nothing."""
        self._kinds = KINDS if active else ()
        self._marks: dict[str, str] = {}
        self._hidden: dict[tuple[str, int], str] = {}

    def redact(self, text: str) -> str:
        """Return ``text`` with marks in place of what is personal."""
        for kind, pattern, is_one in self._kinds:
            text = pattern.sub(self._marker(kind, is_one), text)
        return text

    def _marker(self, kind: str, is_one: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
        return lambda found: self._mark(kind, found[0], is_one)

    def _mark(self, kind: str, found: str, is_one: Callable[[str], bool]) -> str:
        if not is_one(found):
            return found
        if found not in self._marks:
            number = 1 + sum(known == kind for known, _ in self._hidden)
            self._hidden[kind, number] = found
            self._marks[found] = MARK.format(kind=kind, number=number)
        return self._marks[found]

    def restore(self, text: str) -> str:
        """Return ``text`` with what was hidden in place of the marks."""
        return MARKED.sub(lambda mark: self._hidden.get((mark[1].upper(), int(mark[2])), mark[0]), text)
