"""Personal data: what is hidden, what is not, and that all of it comes back."""

import pytest

from assistants.safety.personal import Redactor, is_card, is_chinese_id

PERSONAL = {
    "Write to jo.doe+x@mail.example.org today": "Write to [EMAIL_1] today",
    "我的邮箱是zhang_3@example.com，请回复": "我的邮箱是[EMAIL_1]，请回复",
    "card 4111 1111 1111 1111, please": "card [CARD_1], please",
    "卡号6222021234567890128": None,
    "Call +49 30 1234567 or (030) 765432": "Call [PHONE_1] or [PHONE_2]",
    "我的手机号是13812345678。": "我的手机号是[PHONE_1]。",
    "手机138 1234 5678": "手机[PHONE_1]",
    "身份证11010519491231002X": "身份证[ID_1]",
    "SSN 078-05-1120": "SSN [ID_1]",
    "from a@b.de to c@d.de and a@b.de": "from [EMAIL_1] to [EMAIL_2] and [EMAIL_1]",
}
PLAIN = [
    "It costs 1,299.00 euros from 2024-05-01 to 2025-12-31.",
    "Order 58812 of 12.05.2026, item 4411-22",
    "Call 112. Room 1-2-3. Version 3.11.7",
    "共1234567件，编号20260101123456789",
    "4111 1111 1111 1112 is no card",
    "0000000000000000",
]


@pytest.mark.parametrize(("text", "hidden"), [pair for pair in PERSONAL.items() if pair[1]])
def test_what_is_personal_is_hidden_and_comes_back(text: str, hidden: str) -> None:
    redactor = Redactor()
    assert redactor.redact(text) == hidden
    assert redactor.restore(hidden) == text
    assert redactor.redact(text) == hidden


@pytest.mark.parametrize("text", PLAIN)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert Redactor().redact(text) == text


def test_marks_are_known_in_whatever_way_a_model_writes_them() -> None:
    redactor = Redactor()
    redactor.redact("a@b.de 13812345678")
    assert redactor.restore("Write to email_1 or 【PHONE 1】, not to [EMAIL_9].") == (
        "Write to a@b.de or 13812345678, not to [EMAIL_9]."
    )
    assert Redactor(active=False).redact("a@b.de") == "a@b.de"


def test_check_digits() -> None:
    assert is_card("5500-0000-0000-0004") and not is_card("5500-0000-0000-0005") and not is_card("1111111111111")
    assert is_chinese_id("11010519491231002X") and not is_chinese_id("110105194912310021")
