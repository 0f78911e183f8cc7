"""Ingestion: files and texts become sources of a base of knowledge.

A job, so that it shows how far it is, can be stopped, and goes on after a restart with what it has not done yet. Knows
in which order things happen; knows nothing about how documents are read or found.
"""

import contextlib
import hashlib
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from pydantic import Field

from assistants import bounded
from assistants.bounded import DOCUMENT
from assistants.embedder import EMBEDDERS, Embedder, base_embedder, embed_chunks, opened_embedder
from assistants.errors import InvalidInput, ModelUnavailable, StudioError
from assistants.jobs import Event, JobRow, Part, Progress, Result, RunningJob, Text, note
from assistants.knowledge import chunking, reading, sites
from assistants.principals import Principal, must_be_operator
from assistants.requests import Admission, Name, StudioRequest
from assistants.store.row_kinds import RowKind

if TYPE_CHECKING:
    from assistants.studio import Studio

ID = "ingestion"
RESUMABLE = True
# Nobody's in particular; what is still to be read is named here.
ROWS = (RowKind("source", "sources", owner="", uploads="SELECT file FROM sources WHERE file IS NOT NULL AND ? != ''"),)

MAX_FILES = 100
MAX_TEXT = 2_000_000
UNREAD = (
    "The embedder of this base doesn't know the language of {count} passages, so they are found by their words alone."
    " Read the base again with the multilingual one under Manage."
)


class Request(StudioRequest):
    """Files that were uploaded, by their ids, a text with a title, or the pages of a site from an address on.

    One of the same name is replaced. With an ``embedder``, all that the base has is read again by that one.
    """

    knowledge: Name
    files: Annotated[list[Name], Field(max_length=MAX_FILES)] = []
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    site: Annotated[str, Field(max_length=2000)] = ""
    pages: Annotated[int, Field(ge=1, le=sites.MAX_PAGES)] = 50
    embedder: Literal["english", "multilingual"] | None = None


def submit(studio: "Studio", knowledge: str, uploads: Iterable[tuple[str, BinaryIO]], who: Principal) -> JobRow:
    """Take in files, names and bytes, and submit the job that reads them; of what is refused nothing stays."""
    must_be_operator(who)
    files: list[str] = []
    try:
        files += (studio.history.files.add(who, name, stream).id for name, stream in uploads)
        return studio.jobs.submit(ID, {"knowledge": knowledge, "files": files}, who)
    except BaseException:
        for file in files:
            studio.history.files.drop(file)
        raise


def look_over(studio: "Studio", request: Request, who: Principal) -> None:
    """Raise ``InvalidInput`` for a file that cannot be read."""
    must_be_operator(who)
    for file_id in request.files:
        file = studio.history.files.get(file_id, who.id)
        data = file.path.read_bytes()
        bounded.call(reading.kind_of, file.name, data, field="file", budget=DOCUMENT)


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Note every source as one that is to come, so that the same file cannot come twice meanwhile."""
    if request.embedder:
        must_be_operator(who)
        studio.knowledge.rows.base(request.knowledge)
    studio.knowledge.create(request.knowledge, who)
    names = [_expect_file(studio, request.knowledge, file, who, job_id) for file in request.files]
    if request.text.strip():
        title = request.title.strip() or " ".join(request.text.split())[:60]
        digest = hashlib.sha256(request.text.encode()).hexdigest()
        source = studio.knowledge.rows.expect(request.knowledge, title, digest, job_id)
        text, chunks = chunking.compose([chunking.Part(request.text)])
        studio.knowledge.rows.fill(source, text, _some(title, chunks))
        names.append(title)
    if request.site.strip():
        names.append(sites.address(request.site))
    if not names and not request.embedder:
        raise InvalidInput("file", "Send a file, a text or the address of a site.")
    return Admission("\n".join(names) or request.knowledge, result={"knowledge": request.knowledge})


def _expect_file(studio: "Studio", knowledge: str, file_id: str, who: Principal, job_id: str) -> str:
    file = studio.history.files.get(file_id, who.id)
    data = file.path.read_bytes()
    studio.knowledge.rows.expect(knowledge, file.name, hashlib.sha256(data).hexdigest(), job_id, file.id)
    return file.name


def embedded(studio: "Studio", knowledge: str, who: Principal) -> dict[str, Any]:
    """Return which ``embedder`` reads a base, if any yet, and how many passages it doesn't know (``unread``).

    Raises ``NotAllowed`` or ``NotFound``.
    """
    must_be_operator(who)
    name, rows = studio.knowledge.rows.base(knowledge).name, studio.knowledge.vector_rows
    by_model = {model: embedder for embedder, model in EMBEDDERS.items()}
    return {"embedder": by_model.get(rows.embedder(name)), "unread": rows.unread(name)}


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Read source after source; one that cannot be read is told of, and the others go on."""
    if request.site.strip() and not any(part.name == "site" for part in job.parts):
        yield from _crawl(studio, request, job)
    embedder: Embedder | None = None
    if request.embedder:
        embedder = yield from _read_again(studio, job, request.knowledge, EMBEDDERS[request.embedder])
    failures: list[tuple[str, StudioError]] = []
    done = [part.data for part in job.parts if part.name == "source"]
    for source in studio.knowledge.rows.awaited(job.id):
        try:
            yield from _read(studio, source)
            # Only now it is known which language it is to know.
            embedder = embedder or (yield from _embedder(studio, job, request.knowledge))
            source |= yield from _publish(studio, source, embedder)
        except InvalidInput as error:
            studio.knowledge.rows.discard(source["id"])
            failures.append((source["name"], error))
            yield note(error.template, **error.values)
            continue
        done.append({key: source[key] for key in ("id", "name", "chunks", "notes")})
        yield Part("source", done[-1])
        yield Text(f"{source['name']}: {source['chunks']}\n")
    for count, total in studio.knowledge.index(request.knowledge):
        yield Progress(count, total, "Indexing a large base")
    if unread := studio.knowledge.vector_rows.unread(request.knowledge):
        yield note(UNREAD, count=unread)
    if failures and not done:
        raise failures[0][1]
    yield Result({"sources": done, "failed": [name for name, _ in failures]})


def _crawl(studio: "Studio", request: Request, job: RunningJob) -> Generator[Event, None, None]:
    """Note every page of a site that holds text as a source that is to come, unless it is there as it is."""
    count = empty = 0
    for page in sites.pages(sites.address(request.site), request.pages):
        count += 1
        yield Progress(count, request.pages, "Reading the site")
        kind = "page.txt" if page.kind == "text/plain" else "page.html"
        try:
            found = _reading(kind, page.data, page.charset)
            text, chunks = chunking.compose(found.parts)
            _some(kind, chunks)
        except InvalidInput:
            empty += 1
            continue
        digest = hashlib.sha256(f"{page.url}\n{text}".encode()).hexdigest()
        with contextlib.suppress(InvalidInput):
            source = studio.knowledge.rows.expect(request.knowledge, sites.name(page), digest, job.id)
            studio.knowledge.rows.fill(source, text, chunks, found.notes)
    if empty:
        yield note("Pages that hold no text are left out ({count}).", count=empty)
    yield Part("site", count)


def _read(studio: "Studio", source: dict[str, Any]) -> Generator[Event, None, None]:
    """Read a source, unless that was done before a restart."""
    if source["text"]:
        return
    yield Progress(0, None, "Reading the document")
    data = studio.history.files.folder.joinpath(source["file"]).read_bytes()
    found = _reading(source["name"], data)
    text, chunks = chunking.compose(found.parts)
    studio.knowledge.rows.fill(source["id"], text, _some(source["name"], chunks), found.notes)


def _reading(name: str, data: bytes, charset: str = "") -> reading.Reading:
    """Read a document, which anybody may have made, in a child."""
    found = bounded.call(reading.read, name, data, charset, field="file", budget=DOCUMENT)
    return reading.Reading(tuple(chunking.Part(**part) for part in found["parts"]), tuple(found["notes"]))


def _embedder(studio: "Studio", job: RunningJob, knowledge: str) -> Generator[Event, None, Embedder]:
    """Wait for the base's embedder, and tell where there is none."""
    embedder = yield from base_embedder(studio, job, knowledge)
    if embedder.engine is None:
        yield note("There is no embedder here, so this base is searched by words alone.")
    return embedder


def _read_again(studio: "Studio", job: RunningJob, knowledge: str, model: str) -> Generator[Event, None, Embedder]:
    """Give all chunks of a base vectors by another embedder; raises ``ModelUnavailable`` and changes nothing then."""
    embedder = yield from opened_embedder(studio, job, model=model)
    if embedder.engine is None:
        raise ModelUnavailable("The embedder can't be had just now, so the base stays as it was.")
    rows = studio.knowledge.vector_rows
    if rows.embedder(knowledge) != model:
        rows.change_embedder(knowledge, model)
    yield from embed_chunks(studio, embedder, knowledge)
    return embedder


def _publish(studio: "Studio", source: dict[str, Any], embedder: Embedder) -> Generator[Event, None, dict[str, Any]]:
    """Embed a source's chunks and let it answer."""
    rows = studio.knowledge.rows
    yield from embed_chunks(studio, embedder, source["knowledge"], source["id"])
    rows.publish(source["id"])
    kept = rows.source(source["knowledge"], source["id"])
    return {"chunks": kept.chunks, "notes": kept.notes}


def _some(name: str, chunks: list[chunking.Chunk]) -> list[chunking.Chunk]:
    if not chunks:
        raise InvalidInput("file", reading.NO_TEXT, name=name)
    return chunks
