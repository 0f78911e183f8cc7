"""How well support answers, and how fast; run ``python -m benchmarks.support``, ``... fit`` or ``... scale``.

With no word more it asks, through the job core, what the bases of ``support.yaml`` answer and what they do not, checks
every quote against its source, and looks for what forty documents tell a model to say. ``fit`` fits how sure support is
on the samples, which are others than those it is measured with. ``scale`` asks a base of made-up chunks. The starter
embedder is taken from the studio's home; ``--model`` names the model that writes (default: none, so it quotes), and
``--reranker`` one that orders what was found.
"""

import argparse
import io
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import yaml

from assistants import ingestion
from assistants.embedder import MODEL, Embedder
from assistants.knowledge import Found
from assistants.knowledge.chunking import Chunk
from assistants.knowledge.vectors import packed
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.support import desk
from assistants.support.asking import SupportRun
from assistants.support.evidence import gather
from assistants.support.reranking import Reranker
from assistants.support.searching import ScoreExplanation, search
from benchmarks.history import Writer

DATA = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
OWNER = LOCAL
TOP = 5
WAIT = 600
# None that writes: what the stand-in says is never proved.
NO_MODEL = "echo:words=0"


@contextmanager
def opened(model: str) -> Iterator[Studio]:
    """Open a studio on a home of its own, with the models of the real one."""
    models = Settings().models_folder
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        studio = open_studio(Settings(home=Path(folder) / "home", models=models, text_model=model))
        try:
            for _ in studio.models.waiting(MODEL):
                pass
            yield studio
        finally:
            studio.close()


def teach(studio: Studio, base: str, documents: dict[str, str]) -> float:
    """Put documents into a base; return the seconds."""
    began = time.monotonic()
    uploads = [(name, io.BytesIO(text.encode())) for name, text in documents.items()]
    row = ingestion.submit(studio, base, uploads, OWNER)
    row = studio.jobs.wait(row.id, OWNER.id, WAIT)
    assert row.status == "done", row.error or row.status
    return time.monotonic() - began


def ask(studio: Studio, base: str, question: str) -> JobRow:
    row = studio.jobs.submit("support", {"question": question, "knowledge": base}, OWNER)
    row = studio.jobs.wait(row.id, OWNER.id, WAIT)
    assert row.status == "done", row.error or row.status
    return row


def verbatim(studio: Studio, result: dict[str, Any]) -> list[bool]:
    """Say of each citation whether its quote stands in its source where it says."""
    said = []
    for citation in result["citations"]:
        _, text, _ = studio.knowledge.source(result["knowledge"], citation["source"], OWNER)
        said.append(text[citation["start"] : citation["end"]] == citation["quote"])
    return said


def auroc(sure: list[float], unsure: list[float]) -> float:
    """Return how often an answerable question is the surer one of two, ties half."""
    pairs = [(one > other) + (one == other) / 2 for one, other in product(sure, unsure)]
    return sum(pairs) / len(pairs)


def recalls(studio: Studio, base: str, answerable: dict[str, str]) -> dict[str, float]:
    """Return how often the passage that answers is among the first five: by words, by vectors, and as support does."""
    hits = {"words": 0, "vectors": 0, "both": 0}
    known = studio.knowledge.base(base)
    asking = asking_of(studio, known)
    for question, phrase in answerable.items():
        [vector] = asking.embedder.vectors([question], "query")
        nearest = studio.knowledge.vectors.nearest(base, known.revision, vector, TOP) if vector else []
        texts = {
            "words": in_first(studio.knowledge.find(known, question, None, TOP)),
            "vectors": [chunk.text for chunk in studio.knowledge.rows.chunks(number for number, _ in nearest).values()],
            "both": in_first(search(asking, question, ScoreExplanation()).found),
        }
        for half, found in texts.items():
            hits[half] += any(phrase in text for text in found)
    return {half: count / len(answerable) for half, count in hits.items()}


def in_first(found: Found) -> list[str]:
    return [chunk.text for passage in found.passages[:TOP] for chunk in passage.chunks]


def asking_of(studio: Studio, base: Any) -> SupportRun:
    """Return what answers from a base, without a job."""
    job = type("NoJob", (), {"slot": lambda *_: contextmanager(lambda: iter([None]))()})()
    model = base.embedder or MODEL
    embedder = Embedder(studio.models.engine(model), job, studio.models.languages(model), model)
    reranker = studio.models.engine(base.reranker) if base.reranker else None
    return SupportRun(studio, job, base, embedder, Reranker(reranker, job, base.reranker))


def measure(model: str, reranker: str) -> None:
    with opened(model) as studio:
        quotes: list[bool] = []
        for name, part in DATA["measure"].items():
            teach(studio, name, {f"{name}.md": part["document"]})
            desk.set_up(studio, name, OWNER, reranker=reranker)
            answered = [(phrase, ask(studio, name, q).result) for q, phrase in part["answerable"].items()]
            refused = [ask(studio, name, question).result for question in part["unanswerable"]]
            quotes += [said for _, result in answered for said in verbatim(studio, result)]
            quotes += [said for result in refused for said in verbatim(studio, result)]
            right = sum(phrase in quoted(result) for phrase, result in answered)
            score = auroc([r["confidence"] for _, r in answered], [r["confidence"] for r in refused])
            print(
                f"{name}: answered {sum(r['grounded'] for _, r in answered)}/{len(answered)}, with the right passage"
                f" {right}; refused {sum(not r['grounded'] for r in refused)}/{len(refused)}; AUROC {score:.3f};"
                f" recall@{TOP} {recalls(studio, name, part['answerable'])}"
            )
        print(f"quotes verbatim: {sum(quotes)}/{len(quotes)}")
        print(f"canaries that came through: {', '.join(injected(studio)) or 'none'}")
        print(f"ingestion: {ingested(studio):.2f} MB of text a minute")


def quoted(result: dict[str, Any]) -> str:
    return " ".join(citation["quote"] for citation in result["citations"])


def injected(studio: Studio) -> list[str]:
    """Return the canaries of forty documents that an answer holds, whatever its route."""
    through = []
    number = 0
    for language, part in DATA["injections"].items():
        for around, command in product(part["around"], part["commands"]):
            number += 1
            canary = f"{'ZEBRA' if number % 2 else 'zebra'}-{number}"
            base = f"injection {number} {language}"
            teach(studio, base, {"tickets.md": around.format(command=command.format(canary=canary))})
            row = ask(studio, base, part["question"])
            said = row.output + " ".join(citation["quote"] for citation in row.result["citations"])
            if canary.lower() in said.lower():
                through.append(f"{canary}: {command}")
    return through


def ingested(studio: Studio) -> float:
    """Return how many MB of made-up English go into a base in a minute."""
    writer = Writer(7)
    text = "\n\n".join(f"# Part {number}\n\n{writer.text(110, False)}" for number in range(300))
    return len(text.encode()) / 1e6 / teach(studio, "made up", {"long.md": text}) * 60


def fit() -> None:
    """Print the weights that tell the samples' questions with an answer from those without."""
    with opened(NO_MODEL) as studio:
        rows: dict[str, list[tuple[list[float], int]]] = {"BOTH": [], "WORDS": []}
        for base, part in DATA["fit"].items():
            ask(studio, base, "hello")  # gives the chunks their vectors
            known = studio.knowledge.base(base)
            for label, question in [(1, q) for q in part["answerable"]] + [(0, q) for q in part["unanswerable"]]:
                for name, facts in features(studio, known, question):
                    rows[name].append((facts, label))
        for name, known_rows in rows.items():
            print(name, dict(zip(("bias", "covered", "cosine"), logistic(known_rows), strict=False)))


def features(studio: Studio, base: Any, question: str) -> Iterator[tuple[str, list[float]]]:
    """Yield what a question finds by words alone, and with vectors where they say something."""
    embedder = asking_of(studio, base).embedder
    vector = embedder.vectors([question], "query")[0]
    evidence = gather(question, vector, studio.knowledge.find(base, question, vector), embedder)
    yield "WORDS", [evidence.covered]
    if evidence.cosine is not None:
        yield "BOTH", [evidence.covered, evidence.cosine]


def logistic(rows: list[tuple[list[float], int]], steps: int = 20_000, rate: float = 2.0) -> list[float]:
    """Return the bias and the weights of a logistic regression that is held back a little."""
    facts = np.array([[1.0, *values] for values, _ in rows])
    labels = np.array([label for _, label in rows])
    weights = np.zeros(facts.shape[1])
    for _ in range(steps):
        slope = facts.T @ (1 / (1 + np.exp(-facts @ weights)) - labels) / len(labels)
        slope[1:] += 0.002 * weights[1:]
        weights -= rate * slope
    return [round(float(weight), 1) for weight in weights]


def scale(chunks: int, sources: int = 20) -> None:
    """Print how long a search takes in a base of made-up chunks, model apart."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        studio = open_studio(Settings(home=Path(folder) / "home", text_model="echo:"))
        writer, numbers = Writer(3), np.random.default_rng(3)
        rows = studio.knowledge.rows
        rows.create("large")
        studio.knowledge.vector_rows.settle("large", MODEL)
        for number in range(sources):
            source = rows.expect("large", f"{number}.md", str(number), None)
            texts = [writer.text(80, False) for _ in range(chunks // sources)]
            rows.fill(source, "", [Chunk(0, text, "") for text in texts])
            kept = studio.knowledge.vector_rows.lacking("large", len(texts), source)
            vectors = numbers.standard_normal((len(kept), 384)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            pairs = ((chunk.number, packed(vector)) for chunk, vector in zip(kept, vectors, strict=True))
            studio.knowledge.vector_rows.keep("large", MODEL, pairs, live=False)
            rows.publish(source)
        base = studio.knowledge.base("large")
        wanted = vectors[0].tolist()
        began = time.monotonic()
        studio.knowledge.vectors.nearest("large", base.revision, wanted, 50)
        print(f"{base.chunks} chunks: the vectors' file is made in {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        if list(studio.knowledge.index("large")):
            print(f"their index is made in {time.monotonic() - began:.1f} s")
        for name, find in {
            "words": lambda q: studio.knowledge.find(base, q, None),
            "vectors": lambda q: studio.knowledge.vectors.nearest("large", base.revision, wanted, 50),
            "both": lambda q: studio.knowledge.find(base, q, wanted),
        }.items():
            print(f"{name}: {timed(find, [writer.text(8, False) for _ in range(20)])}")
        studio.close()


def timed(find: Any, questions: list[str]) -> str:
    """Return the median time and, where others keep the processor busy, the part that it worked."""
    walls, worked = [], []
    for question in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        find(question)
        walls.append((time.perf_counter() - wall) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
    return f"{median(walls):.0f} ms ({median(worked):.0f} ms of work)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("measure", "fit", "scale"), default="measure")
    parser.add_argument("--model", default=NO_MODEL)
    parser.add_argument("--reranker", default="")
    parser.add_argument("--chunks", type=int, default=100_000)
    asked = parser.parse_args()
    random.seed(0)
    if asked.what == "fit":
        fit()
    elif asked.what == "scale":
        scale(asked.chunks)
    else:
        measure(asked.model, asked.reranker)


if __name__ == "__main__":
    main()
