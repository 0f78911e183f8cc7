"""The program that draws with diffusers: commands come in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio. It draws one picture at a time, so that a seed gives
the same pixels whether it is drawn alone or with others.

In    {"model": path, "text_encoder": path or null, "schedulers": {name: class}, "glimpses": seconds}   the first line
      {"id", "drawing": {...}}                                draw; as ``drawing.Drawing`` has it
      {"id"}                                                  cancel
Out   {"ready": true, ...}                                    the model is loaded; as ``drawing.Facts`` has it
      {"id", "done": steps, "total": steps}                   a step is done
      {"id", "index", "glimpse": JPEG in base64}              a picture on its way
      {"id", "index", "seed", "picture": PNG in base64}       a picture is ready
      {"id", "end": true}                                     all are
      {"id", "refused": {"field", "template", "values"}}      this request cannot be served, and is over
      {"id", "error": cause}                                  this request is over
      {"broken": cause}                                       everything is over
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

# Threads that wait in a loop for each other hardly get on where other programs want the processors, too: a step then
# took twenty times as long. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Not even for the configuration of a single file, which the library would fetch whatever it is told.
os.environ["HF_HUB_OFFLINE"] = "1"

from errors import cause
from loading import load
from worker import Commands, Worker

NICE = 10


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
    if hasattr(os, "nice"):
        os.nice(NICE)
    output = own_output()

    def say(event: dict[str, Any]) -> None:
        output.write(json.dumps(event).encode() + b"\n")
        output.flush()

    inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=listen, args=[inbox], daemon=True).start()
    first = inbox.get()
    if first is None:
        return 0
    try:
        encoder = first["text_encoder"] and Path(first["text_encoder"])
        worker = Worker(load(Path(first["model"]), encoder), first["schedulers"], first["glimpses"], say)
        say({"ready": True, **worker.facts})
        worker.run(Commands(inbox))
    except BrokenPipeError:
        return 0
    except Exception as error:
        # A folder can be wrong in more ways than the libraries have errors for.
        logging.exception("%s broke", first["model"])
        say({"broken": cause(error)})
        return 1
    return 0


if __name__ == "__main__":
    # Not sys.exit: the thread that listens holds standard input, for which an orderly end would wait.
    os._exit(main())
