"""The matrix: what is run, at once, once, and never twice; and what is told of it."""

import threading
import time
from typing import Any

import pytest

from assistants import playground
from assistants.engines.echo import Echo
from assistants.errors import GenerationFailed, InvalidInput, NotAllowed, NotFound
from assistants.jobs.runner import JobRunner
from assistants.opening import open_studio
from assistants.playground.running import NOTHING
from assistants.principals import of_owner
from assistants.settings import Settings
from assistants.store import now
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.playground.runs import ECHO, OWNER, cells, rows, run


def asked(studio: Studio, **request: Any) -> None:
    studio.jobs.submit("playground", {"messages": ECHO, "rows": rows("a"), **request}, OWNER)


def test_every_prompt_meets_every_row_model_and_parameter(studio: Studio) -> None:
    prompts = [{"name": "plain", "messages": ECHO}, {"messages": [{"role": "user", "content": "Say {{text}}"}]}]
    job = run(
        studio,
        messages=None,
        prompts=prompts,
        rows=rows("one", "two"),
        models=["echo:", "echo:slots=2"],
        params=[{"temperature": 0}, {"max_tokens": 1, "temperature": 0}],
        repeats=2,
    )
    assert len(cells(job, "output")) == 2 * 2 * 2 * 2 * 2
    assert set(cells(job, "output")) == {"one", "two", "Say one", "Say two", "Say "}
    assert [one["prompt"] for one in job.result["plan"]["variants"]] == ["plain"] * 4 + ["2"] * 4
    assert job.model is None and job.request["models"] == ["echo:", "echo:slots=2"]
    assert cells(job, "cost") == [0] * 32


def test_one_cell_streams_its_text_and_many_come_as_parts(studio: Studio) -> None:
    one = run(studio, rows=rows("one two three"))
    assert one.output == "one two three" and one.model == "echo:"
    many = run(studio, rows=rows("one", "two", expected="one"))
    assert "50%" in many.output and "one two" not in many.output
    kinds = [data["name"] for _, kind, data in studio.history.jobs.events(many.id) if kind == "part"]
    assert kinds == ["plan", "cell", "cell", "summary"]
    assert run(studio, messages=[{"role": "user", "content": "Hello"}]).output == "Hello"


def test_what_is_expected_is_looked_for_where_nothing_else_is_checked(studio: Studio) -> None:
    job = run(studio, rows=[*rows("Yes, one", expected="ONE"), *rows("two", expected="three"), {"text": "four"}])
    assert cells(job, "passed") == [True, False, None]
    (entry,) = job.result["summary"]
    assert (entry["n"], entry["passed"], entry["rate"], entry["errors"]) == (2, 1, 0.5, 0)
    assert entry["low"] == 0 and entry["high"] == 1


def test_cells_are_in_flight_at_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4)
    stream = Echo._stream

    def meet(self: Echo, *args: Any, **options: Any) -> Any:
        # Where one is waited for after the other, this breaks.
        together.wait(30)
        yield from stream(self, *args, **options)

    monkeypatch.setattr(Echo, "_stream", meet)
    job = run(studio, rows=rows(*"abcdefgh"), models=["echo:slots=4"])
    assert cells(job, "output") == list("abcdefgh")
    assert job.usage["output_tokens"] == 8 == sum(cells(job, "output_tokens"))


def test_what_was_asked_before_costs_nothing_unless_it_is_left_to_chance(studio: Studio) -> None:
    first = run(studio, rows=rows("a", "b"))
    again = run(studio, rows=rows("b", "c"))
    assert cells(first, "cached") == [False, False]
    assert cells(again, "output", "cached") == [("b", True), ("c", False)]
    assert again.usage["output_tokens"] == 1 and again.result["summary"][0]["cached"] == 1
    for chance in (False, False):
        assert cells(run(studio, rows=rows("z"), params={"temperature": 0.9}), "cached") == [chance]
    assert cells(run(studio, rows=rows("a"), models=["echo:slots=3"]), "cached") == [False]
    studio.history.trash.put(OWNER.id, [first.id])
    assert cells(run(studio, rows=rows("a")), "cached") == [False]
    assert studio.history.trash.empty(OWNER.id) == 1


def test_repeats_each_have_a_seed_of_their_own(studio: Studio) -> None:
    job = run(studio, rows=rows("a"), repeats=3)
    assert cells(job, "repeat", "cached") == [(0, False), (1, False), (2, False)]
    assert job.result["plan"]["variants"][0]["params"] == {"seed": 0}
    assert cells(run(studio, rows=rows("a"), repeats=3), "cached") == [True] * 3


def test_a_model_that_breaks_half_way_fails_its_cells_only(studio: Studio) -> None:
    job = run(studio, rows=rows("one two", "one"), models=["echo:fail=1", "echo:"], evaluators=[{"type": "json"}])
    assert [error and error["template"] for error in cells(job, "error")] == [
        "The stand-in broke, as it was told to.", None, None, None,
    ]  # fmt: skip
    assert [entry["errors"] for entry in job.result["summary"]] == [1, 0]


def test_a_model_that_disappears_says_so_and_the_rest_goes_on(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = studio.models.waiting

    def gone(name: str, *needs: Any) -> Any:
        if name == "echo:slots=2":
            raise GenerationFailed("It is gone.")
        return waiting(name, *needs)

    monkeypatch.setattr(studio.models, "waiting", gone)
    job = run(studio, rows=rows("a"), models=["echo:slots=2", "echo:"])
    assert cells(job, "output") == ["", "a"]
    assert cells(job, "error")[0] == {"template": "It is gone.", "values": {}}
    alone = run(studio, rows=rows("a", "b"), models=["echo:slots=2"])
    assert (alone.status, alone.error) == ("failed", "It is gone.")


def test_what_nobody_thought_of_is_the_cells_too(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Echo, "_stream", broken)
    (error,) = cells(run(studio, rows=rows("a")), "error")
    assert error["values"] == {"kind": "ZeroDivisionError"}


def test_a_matrix_can_be_stopped(studio: Studio) -> None:
    request = {"messages": ECHO, "rows": rows(*"abcdefghij"), "models": ["echo:delay=0.05&words=100&slots=2"]}
    job = studio.jobs.submit("playground", request, OWNER)
    studio.jobs.stop(job.id, OWNER.id)
    assert studio.jobs.wait(job.id, OWNER.id, 20).status == "stopped"


def test_a_stopped_matrix_sums_up_what_it_has(studio: Studio) -> None:
    request = {"messages": ECHO, "rows": rows(*"abcdefgh"), "models": ["echo:delay=0.2&slots=1"]}
    job = studio.jobs.submit("playground", request, OWNER)
    deadline = time.monotonic() + 20
    while not any(kind == "part" and data["name"] == "cell" for _, kind, data in studio.history.jobs.events(job.id)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    studio.jobs.stop(job.id, OWNER.id)
    stopped = studio.jobs.wait(job.id, OWNER.id, 20)
    assert stopped.status == "stopped" and 0 < len(stopped.result["cells"]) < 8
    assert [entry["errors"] for entry in stopped.result["summary"]] == [0]


def test_what_was_done_before_a_restart_is_not_run_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    request = {"messages": ECHO, "rows": rows("a", "b", "c"), "params": [{"temperature": 0.5}], "models": ["echo:"]}
    done = NOTHING | {"variant": 0, "row": 1, "repeat": 0, "output": "kept"}
    with monkeypatch.context() as patch:
        patch.setattr(JobRunner, "start", lambda self, studio: None)
        studio = open_studio(settings)
        row = JobRow(id="f" * 32, assistant="playground", owner=OWNER.id, status="running", model="echo:", input="",
                     request=request, created=now())  # fmt: skip
        studio.history.jobs.insert(row)
        plan = {"name": "plan", "data": {}}
        events = [(1, "status", {"status": "running", "failure": None}), (2, "part", plan)]
        studio.history.jobs.save([(row, [*events, (3, "part", {"name": "cell", "data": done})])])
        studio.history.close()
        studio.lock.release()
    studio = open_studio(settings)
    job = studio.jobs.wait(row.id, OWNER.id, 20)
    names = [data["name"] for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    studio.close()
    assert cells(job, "output") == ["a", "kept", "c"]
    assert names == ["plan", "cell", "cell", "cell", "summary"]


@pytest.mark.parametrize(
    ("request_", "field", "sentence"),
    [
        ({"messages": None}, "messages", "either messages or prompts"),
        ({"prompts": [{"messages": ECHO}]}, "messages", "either messages or prompts"),
        ({"messages": None, "prompts": [{}]}, "prompts.0", "either messages or a template"),
        ({"messages": None, "prompts": [{"template": "chat/nowhere"}]}, "prompts.0", "chat/nowhere"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages", "must be the user's"),
        ({"messages": [{"role": "user", "content": "{{a b}}"}]}, "messages", "{{a b}} is not a variable"),
        ({"messages": [{"role": "user", "content": "{{x}} {{y}} {{text}}"}]}, "rows", "Row 1 has no value for x, y"),
        ({"rows": [{"text": 1}]}, "rows.0.text", "must be text"),
        ({"rows": rows(*["x"] * 10_000)}, "rows", "at most 1000"),
        ({"rows": rows(*["x"] * 1000), "repeats": 6}, "rows", "6000 cells"),
        ({"models": ["nobody:nothing"]}, "model", "no model named"),
        ({"params": [{"temperature": 9}]}, "params.0.temperature", "at most 2"),
        ({"params": {"temperature": 9}}, "params.0.temperature", "at most 2"),
        ({"evaluators": [{"type": "regex", "value": "("}]}, "evaluators.0.value", "no regular expression"),
        ({"evaluators": [{"type": "equals", "value": "{{who}}"}]}, "evaluators.0", "Row 1 has no value for who"),
        ({"evaluators": [{"type": "shouting"}]}, "evaluators.0.type", "one of"),
        ({"evaluators": [{"type": "judge"}]}, "evaluators.0.value", "is missing"),
        ({"study": "shots"}, "examples", "at least 1 examples"),
        ({"study": "order", "examples": [{"input": "a", "output": "b"}] * 2}, "evaluators", "needs evaluators"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_at_the_door(
    studio: Studio, request_: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        asked(studio, **request_)
    assert raised.value.field == field
    assert sentence in str(raised.value)
    assert not studio.history.search(OWNER.id)


def test_a_visitor_asks_no_model_that_is_not_for_them(studio: Studio) -> None:
    request = {"messages": ECHO, "rows": rows("a"), "models": ["openai:gpt"]}
    with pytest.raises(NotAllowed):
        studio.jobs.submit("playground", request, of_owner("visitor"))


def test_the_exact_messages_of_a_cell_can_be_seen_by_its_owner(studio: Studio) -> None:
    examples = [{"input": "in", "output": "out"}, {"input": "no", "output": "no", "use": False}]
    messages = [{"role": "system", "content": "Be {{how}}"}, {"role": "user", "content": "Q: {{text}}"}]
    job = run(studio, messages=messages, examples=examples, rows=rows("a", "{{how}}", how="kind"))
    assert playground.messages(studio, OWNER.id, job.id, 0, 1) == [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "Q: in"},
        {"role": "assistant", "content": "out"},
        {"role": "user", "content": "Q: {{how}}"},
    ]
    for owner, row in (("other", 1), (OWNER.id, 7)):
        with pytest.raises(NotFound):
            playground.messages(studio, owner, job.id, 0, row)
