"""One generation, as every assistant makes it: what is yielded, returned and counted."""

import contextlib
from collections import Counter
from typing import Any

import pytest

from assistants.engines import open_chat
from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed
from assistants.generation import Ending, conversation, generate
from assistants.generation.loops import LoopDetector
from assistants.jobs import Event, Part, RunningJob, Stopped, Text
from assistants.jobs.slots import Slots
from assistants.store import now
from assistants.store.jobs import JobRow


@pytest.fixture
def job() -> RunningJob:
    row = JobRow(id="j", assistant="chat", owner="me", status="running", model="echo:", input="", request={},
                 created=now())  # fmt: skip
    return RunningJob(row, lambda name, count: Slots(count), lambda job: None, [], recorded=False)


def run(job: RunningJob, model: str = "echo:", text: str = "one two three", **options: Any) -> tuple[list, Ending]:
    controls, circle = options.pop("controls", Controls()), options.pop("circle", None)
    going = generate(open_chat(model), conversation([("system", "x"), ("user", text)]), controls, options, job, circle)
    events: list[Event] = []
    while True:
        try:
            events.append(next(going))
        except StopIteration as end:
            return events, end.value


def test_the_text_comes_in_pieces_and_whole_at_the_end(job: RunningJob) -> None:
    events, ending = run(job)
    assert events == [Text("one "), Text("two "), Text("three")]
    assert ending == Ending("one two three", "stop")
    assert run(job, max_tokens=2)[1] == Ending("one two ", "length")


def test_what_is_asked_of_the_tokens_comes_behind_them(job: RunningJob) -> None:
    events, _ = run(job, controls=Controls(logprobs=True))
    assert Counter(type(event) for event in events) == {Text: 3, Part: 3}
    assert events[1].data[0]["token"] == "one "


def test_an_answer_under_a_constraint_says_how_often_it_was_tried(job: RunningJob) -> None:
    assert run(job, text="yes", controls=Controls(choice=["yes"]))[1] == Ending("yes", "stop", 1)


def test_a_job_of_several_generations_counts_them_together(job: RunningJob) -> None:
    run(job, "echo:delay=0.02")
    first = job.usage
    run(job, "echo:delay=0.02")
    assert {key: job.usage[key] for key in ("input_tokens", "output_tokens")} == {
        key: 2 * first[key] for key in ("input_tokens", "output_tokens")
    }
    assert job.usage["first_seconds"] == first["first_seconds"] and job.usage["seconds"] > first["seconds"] > 0


def test_what_breaks_or_is_stopped_is_counted_too(job: RunningJob) -> None:
    with pytest.raises(GenerationFailed):
        run(job, "echo:fail=1")
    seconds = job.usage["seconds"]
    job.ask_to_stop()
    with pytest.raises(Stopped):
        run(job)
    assert job.usage["seconds"] >= seconds


ROUND = "round and round it goes and "


def test_a_text_that_goes_round_is_ended_where_that_is_asked(job: RunningJob) -> None:
    text = ROUND * 100
    assert run(job, text=text)[1] == Ending(text, "stop")
    events, ended = run(job, text=text, circle=LoopDetector())
    assert ended.finish_reason == "circle" and len(ended.text) < len(text) / 4
    assert "".join(event.delta for event in events) == ended.text
    assert ended.cut and text.startswith(ended.text + ended.cut)


def test_what_is_held_back_is_not_lost(job: RunningJob) -> None:
    held = "So it began. " + ROUND * 7
    for model in ("echo:", f"echo:fail={len(held.split())}"):
        circle = LoopDetector()
        events = []
        going = generate(open_chat(model), conversation([("user", held + "The end.")]), Controls(), {}, job, circle)
        with contextlib.suppress(GenerationFailed):
            events += going
        said = "".join(event.delta for event in events)
        assert said == held + ("The end." if model == "echo:" else "")
        assert not circle.found


def test_a_job_that_is_stopped_shows_what_was_held_back(job: RunningJob) -> None:
    going = generate(
        open_chat("echo:delay=0.001"),
        conversation([("user", ROUND * 100)]),
        Controls(),
        {},
        job,
        circle := LoopDetector(),
    )
    said = ""
    with pytest.raises(Stopped):
        for event in going:
            said += event.delta
            if circle._held is not None:
                job.ask_to_stop()
    assert ROUND * 4 in said and not circle.rest()
