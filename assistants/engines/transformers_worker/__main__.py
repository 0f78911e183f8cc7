"""The program that runs a model by transformers: commands come in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio. One loop does everything: between two tokens of the
replies under way it reads a part of one prompt that has come, so that nobody waits for another's reply to end.

In    {"model": path, "memory": bytes that are free}                the first line
      {"id", "messages": [{"role", "content"}], "options": {...}}   generate; options as ``sampling.Wishes`` has them
      {"id", "messages", "score": [text]}                           how likely each text is as the reply
      {"id", "messages"}                                            count the tokens of the prompt
      {"id"}                                                        cancel
Out   {"ready": true, "context", "slots", "is_base", ...}      the model is loaded
      {"id", "prompt": tokens}                                      the prompt is read; one that is too long ends here
      {"id", "text", "tokens": so far, "finish": reason or null}    the last of them has a reason, "stop" or "length",
                                                                    and "cached": tokens of the prompt known before
      {"id", "scores": [[log-probability of each token, in nats]]}  without a prompt, unless that is too long
      {"id", "error": cause}                                        this request is over
      {"broken": cause}                                             everything is over
"""

import json
import logging
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

# Threads that wait in a loop for each other hardly get on where other programs want the processors, too: a token then
# took ten times as long. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from loading import load
from worker import Worker, cause


def listen(commands: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    """Queue what comes in, and None at its end: the studio has closed the pipe or is dead."""
    for line in sys.stdin.buffer:
        commands.put(json.loads(line))
    commands.put(None)


def own_output() -> BinaryIO:
    """Return standard output for events alone; what libraries print goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def main() -> int:
    """Run until standard input ends; returns the exit status."""
    # Ctrl-C in a terminal reaches every process of it; the studio decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = own_output()

    def say(*events: dict[str, Any]) -> None:
        output.write(b"".join(json.dumps(event).encode() + b"\n" for event in events))
        output.flush()

    commands: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=listen, args=[commands], daemon=True).start()
    first = commands.get()
    if first is None:
        return 0
    try:
        with torch.inference_mode():
            worker = Worker(*load(Path(first["model"])), first["memory"], say)
            say({"ready": True, **worker.facts})
            worker.run(commands)
    except BrokenPipeError:
        return 0
    except Exception as error:
        # A file can be wrong in more ways than the libraries have errors for.
        logging.exception("%s broke", first["model"])
        say({"broken": cause(error)})
        return 1
    return 0


if __name__ == "__main__":
    # Not sys.exit: the thread that listens holds standard input, for which an orderly end would wait.
    os._exit(main())
