"""Looking inside, through jobs: of a text, of items of the history, and what cannot be looked into."""

import math
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.generation import conversation
from assistants.lab.branching import branch
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.lab.conftest import TINY, done, ended, look

TEXT = "the cat sat on the mat"


@pytest.fixture(scope="module")
def reply(lab: Studio) -> Any:
    """A reply of a chat that a tiny model wrote."""
    params = {"max_tokens": 12, "temperature": 0.0}
    return done(lab, "chat", message="say a story", system="the dog ran", params=params)


def plain(token: dict[str, Any]) -> int:
    """Return the rank of an alternative that is whole characters: a tiny model knows single bytes, too."""
    return next(rank for rank, one in enumerate(token["top_logprobs"]) if rank and "\ufffd" not in one["token"])


def test_a_text_has_its_probability_as_the_product_of_its_tokens(lab: Studio) -> None:
    found = look(lab, "tokens", text=TEXT, options={"top": 3})
    chances = [one["logprob"] for one in found["tokens"]]
    assert "".join(one["token"] for one in found["tokens"]) == TEXT
    assert found["logprob"] == pytest.approx(sum(chances))
    assert 10 ** found["log10"] == pytest.approx(math.prod(map(math.exp, chances)))
    assert found["perplexity"] == pytest.approx(math.exp(-sum(chances) / len(chances)))
    assert all(len(one["top_logprobs"]) == 3 for one in found["tokens"])


def test_a_reply_is_looked_at_behind_the_very_messages_that_asked_for_it(lab: Studio, reply: Any) -> None:
    found = look(lab, "tokens", job=reply.id)
    assert found["model"] == TINY
    assert "".join(one["token"] for one in found["tokens"]) == reply.output
    engine = lab.models.engine(TINY, frozenset({"inspect"}))
    said = conversation([("system", "the dog ran"), ("user", "say a story")])
    assert [one["logprob"] for one in found["tokens"]] == pytest.approx(engine.score(said, [reply.output])[0], abs=1e-4)


def test_every_look_has_its_numbers(lab: Studio, reply: Any) -> None:
    lens = look(lab, "lens", job=reply.id, options={"count": 3})
    assert [len(layer["own"]) for layer in lens["layers"]] == [3, 3, 3]
    place = look(lab, "sampling", job=reply.id, options={"place": 2, "top_k": 4, "temperature": 0.5})
    assert place["kept"] == 4
    assert sum(one["shaped"] for one in place["tokens"]) == pytest.approx(1)
    attention = look(lab, "attention", job=reply.id, options={"layer": 1, "head": 2, "pair": [5, 3]})
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in attention["weights"])
    assert attention["difference"]["weights"] < 1e-5


def test_one_goes_on_from_another_token_in_the_same_conversation(lab: Studio, reply: Any) -> None:
    row = done(lab, "lab", part="tokens", job=reply.id, options={"top": 20})
    place = 4
    begun = (row.result or {})["tokens"]
    rank = plain(begun[place])
    row = branch(lab, LOCAL, row.id, place, rank)
    other = lab.jobs.wait(row.id, LOCAL.id, 60)
    assert other.status == "done", other.failure
    messages = lab.history.conversations
    old, new = (messages.message((job.result or {})["message"], LOCAL.id) for job in (reply, other))
    assert new.conversation == old.conversation and new.parent == old.parent and new.id != old.id
    begins = "".join(one["token"] for one in begun[:place]) + begun[place]["top_logprobs"][rank]["token"]
    assert new.text.startswith(begins) and len(new.text) > len(begins)


def test_a_cell_of_the_playground_is_looked_at_with_its_own_messages(lab: Studio) -> None:
    messages = [{"role": "user", "content": "say {{what}}"}]
    rows = [{"what": "a story"}, {"what": "the cat"}]
    params = {"max_tokens": 6, "temperature": 0.0}
    job = done(lab, "playground", messages=messages, rows=rows, models=[TINY], params=params)
    exchange = lab.jobs.exchange(job.id, LOCAL.id, "0.1.0")
    assert exchange.messages == [("user", "say the cat")]
    found = look(lab, "tokens", job=job.id, which="0.1.0")
    assert b"".join(bytes(one["bytes"]) for one in found["tokens"]).decode() == exchange.text
    with pytest.raises(InvalidInput, match="no such cell"):
        lab.jobs.submit("lab", {"part": "tokens", "job": job.id, "which": "0.9"}, LOCAL)


def test_a_section_of_a_draft_is_looked_at_with_what_its_model_was_sent(lab: Studio) -> None:
    job = done(lab, "writing", kind="article", topic="words")
    sent = [
        data["data"] for _, kind, data in lab.history.jobs.events(job.id) if kind == "part" and data["name"] == "sent"
    ]
    exchange = lab.jobs.exchange(job.id, LOCAL.id, sent[0]["section"])
    assert exchange.messages == [(one["role"], one["content"]) for one in sent[0]["messages"]]
    assert exchange.text and exchange.text in job.output


def test_a_text_without_a_conversation_goes_on_as_a_completion(lab: Studio) -> None:
    row = done(lab, "lab", part="tokens", text=TEXT, options={"top": 20})
    tokens = (row.result or {})["tokens"]
    rank = plain(tokens[3])
    other = lab.jobs.wait(branch(lab, LOCAL, row.id, 3, rank).id, LOCAL.id, 60)
    assert (other.assistant, other.status) == ("completions", "done")
    begins = "".join(one["token"] for one in tokens[:3]) + tokens[3]["top_logprobs"][rank]["token"]
    assert other.request["prompt"] == begins


def test_a_model_elsewhere_shows_what_it_told_of_its_tokens(lab: Studio) -> None:
    messages = [{"role": "user", "content": "one two three"}]
    told = done(lab, "completions", messages=messages, model="echo:", controls={"logprobs": True})
    silent = done(lab, "completions", messages=messages, model="echo:")
    found = [look(lab, "tokens", job=job.id) for job in (told, silent)]
    assert found[0]["tokens"] == found[1]["tokens"]
    assert found[0]["perplexity"] == 1
    with pytest.raises(InvalidInput, match="runs elsewhere"):
        lab.jobs.submit("lab", {"part": "tokens", "text": TEXT, "model": "echo:"}, LOCAL)
    with pytest.raises(InvalidInput, match="runs elsewhere"):
        lab.jobs.submit("lab", {"part": "attention", "job": silent.id}, LOCAL)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"part": "token", "text": TEXT}, "part"),
    ({"part": "tokens"}, "text"),
    ({"part": "tokens", "text": " "}, "text"),
    ({"part": "tokens", "text": "x" * 200_001}, "text"),
    ({"part": "tokens", "text": TEXT, "options": {"surprise": 1}}, "surprise"),
    ({"part": "tokens", "text": TEXT, "options": {"top": 21}}, "top"),
    ({"part": "sampling", "text": TEXT, "options": {"temperature": "hot"}}, "temperature"),
    ({"part": "attention", "text": TEXT, "model": "local:starter-embedder"}, "model"),
    ({"part": "tokens", "text": TEXT, "job": "x"}, "text"),
]


@pytest.mark.parametrize(("request_", "field"), WRONG, ids=str)
def test_what_cannot_be_looked_at_is_refused_at_the_door(lab: Studio, request_: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        lab.jobs.submit("lab", request_, LOCAL)
    assert refused.value.field == field


LATE: list[tuple[str, dict[str, Any], str]] = [
    ("tokens", {"text": "the cat " * 600}, "text"),
    ("attention", {"text": TEXT, "options": {"layer": 9}}, "layer"),
    ("attention", {"text": TEXT, "options": {"pair": [1, 2]}}, "pair"),
    ("sampling", {"text": TEXT, "options": {"place": 99}}, "place"),
    ("lens", {"text": TEXT, "options": {"first": 99}}, "first"),
]


@pytest.mark.parametrize(("part", "request_", "field"), LATE, ids=str)
def test_what_the_model_has_not_is_one_sentence(lab: Studio, part: str, request_: dict[str, Any], field: str) -> None:
    row = ended(lab, "lab", part=part, **request_)
    assert row.status == "failed"
    assert row.failure and (row.failure["status"], row.failure["values"]["field"]) == (422, field)


def test_nobody_looks_into_what_others_made(lab: Studio, reply: Any) -> None:
    stranger = of_owner("stranger")
    with pytest.raises(NotFound):
        lab.jobs.submit("lab", {"part": "tokens", "job": reply.id, "model": TINY}, stranger)
    row = done(lab, "lab", part="tokens", job=reply.id)
    with pytest.raises(NotFound):
        branch(lab, stranger, row.id, 0, 0)


@pytest.mark.parametrize(("place", "token", "field"), [(99, 0, "place"), (0, 99, "token")])
def test_a_branch_begins_where_there_is_something(lab: Studio, place: int, token: int, field: str) -> None:
    row = done(lab, "lab", part="tokens", text=TEXT)
    with pytest.raises(InvalidInput) as refused:
        branch(lab, LOCAL, row.id, place, token)
    assert refused.value.field == field
    with pytest.raises(InvalidInput, match="no tokens"):
        branch(lab, LOCAL, done(lab, "lab", part="lens", text=TEXT).id, 0, 0)
