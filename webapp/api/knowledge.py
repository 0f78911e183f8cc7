"""Knowledge over HTTP: bases, the sources in them, and what a question finds.

Everybody may ask; only the operator changes anything, and reads sources where a base does not let everybody, which the
library sees to. Knows nothing about how
documents are read.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from assistants import ingestion
from assistants.support import desk
from assistants.visibility import ALL, PRIVATE
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import answers
from webapp.api.jobs import JobTicket
from webapp.api.sentences import Sentence
from webapp.i18n import translate

router = APIRouter(tags=["knowledge"], prefix="/knowledge")

# By what ``readers`` says: no name of a person is known here.
VISIBILITY = {"operator": PRIVATE, "everyone": ALL}

Name = Annotated[str, Path(min_length=1, max_length=200, description="The name of a base")]


class Base(BaseModel):
    """A base of knowledge."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    sources: int
    chunks: int = Field(description="Those that answer")
    not_found: str = Field(description="What it says where it has no answer; empty for the studio's own words")
    suggested: str
    synonyms: str
    origins: str
    reranker: str
    model_help: str
    readers: str
    embedder: str = Field(description="The model that its vectors are by; empty while it has none")


class OneBase(Base):
    """A base, and what you may do there."""

    reads: bool = Field(description="Whether you may read its sources in full")
    may: bool = Field(description="Whether you may change it")
    waiting: int = Field(description="How many customers wait for a person, as the operator sees it")


class Source(BaseModel):
    """A source in a base."""

    id: str
    name: str
    status: Literal["ready", "queued", "running", "stopping", "stopped", "failed", "interrupted", "done"]
    characters: int
    chunks: int
    created: str
    replaced: str | None = Field(description="Since when a newer version answers in its place")
    notes: list[Sentence] = Field(description="What of it was left out, or read otherwise than it is shown")


class Chunk(BaseModel):
    """A piece of a source; an entry of a list of questions has its `question`."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    start: int = Field(description="Where it begins in the source's text, in characters")
    text: str
    heading: str
    question: str
    enabled: bool


class WholeSource(Source):
    """A source with the text that citations count in, and its chunks."""

    text: str
    pieces: list[Chunk]


class BaseChange(BaseModel):
    """What to change about a base; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    not_found: str = ""
    suggested: str = Field("", description="Questions to begin with, one a line")
    synonyms: str = Field("", description="Words that mean the same, a line each, with commas between")
    origins: str = Field("", description="Sites whose pages may show the base, such as https://shop.example")
    reranker: str = Field("", description="A cross-encoder that ranks what was found, by its name in Settings > Models")
    model_help: Literal["auto", "always", "never"] = Field(
        "auto", description="Whether the model rewords follow-ups and sums conversations up: auto if it is a large one"
    )
    readers: Literal["operator", "everyone"] = Field(
        "operator", description="Who may read sources in full; everybody sees answers and what they quote"
    )


class Reading(BaseModel):
    """By which embedder to read a base."""

    model_config = ConfigDict(extra="forbid")

    embedder: Literal["english", "multilingual"]


class Vectors(BaseModel):
    """What a base is found by, beside words."""

    embedder: Literal["english", "multilingual"] | None = Field(description="None while it has no vectors")
    unread: int = Field(description="Passages in a language that the embedder does not know")


class ChunkChange(BaseModel):
    """What to change about a chunk; other words make a new version of its source, in which it has another number."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    text: str | None = None


@router.get("", responses=answers(401, 503))
def list_bases(studio: TheStudio, owner: Owner) -> list[Base]:
    """Return the bases of knowledge, by name."""
    return [Base.model_validate(base) for base in studio.knowledge.bases()]


@router.get("/{name}", responses=answers(401, 404, 422, 503))
def get_base(studio: TheStudio, who: Who, name: Name) -> OneBase:
    """Return a base, and what you may do there."""
    return OneBase(
        **Base.model_validate(studio.knowledge.base(name)).model_dump(),
        reads=studio.knowledge.may_read(name, who),
        may=who.is_operator,
        waiting=desk.waiting(studio, name, who),
    )


@router.patch("/{name}", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def change_base(studio: TheStudio, who: Who, name: Name, change: BaseChange) -> None:
    """Set what a base says where it has no answer, what it offers to ask, which words mean the same, what helps it."""
    texts = change.model_dump(exclude_unset=True)
    if "readers" in texts:
        texts["visibility"] = VISIBILITY[texts.pop("readers")]
    desk.set_up(studio, name, who, **texts)


@router.get("/{name}/vectors", responses=answers(401, 403, 404, 422, 503))
def get_vectors(studio: TheStudio, who: Who, name: Name) -> Vectors:
    """Return by which embedder a base is read, and how much of it that does not know."""
    return Vectors.model_validate(ingestion.embedded(studio, name, who))


@router.post("/{name}/vectors", status_code=202, responses=answers(401, 403, 404, 413, 422, 429, 503))
def read_again(studio: TheStudio, who: Who, name: Name, reading: Reading) -> JobTicket:
    """Read all that a base has again, by one embedder or the other; words find it meanwhile."""
    row = studio.jobs.submit(ingestion.ID, {"knowledge": name, "embedder": reading.embedder}, who)
    return JobTicket(id=row.id, status=row.status)


@router.delete("/{name}", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def delete_base(studio: TheStudio, who: Who, name: Name) -> None:
    """Delete a base and all that is in it, for good."""
    studio.knowledge.delete_base(name, who)


@router.post(
    "/{name}/sources",
    status_code=202,
    responses=answers(401, 403, 413, 422, 429, 503),
    form_limits={"max_files": ingestion.MAX_FILES, "max_fields": 8},
)
def add_sources(studio: TheStudio, who: Who, name: Name, file: list[UploadFile]) -> JobTicket:
    """Take in files; the base is made if need be, and they answer when the job is done.

    A file with the name of an earlier one replaces it.
    """
    row = ingestion.submit(studio, name, [(one.filename or "file", one.file) for one in file], who)
    return JobTicket(id=row.id, status=row.status)


@router.get("/{name}/sources", responses=answers(401, 403, 404, 422, 503))
def list_sources(studio: TheStudio, who: Who, name: Name, lang: Language) -> list[Source]:
    """Return the sources of a base, the newest first."""
    return [Source(**translate(asdict(source), lang)) for source in studio.knowledge.sources(name, who)]


@router.get("/{name}/sources/{id}", responses=answers(401, 403, 404, 422, 503))
def get_source(studio: TheStudio, who: Who, name: Name, id: Id, lang: Language) -> WholeSource:
    """Return a source with its text, also one that was replaced: what an earlier answer saw."""
    source, text, chunks = studio.knowledge.source(name, id, who)
    fields: dict[str, Any] = translate(asdict(source), lang)
    return WholeSource(**fields, text=text, pieces=[Chunk.model_validate(chunk) for chunk in chunks])


@router.delete("/{name}/sources/{id}", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def delete_source(studio: TheStudio, who: Who, name: Name, id: Id) -> None:
    """Delete a source and its versions for good: no answer comes from it any more."""
    studio.knowledge.delete(name, id, who)


@router.patch("/{name}/chunks/{number}", status_code=204, responses=answers(401, 403, 404, 413, 422, 503))
def change_chunk(
    studio: TheStudio, who: Who, name: Name, number: Annotated[int, Path(ge=0, le=2**63 - 1)], change: ChunkChange
) -> None:
    """Let a chunk answer, or not, or change what it says."""
    if change.enabled is not None or change.text is None:
        studio.knowledge.enable(name, number, change.enabled is not False, who)
    if change.text is not None:
        studio.knowledge.edit(name, number, change.text, who)
