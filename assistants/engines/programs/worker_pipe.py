"""What the programs in this folder have in common: commands come in, events go out, each one line of JSON.

The studio puts this folder on the path of each of them. Imports nothing of it; knows nothing about models.
"""

import json
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

Event = dict[str, Any]
# Takes events, several in one call of the system.
Say = Callable[..., None]
# Takes the fields of an event of one request.
Report = Callable[..., None]
Incoming = Iterator[Event]
# None is its end: the studio has closed the pipe or is dead.
Inbox = queue.SimpleQueue[Event | None]
Cause = Callable[[Exception], str]
Errors = type[Exception] | tuple[type[Exception], ...]

NICE = 10


class Unfit(Exception):
    """A model that cannot be run, in a sentence for the person who wants it: ``{file}`` in it is the model's name."""

    def __init__(self, template: str, /, **values: Any) -> None:
        super().__init__(template.format(**values | {"file": "it"}))
        self.said = {"template": template, "values": values}


class Worker(Protocol):
    """A model that answers one request after the other."""

    @property
    def facts(self) -> Event:
        """What there is to know of the model."""

    def answer(self, report: Report, *nothing: Any, **command: Any) -> Event:
        """Return the last event of a request; ``report`` takes those before it."""


def lines(error: Exception) -> list[str]:
    """Return what an error says, or at least its name."""
    return str(error).strip().splitlines() or [type(error).__name__]


def first_line(error: Exception) -> str:
    """Return the first line of an error, without a full stop."""
    return lines(error)[0].rstrip(".")


def last_line(error: Exception) -> str:
    """Return the last line of an error, without a full stop: native code says before it where its source lies."""
    return lines(error)[-1].rstrip(".")


def own_output() -> Say:
    """Return what writes to standard output, for events alone; what libraries print goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(*events: Event) -> None:
        output.write(b"".join(json.dumps(event).encode() + b"\n" for event in events))
        output.flush()

    return say


def listen(commands: Incoming) -> Inbox:
    """Return where commands come from now on, for whoever works while they come.

    A process that is forked from now on does not end, for the thread that listens holds standard input.
    """
    inbox = Inbox()

    def fill() -> None:
        for command in commands:
            inbox.put(command)
        inbox.put(None)

    threading.Thread(target=fill, daemon=True).start()
    return inbox


def leave(status: int) -> NoReturn:
    """End the process, once what libraries have printed is written."""
    sys.stdout.flush()
    # Not sys.exit: a thread that listens holds standard input, for which an orderly end would wait.
    os._exit(status)


def give_up(say: Say, cause: str, /, **said: Any) -> NoReturn:
    """Say why everything is over, and end the process."""
    say({"broken": cause, **said})
    leave(1)


def stand_back() -> None:
    """Let all else on this machine go first, where the system knows such an order."""
    if hasattr(os, "nice"):
        os.nice(NICE)


def keep_quiet() -> None:
    """Let nothing be imported whose only use is to report every import of OpenVINO to its maker."""
    # None is what Python itself looks for, which its types do not know.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]


def run(work: Callable[[Event, Incoming, Say], None], expected: Errors = (), cause: Cause = last_line) -> NoReturn:
    """Let ``work`` begin with the first line, and end the process after it; ``expected`` errors leave no traceback."""
    # Ctrl-C in a terminal reaches every process of it; the studio decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    say, commands = own_output(), map(json.loads, sys.stdin.buffer)
    first = next(commands, None)
    if first is None:
        leave(0)
    try:
        work(first, commands, say)
    except BrokenPipeError:
        pass
    except Unfit as error:
        give_up(say, str(error), **error.said)
    except expected as error:
        give_up(say, cause(error))
    except Exception as error:
        # A model can be wrong in more ways than the libraries have errors for.
        logging.exception("%s broke", first["model"])
        give_up(say, cause(error))
    leave(0)


def answer_each(
    load: Callable[[str], Worker],
    unloadable: Errors = (ImportError, OSError, RuntimeError, ValueError, KeyError),
    failing: Errors = (RuntimeError, ValueError, IndexError),
    cause: Cause = last_line,
) -> NoReturn:
    """Load a model by its path and answer one by one; ``failing`` errors end a request, others the process."""

    def work(first: Event, commands: Incoming, say: Say) -> None:
        try:
            worker = load(first["model"])
        except unloadable as error:
            give_up(say, cause(error))
        say({"ready": True, **worker.facts})

        def answer(id: int, **command: Any) -> None:
            def report(**event: Any) -> None:
                say({"id": id, **event})

            try:
                report(**worker.answer(report, **command))
            except failing as error:
                report(error=cause(error))

        for command in commands:
            # A number alone cancels, and nothing is under way any more.
            if len(command) > 1:
                answer(**command)

    run(work, cause=cause)
