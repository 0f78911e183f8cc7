"""Images over HTTP: what can be drawn, the gallery with its boards, the queue, and what a picture says of itself.

Pictures are drawn by jobs (``webapp.api.jobs``) and their bytes are files (``webapp.api.files``). Knows nothing about
how either is made.
"""

import zipfile
from dataclasses import asdict
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from assistants import images
from assistants.images import options, restoring, waiting
from assistants.images.keeping import address, parameters, thumbnail
from assistants.images.preflight import preflight
from assistants.images.reading import read
from assistants.prompts import render
from assistants.requests import validated
from assistants.store.pictures import Made, Picture, Wanted
from assistants.support.drafting import is_elsewhere
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers
from webapp.api.history import ZIP, zipped
from webapp.api.jobs import JobTicket, must_be_json
from webapp.api.sentences import Sentence
from webapp.i18n import translate

router = APIRouter(tags=["images"])
THUMBNAIL: Answers = {200: {"content": {"image/webp": {}}}}

# The template that turns an idea into a prompt, and how long a prompt gets.
BETTER, MAX_TOKENS = "chat/picture-prompt", 80

Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)]
SomeIds = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)]
Cursor = Annotated[str | None, Query(max_length=64)]


class Body(BaseModel):
    """What a request's body holds; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """A picture of the gallery."""

    id: str
    job: str
    kind: Literal["picture", "unfinished", "grid", "upscaled"]
    file: str = Field(description="The address of its file")
    thumbnail: str = Field(description="The address of a small copy")
    width: int
    height: int
    seed: int | None
    prompt: str
    model: str
    starred: bool
    unfinished: bool
    boards: list[str]
    created: str


class Whole(Shown):
    """A picture with all that made it."""

    request: dict[str, Any] = Field(description="What draws it again")
    parameters: str = Field(description="The same as other programs write it")
    made_with: dict[str, str]


class Gallery(BaseModel):
    """A page of the gallery, the newest first."""

    pictures: list[Shown]
    next: str | None = Field(description="What `before` is for the next page")
    total: int


class Chosen(Body):
    """Pictures by id."""

    ids: Ids


class Starred(Body):
    """Whether a picture has a star."""

    starred: bool


class Named(Body):
    """The name of a board."""

    name: Annotated[str, Field(max_length=100)]


class Board(BaseModel):
    """A board and how many pictures are on it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    pictures: int


class Moves(Body):
    """What is put on a board, and what is taken off."""

    add: SomeIds = []
    remove: SomeIds = []


class Flight(BaseModel):
    """What a request will take: bytes of memory and seconds, null where nobody knows."""

    fits: bool
    need: int | None
    free: int
    seconds: float | None
    advice: list[Sentence]
    unlearnt: list[str] = Field(description="Words of the prompt that the model was never taught")


class Told(BaseModel):
    """What a picture says of how it was made, the file that it is kept as, and what could not be taken over."""

    request: dict[str, Any]
    source: Literal["studio", "a1111", "fooocus", "swarmui", "invokeai", "comfyui", "novelai"]
    missing: list[Sentence]
    file: str


class Waiting(BaseModel):
    """A job that draws (position 0) or waits."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    status: str
    prompt: str
    count: int
    position: int
    created: str


class Queue(BaseModel):
    """The jobs in the order in which they are drawn."""

    paused: bool
    jobs: list[Waiting]


class QueueChange(Body):
    """Hold what waits back or let it go on; put it into another order."""

    paused: bool | None = None
    order: SomeIds | None = None


class Idea(Body):
    """A prompt to make better."""

    prompt: Annotated[str, Field(min_length=1, max_length=4000)]


class AnyImageRequest(Body):
    """The request of a job of the assistant `images`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"prompt": "a snowman"}]})

    prompt: JsonValue = ""


AnyRequest = Annotated[
    AnyImageRequest, AfterValidator(lambda request: (must_be_json(request.model_dump()), request)[1])
]


@router.get("/images/options", responses=answers(401, 503))
def list_options(studio: TheStudio, who: Who, lang: Language) -> dict[str, Any]:
    """Return what the page offers: models with their own settings, styles, LoRAs, examples."""
    return translate(options.options(studio, who, lang), lang)


@router.post("/images/preflight", responses=answers(401, 403, 404, 413, 422, 503))
def look_ahead(studio: TheStudio, who: Who, request: AnyRequest, lang: Language) -> Flight:
    """Return what a request will take, or the error that it would get."""
    checked = validated(images.Request, request.model_dump())
    images.check(studio, checked, who.id)
    found = preflight(studio, checked, studio.models.resolve(checked.model, who, "image"))
    return Flight(**translate(asdict(found), lang))


@router.get("/images", responses=answers(401, 422, 503))
def list_pictures(
    studio: TheStudio,
    owner: Owner,
    query: Annotated[str, Query(max_length=500)] = "",
    starred: bool = False,
    board: Cursor = None,
    before: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> Gallery:
    """Return your pictures, a page at a time."""
    page = studio.history.pictures.page(owner, Wanted(query, starred, board, before, limit))
    return Gallery(pictures=[shown(one) for one in page.pictures], next=page.next, total=page.total)


@router.post("/images/read", responses=answers(401, 413, 422, 503), form_limits={"max_files": 1, "max_fields": 8})
def read_picture(studio: TheStudio, who: Who, file: UploadFile, lang: Language) -> Told:
    """Take in a picture and return how it was made, as far as it says so."""
    kept = studio.history.files.add(who, file.filename or "picture", file.file)
    try:
        found = restoring.restored(studio, read(kept.path), who)
    except BaseException:
        studio.history.files.drop(kept.id)
        raise
    return Told(
        **translate({"request": found.settings, "missing": found.missing}, lang), source=found.source, file=kept.id
    )


@router.post("/images/trash", status_code=204, responses=answers(401, 404, 413, 422, 503))
def trash_pictures(studio: TheStudio, owner: Owner, chosen: Chosen) -> None:
    """Put pictures into the trash."""
    studio.history.pictures.trash(chosen.ids, owner)


@router.post("/images/restore", status_code=204, responses=answers(401, 413, 422, 503))
def restore_pictures(studio: TheStudio, owner: Owner, chosen: Chosen) -> None:
    """Take pictures out of the trash."""
    studio.history.pictures.restore(chosen.ids, owner)


@router.post("/images/zip", response_class=StreamingResponse, responses=ZIP | answers(401, 404, 413, 422, 503))
def zip_pictures(studio: TheStudio, owner: Owner, chosen: Chosen) -> StreamingResponse:
    """Return pictures as one file, as they are stored."""

    def write(target: BinaryIO) -> None:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for number, picture in enumerate(dict.fromkeys(chosen.ids), 1):
                studio.history.pictures.get(picture, owner)
                file = studio.history.files.get(picture, owner)
                archive.write(file.path, f"{number:03d}-{file.name}")

    return zipped(studio, "pictures.zip", write)


@router.post("/images/prompt", status_code=202, responses=answers(401, 413, 422, 429, 503))
def better_prompt(studio: TheStudio, who: Who, idea: Idea) -> JobTicket:
    """Ask the text model for a better prompt: the text of the job that this returns."""
    template = studio.prompts.get(BETTER, who.id)
    messages = render(template, {template.variables[0]: idea.prompt})
    turns = [{"role": role, "content": text} for role, text in messages]
    # A server is told no limit that nobody set: its model may have to think first.
    params = {} if is_elsewhere(studio.models.resolve(None, who, "chat")) else {"max_tokens": MAX_TOKENS}
    row = studio.jobs.submit("completions", {"messages": turns, "params": params}, who)
    return JobTicket(id=row.id, status=row.status)


@router.get("/images/queue", responses=answers(401, 503))
def get_queue(studio: TheStudio, owner: Owner) -> Queue:
    """Return what is being drawn and what waits."""
    jobs, paused = waiting.queue(studio, owner)
    return Queue(paused=paused, jobs=[Waiting.model_validate(one) for one in jobs])


@router.put("/images/queue", responses=answers(401, 413, 422, 429, 503))
def change_queue(studio: TheStudio, who: Who, change: QueueChange) -> Queue:
    """Hold back, let go on or put into another order what waits; it stays so after a restart."""
    if change.order is not None:
        studio.jobs.arrange(who.id, waiting.IMAGES, change.order)
    if change.paused is not None:
        studio.jobs.pause(who, waiting.IMAGES, change.paused)
    return get_queue(studio, who.id)


@router.post("/images/jobs/{id}/skip", responses=answers(401, 404, 413, 422, 503))
def skip_picture(studio: TheStudio, owner: Owner, id: Id) -> JobTicket:
    """Leave out the picture that is being drawn and go on with the next one."""
    row = studio.jobs.skip(id, owner)
    return JobTicket(id=row.id, status=row.status)


@router.get("/images/boards", responses=answers(401, 503))
def list_boards(studio: TheStudio, owner: Owner) -> list[Board]:
    """Return your boards."""
    return [Board.model_validate(one) for one in studio.history.pictures.boards(owner)]


@router.post("/images/boards", status_code=201, responses=answers(401, 413, 422, 503))
def add_board(studio: TheStudio, owner: Owner, named: Named) -> Board:
    """Make a board."""
    return Board.model_validate(studio.history.pictures.add_board(owner, named.name))


@router.patch("/images/boards/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def rename_board(studio: TheStudio, owner: Owner, id: Id, named: Named) -> None:
    """Give a board another name."""
    studio.history.pictures.rename_board(id, owner, named.name)


@router.delete("/images/boards/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_board(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Delete a board; its pictures stay."""
    studio.history.pictures.delete_board(id, owner)


@router.post("/images/boards/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def change_board(studio: TheStudio, owner: Owner, id: Id, moves: Moves) -> None:
    """Put pictures on a board, and take others off."""
    studio.history.pictures.put_on_board(id, owner, moves.add, moves.remove)


@router.get("/images/{id}", responses=answers(401, 404, 422, 503))
def get_picture(studio: TheStudio, owner: Owner, id: Id) -> Whole:
    """Return a picture with everything that it was drawn with."""
    made = studio.history.pictures.get(id, owner)
    return whole(made)


@router.patch("/images/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def star_picture(studio: TheStudio, owner: Owner, id: Id, change: Starred) -> None:
    """Mark a picture with a star, or no longer."""
    studio.history.pictures.star(id, owner, change.starred)


@router.get(
    "/images/{id}/thumbnail",
    response_class=FileResponse,
    responses=THUMBNAIL | answers(401, 404, 422, 503),
)
def get_thumbnail(studio: TheStudio, owner: Owner, id: Id) -> FileResponse:
    """Return a small copy of a picture."""
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    return FileResponse(thumbnail(studio, id, owner), media_type="image/webp", headers=headers)


def shown(picture: Picture) -> Shown:
    """Return a picture as clients see it."""
    fields = {name: getattr(picture, name) for name in Shown.model_fields if hasattr(picture, name)}
    fields |= {"boards": list(picture.boards), "unfinished": picture.kind == "unfinished"}
    return Shown(**fields, file=address(picture.id), thumbnail=f"/api/images/{picture.id}/thumbnail")


def whole(made: Made) -> Whole:
    """Return a picture with all that made it as clients see it."""
    request = restoring.request_of(made.settings)
    text = parameters(made.settings, made.picture.prompt) if "width" in made.settings else ""
    return Whole(**shown(made.picture).model_dump(), request=request, parameters=text, made_with=made.made_with)
