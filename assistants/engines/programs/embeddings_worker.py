"""The program that runs an embedder by sentence-transformers: commands come in, events go out, each one line of JSON.

Its encoder is compiled by OpenVINO once there is much to read, unless what that says differs. It is a process of its
own because native code may crash, and because the memory of a model returns only with its process. It is run by its
path and imports nothing of the studio.

In    {"model": path}                                      the first line
      {"id", "texts": [text], "kind": "query" | "document", "cut"}  embed; with "cut", of a long text only its beginning
      {"id"}                                               nothing is under way any more that could be cancelled
Out   {"ready": true, "context", "dimensions", "device"}   the model is loaded
      {"id", "vectors": [[number]], "tokens": read, "unknown": [share],
       "compiled": by OpenVINO?}                           each vector has the length 1; the shares are of the tokens
                                                           that the model does not know
      {"id", "place": of the text, "tokens"}               this text has more tokens than the model reads
      {"id", "error": cause}                               this request is over
      {"broken": cause}                                    everything is over
"""

import sys
import warnings
from pathlib import Path
from typing import Any

from worker_pipe import Event, Report, answer_each, keep_quiet, last_line

BATCH = 32
# 32-bit numbers have no more.
DIGITS = 8
# To read so many tokens takes longer than to compile the model.
WORTH_COMPILING = 5_000
# What the compiled model says must have this cosine with what was said before.
SAME = 0.999
# A table of words as whole numbers of 8 bits, each with the scale of its block, beside the other weights.
WORDS = "words.safetensors"


class Compiled:
    """An encoder, compiled: every text is read by itself, as many at once as there are processors.

    So nothing is spent on the padding of a batch. Computes in 16 bits where the processor has units for these.
    """

    def __init__(self, encoder: Any, tokenizer: Any) -> None:
        keep_quiet()
        import openvino
        import torch

        self._size = encoder.config.hidden_size
        example = dict(tokenizer(["an example"], return_tensors="pt"))
        self._names = tuple(example)
        threads = torch.get_num_threads()
        # A thread that is bound to a processor waits where another program is on it.
        settings = {"NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
        with warnings.catch_warnings():
            # They tell whoever wrote transformers what a trace may lose; what is lost here is found by comparing.
            warnings.simplefilter("ignore")
            converted = openvino.convert_model(encoder, example_input=example)
        model = openvino.compile_model(converted, "CPU", settings)
        self._requests = openvino.AsyncInferQueue(model, threads)

    def __call__(self, **features: Any) -> dict[str, Any]:
        """Return the last hidden states of a batch, as transformers does; those of the padding are 0."""
        import numpy as np
        import torch

        inputs = {name: features[name].numpy() for name in self._names}
        read = inputs["attention_mask"].astype(bool)
        states = np.zeros((*read.shape, self._size), np.float32)

        def keep(request: Any, place: int) -> None:
            states[place, read[place]] = request.get_tensor("last_hidden_state").data[0]

        self._requests.set_callback(keep)
        for place, own in enumerate(read):
            self._requests.start_async({name: inputs[name][place, own][None] for name in self._names}, place)
        self._requests.wait_all()
        return {"last_hidden_state": torch.from_numpy(states)}


def table(path: Path) -> Any:
    """Return the table of words in ``path`` as a module: a fourth of what its 32-bit numbers would take."""
    import torch
    from safetensors.torch import load_file

    class Table(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, values in load_file(path).items():
                self.register_buffer(name, values)

        def forward(self, words: torch.Tensor) -> torch.Tensor:
            look_up = torch.nn.functional.embedding
            whole, scales = look_up(words, self.whole), look_up(words, self.scales)
            blocks = whole.float().unflatten(-1, (scales.shape[-1], -1))
            return (blocks * scales.float().unsqueeze(-1)).flatten(-2)

    return Table()


class Worker:
    """The model, and what it answers."""

    def __init__(self, path: str) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error

        disable_progress_bar()
        set_verbosity_error()
        self._model = SentenceTransformer(path, local_files_only=True, model_kwargs={"use_safetensors": True})
        if (words := Path(path) / WORDS).exists():
            self._model[0].model.embeddings.word_embeddings = table(words)
        self._tokens = 0
        # None until there was so much to read that it was tried.
        self._is_compiled: bool | None = None

    @property
    def facts(self) -> Event:
        """What the studio wants to know of the model."""
        model = self._model
        dimensions = model.get_embedding_dimension()
        return {"context": model.max_seq_length, "dimensions": dimensions, "device": model.device.type}

    def answer(self, _: Report, texts: list[str], kind: str, cut: bool) -> Event:
        """Return the vectors of ``texts``, or which of them is too long and may not be cut."""
        tokenizer = self._model.tokenizer
        read = tokenizer(texts, truncation=False, verbose=False)["input_ids"]
        lengths = [len(ids) for ids in read]
        for place, length in enumerate(lengths):
            if length > self._model.max_seq_length and not cut:
                return {"place": place, "tokens": length}
        vectors = self._vectors(texts, kind)
        self._tokens += sum(lengths)
        if self._is_compiled is None and kind == "document" and self._tokens > WORTH_COMPILING:
            self._is_compiled = self._compile(texts, vectors)
        unknown = [round(ids.count(tokenizer.unk_token_id) / len(ids), 3) for ids in read]
        return {
            "vectors": vectors.astype(float).round(DIGITS).tolist(),
            "tokens": sum(lengths),
            "unknown": unknown,
            "compiled": bool(self._is_compiled),
        }

    def _vectors(self, texts: list[str], kind: str) -> Any:
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        return encode(texts, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)

    def _compile(self, texts: list[str], vectors: Any) -> bool:
        """Let the compiled encoder read from now on, if that works and gives ``texts`` the vectors that they have."""
        if self._model.device.type != "cpu":
            return False
        try:
            encoder = self._model[0].model
            encoder.forward = Compiled(encoder, self._model.tokenizer)
            if (self._vectors(texts, "document") * vectors).sum(axis=1).min() >= SAME:
                return True
        except (AttributeError, ImportError, KeyError, RuntimeError, TypeError, ValueError) as error:
            print(f"not compiled: {last_line(error)}", file=sys.stderr)
        # What the class has shows again.
        vars(self._model[0].model).pop("forward", None)
        return False


if __name__ == "__main__":
    answer_each(Worker)
