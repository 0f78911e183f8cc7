"""The program that runs a cross-encoder by sentence-transformers: commands come in, events go out, each a line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio.

In    {"model": path}                           the first line
      {"id", "question": text, "texts": [text]} say how well each text answers the question
      {"id"}                                    nothing is under way any more that could be cancelled
Out   {"ready": true}                           the model is loaded
      {"id", "scores": [number]}                from 0 to 1, in the order of the texts
      {"id", "error": cause}                    this request is over
      {"broken": cause}                         everything is over
"""

import json
import os
import signal
import sys
from typing import Any, BinaryIO

# Threads that wait in a loop for each other hardly get on where other programs want the processors, too. Read when
# torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Few at once, so that little is spent on the padding of the shorter ones.
BATCH = 8
DIGITS = 6


class Worker:
    """The model, and what it answers."""

    def __init__(self, path: str) -> None:
        from sentence_transformers import CrossEncoder
        from torch.nn import Sigmoid
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self._model = CrossEncoder(
            path, local_files_only=True, model_kwargs={"use_safetensors": True}, activation_fn=Sigmoid()
        )
        if self._model.num_labels != 1:
            raise ValueError("it has labels to tell apart, so it ranks nothing")

    def rank(self, question: str, texts: list[str]) -> list[float]:
        """Return how well each text answers the question."""
        pairs = [(question, text) for text in texts]
        return self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False).round(DIGITS).tolist()


def cause(error: Exception) -> str:
    """Return the last line of what a library says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")


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

    def say(event: dict[str, Any]) -> None:
        output.write(json.dumps(event).encode() + b"\n")
        output.flush()

    try:
        worker = Worker(json.loads(sys.stdin.buffer.readline())["model"])
        say({"ready": True})
    except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
        say({"broken": cause(error)})
        return 1
    for line in sys.stdin.buffer:
        command = json.loads(line)
        if "texts" in command:
            try:
                say({"id": command["id"], "scores": worker.rank(command["question"], command["texts"])})
            except (RuntimeError, ValueError, IndexError) as error:
                say({"id": command["id"], "error": cause(error)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
