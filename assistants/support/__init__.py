"""Support: questions answered from a base of knowledge, with proof or not at all.

    evidence.py      the sentences of what was found, weighed
    quoting.py       answers that are quoted: curated ones, and the sentences that say most
    drafting.py      a model's draft
    verification.py  what of a draft is proved
    phrases.yaml     what support says of itself

A curated answer comes first; else a model writes one, of which only what the passages prove is kept; where that is too
little, the passages are quoted; where nothing fits the question, it says so. Knows nothing about how a base is made.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import Field

from assistants.embedder import Embedder, embed_chunks, opened_embedder
from assistants.errors import InvalidInput, NotFound
from assistants.jobs import Event, JobRow, Part, Progress, Result, RunningJob, Text, note
from assistants.knowledge import Base
from assistants.knowledge.followups import whole
from assistants.knowledge.sentences import share_chinese
from assistants.requests import Admission, Name, StudioRequest
from assistants.support.drafting import prompt, write
from assistants.support.evidence import Evidence, gather
from assistants.support.quoting import Answer, curated, extracted
from assistants.support.verification import is_hopeless, verify

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "support"

MAX_QUESTION = 2000
MAX_TURNS = 20
# A base answers from this probability on.
ENOUGH = 0.5
# Chunks that get their vectors while somebody waits: no more than take a second or two.
AT_ONCE = 100
CHINESE = 0.3
# Whoever asks waits no longer for the embedder: words find most, too.
PATIENCE = 8.0
# A written answer may say this much less about the question than the quoted one: it reads better.
SLACK = 0.05


class Request(StudioRequest):
    """A question to a base of knowledge; ``conversation`` is that of an earlier answer, where it follows up."""

    question: Annotated[str, Field(max_length=MAX_QUESTION)]
    knowledge: Name | None = None
    conversation: Name | None = None
    model: Name | None = None


@dataclass
class Why:
    """How an answer came about, for whoever wants to see that."""

    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=monotonic)

    def took(self, step: str) -> None:
        """Note that a step ends here."""
        now = monotonic()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now


def admit(studio: "Studio", request: Request, owner: str, job_id: str) -> Admission:
    """Check that there are such a base and such a conversation; each question waits for the one before it."""
    if not request.question.strip():
        raise InvalidInput("question", "{field} is empty.")
    model = studio.models.resolve(request.model, owner, "chat")
    studio.knowledge.base(request.knowledge, request.question)
    earlier = _earlier(studio, request.conversation, owner)
    after = earlier[-1].id if earlier and earlier[-1].is_open else None
    conversation = request.conversation or job_id
    return Admission(request.question, model, {"conversation": conversation}, after)


def _earlier(studio: "Studio", conversation: str | None, owner: str) -> list[JobRow]:
    if conversation is None:
        return []
    if not (found := studio.history.jobs.talk(conversation, owner, MAX_TURNS)):
        raise NotFound("There is no such conversation.")
    return found


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Find passages, make an answer of them, prove it, and say what proves it."""
    yield Progress(0, None, "Searching the knowledge base")
    embedder = yield from opened_embedder(studio, job, PATIENCE)
    base = studio.knowledge.base(request.knowledge, request.question)
    if studio.knowledge.rows.count_without_vector(base.name) <= AT_ONCE:
        yield from embed_chunks(studio, embedder, base.name)
        base = studio.knowledge.base(base.name)
    why, asked = Why(), _whole_question(studio, request, job)
    evidence = search(studio, base, asked, embedder, why)
    language = "zh" if share_chinese(request.question) > CHINESE else "en"
    answer = None
    if evidence.confidence >= ENOUGH:
        answer = curated(evidence) or (yield from _best(studio, request, job, language, evidence, embedder, why))
    text = answer.text if answer else _not_found(base, evidence, language)
    yield Text(text)
    why.facts |= {"route": answer.route if answer else "not found", "seconds": why.seconds}
    yield Part("why", why.facts)
    yield Result({
        "answer": text,
        "citations": [quote.citation() for quote in answer.quotes] if answer else [],
        "grounded": answer is not None,
        "confidence": round(evidence.confidence, 3),
        "knowledge": base.name,
    })  # fmt: skip


def search(studio: "Studio", base: Base, question: str, embedder: Embedder, why: Why) -> Evidence:
    """Return what a base has on a question; the one way there, for answers and for trying out."""
    vector = embedder.vectors([question], "query")[0]
    found = studio.knowledge.find(base, question, vector)
    why.took("search")
    evidence = gather(question, vector, found, embedder)
    why.took("weigh")
    why.facts |= {
        "knowledge": base.name,
        "query": question,
        "dense": vector is not None,
        "candidates": [
            {
                "source": passage.first.source,
                "chunk": passage.first.number,
                "heading": passage.first.question or passage.first.heading,
                "lexical": passage.lexical and round(passage.lexical, 3),
                "dense": passage.dense and round(passage.dense, 3),
                "score": round(passage.score, 3),
            }
            for passage in found.passages
        ],
    }
    return evidence


def _whole_question(studio: "Studio", request: Request, job: RunningJob) -> str:
    """Return the question with what it leaves out, because it was said before."""
    asked: list[str] = []
    for row in _earlier(studio, request.conversation, job.owner) if request.conversation else []:
        if row.id < job.id:
            asked.append(whole(row.input, asked))
    return whole(request.question, asked)


def _best(
    studio: "Studio",
    request: Request,
    job: RunningJob,
    language: str,
    evidence: Evidence,
    embedder: Embedder,
    why: Why,
) -> Generator[Event, None, Answer | None]:
    """Return a written answer where it proves itself and says as much as the quoted one, else that."""
    best = extracted(evidence)
    if best is None or not _can_write(studio, request, job, language):
        return best
    messages = prompt(studio, job.owner, language, evidence)
    draft = yield from write(studio, job, messages, lambda text: is_hopeless(text, evidence))
    why.took("write")
    why.facts |= {"prompt": messages, "draft": draft}
    if draft is None:
        yield note("The model could not write an answer, so the passages are quoted.")
        return best
    yield Progress(0, None, "Checking the answer")
    checked = verify(draft, evidence, embedder)
    why.took("check")
    why.facts["dropped"] = list(checked.dropped)
    proved = len(checked.answer.quotes) > 0 and checked.kept >= len(checked.dropped)
    return checked.answer if proved and _says_as_much(checked.answer, best, evidence, embedder) else best


def _can_write(studio: "Studio", request: Request, job: RunningJob, language: str) -> bool:
    """Say whether a model knows the language; nobody waits for one to be fetched unless they asked for it."""
    model = job.row.model
    languages = studio.models.languages(model)
    if languages and language not in languages:
        return False
    return bool(request.model) or studio.models.state(model).state in ("installed", "loading", "ready")


def _says_as_much(written: Answer, best: Answer, evidence: Evidence, embedder: Embedder) -> bool:
    """Say whether a written answer is about the question as much as the quoted one is."""
    texts = [written.text, best.text]
    vectors = embedder.vectors(texts) if evidence.vector else [None, None]
    says = [evidence.aboutness(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    return says[0] >= says[1] - SLACK


def _not_found(base: Base, evidence: Evidence, language: str) -> str:
    said = phrases()[language]
    text = base.not_found or said["not_found"]
    topics = said["between"].join(evidence.topics())
    return f"{text} {said['topics'].format(topics=topics)}" if topics else text


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Return what support says of itself, by language."""
    return yaml.safe_load(Path(__file__).with_name("phrases.yaml").read_text(encoding="utf-8"))
