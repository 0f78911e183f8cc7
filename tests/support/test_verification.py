"""Verification: which sentences of a written answer are proved, on both sides of each limit, in both languages."""

import math
from dataclasses import replace

import pytest

from assistants.embedder import MODEL, scales
from assistants.knowledge.retrieval import Found, Weights
from assistants.knowledge.rows import StoredChunk
from assistants.sentences import sentences
from assistants.support.evidence import Evidence, Sentence
from assistants.support.verification import GIVE_UP, MOST, NEAR, Checked, is_hopeless, verify

TOWARDS = [1.0, 0.0]
NOTHING = Found((), Weights({}))
# Words that are in no sentence but where a test puts them; those of a pair of signs are read as one word each.
ENGLISH = "amber birch cedar delta ember fjord grove haven inlet jetty knoll lotus maple north ochre pearl quartz ridge"
CHINESE = "琥珀 白桦 雪松 三角 余烬 峡湾 树林 港口 水湾 码头 山丘 莲花 枫树 北方 赭石 珍珠 石英 山脊"
WORDS = {"en": f"{ENGLISH} slate tulip".split(), "zh": f"{CHINESE} 板岩 郁金".split()}
STOPS = {"en": ".", "zh": "。"}
BOTH_LANGUAGES = pytest.mark.parametrize("lang", ["en", "zh"])


class Vectors:
    """An embedder to which every claim looks the same way."""

    def vectors(self, texts: list[str]) -> list[list[float]]:
        return [TOWARDS] * len(texts)


def at(cosine: float | None) -> list[float] | None:
    """Return a vector at that cosine from every claim."""
    return None if cosine is None else [cosine, math.sqrt(1 - cosine * cosine)]


def evidence(passage: str, question: str = "", cosine: float | None = None, heading: str = "") -> Evidence:
    chunk = StoredChunk(1, "s", 0, 0, passage, heading, "", enabled=True, live=True)
    places = sentences(passage, in_document=True)
    found = tuple(Sentence(chunk, start, end, 0.0, None, at(cosine)) for start, end in places)
    return Evidence(question, None if cosine is None else TOWARDS, NOTHING, found, {}, scales()[MODEL]["en"])


def checked(draft: str, found: Evidence) -> Checked:
    return verify(draft, found, Vectors())  # type: ignore[arg-type]


def is_proved(claim: str, found: Evidence) -> bool:
    return checked(claim, found).kept == 1


def case(lang: str, held: int, words: int, *, asked: bool = True) -> tuple[str, str, str]:
    """Return a claim of so many words, a passage that holds the last ``held`` of them, and a question with the rest."""
    said = WORDS[lang][:words]
    question = said[: words - held] if asked else []
    return " ".join(said) + STOPS[lang], " ".join(said[words - held :]) + STOPS[lang], " ".join(question) + "?"


@BOTH_LANGUAGES
@pytest.mark.parametrize(
    ("held", "words", "cosine", "is_enough"),
    [
        # Words alone prove from LITERAL on.
        (4, 5, None, True),
        (15, 19, None, False),
        (4, 5, 0.0, True),
        # From ALIKE on they do together with a cosine of NEAR.
        (11, 20, NEAR, True),
        (11, 20, NEAR - 0.001, False),
        (11, 20, None, False),
        (15, 19, NEAR - 0.001, False),
        (15, 19, NEAR, True),
        (10, 19, 1.0, False),
        (10, 20, 1.0, False),
    ],
)
def test_a_claim_is_proved_by_its_words_or_by_fewer_that_are_near(
    lang: str, held: int, words: int, cosine: float | None, is_enough: bool
) -> None:
    claim, passage, question = case(lang, held, words)
    assert is_proved(claim, evidence(passage, question, cosine)) is is_enough


@pytest.mark.parametrize(
    ("question", "passage", "claim", "is_true"),
    [
        # What a model of 135 million weights wrote on a public set: all its words but one were the question's.
        (
            "What is the working fluid of a heat pump typically?",
            "The working fluid of a heat pump is typically a refrigerant.",
            "The working fluid of a heat pump is typically air.",
            False,
        ),
        (
            "What is the working fluid of a heat pump typically?",
            "The working fluid of a heat pump is typically a refrigerant.",
            "The working fluid of a heat pump is typically a refrigerant.",
            True,
        ),
        # Two words, one of them made up.
        (
            "When does the old museum of the town open in summer?",
            "The old museum of the town opens early in summer.",
            "The old museum of the town opens early daily in summer.",
            False,
        ),
        # One that only stands above the quote is not in the quote.
        (
            "What does a parcel cost?",
            "A parcel costs little.",
            "A parcel to Norway costs little.",
            False,
        ),
        # The question again is no answer.
        ("Are gas cartridges forbidden?", "Gas cartridges are forbidden.", "Gas cartridges are forbidden.", False),
        # A word of the question that is only the beginning of one there is new all the same.
        ("Is the marketplace large?", "The marketplace is large.", "The market is large.", True),
        ("Is the marketplace large?", "The place is large.", "The market is large.", False),
        ("热泵的工作介质通常是什么？", "热泵的工作介质通常是制冷剂。", "热泵的工作介质通常是空气。", False),
        ("热泵的工作介质通常是什么？", "热泵的工作介质通常是制冷剂。", "热泵的工作介质通常是制冷剂。", True),
        ("气罐禁止携带吗？", "气罐禁止携带。", "气罐禁止携带。", False),
    ],
)
@pytest.mark.parametrize("cosine", [None, 1.0])
def test_every_word_that_the_question_lacks_stands_in_the_quote(
    question: str, passage: str, claim: str, is_true: bool, cosine: float | None
) -> None:
    assert is_proved(claim, evidence(passage, question, cosine, heading="Norway")) is is_true


@BOTH_LANGUAGES
def test_one_word_that_is_not_in_the_quote_is_too_much_however_near(lang: str) -> None:
    claim, passage, _ = case(lang, 19, 20, asked=False)
    assert not is_proved(claim, evidence(passage, cosine=1.0))
    assert is_proved(claim, evidence(passage, WORDS[lang][0], cosine=1.0))


@BOTH_LANGUAGES
def test_only_so_many_sentences_are_kept(lang: str) -> None:
    said = [f"{word} {other}{STOPS[lang]}" for word, other in zip(WORDS[lang][::2], WORDS[lang][1::2], strict=True)]
    between = " " if lang == "en" else ""
    passage = between.join(one.capitalize() for one in said[: MOST + 1])
    for count in (MOST, MOST + 1):
        found = checked(between.join(one.capitalize() for one in said[:count]), evidence(passage))
        assert (found.kept, len(found.dropped)) == (MOST, count - MOST)


@BOTH_LANGUAGES
def test_so_many_sentences_of_which_none_could_be_proved_are_enough_to_give_up(lang: str) -> None:
    wrong, right = (f"{WORDS[lang][place].capitalize()}{STOPS[lang]}" for place in (0, 1))
    found, between = evidence(right), " " if lang == "en" else ""

    def draft(*said: str) -> str:
        return between.join([*said, WORDS[lang][2].capitalize()])

    assert is_hopeless(draft(*[wrong] * GIVE_UP), found)
    assert not is_hopeless(draft(*[wrong] * (GIVE_UP - 1)), found)
    assert not is_hopeless(draft(*[wrong] * (GIVE_UP - 1), right), found)


@BOTH_LANGUAGES
@pytest.mark.parametrize(("held", "words", "is_over"), [(11, 20, False), (10, 19, True)])
def test_a_draft_is_alive_as_long_as_a_sentence_is_alike(lang: str, held: int, words: int, is_over: bool) -> None:
    claim, passage, question = case(lang, held, words)
    draft = f"{claim.capitalize()} {claim.capitalize()} X"
    assert is_hopeless(draft, evidence(passage, question)) is is_over


@BOTH_LANGUAGES
def test_two_sentences_prove_only_what_one_does_not(lang: str) -> None:
    one, other = (f"{' '.join(WORDS[lang][a:b]).capitalize()}{STOPS[lang]}" for a, b in [(0, 2), (2, 4)])
    between = " " if lang == "en" else ""
    found = evidence(f"{one}{between}{other}", cosine=NEAR)
    [quote] = checked(one, found).answer.quotes
    assert quote.text == one
    [quote] = checked(" ".join(WORDS[lang][:4]) + STOPS[lang], found).answer.quotes
    assert quote.text == f"{one}{between}{other}"
    # Where two are nearer than one, by little or by more.
    for cosine, shown in [(NEAR + 0.09, one), (NEAR + 0.11, f"{one}{between}{other}")]:
        nearer = replace(found, sentences=(found.sentences[0], replace(found.sentences[1], vector=at(cosine))))
        assert [quote.text for quote in checked(one, nearer).answer.quotes] == [shown]
    # What stands between them keeps them apart.
    apart = replace(found, sentences=(found.sentences[0], replace(found.sentences[1], start=found.sentences[1].end)))
    assert not checked(" ".join(WORDS[lang][:4]) + STOPS[lang], apart).kept


@pytest.mark.parametrize(
    ("passage", "claim", "is_true"),
    [
        # Half of a clause's words: it is told of, and what it says no to counts.
        ("Returns are free, not from abroad.", "Returns are free.", True),
        ("Returns from abroad are not free.", "Returns are free.", False),
        ("Returns are free.", "Returns are not free.", False),
        ("Amber birch never cedar.", "Amber birch.", False),
        ("Amber birch never cedar delta.", "Amber birch.", True),
        ("Amber, never birch cedar.", "Amber birch cedar.", False),
        ("Amber birch cedar, never delta ember.", "Amber birch cedar.", True),
        ("退货免费，国外除外。", "退货免费。", True),
        ("国外退货不免费。", "退货免费。", False),
        ("退货免费。", "退货不免费。", False),
    ],
)
def test_a_claim_says_no_where_its_quote_does(passage: str, claim: str, is_true: bool) -> None:
    assert is_proved(claim, evidence(passage)) is is_true


@pytest.mark.parametrize(
    ("passage", "claim", "is_true"),
    [
        ("A refund takes 5 days.", "A refund takes 5 days.", True),
        ("A refund takes 5 days.", "A refund takes 15 days.", False),
        ("A refund takes five days.", "A refund takes six days.", False),
        ("It costs 1,200 euros.", "It costs 1.200 euros.", False),
        ("Write to Anna.", "Write to Berta.", False),
        ("See www.example.org.", "See www.example.com.", False),
        ("See www.example.org.", "See www.example.org.", True),
        ("退款需要5天。", "退款需要15天。", False),
        ("退款需要5天。", "退款需要5天。", True),
    ],
)
def test_facts_are_the_same(passage: str, claim: str, is_true: bool) -> None:
    assert is_proved(claim, evidence(passage, cosine=1.0)) is is_true
