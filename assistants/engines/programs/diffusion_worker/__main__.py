"""The program that draws with diffusers: commands come in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio. It draws one picture at a time, so that a seed gives
the same pixels whether it is drawn alone or with others.

In    {"model": path, "text_encoder": path or null, "schedulers": {name: class}, "previews": seconds}   the first line
      {"id", "drawing": {...}}                                draw; as ``drawing.Drawing`` has it
      {"id"}                                                  cancel
Out   {"ready": true, ...}                                    the model is loaded; as ``drawing.Facts`` has it
      {"id", "done": steps, "total": steps}                   a step is done
      {"id", "index", "preview": JPEG in base64}              a picture on its way
      {"id", "index", "seed", "picture": PNG in base64}       a picture is ready
      {"id", "end": true}                                     all are
      {"id", "refused": {"field", "template", "values"}}      this request cannot be served, and is over
      {"id", "error": cause}                                  this request is over
      {"broken": cause}                                       everything is over
"""

import os
from pathlib import Path

# Not even for the configuration of a single file, which the library would fetch whatever it is told.
os.environ["HF_HUB_OFFLINE"] = "1"

from errors import cause
from loading import load
from worker import Commands, Worker
from worker_pipe import Event, Incoming, Say, listen, run, stand_back


def work(first: Event, commands: Incoming, say: Say) -> None:
    """Load the model and draw until standard input ends."""
    encoder = first["text_encoder"] and Path(first["text_encoder"])
    worker = Worker(load(Path(first["model"]), encoder), first["schedulers"], first["previews"], say)
    say({"ready": True, **worker.facts})
    worker.run(Commands(listen(commands)))


if __name__ == "__main__":
    stand_back()
    run(work, cause=cause)
