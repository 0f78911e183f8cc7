"""What the cosines of the studio's embedders mean; run ``python -m benchmarks.likeness fit``, ``report`` or ``fusion``.

``paraphrases.en.tsv`` and ``paraphrases.zh.tsv`` hold questions as a person asks them, the same in other words, and the
passage that answers, among others of the same domains; a number is the same text in both languages. ``fit`` writes
``assistants/embedder.yaml`` from the one half of the questions, ``report`` says on the other half how well likeness
tells what means the same, and how often the right passage is found. ``fusion`` says, on the half for fitting and on
questions of ``benchmarks.support`` that share their words with the answer, how often it comes first for each share that
words may have beside meaning. Vectors are kept in the folder for temporary files.
"""

import argparse
import csv
import hashlib
import shelve
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from assistants import embedder as embedding
from assistants.classify.report import wilson
from assistants.embedder import MODEL, MULTILINGUAL, Embedder, model_for
from assistants.engines.embeddings import Embedded
from assistants.knowledge import retrieval
from assistants.knowledge.chunking import Chunk
from assistants.knowledge.vectors import packed
from assistants.playground.judging import ALIKE
from assistants.studio import Studio
from assistants.support.asking import SupportRun
from assistants.support.quoting import CURATED
from assistants.support.reranking import Reranker
from assistants.support.searching import ScoreExplanation, search
from assistants.support.verification import NEAR
from benchmarks.intents import NoJob
from benchmarks.support import DATA, NO_MODEL, asking_of, auroc, opened

SCALED = ((MODEL, "en"), (MULTILINGUAL, "en"), (MULTILINGUAL, "zh"))
# As the code compares them: two questions, two answers, a claim and a sentence.
LIMITS = (("CURATED", CURATED, "query"), ("ALIKE", ALIKE, "query"), ("NEAR", NEAR, "document"))
TOP = 5
# Of words, in tenths.
SHARES = range(0, 11)
BATCH = 32


@dataclass(frozen=True)
class Text:
    """A row of the data: ``half`` is fit, report, or other for a passage that nobody asks about."""

    number: str
    half: str
    domain: str
    question: str
    again: str
    passage: str


def texts(language: str) -> list[Text]:
    path = Path(__file__).with_name(f"paraphrases.{language}.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        return [Text(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


class Remembering:
    """An engine that looks first whether it was asked before."""

    def __init__(self, engine: Any, name: str) -> None:
        self.slots, self._engine, self._name = engine.slots, engine, name
        self._known = shelve.open(str(Path(tempfile.gettempdir()) / "aigc-studio-likeness"))  # noqa: SIM115

    def embed(self, asked: list[str], kind: str = "document", first: int = 0, *, cut: bool = False) -> Embedded:
        """Return what the engine does, asking it about new texts only."""
        keys = [hashlib.sha256(f"{self._name} {kind} {text}".encode()).hexdigest() for text in asked]
        new = [(key, text) for key, text in zip(keys, asked, strict=True) if key not in self._known]
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            read = self._engine.embed([text for _, text in part], kind, first, cut=cut)
            for (key, _), vector, unknown in zip(part, read.vectors, read.unknown, strict=True):
                self._known[key] = (vector, unknown)
        facts = [self._known[key] for key in keys]
        return Embedded([vector for vector, _ in facts], 0, [unknown for _, unknown in facts])

    def close(self) -> None:
        """Let others read what it remembers."""
        self._known.close()


def read_by(studio: Studio, model: str) -> Embedder:
    """Return an embedder of the studio that remembers."""
    for _ in studio.models.waiting(model):
        pass
    engine = Remembering(studio.models.engine(model), model)
    return Embedder(engine, NoJob(), studio.models.languages(model), model)


def cosines(embedder: Embedder, pairs: list[Text], kind: str) -> tuple[list[float], list[float]]:
    """Return the cosines of each question with its other wording, and with those of all others."""
    asked, again = (
        np.array(embedder.vectors([getattr(pair, name) for pair in pairs], kind)) for name in ("question", "again")
    )
    matrix = asked @ again.T
    own = np.eye(len(pairs), dtype=bool)
    return matrix[own].tolist(), matrix[~own].tolist()


def halves(language: str, half: str) -> list[Text]:
    return [text for text in texts(language) if text.half == half and text.again]


def fit(studio: Studio) -> None:
    """Write and print what the cosines of each embedder mean in each language."""
    lines = []
    for before, (model, language) in pairwise([("", ""), *SCALED]):
        embedder = read_by(studio, model)
        same, other = cosines(embedder, halves(language, "fit"), "query")
        embedder.engine.close()
        if model != before[0]:
            lines.append(f"{model}:")
        lines.append(f"  {language}: {{unrelated: {median(other):.3f}, same: {median(same):.3f}}}")
    Path(embedding.__file__).with_suffix(".yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def told_apart(embedder: Embedder, language: str) -> None:
    """Print how well likeness tells the other wording of a question from other questions."""
    pairs = halves(language, "report")
    for name, limit, kind in LIMITS:
        scale = embedder.scale(pairs[0].question)
        same, other = ([scale.of(cosine) for cosine in some] for some in cosines(embedder, pairs, kind))
        through = [sum(likeness >= limit for likeness in some) for some in (same, other)]
        print(
            f"  {name} {limit}: the same {share(through[0], len(same))}, others {share(through[1], len(other))};"
            f" AUROC {auroc(same, other):.3f}; medians {median(same):.2f} and {median(other):.2f}"
        )


def share(count: int, total: int) -> str:
    low, high = wilson(count, total)
    return f"{count}/{total} = {100 * count / total:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def taught(studio: Studio, embedder: Embedder, language: str) -> tuple[Any, dict[int, str]]:
    """Put each passage into a base as a source of its own; return the base and the numbers of the texts."""
    rows, vector_rows, numbers = studio.knowledge.rows, studio.knowledge.vector_rows, {}
    name = f"paraphrases {language} {embedder.model}"
    rows.create(name)
    vector_rows.settle(name, embedder.model)
    known = texts(language)
    vectors = embedder.vectors([text.passage for text in known])
    for text, vector in zip(known, vectors, strict=True):
        source = rows.expect(name, f"{text.number}.md", text.number, None)
        rows.fill(source, text.passage, [Chunk(0, text.passage, "")])
        [chunk] = vector_rows.lacking(name, TOP, source)
        numbers[chunk.number] = text.number
        vector_rows.keep(name, embedder.model, [(chunk.number, vector and packed(vector))], live=False)
        rows.publish(source)
    return studio.knowledge.base(name), numbers


def places(studio: Studio, embedder: Embedder, base: Any, question: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the numbers of the chunks that a question finds, the best first, in three ways."""
    asking = SupportRun(studio, NoJob(), base, embedder, Reranker(None, NoJob(), ""))
    [vector] = embedder.vectors([question], "query")
    by_words = studio.knowledge.find(base, question, None, TOP)
    nearest = studio.knowledge.vectors.nearest(base.name, base.revision, vector, TOP) if vector else []
    both = search(asking, question, ScoreExplanation()).found
    yield "words", [passage.first.number for passage in by_words.passages]
    yield "vectors", [number for number, _ in nearest]
    yield "both, as support searches", [passage.first.number for passage in both.passages]


def retrieved(studio: Studio, embedder: Embedder, language: str) -> None:
    """Print how often the passage that answers comes first, and among the first five, of all."""
    base, numbers = taught(studio, embedder, language)
    asked = [text for text in texts(language) if text.half == "report"]
    ranks: dict[str, list[int]] = {}
    for text in asked:
        for way, found in places(studio, embedder, base, text.question):
            right = [numbers[number] for number in found[:TOP]]
            ranks.setdefault(way, []).append(right.index(text.number) if text.number in right else TOP)
    print(f"  {len(asked)} questions, {len(numbers)} passages")
    for way, some in ranks.items():
        first, among = (sum(rank < limit for rank in some) for limit in (1, TOP))
        print(f"  {way}: right one first {share(first, len(some))}, among {TOP} {share(among, len(some))}")


def report(studio: Studio) -> None:
    for model, language in SCALED:
        embedder = read_by(studio, model)
        chosen = model_for(text.passage for text in texts(language)) == model
        print(f"{model}, {language}{' (the one that the studio takes)' if chosen else ''}")
        told_apart(embedder, language)
        retrieved(studio, embedder, language)
        embedder.engine.close()


def fusion(studio: Studio) -> None:
    """Print how often the right passage comes first, and among the first five, for each share of words."""
    print(f"{'':36}" + "".join(f"{tenths / 10:12.1f}" for tenths in SHARES))
    for model, language in SCALED:
        embedder = read_by(studio, model)
        base, numbers = taught(studio, embedder, language)
        asked = [(text.question, {n for n, own in numbers.items() if own == text.number}) for text in texts(language)
                 if text.half == "fit" and text.question]  # fmt: skip
        name = model.rpartition(":")[2]
        print(f"{f'{name}, {language}':36}" + by_share(studio, embedder, base, asked))
        embedder.engine.close()
    for name, part in DATA["fit"].items():
        base = studio.knowledge.base(name)
        rows = studio.knowledge.rows
        chunks = [chunk for source in rows.sources(name) for chunk in rows.chunks_of(source.id)]
        asked = [
            (question, {chunk.number for chunk in chunks if phrase in chunk.text})
            for question, phrase in part["answerable"].items()
        ]
        print(f"{name:36}" + by_share(studio, asking_of(studio, base).embedder, base, asked))


def by_share(studio: Studio, embedder: Embedder, base: Any, asked: list[tuple[str, set[int]]]) -> str:
    """Return the percentages of questions whose right passage comes first, and among the first five."""
    cells = []
    vectors = embedder.vectors([question for question, _ in asked], "query")
    known = retrieval.WORDS_SHARE
    try:
        for tenths in SHARES:
            retrieval.WORDS_SHARE = tenths / 10
            hits = [
                [any(chunk.number in right for chunk in passage.chunks) for passage in found.passages]
                for (question, right), vector in zip(asked, vectors, strict=True)
                for found in [studio.knowledge.find(base, question, vector, TOP)]
            ]
            first, among = (100 * sum(any(hit[:limit]) for hit in hits) / len(hits) for limit in (1, TOP))
            cells.append(f"{first:8.0f}{among:4.0f}")
    finally:
        retrieval.WORDS_SHARE = known
    return "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "report", "fusion"))
    asked = parser.parse_args()
    with opened(NO_MODEL) as studio:
        {"fit": fit, "report": report, "fusion": fusion}[asked.what](studio)


if __name__ == "__main__":
    main()
