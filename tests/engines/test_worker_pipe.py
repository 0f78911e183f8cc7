"""What the programs that run models have in common, in a program of a few lines."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistants.engines.process import PROGRAMS, WorkerProcess, environment
from assistants.errors import GenerationFailed, ModelUnavailable

ANSWERS = """
from worker_pipe import answer_each

class Worker:
    def __init__(self, path):
        if path != "good":
            raise {"bad": OSError, "odd": AttributeError}[path]("far\\naway\\nno such model.")
        print("a library talks")
        self.facts = {"size": 3}

    def answer(self, report, text):
        report(done=1)
        if text != "hi":
            raise {"hard": ValueError, "odd": AttributeError}[text]("it is hard")
        return {"said": text}

answer_each(Worker)
"""
LOOP = """
from worker_pipe import listen, run

def work(first, commands, say):
    if first["model"] != "good":
        raise {"bad": OSError, "odd": ValueError}[first["model"]]("no such model")
    say({"ready": True})
    for command in iter(listen(commands).get, None):
        say({"id": command["id"], "place": 1}, {"id": command["id"], "place": 2})

run(work, expected=OSError)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str, str], WorkerProcess]]:
    """Start a program on a model."""
    started: list[WorkerProcess] = []

    def start(program: str, model: str) -> WorkerProcess:
        path = tmp_path / "program.py"
        path.write_text(program, encoding="utf-8")
        started.append(WorkerProcess(path, {"model": model}))
        return started[-1]

    yield start
    for process in started:
        process.close()


def test_an_answer_has_the_number_of_its_request(start: Callable[[str, str], WorkerProcess]) -> None:
    process = start(ANSWERS, "good")
    assert process.facts == {"size": 3}
    number, inbox = process.ask(text="hi")
    assert [inbox.get(timeout=30), inbox.get(timeout=30)] == [{"id": number, "done": 1}, {"id": number, "said": "hi"}]


def test_a_failing_request_is_an_error_and_an_unexpected_one_is_the_end(
    start: Callable[[str, str], WorkerProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    process = start(ANSWERS, "good")
    for text, error in (("hard", "it is hard"), ("odd", "it is hard")):
        number, inbox = process.ask(text=text)
        assert inbox.get(timeout=30) == {"id": number, "done": 1}
        assert inbox.get(timeout=30)["error"] == error
        process.forget(number)
    with pytest.raises(GenerationFailed):
        process.ask(text="hi")
    shown = capfd.readouterr()
    assert "a library talks" in shown.err and not shown.out
    assert shown.err.count("Traceback") == 1


@pytest.mark.parametrize("program", [ANSWERS, LOOP], ids=["answers", "loop"])
@pytest.mark.parametrize(("model", "tracebacks"), [("bad", 0), ("odd", 1)])
def test_a_model_that_does_not_load_is_a_sentence(
    start: Callable[[str, str], WorkerProcess],
    capfd: pytest.CaptureFixture[str],
    program: str,
    model: str,
    tracebacks: int,
) -> None:
    with pytest.raises(ModelUnavailable, match=f"The model file {model} does not load: no such model\\.$"):
        start(program, model)
    assert capfd.readouterr().err.count("Traceback") == tracebacks


def test_a_loop_says_several_events_at_once(start: Callable[[str, str], WorkerProcess]) -> None:
    number, inbox = start(LOOP, "good").ask()
    assert [inbox.get(timeout=30) for _ in range(2)] == [{"id": number, "place": 1}, {"id": number, "place": 2}]


@pytest.mark.parametrize("said", [b"", b'{"model": "good"}\n'])
def test_it_ends_with_its_input(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "program.py"
    path.write_text(LOOP, encoding="utf-8")
    command = [sys.executable, "-P", str(path)]
    assert subprocess.run(command, input=said, env=environment(os.environ), timeout=30).returncode == 0


def test_a_program_finds_what_all_share_before_what_the_studio_was_started_with() -> None:
    assert environment({})["PYTHONPATH"] == environment({"PYTHONPATH": ""})["PYTHONPATH"] == str(PROGRAMS)
    own = {"PYTHONPATH": "elsewhere", "OMP_WAIT_POLICY": "ACTIVE", "HOME": "here"}
    assert environment(own) == own | {"PYTHONPATH": f"{PROGRAMS}{os.pathsep}elsewhere"}
