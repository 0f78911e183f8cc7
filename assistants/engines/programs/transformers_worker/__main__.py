"""The program that runs a model by transformers: commands come in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio. One loop does everything: between two tokens of the
replies under way it reads a part of one prompt that has come, so that nobody waits for another's reply to end.

With two arguments it converts a GGUF, the first, to a folder, the second, behind all other work, and ends.

In    {"model": path, "memory": bytes that are free}                the first line
      {"model": path}                                               instead: only say whether the model can be loaded
      {"id", "messages": [{"role", "content"}], "options": {...}}   generate; options as ``sampling.Wishes`` has them
      {"id", "messages", "score": [text]}                           how likely each text is as the reply
      {"id", "messages", "look": {"what", "text", ...}}             what is inside as it reads the text, see ``looking``
      {"id", "messages"}                                            count the tokens of the prompt
      {"id"}                                                        cancel
Out   {"ready": true, "context", "slots", "is_base", ...}      the model is loaded
      {"id", "prompt": tokens}                                      the prompt is read; one that is too long ends here;
                                                                    "reasons": true: the reply begins with reasoning
      {"id", "text", "tokens": so far, "finish": reason or null}    the last of them has a reason, "stop" or "length",
                                                                    and "cached": tokens of the prompt known before
      {"id", "scores": [[log-probability of each token, in nats]]}  without a prompt, unless that is too long
      {"id", "found": {...}}                                        what was seen
      {"id", "amiss": {"field", "template", "values"}}              there is no such thing to look at
      {"id", "refused": reason}                                     the chat template does not take the messages
      {"id", "error": cause}                                        this request is over
      {"broken": cause}                                             everything is over
"""

import sys
from pathlib import Path

import torch
from loading import convert, load, look
from worker import Worker, cause
from worker_pipe import Event, Incoming, Say, listen, run, stand_back


@torch.inference_mode()
def work(first: Event, commands: Incoming, say: Say) -> None:
    """Load the model and generate until standard input ends, or only look at it."""
    if "memory" not in first:
        look(Path(first["model"]))
        say({"ready": True})
        return
    worker = Worker(*load(Path(first["model"])), first["memory"], say)
    say({"ready": True, **worker.facts})
    worker.run(listen(commands))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        stand_back()
        try:
            convert(Path(sys.argv[1]), Path(sys.argv[2]))
        except Exception as error:  # noqa: BLE001 (a file can be wrong in many ways)
            sys.exit(cause(error))
    else:
        run(work, cause=cause)
