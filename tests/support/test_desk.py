"""The service desk: thumbs, a person who takes over, curated answers, and what the base could not answer."""

from itertools import pairwise
from typing import Any

import pytest

from assistants.errors import Conflict, InvalidInput, NotAllowed, NotFound
from assistants.knowledge.curating import SOURCE
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.support import desk, summaries
from assistants.support.desk_rows import DeskRows
from tests.support.test_support import ABSENT, says

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
CUSTOMER, OTHER = of_owner("v-1"), of_owner("v-2")


def ask(studio: Studio, question: str, owner: Principal = CUSTOMER, **request: Any) -> JobRow:
    row = studio.jobs.submit("support", {"question": question, "knowledge": "sample", **request}, owner)
    return studio.jobs.wait(row.id, owner.id, 20)


def test_a_person_answers_and_with_one_click_everybody_gets_it(studio: Studio) -> None:
    first = ask(studio, "How long are gift cards valid?")
    talk = first.result["conversation"]
    ask(studio, "Is there a swimming pool?", conversation=talk)
    id = desk.hand_over(studio, talk, CUSTOMER)
    assert desk.hand_over(studio, talk, CUSTOMER) == id
    [waiting] = desk.inbox(studio, "sample", LOCAL)
    assert (waiting.summary, waiting.answer) == ("Is there a swimming pool?", None)
    assert [turn["grounded"] for turn in waiting.transcript] == [True, False]
    assert DeskRows(studio.history.store).waiting() == {"sample": 1}
    desk.answer(studio, id, "Yes, on the roof.", LOCAL, curate=True)
    [mine] = DeskRows(studio.history.store).of_conversation(talk, CUSTOMER.id)
    assert mine.answer == "Yes, on the roof."
    assert DeskRows(studio.history.store).of_conversation(talk, OTHER.id) == []
    again = ask(studio, "Is there a swimming pool?", OTHER)
    assert again.output == "Yes, on the roof." and again.result["grounded"]
    with pytest.raises(Conflict):
        desk.answer(studio, id, "No.", LOCAL)


def test_a_model_sums_up_what_is_handed_over_and_invents_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(studio, "How long are gift cards valid?")
    talk = asked.result["conversation"]
    said = "The customer asks how long gift cards are valid: 3 years. They want 12 cards. Call Otto."
    says(monkeypatch, studio.models, said, is_capable=False)
    monkeypatch.setattr(studio.models, "own", lambda *_: ABSENT)
    desk.hand_over(studio, talk, CUSTOMER)
    assert summed_up(studio) == []
    desk.set_up(studio, "sample", LOCAL, model_help="always")
    ask(studio, "Is there a swimming pool?", conversation=talk)
    desk.hand_over(studio, talk, CUSTOMER)
    # Nothing new was said: it is not summed up again.
    desk.hand_over(studio, talk, CUSTOMER)
    [job] = summed_up(studio)
    assert job.result == {"summary": "The customer asks how long gift cards are valid: 3 years."}
    [waiting] = desk.inbox(studio, "sample", LOCAL)
    assert (waiting.prose, waiting.summary) == (job.result["summary"], "Is there a swimming pool?")
    with pytest.raises(NotAllowed):
        studio.jobs.submit(summaries.ID, {"hand_over": waiting.id}, CUSTOMER)
    with pytest.raises(NotFound):
        studio.jobs.submit(summaries.ID, {"hand_over": "nothing"}, LOCAL)


def test_customers_cannot_fill_the_operators_queue(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "MOST_WAITING", 3)
    says(monkeypatch, studio.models, "The customer asks.", is_capable=True)
    monkeypatch.setattr(studio.models, "own", lambda *_: ABSENT)
    # The model takes long.
    studio.jobs.pause(OPERATOR, summaries.ID, True)
    for number in range(5):
        customer = of_owner(f"v-{number}")
        talk = ask(studio, "How long are gift cards valid?", customer).result["conversation"]
        desk.hand_over(studio, talk, customer)
    assert len(studio.jobs.queue(OPERATOR.id, summaries.ID)[0]) == 3
    assert len(desk.inbox(studio, "sample", LOCAL)) == 5
    studio.jobs.pause(OPERATOR, summaries.ID, False)
    rows = sorted(summed_up(studio), key=lambda row: row.started)
    assert all(one.finished <= two.started for one, two in pairwise(rows)), "they take one worker"


def summed_up(studio: Studio) -> list[JobRow]:
    with studio.history.store.read() as db:
        ids = [row["id"] for row in db.execute("SELECT id FROM jobs WHERE assistant = ?", (summaries.ID,))]
    return [studio.jobs.wait(id, OPERATOR.id, 20) for id in ids]


@pytest.mark.parametrize(
    ("claim", "stands"),
    [
        ("The customer asks about a used item.", True),
        ("It cannot be returned after 30 days.", True),
        ("It can be returned after 30 days.", False),
        ("It cannot be returned after 14 days.", False),
        ("The customer was told that a used item can be returned.", False),
        ("Otto wants to return a used item.", False),
        ("They asked Otto about a used item.", False),
        ("The founder invented zips long ago.", False),
    ],
)
def test_of_a_summary_stays_what_the_conversation_bears_out(claim: str, stands: bool) -> None:
    talk = "- Can I return a used item?\n  An item that was used cannot be returned after 30 days."
    assert summaries.proved(claim, talk) == (claim if stands else "")


def test_curated_answers_are_one_source_with_versions(studio: Studio) -> None:
    long = "Sentence number one is here. " * 60
    for question, answer in (("Kayaks?", long), ("Canoes?", "No."), ("Kayaks?", long + "Changed.")):
        studio.knowledge.curate("sample", question, answer, LOCAL)
    [source] = [one for one in studio.knowledge.sources("sample", LOCAL) if one.name == SOURCE]
    text = studio.knowledge.source("sample", source.id, LOCAL)[1]
    assert text == f"Kayaks?\n{long}Changed.\n\nCanoes?\nNo."
    with pytest.raises(InvalidInput, match="already in this base"):
        studio.knowledge.curate("sample", "Canoes?", "No.", LOCAL)
    for question, answer in (("", "x"), ("x", " "), ("x" * 501, "x"), ("x", "x" * 10_001)):
        with pytest.raises(InvalidInput):
            studio.knowledge.curate("sample", question, answer, LOCAL)


def test_what_could_not_be_answered_is_listed_with_a_draft(studio: Studio) -> None:
    for question in ("Is there a swimming pool?", "is there any swimming pool", "Who won the football world cup?"):
        ask(studio, question)
    bad = ask(studio, "How long are gift cards valid?")
    desk.judge(studio, bad.id, CUSTOMER.id, good=False, reason="I meant the Berlin shop")
    gaps = desk.gaps(studio, "sample", LOCAL)
    assert [(gap["asked"], len(gap["questions"])) for gap in gaps] == [(2, 2), (1, 1), (1, 1)]
    assert {gap["question"] for gap in gaps} >= {"Who won the football world cup?", "How long are gift cards valid?"}
    assert [gap["reasons"] for gap in gaps if gap["reasons"]] == [["I meant the Berlin shop"]]
    assert next(gap["draft"] for gap in gaps if "gift" in gap["question"])
    DeskRows(studio.history.store).dismiss("sample", gaps[0]["questions"])
    assert len(desk.gaps(studio, "sample", LOCAL)) == 2
    desk.judge(studio, bad.id, CUSTOMER.id, good=True)
    assert len(desk.gaps(studio, "sample", LOCAL)) == 1


def test_everybody_has_their_own_and_the_desk_is_the_operators(studio: Studio) -> None:
    row = ask(studio, "Is there a swimming pool?")
    talk = row.result["conversation"]
    with pytest.raises(NotFound):
        desk.judge(studio, row.id, OTHER.id, good=True)
    with pytest.raises(NotFound):
        desk.hand_over(studio, talk, OTHER)
    id = desk.hand_over(studio, talk, CUSTOMER)
    for act in (
        lambda: desk.inbox(studio, "sample", CUSTOMER),
        lambda: desk.gaps(studio, "sample", CUSTOMER),
        lambda: desk.answer(studio, id, "x", CUSTOMER),
        lambda: studio.knowledge.curate("sample", "x", "y", CUSTOMER),
        lambda: studio.knowledge.change("sample", CUSTOMER, synonyms="a, b"),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotFound):
        desk.answer(studio, "nothing", "x", LOCAL)
    with pytest.raises(InvalidInput):
        desk.answer(studio, id, " ", LOCAL)
    with pytest.raises(InvalidInput):
        desk.judge(studio, row.id, CUSTOMER.id, good=True, reason="x" * 501)


def test_words_that_mean_the_same_find_the_same(studio: Studio) -> None:
    question = "How long are presents vouchers valid?"
    assert ask(studio, "What is the voucher expiry?").result["grounded"] is False
    studio.knowledge.change("sample", LOCAL, synonyms="gift cards, presents vouchers\n退货，送回去")
    assert "3 years" in ask(studio, question).output


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("synonyms", "alone"),
        ("synonyms", "a, b\n" * 501),
        ("suggested", "x\n" * 9),
        ("suggested", "x" * 201),
        ("not_found", "x" * 1001),
        ("origins", "shop.example"),
        ("origins", "https://shop.example/path"),
        ("origins", "https://shop.example; script-src *"),
        ("origins", "https://*.example"),
        ("origins", "https://shop.example:99999"),
    ],
)
def test_what_is_wrong_with_a_bases_wording_is_said(studio: Studio, field: str, text: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        studio.knowledge.change("sample", LOCAL, **{field: text})
    assert wrong.value.field == field


def test_a_base_offers_its_operators_questions_or_those_answered_by_hand(studio: Studio) -> None:
    assert studio.knowledge.suggestions("sample")[0] == "Do you ship to the United States?"
    studio.knowledge.change("sample", LOCAL, suggested="One?\n\n Two? \n", origins="https://Shop.example/")
    assert studio.knowledge.suggestions("sample") == ["One?", "Two?"]
    assert studio.knowledge.base("sample").origins == "https://shop.example"
