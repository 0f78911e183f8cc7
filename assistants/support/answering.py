"""Answering: the steps from a question to its answer, the same for whoever asks and for tests of a base.

Knows in which order things are tried; knows nothing about jobs' rows or who asks.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistants.embedder import Embedder
from assistants.jobs import Event, JobRow, Progress, note
from assistants.knowledge import Base
from assistants.knowledge.terms import share_chinese
from assistants.support.asking import SupportRun
from assistants.support.drafting import prompt, write
from assistants.support.evidence import Evidence
from assistants.support.intent import IntentGuess, fallback, meant
from assistants.support.intent_rows import IntentRows
from assistants.support.quoting import Answer, curated, extracted
from assistants.support.rewording import reworded
from assistants.support.searching import ScoreExplanation, search
from assistants.support.verification import is_hopeless, verify

# A base answers from this probability on.
ENOUGH = 0.5
CHINESE = 0.3
# What is left of it where none of the question's own words is in what was found.
ELSEWHERE = 0.5
# A written answer may say this much less about the question than the quoted one: it reads better.
SLACK = 0.05


@dataclass(frozen=True)
class Reply:
    """What is said to a question; ``answer`` is None where the base has none."""

    text: str
    answer: Answer | None
    confidence: float
    base: str
    taken: IntentGuess
    why: ScoreExplanation
    further: dict[str, Any] = field(default_factory=dict)

    def result(self) -> dict[str, Any]:
        """Return it as support's result."""
        return {
            "answer": self.text,
            "citations": [quote.citation() for quote in self.answer.quotes] if self.answer else [],
            "grounded": self.answer is not None,
            "confidence": round(self.confidence, 3),
            "knowledge": self.base,
            **({"intent": self.taken.label} if self.taken.label else {}),
            **self.further,
        }


def answer(asking: SupportRun, question: str, earlier: Sequence[JobRow] = ()) -> Generator[Event, None, Reply]:
    """Find passages, make an answer of them, prove it, and note what proves it."""
    studio, job, base, embedder = asking.studio, asking.job, asking.base, asking.embedder
    why = ScoreExplanation()
    language = language_of(question)
    asked = yield from reworded(asking, language, question, earlier, why)
    evidence = search(asking, asked, why)
    # What was carried over from the question before may find its answer again, which is none to this one.
    is_own = asked == question or evidence.holds(question)
    confidence = evidence.confidence if is_own else evidence.confidence * ELSEWHERE
    taken = yield from meant(studio, job, IntentRows(studio.history.store).get(base.name), embedder, question)
    found = None
    if confidence >= ENOUGH and not taken.wants_person:
        found = curated(evidence) or (yield from _best(asking, language, evidence, why))
    further = {} if found else _further(taken, earlier)
    text = found.text if found else _without_answer(base, evidence, language, taken, further)
    why.facts |= taken.facts() | {"route": found.route if found else "not found", "seconds": why.seconds}
    return Reply(text, found, confidence, base.name, taken, why, further)


def language_of(text: str) -> str:
    """Return the language that is answered in."""
    return "zh" if share_chinese(text) > CHINESE else "en"


def _further(taken: IntentGuess, earlier: Sequence[JobRow]) -> dict[str, Any]:
    """Return how to go on without an answer, as the result says it."""
    step = fallback(taken, earlier)
    return {"fallback": step, "choices": taken.choices()} if step == "ask back" else {"fallback": step}


def _best(
    asking: SupportRun, language: str, evidence: Evidence, why: ScoreExplanation
) -> Generator[Event, None, Answer | None]:
    """Return a written answer where it proves itself and says as much as the quoted one, else that."""
    best = extracted(evidence)
    if best is None or not asking.writes_answers(language):
        return best
    messages = prompt(asking.studio, asking.job.owner, language, evidence)
    draft = yield from write(asking.studio, asking.job, messages, lambda text: is_hopeless(text, evidence))
    why.took("write")
    why.facts |= {"prompt": draft.prompt, "draft": draft.text}
    if draft.text is None:
        yield note("The model could not write an answer, so the passages are quoted.")
        return best
    yield Progress(0, None, "Checking the answer")
    checked = verify(draft.text, evidence, asking.embedder)
    why.took("check")
    why.facts["dropped"] = list(checked.dropped)
    proved = len(checked.answer.quotes) > 0 and checked.kept >= len(checked.dropped)
    return checked.answer if proved and _says_as_much(checked.answer, best, evidence, asking.embedder) else best


def _says_as_much(written: Answer, best: Answer, evidence: Evidence, embedder: Embedder) -> bool:
    """Say whether a written answer is about the question as much as the quoted one is."""
    texts = [written.text, best.text]
    vectors = embedder.vectors(texts) if evidence.vector else [None, None]
    says = [evidence.aboutness(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    return says[0] >= says[1] - SLACK


def _without_answer(base: Base, evidence: Evidence, language: str, taken: IntentGuess, further: dict[str, Any]) -> str:
    said = phrases()[language]
    if taken.wants_person:
        return said["person"]
    if choices := further.get("choices"):
        return said["ask_back"].format(choices=said["between"].join(choices))
    text = base.not_found or said["not_found"]
    topics = said["between"].join(evidence.topics())
    return f"{text} {said['topics'].format(topics=topics)}" if topics else text


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Return what support says of itself, by language."""
    return yaml.safe_load(Path(__file__).with_name("phrases.yaml").read_text(encoding="utf-8"))
