"""Support: questions answered from a base of knowledge, with proof or not at all.

    searching.py     what a base has on a question
    evidence.py      the sentences of what was found, weighed
    quoting.py       answers that are quoted: curated ones, and the sentences that say most
    drafting.py      a model's draft
    verification.py  what of a draft is proved
    intent.py        what the question was taken for, and how to go on without an answer
    phrases.yaml     what support says of itself

A curated answer comes first; else a model writes one, of which only what the passages prove is kept; where that is too
little, the passages are quoted; where nothing fits the question, it says so. Knows nothing about how a base is made.
"""

from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
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
from assistants.support.evidence import Evidence
from assistants.support.intent import Meant, fallback, meant
from assistants.support.quoting import Answer, curated, extracted
from assistants.support.searching import Why, search
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
    why, earlier = Why(), _before(studio, request, job)
    evidence = search(studio, base, whole(request.question, _asked(earlier)), embedder, why)
    language = "zh" if share_chinese(request.question) > CHINESE else "en"
    taken = yield from meant(studio, job, studio.knowledge.intents.get(base.name), embedder, request.question)
    answer = None
    if evidence.confidence >= ENOUGH and not taken.wants_person:
        answer = curated(evidence) or (yield from _best(studio, request, job, language, evidence, embedder, why))
    further = {} if answer else _further(taken, earlier)
    text = answer.text if answer else _without_answer(base, evidence, language, taken, further)
    yield Text(text)
    why.facts |= taken.facts() | {"route": answer.route if answer else "not found", "seconds": why.seconds}
    yield Part("why", why.facts)
    yield Result({
        "answer": text,
        "citations": [quote.citation() for quote in answer.quotes] if answer else [],
        "grounded": answer is not None,
        "confidence": round(evidence.confidence, 3),
        "knowledge": base.name,
        **({"intent": taken.label} if taken.label else {}),
        **further,
    })  # fmt: skip


def _before(studio: "Studio", request: Request, job: RunningJob) -> list[JobRow]:
    """Return the earlier questions of the conversation."""
    rows = _earlier(studio, request.conversation, job.owner) if request.conversation else []
    return [row for row in rows if row.id < job.id]


def _asked(earlier: list[JobRow]) -> list[str]:
    """Return the earlier questions, each with what it leaves out because it was said before."""
    asked: list[str] = []
    for row in earlier:
        asked.append(whole(row.input, asked))
    return asked


def _further(taken: Meant, earlier: list[JobRow]) -> dict[str, Any]:
    """Return how to go on without an answer, as the result says it."""
    step = fallback(taken, earlier)
    return {"fallback": step, "choices": taken.choices()} if step == "ask back" else {"fallback": step}


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


def _without_answer(base: Base, evidence: Evidence, language: str, taken: Meant, further: dict[str, Any]) -> str:
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
