"""The program that runs an embedder by sentence-transformers: commands come in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio.

In    {"model": path}                                      the first line
      {"id", "texts": [text], "kind": "query" | "document", "cut"}  embed; with "cut", of a long text only its beginning
      {"id"}                                               nothing is under way any more that could be cancelled
Out   {"ready": true, "context", "dimensions", "device"}   the model is loaded
      {"id", "vectors": [[number]], "tokens": read, "unknown": [share]}  each vector has the length 1; the shares are
                                                           of the tokens that the model does not know
      {"id", "place": of the text, "tokens"}               this text has more tokens than the model reads
      {"id", "error": cause}                               this request is over
      {"broken": cause}                                    everything is over
"""

import json
import os
import signal
import sys
from typing import Any, BinaryIO

# Threads that wait in a loop for each other hardly get on where other programs want the processors, too. Read when
# torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

BATCH = 32
# 32-bit numbers have no more.
DIGITS = 8


class Worker:
    """The model, and what it answers."""

    def __init__(self, path: str) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self._model = SentenceTransformer(path, local_files_only=True, model_kwargs={"use_safetensors": True})

    def facts(self) -> dict[str, Any]:
        """Return what the studio wants to know of the model."""
        model = self._model
        dimensions = model.get_embedding_dimension()
        return {"context": model.max_seq_length, "dimensions": dimensions, "device": model.device.type}

    def embed(self, texts: list[str], kind: str, cut: bool) -> dict[str, Any]:
        """Return the vectors of ``texts``, or which of them is too long and may not be cut."""
        tokenizer = self._model.tokenizer
        read = tokenizer(texts, truncation=False, verbose=False)["input_ids"]
        lengths = [len(ids) for ids in read]
        for place, length in enumerate(lengths):
            if length > self._model.max_seq_length and not cut:
                return {"place": place, "tokens": length}
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        vectors = encode(texts, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        unknown = [round(ids.count(tokenizer.unk_token_id) / len(ids), 3) for ids in read]
        return {"vectors": vectors.astype(float).round(DIGITS).tolist(), "tokens": sum(lengths), "unknown": unknown}


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
        say({"ready": True, **worker.facts()})
    except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
        say({"broken": cause(error)})
        return 1
    for line in sys.stdin.buffer:
        command = json.loads(line)
        if "texts" in command:
            try:
                say({"id": command["id"], **worker.embed(command["texts"], command["kind"], command["cut"])})
            except (RuntimeError, ValueError, IndexError) as error:
                say({"id": command["id"], "error": cause(error)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
