"""What a model thinks is kept as a part of its own: never in the answer, never sent back, in whichever way it comes."""

import json
from typing import Any

import pytest

from assistants import chat
from assistants.connections import Connection
from assistants.engines.remote import Patience
from assistants.jobs import RunningJob
from assistants.jobs.slots import Slots
from assistants.models.abilities import Abilities
from assistants.principals import LOCAL, OPERATOR
from assistants.requests import validated
from assistants.store.jobs import JobRow
from assistants.store.migrations import migrations
from assistants.studio import Studio
from tests.engines.misbehaving import Behaviour, Server, delta, events, in_deltas, raw, whole
from tests.serving import client, small_app
from tests.test_chat import Heard, heard  # noqa: F401 (a fixture)
from webapp.api.conversations import get_reasoning, list_messages

THOUGHT = "The user greets. Two < three, so"
ANSWER = "Hello there."
WAIT_SECONDS = 30


@pytest.fixture
def server(shared: Server, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that is the connection ``cluster``."""
    monkeypatch.setattr("assistants.engines.remote.PATIENCE", Patience(first=30, gap=5, pause=0.01))
    fields = {"name": "cluster", "url": shared.url, "models": ["m"], "visitors": True}
    studio.connections.save(validated(Connection, fields), OPERATOR)
    return shared.reset()


def ask(studio: Studio, **request: Any) -> JobRow:
    job = studio.jobs.submit("chat", {"message": "hi", "model": "cluster:m", **request}, LOCAL)
    return studio.jobs.wait(job.id, LOCAL.id, WAIT_SECONDS)


def thought(studio: Studio, job: JobRow) -> str:
    """Return the reasoning that a job keeps."""
    parts = [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    return "".join(part["data"]["text"] for part in parts if part["name"] == "reasoning")


def failure(job: JobRow) -> str:
    assert job.status == "failed"
    return job.failure["template"].format(**job.failure["values"])


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


IN_TAGS = f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}"
BEGUN = f"{THOUGHT}\n</think>\n\n{ANSWER}"
HARMONY = f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}"
END = delta(finish="stop")

WAYS = {
    "tags": in_deltas(*pieces(IN_TAGS)),
    "tags in one": in_deltas(IN_TAGS),
    "no opening tag": in_deltas(*pieces(BEGUN)),
    "no opening tag, in one": in_deltas(BEGUN),
    "tags, whole": raw(whole(IN_TAGS)),
    "no opening tag, whole": raw(whole(BEGUN)),
    "gpt-oss": in_deltas(
        *pieces(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}", 2
        )
    ),
    "Cohere": in_deltas(
        *pieces(f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>", 2)
    ),
    "Kimi": in_deltas(*pieces(f"◁think▷{THOUGHT}◁/think▷{ANSWER}", 2)),
    "reasoning_content": raw(events(delta(reasoning_content=THOUGHT), delta(ANSWER), END)),
    "reasoning": raw(events(delta(reasoning=THOUGHT, content=None), delta(ANSWER, reasoning=None), END)),
    "both": raw(events(delta(reasoning=THOUGHT, reasoning_content=THOUGHT, content=""), delta(ANSWER), END)),
    "details": raw(events(delta(reasoning_details=[{"type": "reasoning.text", "text": THOUGHT}]), delta(ANSWER), END)),
    "in an object": raw(events(delta(reasoning={"content": THOUGHT}), delta(ANSWER), END)),
    "parts": raw(
        events(
            delta([{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]),
            delta([{"type": "text", "text": ANSWER}]),
            END,
        )
    ),
    "whole": raw(whole(ANSWER, reasoning_content=THOUGHT)),
    "whole, reasoning": raw(whole(ANSWER, reasoning=THOUGHT)),
    "in one delta": raw(events(delta(ANSWER, reasoning_content=THOUGHT), END)),
    "told apart, and tags around nothing": raw(
        events(delta(reasoning_content=THOUGHT), delta("<think>\n\n</think>\n\n"), delta(ANSWER), END)
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_is_no_part_of_the_reply_and_not_sent_back(studio: Studio, server: Server, way: Behaviour) -> None:
    server.script = [way, way]
    first = ask(studio)
    second = ask(studio, conversation=first.result["conversation"])
    for job in (first, second):
        assert (job.status, job.output) == ("done", ANSWER)
        assert thought(studio, job).strip() == THOUGHT
    assert THOUGHT not in str(server.asked[1].body) and "think" not in str(server.asked[1].body)
    assert server.asked[1].body["messages"][1] == {"role": "assistant", "content": ANSWER}


@pytest.mark.parametrize(
    "text",
    [
        "`<think>` opens and `</think>` closes.",
        "```\n<think>x</think>\n```",
        "The </think> tag closes it.",
        "<b>Hi</b>",
        "So it goes.<|end|>",
        "<|START_RESPONSE|> stands before an answer.",
    ],
)
def test_an_answer_that_mentions_tags_is_left_alone(studio: Studio, server: Server, text: str) -> None:
    server.script = [in_deltas(*pieces(text, 2)), in_deltas(text)]
    for _ in range(2):
        job = ask(studio)
        assert (job.output, thought(studio, job)) == (text, "")


def test_what_was_said_before_the_first_tag_is_taken_back_once_and_then_known(studio: Studio, server: Server) -> None:
    server.script = [in_deltas(*pieces(BEGUN)), in_deltas(*pieces(BEGUN)), in_deltas("No thought."), in_deltas("None.")]
    kinds = []
    for wanted in (ANSWER, ANSWER, "No thought.", "None."):
        job = ask(studio)
        assert job.output == wanted
        told = [kind for _, kind, _ in studio.history.jobs.events(job.id)]
        kinds.append("retracted" in told)
        # Whoever reads it again from its events sees the same.
        again = RunningJob(job, lambda name, count: Slots(count), lambda job: None, studio.history.jobs.events(job.id))
        assert again.output == wanted
    # A server that has another model by now is believed, too.
    assert kinds == [True, False, False, False]


def test_a_reply_that_goes_on_has_its_reasoning_behind_it(studio: Studio, server: Server) -> None:
    server.script = [in_deltas(*pieces(BEGUN)), in_deltas(" And", " so on.")]
    first = ask(studio)
    more = {"action": "continue", "parent": first.result["message"], "message": ""}
    job = ask(studio, **more)
    assert (job.output, thought(studio, job)) == (" And so on.", "")
    assert server.asked[1].body["messages"][-1] == {"role": "assistant", "content": ANSWER}


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        (in_deltas("<think>", THOUGHT), "cluster:m only reasoned and gave no answer. Ask again or in other words."),
        (in_deltas(f"<think>{THOUGHT}</think>\n\n"), "cluster:m only reasoned and gave no answer."),
        (raw(events(delta(reasoning_content=THOUGHT), END)), "cluster:m only reasoned and gave no answer."),
        (raw(whole(None, reasoning=THOUGHT)), "cluster:m only reasoned and gave no answer."),
        (
            raw(events(delta(reasoning_content=THOUGHT), delta(finish="length"))),
            "cluster:m used up its tokens while it was still reasoning. Allow it more.",
        ),
    ],
)
def test_an_answer_that_is_only_reasoning_says_so(
    studio: Studio, server: Server, way: Behaviour, sentence: str
) -> None:
    server.script = [way]
    job = ask(studio)
    assert sentence in failure(job)
    assert (job.output, thought(studio, job)) == ("", THOUGHT)


def test_what_it_thought_before_it_broke_is_kept(studio: Studio, server: Server) -> None:
    server.script = [raw(events(delta(reasoning_content=THOUGHT), delta("a <"), done=False))]
    job = ask(studio)
    assert "broke in the middle" in failure(job)
    assert (job.output, thought(studio, job)) == ("a <", THOUGHT)
    assert len(server.asked) == 1, "a thought is a word: what was begun is not asked for again"


def test_replies_that_were_kept_with_it_are_not_sent_back_with_it(
    studio: Studio, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As an earlier version kept them.
    monkeypatch.setattr("assistants.engines.reasoning.Splitter._pieces", lambda self, ahead: iter(()))
    server.script = [in_deltas(IN_TAGS)]
    first = ask(studio)
    assert first.output == IN_TAGS
    monkeypatch.undo()
    ask(studio, conversation=first.result["conversation"])
    assert server.asked[1].body["messages"][1]["content"] == ANSWER


def streamed(lines: str) -> str:
    """Return the text of a stream of ``/v1``."""
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines.splitlines() if line.startswith("data: {")]
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def told_of_thought(lines: str) -> str:
    """Return the reasoning of a stream of ``/v1``."""
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines.splitlines() if line.startswith("data: {")]
    return "".join(chunk["choices"][0]["delta"].get("reasoning_content", "") for chunk in chunks)


@pytest.mark.parametrize("way", WAYS)
def test_programs_get_it_beside_the_answer(studio: Studio, server: Server, way: str) -> None:
    program = client(small_app(studio))
    body = {"model": "cluster:m", "messages": [{"role": "user", "content": "hi"}]}
    server.script = [WAYS[way]] * 2
    assert told_of_thought(program.post("/v1/chat/completions", json=body | {"stream": True}).text).strip() == THOUGHT
    message = program.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
    assert (message["reasoning_content"].strip(), message["content"]) == (THOUGHT, ANSWER)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_kept_found_and_exported(studio: Studio, server: Server, way: str) -> None:
    server.script = [WAYS[way]]
    job = ask(studio)
    assert (job.reasoning.strip(), job.output) == (THOUGHT, ANSWER)
    assert [item.id for item in studio.history.search(LOCAL.id, "greets")] == [job.id]
    assert "greets" in studio.history.search(LOCAL.id, "greets")[0].snippet
    conversation = job.result["conversation"]
    _, content = chat.export(studio, conversation, LOCAL.id, "json")
    assert json.loads(content)["messages"][1]["reasoning"].strip() == THOUGHT
    _, content = chat.export(studio, conversation, LOCAL.id, "md")
    assert f"> {THOUGHT}" in content.decode()
    shown = list_messages(studio, LOCAL.id, conversation, "en", 10).messages[1]
    assert shown.reasoning is not None and shown.reasoning.characters == len(THOUGHT) and shown.text == ANSWER
    assert get_reasoning(studio, LOCAL.id, shown.id).text.strip() == THOUGHT


def test_its_tokens_are_counted_apart_also_where_nobody_sees_it(studio: Studio, server: Server) -> None:
    counted = {"prompt_tokens": 5, "completion_tokens": 12, "completion_tokens_details": {"reasoning_tokens": 9}}
    server.script = [raw(events(delta(ANSWER), END, json.dumps({"choices": [], "usage": counted})))]
    job = ask(studio)
    assert (job.reasoning, job.usage["reasoning_tokens"], job.usage["output_tokens"]) == ("", 9, 12)
    shown = list_messages(studio, LOCAL.id, job.result["conversation"], "en", 10).messages[1].reasoning
    assert shown is not None and (shown.characters, shown.tokens) == (0, 9)


def test_the_stand_in_reasons_for_as_many_words_as_it_is_told(studio: Studio) -> None:
    job = ask(studio, message="one two", model="echo:reasons=3")
    assert (job.reasoning, job.output) == ("thought1 thought2 thought3 ", "one two")
    assert (job.usage["reasoning_tokens"], job.usage["output_tokens"]) == (3, 5)


def test_a_home_that_kept_it_in_events_alone_has_it_in_its_rows_and_index(studio: Studio) -> None:
    job = ask(studio, message="one two", model="echo:reasons=3")
    with studio.history.store.write() as db:
        db.execute("ALTER TABLE jobs DROP COLUMN reasoning")
        db.execute("DELETE FROM words")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm111_reasoning'")
        migrations.apply(db)
    assert studio.jobs.get(job.id, LOCAL.id).reasoning == job.reasoning
    assert [item.id for item in studio.history.search(LOCAL.id, "thought2")] == [job.id]


@pytest.mark.parametrize("way", ["tags", "no opening tag", "no opening tag, whole", "reasoning_content"])
def test_programs_get_the_answer_alone(studio: Studio, server: Server, way: str) -> None:
    program = client(small_app(studio))
    body = {"model": "cluster:m", "messages": [{"role": "user", "content": "hi"}]}
    server.script = [*[WAYS[way]] * 3, in_deltas("No ", "thought.")]
    # Of the first, nobody knows yet whether it begins with what is thought.
    assert streamed(program.post("/v1/chat/completions", json=body | {"stream": True}).text) == ANSWER
    choice = program.post("/v1/chat/completions", json=body).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (ANSWER, "stop")
    assert streamed(program.post("/v1/chat/completions", json=body | {"stream": True}).text) == ANSWER
    assert streamed(program.post("/v1/chat/completions", json=body | {"stream": True}).text) == "No thought."


@pytest.mark.parametrize("way", ["no opening tag", "tags", "reasoning_content"])
def test_other_assistants_get_the_answer_alone(studio: Studio, server: Server, way: str) -> None:
    server.otherwise = WAYS[way]
    prompt = {"messages": [{"role": "user", "content": "hi"}]}
    request = {"prompts": [prompt], "models": ["cluster:m"], "rows": [{}, {}]}
    row = studio.jobs.submit("playground", request, LOCAL)
    row = studio.jobs.wait(row.id, LOCAL.id, WAIT_SECONDS)
    assert row.status == "done", row.error
    assert THOUGHT not in str(row.result) and ANSWER in str(row.result)


@pytest.mark.parametrize(("asked", "can_switch", "told"), [(True, True, True), (True, False, None), (None, True, None)])
def test_a_model_that_leaves_it_open_is_told_to_reason_where_a_person_wants_it(
    studio: Studio,
    heard: Heard,  # noqa: F811 (the fixture)
    monkeypatch: pytest.MonkeyPatch,
    asked: bool | None,
    can_switch: bool,
    told: bool | None,
) -> None:
    monkeypatch.setattr(type(studio.models), "abilities", lambda self, name: Abilities(True, can_switch))
    ask(studio, model="echo:", reasoning=asked)
    options = heard[0][1]
    assert options.get("reasoning") == told
    # What is thought takes room of its own.
    assert options["max_tokens"] == (4096 if told else 1024)
