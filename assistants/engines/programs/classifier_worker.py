"""The program that trains and runs classifiers: commands come in, events go out, each one line of JSON.

It is a process of its own so that what trains can be stopped at any moment, and because the memory of a model returns
only with its process. It is run by its path and imports nothing of the studio.

In    {"model": path, or ""}                          the first line; without a model it only learns heads
      {"id", "head": {"rows", "width", "targets"}}    learn a logistic regression; the rows are base64 of 32-bit numbers
      {"id", "tune": {"texts", "targets", "labels", "folder"}}  fine-tune the model as a classifier, into a folder
      {"id", "texts": [text]}                         say what the model takes them for
      {"id"}                                          nothing is under way any more that could be cancelled
Out   {"ready": true, "labels": [label]}              the model is loaded; an encoder has no labels
      {"id", "done", "total"}                         so many steps are done
      {"id", "weights", "bias", "temperature", "held_out": [[share]]}  the head; each row's shares come from one that
                                                      was learned without that row
      {"id", "temperature", "held_out", "held": [place]}  the model is tuned; these examples measured it
      {"id", "shares": [[share]]}                     the probability of each label for each text
      {"id", "error": cause}                          this request is over
      {"broken": cause}                               everything is over
"""

import base64
import os
from collections.abc import Callable
from typing import Any

# A head is too small for two threads. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from worker_pipe import Event, Report, answer_each

FOLDS = 5
# How little a head is held back: from 1 to 100 it makes no difference on ``benchmarks/intents.yaml``.
STRENGTH = 10.0
STEPS = 300
TEMPERATURES = np.geomspace(0.05, 5.0, 60)
# Of an encoder: the share that is kept back to measure, and how it learns.
HELD = 0.2
# At least so many rounds and so many steps.
EPOCHS = 10
STEPS_OF_TUNING = 80
BATCH = 16
RATE = 1e-4
# Its last layer knows nothing yet, and has farther to go.
LAST_RATE = 1e-3
MAX_TOKENS = 128
SEED = 7


def shares(sums: Any, temperature: float = 1.0) -> Any:
    """Return sums as probabilities, row by row."""
    powers = np.exp((sums - sums.max(axis=1, keepdims=True)) / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def loss(probabilities: Any, targets: Any) -> float:
    """Return how surprising the targets are."""
    return float(-np.log(probabilities[np.arange(len(targets)), targets] + 1e-9).mean())


def calibrated(sums: Any, targets: Any) -> float:
    """Return the temperature at which probabilities of held-out rows come true."""
    return float(min(TEMPERATURES, key=lambda temperature: loss(shares(sums, temperature), targets)))


def learn_head(rows: Any, targets: Any, report: Report) -> Event:
    """Learn a logistic regression, with what it says of rows that it was not shown."""
    from sklearn.model_selection import StratifiedKFold

    # No weight stands outside what the rows span: of few rows that is much less than they are wide.
    basis = np.linalg.qr(rows.T)[0] if len(rows) < rows.shape[1] else np.eye(rows.shape[1], dtype=np.float32)
    rows = rows @ basis
    folds = min(FOLDS, int(np.bincount(targets).min()))
    parts = StratifiedKFold(folds, shuffle=True, random_state=SEED).split(rows, targets)
    sums = np.zeros((len(targets), targets.max() + 1), np.float32)
    for done, (shown, held) in enumerate(parts, 1):
        weights, bias = fitted(rows[shown], targets[shown])
        sums[held] = rows[held] @ weights.T + bias
        report(done=done, total=folds + 1)
    temperature = calibrated(sums, targets)
    weights, bias = fitted(rows, targets)
    return {
        "weights": base64.b64encode((weights @ basis.T).astype(np.float32).tobytes()).decode(),
        "bias": bias.tolist(),
        "temperature": temperature,
        "held_out": shares(sums, temperature).round(5).tolist(),
    }


def fitted(rows: Any, targets: Any) -> tuple[Any, Any]:
    """Return the weights and biases of a logistic regression, one row a label."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=1e-3, class_weight="balanced").fit(rows, targets)
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    # Of two labels it only keeps what speaks for the second.
    return np.vstack([0 * model.coef_, model.coef_]), np.concatenate([[0.0], model.intercept_])


def batches(count: int) -> int:
    """Return how many steps it takes to see so many examples once."""
    return -(-count // BATCH)


def rounds(count: int) -> int:
    """Return how often so many examples are seen."""
    return max(EPOCHS, -(-STEPS_OF_TUNING // batches(count)))


class Model:
    """An encoder or a classifier from a folder."""

    def __init__(self, path: str) -> None:
        import torch
        from transformers import AutoConfig, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error

        disable_progress_bar()
        set_verbosity_error()
        torch.manual_seed(SEED)
        self._torch, self._path = torch, path
        self._tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self._config = AutoConfig.from_pretrained(path, local_files_only=True)
        names = self._config.architectures or []
        self._labels: list[str] = []
        self._model = None
        if any(name.endswith("ForSequenceClassification") for name in names):
            self._labels = [self._config.id2label[place] for place in sorted(self._config.id2label)]
            self._model = self._opened(self._labels)

    @property
    def labels(self) -> list[str]:
        """What it can tell apart; nothing where it is an encoder."""
        return self._labels

    def _opened(self, labels: list[str]) -> Any:
        from transformers import AutoModelForSequenceClassification

        known = dict(enumerate(labels))
        return AutoModelForSequenceClassification.from_pretrained(
            self._path,
            local_files_only=True,
            use_safetensors=True,
            num_labels=len(labels),
            id2label=known,
            label2id={label: place for place, label in known.items()},
            ignore_mismatched_sizes=True,
            problem_type="single_label_classification",
        ).eval()

    def classify(self, texts: list[str]) -> list[list[float]]:
        """Return the probability of each label for each text."""
        temperature = float(getattr(self._config, "temperature_of_labels", 1.0))
        return shares(self._sums(self._model, texts), temperature).round(5).tolist()

    def _sums(self, model: Any, texts: list[str]) -> Any:
        made = []
        with self._torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                made.append(model(**self._read(texts[start : start + BATCH])).logits.float().numpy())
        return np.concatenate(made)

    def _read(self, texts: list[str]) -> Any:
        options = {"padding": True, "truncation": True, "max_length": MAX_TOKENS, "return_tensors": "pt"}
        return self._tokenizer(texts, **options)

    def tune(self, texts: list[str], targets: Any, labels: list[str], folder: str, report: Report) -> Event:
        """Learn twice: without some examples, to measure it on these, and from all of them, to be kept."""
        from sklearn.model_selection import train_test_split

        held_count = max(len(labels), round(HELD * len(texts)))
        places = np.arange(len(texts))
        shown, held = train_test_split(places, test_size=held_count, stratify=targets, random_state=SEED)
        steps = sum(rounds(len(some)) * batches(len(some)) for some in (shown, places))
        count = iter(range(1, steps + 1))
        measured = self._learned(texts, targets, shown, labels, lambda: report(done=next(count), total=steps))
        sums = self._sums(measured, [texts[place] for place in held])
        temperature = calibrated(sums, targets[held])
        kept = self._learned(texts, targets, places, labels, lambda: report(done=next(count), total=steps))
        kept.config.temperature_of_labels = temperature
        kept.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)
        return {
            "temperature": temperature,
            "held": held.tolist(),
            "held_out": shares(sums, temperature).round(5).tolist(),
        }

    def _learned(self, texts: list[str], targets: Any, places: Any, labels: list[str], step: Callable[[], None]) -> Any:
        torch, model = self._torch, self._opened(labels)
        last = [weight for name, weight in model.named_parameters() if name.startswith(("classifier", "score"))]
        body = [weight for name, weight in model.named_parameters() if not name.startswith(("classifier", "score"))]
        groups = [{"params": body, "lr": RATE}, {"params": last, "lr": LAST_RATE}]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        epochs = rounds(len(places))
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, epochs * batches(len(places)))
        order = np.random.default_rng(SEED)
        model.train()
        for _ in range(epochs):
            shuffled = order.permutation(places)
            for start in range(0, len(shuffled), BATCH):
                some = shuffled[start : start + BATCH]
                wanted = torch.tensor(targets[some])
                model(**self._read([texts[place] for place in some]), labels=wanted).loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                schedule.step()
                step()
        return model.eval()


class Worker:
    """The model, if there is one, and what is asked for."""

    def __init__(self, path: str) -> None:
        self._model = Model(path) if path else None
        self.facts = {"labels": self._model.labels if self._model else []}

    def answer(
        self, report: Report, head: Event | None = None, tune: Event | None = None, texts: list[str] | None = None
    ) -> Event:
        """Do the one thing that is asked for."""
        if head:
            rows = np.frombuffer(base64.b64decode(head["rows"]), np.float32).reshape(-1, head["width"])
            return learn_head(rows, np.array(head["targets"]), report)
        assert self._model, "there are no texts without a model"
        if tune:
            targets = np.array(tune["targets"])
            return self._model.tune(tune["texts"], targets, tune["labels"], tune["folder"], report)
        return {"shares": self._model.classify(texts or [])}


if __name__ == "__main__":
    answer_each(Worker, failing=(RuntimeError, ValueError, IndexError, OSError))
