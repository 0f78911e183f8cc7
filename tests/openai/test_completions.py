"""Completions and embeddings as jobs: what the history keeps of them, and what a restart does."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistants import ROWS
from assistants.errors import InvalidInput, NotFound
from assistants.history import History
from assistants.jobs import RunningJob
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.studio import Studio

ME = LOCAL
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "first question"},
    {"role": "assistant", "content": "an answer"},
    {"role": "user", "content": "one two three"},
]


def begin(studio: Studio, recorded: bool = True, **request: Any) -> RunningJob:
    asked = {} if "prompt" in request else {"messages": TALK}
    return studio.jobs.begin("completions", {**asked, **request}, ME, recorded=recorded)


def ended(job: RunningJob) -> JobRow:
    assert job.ended.wait(20)
    return job.snapshot()


def test_the_history_has_the_question_the_answer_and_the_tokens(studio: Studio) -> None:
    row = ended(begin(studio, params={"max_tokens": 2}))
    kept = studio.history.jobs.get(row.id, ME.id)
    assert (kept.status, kept.input, kept.output, kept.model) == ("done", "one two three", "one two ", "echo:")
    assert kept.result == {"finish_reason": "length"}
    assert (kept.usage["input_tokens"], kept.usage["output_tokens"]) == (9, 2)
    assert kept.request["messages"] == TALK
    (item,) = studio.history.search(ME.id, "three")
    assert (item.id, item.assistant, item.title) == (row.id, "completions", "one two three")


def test_a_call_that_is_not_recorded_never_reaches_the_disk(studio: Studio) -> None:
    job = begin(studio, recorded=False, messages=[{"role": "user", "content": "quite unheard-of words"}])
    assert ended(job).output == "quite unheard-of words"
    assert ended(begin(studio)).status == "done"
    with pytest.raises(NotFound):
        studio.jobs.get(job.id, ME.id)
    assert [item.title for item in studio.history.search(ME.id)] == ["one two three"]
    studio.close()
    stored = b"".join(path.read_bytes() for path in studio.settings.home.glob("studio.db*"))
    assert b"one two three" in stored and b"unheard-of" not in stored


def test_an_unrecorded_call_is_stopped_like_any_other(studio: Studio) -> None:
    job = begin(studio, recorded=False, model="echo:delay=0.02&words=500")
    assert studio.jobs.get(job.id, ME.id).status in ("queued", "running")
    studio.jobs.stop(job.id, ME.id)
    assert ended(job).status == "stopped"


def test_a_call_is_written_down_while_it_runs(studio: Studio) -> None:
    job = begin(studio, model="echo:delay=0.02&words=500")
    deadline = time.monotonic() + 10
    while not studio.history.search(ME.id):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    studio.jobs.stop(job.id, ME.id)
    row = ended(job)
    assert studio.history.jobs.get(row.id, ME.id).output == row.output


def test_a_restart_runs_no_call_for_nobody(settings: Settings) -> None:
    home = Path(settings.home)
    home.mkdir(parents=True)
    history = History(home, ROWS)
    for status in ("queued", "running"):
        history.jobs.insert(JobRow(
            id=status, assistant="completions", owner=ME.id, status=status, model="echo:", input="hi",
            request={"messages": TALK}, created="2026-01-01T00:00:00.000Z",
        ))  # fmt: skip
    history.close()
    studio = open_studio(settings)
    try:
        assert [studio.jobs.wait(name, ME.id, 10).status for name in ("queued", "running")] == ["interrupted"] * 2
    finally:
        studio.close()


def test_a_reply_that_was_begun_is_gone_on_with(studio: Studio) -> None:
    talk = [{"role": "user", "content": "one two three"}, {"role": "assistant", "content": "one "}]
    assert ended(begin(studio, messages=talk)).output == "two three"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": TALK, "prompt": "x"}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "a\0b"}]}, "content"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "content"),
        ({"prompt": ""}, "prompt"),
        ({"params": {"max_tokens": 0}}, "params.max_tokens"),
        ({"params": {"temperature": float("nan")}}, "params.temperature"),
        ({"params": {"seed": -(2**63) - 1}}, "params.seed"),
        ({"model": "nobody:nothing"}, "model"),
    ],
)
def test_wrong_input_is_refused_at_the_door(studio: Studio, request_: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        begin(studio, **request_)
    assert error.value.field == field
    assert studio.history.search(ME.id) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"params": {"presence_penalty": 1}}, "presence_penalty"),
        ({"params": {"min_tokens": 1}}, "min_tokens"),
        ({"controls": {"logprobs": True, "top_logprobs": 2}}, "top_logprobs"),
        ({"model": "echo:context=8"}, "messages"),
    ],
)
def test_what_the_model_cannot_do_is_said(studio: Studio, request_: dict[str, Any], field: str) -> None:
    row = ended(begin(studio, **request_))
    assert (row.status, row.failure["status"], row.failure["values"]["field"]) == ("failed", 422, field)


def test_what_asks_for_nothing_needs_no_capability(studio: Studio) -> None:
    params = {"presence_penalty": 0, "frequency_penalty": 0.0, "min_tokens": 0}
    assert ended(begin(studio, params=params)).status == "done"


class Lengths:
    """An embedder whose vectors are the lengths of the texts."""

    slots = 1

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, texts: list[str], first: int) -> SimpleNamespace:
        assert first == sum(self.batches)
        self.batches.append(len(texts))
        return SimpleNamespace(vectors=[[float(len(text)), 1.0] for text in texts], tokens=len(texts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embed(texts, 0).vectors


def test_texts_become_vectors_in_their_order_a_batch_at_a_time(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = Lengths()
    monkeypatch.setattr(studio.models, "resolve", lambda name, owner, kind: "local:lengths")
    monkeypatch.setattr(studio.models, "waiting", lambda name, needs: iter(()))
    monkeypatch.setattr(studio.models, "engine", lambda name, needs: embedder)
    texts = ["x" * (i + 1) for i in range(70)]
    result = ended(studio.jobs.begin("embeddings", {"texts": texts}, ME)).result
    assert [vector[0] for vector in result["vectors"]] == list(range(1, 71))
    assert result["tokens"] == 70 and len(embedder.batches) > 1


def test_a_model_that_writes_makes_no_vectors(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="it makes no vectors"):
        studio.jobs.begin("embeddings", {"texts": ["x"], "model": "echo:"}, ME)


def test_a_model_that_makes_vectors_writes_no_text(studio: Studio) -> None:
    talk = [{"role": "user", "content": "x"}]
    with pytest.raises(InvalidInput, match="it writes no text"):
        studio.jobs.begin("completions", {"messages": talk, "model": "starter-embedder"}, ME)
