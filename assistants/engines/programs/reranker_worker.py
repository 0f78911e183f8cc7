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

from worker_pipe import Event, Report, answer_each

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
        self.facts: Event = {}

    def answer(self, _: Report, question: str, texts: list[str]) -> Event:
        """Say how well each text answers the question."""
        pairs = [(question, text) for text in texts]
        scores = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
        return {"scores": scores.round(DIGITS).tolist()}


if __name__ == "__main__":
    answer_each(Worker)
