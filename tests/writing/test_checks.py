"""Checks and the filter: what is found, where it stands, and what a loop is cut to."""

import pytest

from assistants import writing
from assistants.bounded import Budget
from assistants.principals import LOCAL
from assistants.sentences import is_complete, sentences
from assistants.store.documents import count, new_document, new_section
from assistants.studio import Studio
from assistants.writing.brief import brief_of
from assistants.writing.checks import Check, check, keyword_pattern
from assistants.writing.sentences import SentenceFilter, is_prose, repeated


def findings(name: str, *texts: str, **brief: object) -> list[Check]:
    document = new_document(sections=tuple(new_section(f"S{n}", text=text) for n, text in enumerate(texts)))
    return [found for found in check(brief_of({"topic": "Tea", **brief}), document) if found.name == name]


@pytest.mark.parametrize(
    ("keyword", "text", "is_found"),
    [
        ("tree", "Two Trees.", True),
        ("plan", "We planned it.", True),
        ("bake", "Baking bread.", True),
        ("berry", "Red berries.", True),
        ("art", "The start.", False),
        ("oil", "Soil.", False),
        ("spring tide", "A spring-tide comes.", True),
        ("C++", "Learn C++ now.", True),
        ("退款", "可以退款。", True),
        ("退款", "可以退钱。", False),
    ],
)
def test_keywords_are_found_with_their_endings(keyword: str, text: str, is_found: bool) -> None:
    assert bool(keyword_pattern(keyword).search(text)) is is_found


def test_a_finding_names_its_place() -> None:
    [used, missing] = findings("keyword", "Hot water.", "Green leaves.", keywords=["leaf", "leaves"])
    assert (used.ok, missing.ok) == (False, True)
    text = "Green leaves."
    assert text[missing.start : missing.end] == "leaves" and used.section is None
    assert used.sentence == "The keyword “leaf” is missing."


def test_a_fact_is_ticked_with_its_sentence_and_what_looks_like_it_is_not() -> None:
    texts = "The hall opens in May. The library opens in June.", "The library costs 9 euros."
    [ticked, near, lost] = findings(
        "fact", *texts, facts=["The hall opens in May", "The library opens in May", "The library costs 9 dollars"]
    )
    assert ticked.ok and texts[0][ticked.start : ticked.end] == "The hall opens in May."
    assert not near.ok and "may say" in near.sentence and near.section
    assert not lost.ok and lost.values["missing"] == "9 dollars" and lost.section is None


def test_what_no_rule_can_judge_of_a_brief_is_said_to_be_unchecked() -> None:
    brief = {"tone": "warm", "audience": "children", "sample": "Once.", "language": "zh"}
    found = findings("wish", "A text in English, not in Chinese. " * 4, **brief)
    assert [one.ok for one in found] == [False, None, None, None] and "warm" in found[2].sentence


@pytest.mark.parametrize(
    ("brief", "text", "ok"),
    [
        ({"kind": "email", "fields": {"recipient": "Ms Okafor"}}, "Dear Ms Okafor, hello.", [True]),
        ({"kind": "email", "fields": {"recipient": "Ms Okafor"}}, "Dear Ms Oka, hello.", [False]),
        ({"kind": "product", "fields": {"features": "boils in 90 seconds; steel"}}, "It boils in 90 seconds.", [1, 0]),
        ({"kind": "product", "fields": {"features": "boils in 90 seconds"}}, "It boils in 90 minutes.", [False]),
        ({"kind": "story", "fields": {"view": "first"}}, "I saw it.", [True]),
        ({"kind": "story", "fields": {"view": "third"}}, "“I saw it,” she said.", [True]),
        ({"kind": "story", "fields": {"view": "third"}}, "I saw it.", [False]),
        ({"kind": "story", "fields": {"plot": "A storm"}}, "A storm came.", [None]),
    ],
)
def test_what_a_brief_asks_in_its_own_fields_is_looked_for(
    brief: dict[str, object], text: str, ok: list[object]
) -> None:
    assert [one.ok for one in findings("wish", text, **brief)] == ok


def test_repetitions_broken_ends_names_and_what_was_to_be_avoided_are_marked() -> None:
    loop = "The sea is wide and deep. "
    assert len([one for one in findings("repeat", loop * 4) if not one.ok]) >= 3
    assert [one.ok for one in findings("repeat", "All is new here. Nothing comes twice.")] == [True]
    [broken] = findings("ending", "It ends. And then it", "Whole.")
    assert (broken.start, broken.end) == (9, 20)
    [name] = findings("names", "We met Johansson there.", "Later Johanson left.", facts=["Johansson, 44"])
    assert name.values == {"wrong": "Johanson", "right": "Johansson"}
    [avoid] = findings("avoid", "A cheap tea.", avoid=["cheap"])
    assert not avoid.ok and avoid.start == 2


def test_a_picture_is_no_words() -> None:
    picture = f"![A cup of tea](/api/files/{'0a' * 16})"
    assert all(found.ok for found in findings("ending", f"It ends.\n\n{picture}\n\n{picture}\n"))
    [broken] = [found for found in findings("ending", f"And then it\n\n{picture}") if not found.ok]
    assert (broken.start, broken.end) == (0, len("And then it"))
    assert count(f"Hot tea.\n\n{picture}") == 2


def test_news_marks_what_no_fact_says() -> None:
    text = "The hall opens in May. It cost 3 million, said Jane Roe."
    [found] = findings("verify", text, kind="news", facts=["The hall opens in May"])
    assert found.values == {"what": "3, Jane Roe"} and text[found.start : found.end].startswith("It cost")
    assert findings("verify", text) == []


@pytest.mark.parametrize("sign", [" ", "\n", "a ", ".", "a. ", "![", "“"])
def test_what_is_no_text_at_all_is_checked_like_any_other(sign: str) -> None:
    text = f"One.{sign * (200_000 // len(sign))}Two"
    assert {
        found.name for found in check(brief_of({"topic": "Tea"}), new_document(sections=(new_section("", text=text),)))
    }


def test_length_and_readability_are_told() -> None:
    short = findings("length", "Three words only.", words=100)[0]
    assert not short.ok and short.sentence == "3 words; the target is 100."
    [post] = findings("length", "x" * 300, kind="social", fields={"platform": "x"})
    assert not post.ok and "280" in post.sentence
    [easy] = findings("readability", "The cat sat on the mat. " + "It was a warm day and all was well. " * 4)
    assert easy.ok and "easy to read" in easy.sentence
    [chinese] = findings("readability", "今天天气很好，我们一起去公园散步。" * 4)
    assert chinese.ok and "characters on average" in chinese.sentence


def test_sentences_are_found_in_both_scripts() -> None:
    text = "Dr. Roe paid 3.50 there. “Why?” 今天好。明天呢？ end"
    assert [text[a:b] for a, b in sentences(text)] == [
        "Dr. Roe paid 3.50 there.",
        "“Why?”",
        "今天好。",
        "明天呢？",
        "end",
    ]
    assert sentences("1. Begin. End.")[0] == (0, 9)
    assert is_complete("Done.”") and not is_complete("Done")


def test_the_sieve_lets_whole_new_sentences_through() -> None:
    filtered = SentenceFilter("It began.")
    pieces = ["One two more", " three. On", "e two more three. # Heading\n", "Four", " five"]
    passed = "".join(filtered.push(piece) for piece in pieces)
    assert passed == " One two more three." and filtered.text == "It began. One two more three."
    assert filtered.left_out == ["One two more three.", "# Heading"]
    assert filtered.finish(ended=True) == "\n\nFour five."


@pytest.mark.parametrize(
    "text", ["他说：“好。”他走了……没有回来。", "It cost 3.50. “Fine.” He paid... Well. No. 5 of us went.\n\nDone!"]
)
def test_the_sieve_lets_the_same_through_however_a_text_comes(text: str) -> None:
    whole, single = SentenceFilter(""), SentenceFilter("")
    for piece in (text, *text):
        (whole if piece is text else single).push(piece)
    for one in (whole, single):
        one.finish(ended=True)
    assert single.text == whole.text and len(single.text.split("\n\n")) == len(text.split("\n\n"))
    assert single.left_out == whole.left_out == []


def test_a_loop_closes_the_sieve_and_no_phrase_comes_more_than_three_times() -> None:
    filtered = SentenceFilter("")
    for number in range(40):
        if not filtered.closed:
            filtered.push(f"The old man went to the sea on day {number}. ")
    assert filtered.closed
    assert repeated(filtered.text) == {} and filtered.text.count("The old man went") == 3


def test_a_limit_of_characters_is_kept() -> None:
    filtered = SentenceFilter("", limit=30)
    filtered.push("A short sentence here. And one that is far too long for it. More")
    assert filtered.text == "A short sentence here." and filtered.closed


def test_numbers_that_nobody_gave_do_not_pass_where_they_must_not() -> None:
    filtered = SentenceFilter("", known="It opened in 1998.")
    filtered.push("It opened in 1998. It cost 3,000 euros. It stands. And")
    assert filtered.text == "It opened in 1998. It stands." and filtered.left_out == ["It cost 3,000 euros."]


@pytest.mark.parametrize(
    "talk",
    [
        "The news report describes a new bus line.",
        "In this article we look at trees.",
        "We'll explore the world of bees together.",
        "Here's how you can help.",
        "Let's dive into it!",
        "You can send this to your friend.",
        "The word is spelled with a hyphen.",
    ],
)
def test_talk_about_a_text_is_no_part_of_it(talk: str) -> None:
    assert not is_prose(talk)


def test_what_looks_like_talk_may_be_a_text() -> None:
    for sentence in ("The letter describes a storm.", "They share a meal.", "Here they met.", "This word hurt him."):
        assert is_prose(sentence), sentence


def test_what_is_found_very_often_is_found_some_times_and_counted() -> None:
    passage = " ".join(f"word{number}" for number in range(6000)) + ". "
    found = findings("repeat", passage * 4)
    assert len([one for one in found if one.template.startswith("The phrase")]) == 100
    assert found[-1].template.startswith("More phrases") and found[-1].values["count"] > 5000
    names = [f"Z{first}{second}{third}abc" for first in "abcdefgh" for second in "abcdefgh" for third in "abcdefgh"]
    assert [one.values for one in findings("names", f"The {', '.join(names)}.")] == [{"count": 513}]
    assert len(findings("names", f"The {', '.join(names[:300])}.")) > 300


def test_a_draft_that_takes_too_long_to_check_says_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def checked(budget: Budget) -> list[Check]:
        monkeypatch.setattr(writing, "CHECKING", budget)
        return writing.check(studio, draft, LOCAL.id)

    document = new_document(sections=(new_section("One", text="Abc def. " * 3000),))
    draft = studio.history.drafts.create(LOCAL.id, "long", {"topic": "Tea"}, document)
    [told] = checked(Budget(0.05, 300, "checks"))
    assert "takes too long to check" in told.template and not told.ok
    found = checked(Budget(60, 512, "checks"))
    assert found == check(brief_of({"topic": "Tea"}), document)
