"""Worlds over HTTP: look at them, edit a thing, prove and mend, play, take home, take in.

What makes and writes them is a job (``/api/jobs``, assistant ``games``). Knows what they look like on the wire; knows
nothing about what makes a world good.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from assistants.games import desk, importing, playing
from assistants.games.desk import Report
from assistants.games.exporting import MEDIA
from assistants.games.playing import Play
from assistants.games.worlds import Alternate, Game, Line, Version, World
from webapp.api.dependencies import Id, Language, Owner, TheStudio
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.history import Words
from webapp.api.sentences import Sentence
from webapp.i18n import translate

router = APIRouter(prefix="/worlds", tags=["worlds"])

ZIP: Answers = {200: {"content": {MEDIA: {}}, "description": "The file"}}
PNG: Answers = {200: {"content": {"image/png": {}}, "description": "The picture"}}
CHANGES = answers(401, 404, 409, 413, 422, 503)


class Whole(BaseModel):
    """A world as it stands."""

    id: str
    name: str
    version: str
    created: str
    updated: str
    document: dict[str, Any] = Field(description="As its schema has it, which an export carries")
    revisions: dict[str, str] = Field(description="What a change of a thing is based on, by the thing's id")


class Taken(BaseModel):
    """A world that a file became."""

    id: str
    notes: list[Sentence] = Field([], description="What of the file did not come along")


class Body(BaseModel):
    """The base of what is sent; the library checks the rest."""

    model_config = ConfigDict(extra="forbid")


class NewName(Body):
    """Another name."""

    name: Annotated[str, Field(max_length=1000)]


class Edited(Body):
    """Fields of a thing as a person wants them."""

    fields: dict[str, Any] = Field({}, description="By their names, as the schema of the kind has them")
    locked: bool | None = Field(None, description="Whether jobs and repairs leave it alone; unchanged without it")
    based_on: str = Field(description="The revision of the thing")


class NewGame(Body):
    """A game that is to begin; without a name it is called as the world is."""

    name: Annotated[str, Field(max_length=200)] = ""


class Command(Body):
    """What a player does: a command, an option's label or number, or what they type."""

    command: Annotated[str, Field(max_length=1000)]


class Told(BaseModel):
    """A line of a transcript."""

    kind: Literal["place", "said", "event", "refused", "command"]
    text: str


class Choice(BaseModel):
    """Something that can be done now."""

    command: str
    label: str


class Playing(BaseModel):
    """A game as it stands."""

    id: str
    name: str
    won: bool
    commands: list[str]
    last: list[Told] = Field(description="What the last command came to")
    transcript: list[Told]
    options: list[Choice]
    state: dict[str, Any] = Field(description="Place, what one carries, quests, gold, experience")


class Finding(Sentence):
    """What a check found; null for ``id`` where it is about the world as a whole."""

    matter: str
    id: str | None


class Checked(BaseModel):
    """What was checked, and what was found, as sentences."""

    counts: dict[str, int]
    checked: list[str]
    wrong: list[Finding]
    mended: list[Finding]


class Walked(BaseModel):
    """How a world is finished: by a solver, and by a player who knows only what is told; null if it is not."""

    solver: list[str] | None
    player: list[str] | None


def whole(world: World) -> Whole:
    """Return a world as it is sent."""
    return Whole(**vars(world), revisions=world.revisions)


def told(play: Play) -> Playing:
    """Return a game as it is sent."""
    state = play.state
    facts = {name: getattr(state, name) for name in ("location", "inventory", "quests", "gold", "experience")}
    return Playing(
        id=play.game.id,
        name=play.game.name,
        won=state.won,
        commands=play.game.commands,
        last=[Told(**asdict(line)) for line in play.last],
        transcript=[Told(**asdict(line)) for line in play.transcript],
        options=[Choice(**asdict(option)) for option in play.options],
        state=facts,
    )


def checked(report: Report, lang: str) -> Checked:
    """Return a report with its sentences in the reader's language."""
    return Checked(**translate(report, lang))


@router.get("", responses=answers(401, 422, 503))
def list_worlds(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="In names and texts")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[Line]:
    """Return your worlds, the latest first."""
    return desk.worlds(studio).list(owner, q, limit)


@router.post("/import", responses=answers(401, 404, 413, 422, 429, 503), form_limits={"max_files": 1, "max_fields": 8})
def import_world(
    studio: TheStudio,
    owner: Owner,
    file: UploadFile,
    lang: Language,
    world: Annotated[Words | None, Query(description="Where a map goes; else it becomes a world")] = None,
) -> Taken:
    """Take in an export of this studio (zip or JSON), or a map of Tiled (TMX or JSON)."""
    taken = desk.take_in(studio, owner, file.filename or "", file.file.read(importing.MAX_BYTES + 1), world)
    return Taken(**translate({"id": taken.id, "notes": list(taken.notes)}, lang))


@router.get("/{id}", responses=answers(401, 404, 422, 503))
def get_world(studio: TheStudio, owner: Owner, id: Id) -> Whole:
    """Return a world as it stands."""
    return whole(desk.worlds(studio).get(id, owner))


@router.patch("/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def rename_world(studio: TheStudio, owner: Owner, id: Id, new: NewName) -> None:
    """Give a world another name."""
    desk.worlds(studio).rename(id, owner, new.name)


@router.delete("/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_world(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Move a world into the trash, with all its versions and games."""
    desk.worlds(studio).delete(id, owner)


@router.patch("/{id}/content/{thing}", responses=CHANGES)
def edit_thing(studio: TheStudio, owner: Owner, id: Id, thing: Id, edited: Edited) -> Whole:
    """Change fields of a thing, lock or unlock it; 409 if it was changed meanwhile, or is locked."""
    return whole(desk.worlds(studio).edit(id, owner, thing, edited.fields, edited.based_on, edited.locked))


@router.delete("/{id}/content/{thing}", responses=CHANGES)
def remove_thing(studio: TheStudio, owner: Owner, id: Id, thing: Id) -> Whole:
    """Take a thing out of a world; what names it is mended by a repair."""
    return whole(desk.worlds(studio).remove(id, owner, thing))


@router.get("/{id}/content/{thing}/alternates", responses=answers(401, 404, 422, 503))
def list_texts(
    studio: TheStudio, owner: Owner, id: Id, thing: Id, field: Literal["name", "description"] = "description"
) -> list[Alternate]:
    """Return what a field of a thing said in other versions, the newest first."""
    return desk.worlds(studio).alternates(id, owner, thing, field)


@router.get("/{id}/versions", responses=answers(401, 404, 422, 503))
def list_world_versions(studio: TheStudio, owner: Owner, id: Id) -> list[Version]:
    """Return the versions of a world, the newest first."""
    return desk.worlds(studio).versions(id, owner)


@router.post("/{id}/versions/{version}/restore", responses=answers(401, 404, 413, 422, 503))
def restore_world(studio: TheStudio, owner: Owner, id: Id, version: Id) -> Whole:
    """Make a version the current one; what came after it stays."""
    return whole(desk.worlds(studio).restore(id, owner, version))


@router.get("/{id}/report", responses=answers(401, 404, 422, 429, 503))
def check_world(studio: TheStudio, owner: Owner, id: Id, lang: Language) -> Checked:
    """Check references, quests, dialogues, maps, balance and names."""
    return checked(desk.report(studio, owner, id), lang)


@router.post("/{id}/repair", responses=answers(401, 404, 409, 413, 422, 429, 503))
def repair_world(studio: TheStudio, owner: Owner, id: Id, lang: Language) -> Checked:
    """Mend what can be mended; the version before stays."""
    return checked(desk.repair(studio, owner, id), lang)


@router.get("/{id}/solution", responses=answers(401, 404, 409, 422, 429, 503))
def solve_world(studio: TheStudio, owner: Owner, id: Id) -> Walked:
    """Return the commands by which a solver, and a player who only knows what is told, finish a world."""
    return Walked(**desk.solution(studio, owner, id))


@router.get("/{id}/maps/{thing}/picture", response_class=Response, responses=PNG | answers(401, 404, 422, 503))
def draw_map(studio: TheStudio, owner: Owner, id: Id, thing: Id, way: bool = False) -> Response:
    """Return a map as a picture, with the solver's way from the start to the exit if that is asked for."""
    headers = {"Cache-Control": "no-store"}
    return Response(desk.picture(studio, owner, id, thing, way), media_type="image/png", headers=headers)


@router.get("/{id}/export", response_class=Response, responses=ZIP | answers(401, 404, 422, 503))
def export_world(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    form: Literal["json", "csv", "tiled", "ink", "yarn", "godot", "rpgmaker", "all"] = "all",
) -> Response:
    """Download a world for other programs, labelled as AI-generated."""
    name, content = desk.exported(studio, owner, id, form)
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA, headers=headers)


# Games


@router.get("/{id}/games", responses=answers(401, 404, 422, 503))
def list_games(studio: TheStudio, owner: Owner, id: Id) -> list[Game]:
    """Return the games that are played in a world, the latest first."""
    return desk.worlds(studio).games(id, owner)


@router.post("/{id}/games", status_code=201, responses=CHANGES)
def begin_game(studio: TheStudio, owner: Owner, id: Id, new: NewGame) -> Playing:
    """Begin a game."""
    worlds = desk.worlds(studio)
    return told(playing.opened(worlds, id, owner, worlds.begin(id, owner, new.name).id))


@router.get("/{id}/games/{game}", responses=answers(401, 404, 422, 503))
def get_game(studio: TheStudio, owner: Owner, id: Id, game: Id) -> Playing:
    """Return a game with its transcript."""
    return told(playing.opened(desk.worlds(studio), id, owner, game))


@router.post("/{id}/games/{game}/commands", responses=CHANGES)
def do_command(studio: TheStudio, owner: Owner, id: Id, game: Id, said: Command) -> Playing:
    """Do something; what is refused, or only looked at, is told and no part of the game."""
    return told(playing.do(desk.worlds(studio), id, owner, game, said.command))


@router.post("/{id}/games/{game}/undo", responses=CHANGES)
def undo_command(studio: TheStudio, owner: Owner, id: Id, game: Id) -> Playing:
    """Take the last command back."""
    return told(playing.undo(desk.worlds(studio), id, owner, game))
