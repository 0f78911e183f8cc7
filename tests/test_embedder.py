"""Which embedder reads what: by language, one for a base, and the way from one to the other."""

import io
import json
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistants import classify, embedder, ingestion
from assistants.classify import Head, features
from assistants.embedder import MODEL, MULTILINGUAL, Embedder, Scale, model_for
from assistants.errors import NotAllowed
from assistants.principals import LOCAL, of_owner
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.support.intent_rows import IntentRows
from tests.knowledge.stand_ins import Words, stand_in_for_embedder, vector

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
ME = LOCAL
NO_JOB = SimpleNamespace(slot=lambda *_: nullcontext())
ENGLISH = "# Returns\n\nReturns are free of charge within 30 days of the delivery of your parcel."
CHINESE = "# 退货\n\n收到商品后三十天内可以免费退货。\n\n# 快递\n\n普通快递两天送达。"

GERMAN = "# Rückgabe\n\nDie Rückgabe ist innerhalb von dreißig Tagen nach der Lieferung kostenlos möglich."


@pytest.fixture
def english(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Words:
    return stand_in_for_embedder(monkeypatch, studio.models)


@pytest.fixture
def multilingual(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Words:
    return stand_in_for_embedder(monkeypatch, studio.models, MULTILINGUAL)


def run(studio: Studio, assistant: str = "ingestion", **request: Any) -> JobRow:
    row = studio.jobs.submit(assistant, {"knowledge": "shop", **request}, ME)
    row = studio.jobs.wait(row.id, ME.id, 60)
    assert not row.is_open
    return row


def add(studio: Studio, text: str, name: str = "rules.md") -> JobRow:
    row = ingestion.submit(studio, "shop", [(name, io.BytesIO(text.encode()))], ME)
    return studio.jobs.wait(row.id, ME.id, 20)


def notes(studio: Studio, row: JobRow) -> list[str]:
    events = studio.history.jobs.events(row.id)
    return [data["data"]["template"] for _, _, data in events if data.get("name") == "note"]


def ask(studio: Studio, question: str) -> dict[str, Any]:
    row = studio.jobs.submit("support", {"question": question, "knowledge": "shop"}, ME)
    row = studio.jobs.wait(row.id, ME.id, 20)
    return next(data["data"] for _, _, data in studio.history.jobs.events(row.id) if data.get("name") == "why")


@pytest.mark.parametrize(
    ("texts", "model"),
    [
        ([], MODEL),
        (["Where is my parcel?"], MODEL),
        (["SKU-4711 XL", "12,50 €"], MODEL),
        (["| SKU | Name | Price |\n| 1 | Kettle Aria steel | 49.90 EUR |\n| 2 | Toaster Nova black | 39 EUR |"], MODEL),
        (["Hoe lang duurt de levering naar Noorwegen en kan ik bij levering betalen?"], MULTILINGUAL),
        (["Ile trwa dostawa do Norwegii i czy mogę zapłacić przy odbiorze przesyłki?"], MULTILINGUAL),
        (["Hvor lang tid tager det at levere til Norge, og kan jeg betale ved levering?"], MULTILINGUAL),
        ([ENGLISH], MODEL),
        (["退货要多久？"], MULTILINGUAL),
        (["返品はできますか", ENGLISH[:20]], MULTILINGUAL),
        (["Где моя посылка?"], MULTILINGUAL),
        (["أين طلبي؟"], MULTILINGUAL),
        ([GERMAN], MULTILINGUAL),
        (["Combien de temps prend la livraison vers la Norvège, et puis-je payer à la livraison ?"], MULTILINGUAL),
        ([ENGLISH] * 9 + ["退货要多久？"], MODEL),  # a word of another language here and there
        ([ENGLISH] * 3 + [GERMAN], MULTILINGUAL),
    ],
)
def test_the_language_chooses_the_embedder(texts: list[str], model: str) -> None:
    assert model_for(texts) == model


def test_a_new_base_is_read_by_the_embedder_that_knows_its_language(
    studio: Studio, english: Words, multilingual: Words
) -> None:
    assert notes(studio, add(studio, CHINESE)) == []
    assert studio.knowledge.base("shop").embedder == MULTILINGUAL
    assert len(multilingual.read) == 2 and english.read == []
    assert ask(studio, "快递几天送到？")["dense"]
    assert english.read == []


def test_without_it_words_find_and_later_it_is_read(
    studio: Studio, english: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert notes(studio, add(studio, CHINESE)) == [
        "There is no embedder here, so this base is searched by words alone."
    ]
    assert studio.knowledge.base("shop").embedder == "" and english.read == []
    assert not ask(studio, "快递几天送到？")["dense"]
    stand_in_for_embedder(monkeypatch, studio.models, MULTILINGUAL)
    assert ask(studio, "快递几天送到？")["dense"]
    assert studio.knowledge.base("shop").embedder == MULTILINGUAL


def test_what_the_english_one_does_not_know_is_said_and_read_again_by_the_other(
    studio: Studio, english: Words, multilingual: Words
) -> None:
    add(studio, ENGLISH)
    assert notes(studio, add(studio, CHINESE, "zh.md")) == [ingestion.UNREAD]
    assert ingestion.embedded(studio, "shop", ME) == {"embedder": "english", "unread": 2}
    assert not ask(studio, "快递几天送到？")["dense"]
    row = run(studio, embedder="multilingual")
    assert row.status == "done", row.error
    assert ingestion.embedded(studio, "shop", ME) == {"embedder": "multilingual", "unread": 0}
    assert len(multilingual.read) == 3
    assert ask(studio, "快递几天送到？")["dense"]
    # And what comes later is read by it, too, whatever its language.
    before = len(english.read)
    add(studio, ENGLISH.replace("30", "60"))
    assert len(english.read) == before


def test_a_base_stays_as_it_was_where_the_other_cannot_be_had(studio: Studio, english: Words) -> None:
    add(studio, ENGLISH)
    row = run(studio, embedder="multilingual")
    assert row.status == "failed" and "stays as it was" in str(row.error)
    assert ingestion.embedded(studio, "shop", ME) == {"embedder": "english", "unread": 0}
    assert ask(studio, "Are returns free of charge?")["dense"]


def test_only_the_operator_reads_again_and_looks(studio: Studio, english: Words) -> None:
    add(studio, ENGLISH)
    with pytest.raises(NotAllowed):
        studio.jobs.submit("ingestion", {"knowledge": "shop", "embedder": "english"}, of_owner("visitor"))
    with pytest.raises(NotAllowed):
        ingestion.embedded(studio, "shop", of_owner("visitor"))


def test_vectors_of_two_embedders_never_stand_in_one_base(studio: Studio, english: Words) -> None:
    add(studio, ENGLISH)
    rows = studio.knowledge.vector_rows
    rows.change_embedder("shop", MULTILINGUAL)
    [chunk] = rows.lacking("shop", 9)
    # Somebody who opened the other one before that comes too late.
    rows.keep("shop", MODEL, [(chunk.number, b"\0" * 256)], live=True)
    assert rows.count_lacking("shop") == 1


def test_intents_are_guessed_by_the_embedder_that_they_were_learned_with(
    studio: Studio, english: Words, multilingual: Words
) -> None:
    add(studio, ENGLISH)
    examples = "停车, 在哪里停车\n停车, 停车要付钱吗\n宠物, 可以带狗吗\n宠物, 允许带宠物吗"
    assert run(studio, "triage", examples=examples).status == "done"
    known = Head.from_json(IntentRows(studio.history.store).get("shop").head)
    assert known.embedder == MULTILINGUAL and known.size == len(vector("x"))
    before = len(multilingual.read)
    assert "停车" in ask(studio, "我在哪里可以停车")["intents"]
    assert len(multilingual.read) == before + 1


def test_a_head_says_nothing_about_the_vectors_of_another_embedder() -> None:
    words = Words(knows_chinese=True)
    rows = features.rows(["x y", "z"], [vector("x y"), vector("z")], len(vector("x")))
    head = Head(("a", "b"), rows, np.zeros(2, np.float32), 1.0)
    classify.guess(head, Embedder(words, NO_JOB, model=MULTILINGUAL), ["x y"])
    assert words.read == []
    classify.guess(head, Embedder(words, NO_JOB), ["x y"])
    assert words.read == ["x y"]
    # One that was kept before there were two of them is the English one's.
    old = json.loads(head.to_json())
    assert old.pop("embedder") == MODEL
    assert Head.from_json(json.dumps(old)).embedder == MODEL


def test_a_scale_puts_cosines_where_the_english_ones_are() -> None:
    own = embedder.scales()[MODEL]["en"]
    assert own.of(0.3) == pytest.approx(0.3)
    for languages in embedder.scales().values():
        for scale in languages.values():
            assert scale.of(scale.unrelated) == pytest.approx(own.unrelated)
            assert scale.of(scale.same) == pytest.approx(own.same)
    assert Scale(0.8, 0.9).likeness([1.0, 0.0], [0.85, 0.5]) == pytest.approx((own.unrelated + own.same) / 2)


def test_the_scale_is_that_of_the_language() -> None:
    scales = embedder.scales()[MULTILINGUAL]
    other = Embedder(None, None, model=MULTILINGUAL)
    assert other.scale("退货要多久？") == scales["zh"]
    assert other.scale("Where is my parcel?") == scales["en"]
    assert Embedder(None, None).scale("退货") == embedder.scales()[MODEL]["en"]
