"""Conversations over HTTP: list them, read their messages, what each asks with, put in order, fork, take one home.

What is said in them is a job (``/api/jobs``, assistant ``chat``). Knows what they look like on the wire; knows nothing
about how they are stored or drawn.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from assistants import chat
from assistants.chat.pictures import named
from assistants.errors import InvalidInput
from assistants.history.snippets import REACH, excerpt, marks, pattern
from assistants.jobs import TERMINAL
from assistants.requests import validated
from assistants.store.conversations import Conversation, Hit, Turn
from assistants.studio import Studio
from webapp import shared
from webapp.api.dependencies import Id, Language, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.history import Words
from webapp.api.jobs import JobStatus, sentence
from webapp.i18n import t
from webapp.render import markdown

router = APIRouter(tags=["conversations"])

EXPORT_TYPES = {
    "md": "text/markdown; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8",
}  # fmt: skip
CONTENT: dict[str, Any] = {"text/markdown": {}, "application/json": {}, "text/html": {}}
EXPORT: Answers = {200: {"content": CONTENT, "description": "The file"}}
# Messages that are read at once, and conversations that are listed.
MOST = 1_000
# So many characters of a text are shown below a title in the list.
SNIPPET = 90
OWN = ("id", "title", "pinned", "folder", "tags", "source", "created", "updated")

Marks = list[tuple[int, int]]


class ConversationSettings(BaseModel):
    """What a conversation asks with; null and what is absent follow the studio's own."""

    model_config = ConfigDict(extra="allow")

    model: str | None = Field(None, description="`provider:model`; null is the default model")
    template: str | None = Field(None, description="A prompt's `assistant/name`")
    values: dict[str, str] = Field({}, description="Of the template's variables but the one that takes the message")
    system: str | None = Field(None, description="The system prompt, in place of the template's")
    params: dict[str, JsonValue] = Field({}, description="How the model chooses its words, as `/api/jobs` takes it")
    reasoning: bool | None = Field(None, description="Whether a model that leaves that open reasons first")


class Listed(BaseModel):
    """A line of the list. Marks are (begin, end) in characters, where the words looked for stand."""

    id: str
    title: str
    title_marks: Marks
    pinned: bool
    folder: str = Field(description="Where it is kept; empty for none")
    tags: list[str]
    source: str = Field(description="Where it was brought from; empty for this studio")
    created: str
    updated: str
    snippet: str | None = Field(description="The piece of a message where the words stand")
    snippet_marks: Marks
    message: str | None = Field(description="The reply that has it, or whose question has it")
    in_reasoning: bool = Field(False, description="Whether it is what the model thought before that")


class ConversationList(BaseModel):
    """The beginning of the list, or more of it."""

    items: list[Listed]
    more: bool


class OneConversation(BaseModel):
    """A conversation, without its messages."""

    id: str
    title: str
    pinned: bool
    folder: str
    tags: list[str]
    source: str
    temporary: bool = Field(description="Whether nothing is kept of it once it is left")
    created: str
    updated: str
    settings: ConversationSettings


class Change(BaseModel):
    """What to change of a conversation."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    pinned: Annotated[bool, Field(strict=True)] | None = None
    folder: str | None = Field(None, description="Where to keep it; empty takes it out")
    tags: list[str] | None = Field(None, description="In place of those that it has")
    settings: dict[str, JsonValue] | None = Field(None, description="All of what it asks with from now on")


class Note(BaseModel):
    """What is said about how a reply came to be; `cut` is what was left out of it."""

    text: str
    cut: str | None


class Reasoning(BaseModel):
    """What a model thought before it wrote a reply."""

    characters: int = Field(description="Of its text; 0 where the model does not show it")
    seconds: float | None = Field(description="That it took, where they are known")
    tokens: int | None = Field(description="That it took, where they were counted")


class Message(BaseModel):
    """A message; one that is still being written has the text that stood before, its job's events bring the rest."""

    id: str
    role: str
    parent: str | None
    siblings: list[str] = Field(description="It and its alternatives, oldest first")
    text: str
    html: str | None = Field(description="A reply's text as sanitised HTML, or that of a message with pictures")
    status: JobStatus
    job: str | None
    model: str | None
    created: str
    reasoning: Reasoning | None = Field(description="Its text is in `/api/messages/{id}/reasoning`")
    notes: list[Note]
    error: str | None = Field(description="Why it failed, in one sentence")
    usage: dict[str, Any] | None = Field(description="Tokens and seconds, where they are known")


class Messages(BaseModel):
    """The end of the active branch, or what comes before a message of it; oldest first."""

    messages: list[Message]
    earlier: bool = Field(description="Whether there are more before them")
    later: bool = Field(description="Whether there are more after them")


class Place(BaseModel):
    """A message in which what is looked for stands."""

    message: str
    in_reasoning: bool = Field(description="Whether only in what the model thought before that")


class Places(BaseModel):
    """Where it stands in the active branch, from its beginning."""

    places: list[Place]


@router.get("/conversations", responses=answers(401, 422, 503))
def list_conversations(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="In titles and messages")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    folder: Annotated[Words, Query(description="Those in this folder")] = "",
    tag: Annotated[Words, Query(description="Those with this tag")] = "",
) -> ConversationList:
    """Return your conversations: the pinned ones first, then the latest."""
    found = studio.history.conversations.list(owner, q, limit + 1, offset, folder, tag)
    words = pattern(q)
    hits = studio.history.conversations.hits([one.id for one in found[:limit]], q) if words else {}
    items = [listed(one, hits.get(one.id), words) for one in found[:limit]]
    return ConversationList(items=items, more=len(found) > limit)


def listed(one: Conversation, hit: Hit | None, words: Any) -> Listed:
    """Return a line of the list; the text of a reply, or of its question, is cut to where the words stand."""
    own = {name: getattr(one, name) for name in OWN}
    if hit is None or words is None:
        return Listed(**own, title_marks=marks(one.title, words), snippet=None, snippet_marks=[], message=None)
    texts = (hit.input, hit.output, hit.reasoning)
    text = next((text for text in texts if words.search(text[:REACH])), hit.output)
    snippet = excerpt(text[:REACH], SNIPPET, words)
    found = {"snippet": snippet, "snippet_marks": marks(snippet, words), "message": hit.message}
    return Listed(**own, title_marks=marks(one.title, words), in_reasoning=text is hit.reasoning, **found)


@router.get("/conversations/settings", responses=answers(401, 503))
def get_last_settings(studio: TheStudio, owner: Owner) -> ConversationSettings:
    """Return what a new conversation begins with: the settings of your last one."""
    return ConversationSettings(**chat.last(studio, owner).chosen)


@router.get("/conversations/{id}", responses=answers(401, 404, 422, 503))
def get_conversation(studio: TheStudio, owner: Owner, id: Id) -> OneConversation:
    """Return a conversation with what it asks with."""
    return shown(studio, id, owner)


def shown(studio: Studio, id: str, owner: str) -> OneConversation:
    """Return a conversation as clients see it."""
    found = studio.history.conversations.get(id, owner)
    own = {name: getattr(found, name) for name in OWN}
    return OneConversation(**own, temporary=found.temporary, settings=ConversationSettings(**found.settings))


@router.patch("/conversations/{id}", responses=answers(401, 403, 404, 413, 422, 503))
def change_conversation(studio: TheStudio, who: Who, id: Id, wanted: Change) -> OneConversation:
    """Rename, pin, file or tag a conversation, or let it ask with other settings from its next message on."""
    conversations = studio.history.conversations
    if wanted.settings is not None:
        chat.change(studio, id, validated(chat.Settings, wanted.settings), who)
    if wanted.title is not None:
        conversations.rename(id, who.id, wanted.title)
    if wanted.pinned is not None:
        conversations.pin(id, who.id, wanted.pinned)
    if wanted.folder is not None:
        studio.history.labels.file(id, who.id, wanted.folder)
    if wanted.tags is not None:
        studio.history.labels.tag(id, who.id, wanted.tags)
    return shown(studio, id, who.id)


@router.delete("/conversations/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_conversation(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Move a conversation into the trash, from where its id brings it back."""
    studio.history.conversations.delete(id, owner)


@router.get("/conversations/{id}/messages", responses=answers(401, 404, 422, 503))
def list_messages(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    lang: Language,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 30,
    before: Annotated[Words | None, Query(description="Those that come before this message")] = None,
    after: Annotated[Words | None, Query(description="The first of those that come after this message")] = None,
    around: Annotated[Words | None, Query(description="Those in whose middle this message is")] = None,
) -> Messages:
    """Return the last messages of the active branch, or those at a place in it, of which one may be named."""
    if sum(place is not None for place in (before, after, around)) > 1:
        raise InvalidInput("before", "Only one of before, after and around can be asked for.")
    history = studio.history
    if after:
        window = history.branches.after(id, owner, after, limit)
    elif around:
        window = history.branches.around(id, owner, around, limit)
    else:
        window = history.conversations.window(id, owner, limit, before)
    turns = [as_it_stands(studio, owner, turn) for turn in window.turns]
    leaf = history.conversations.get(id, owner).leaf
    later = turns[-1].id != leaf if turns else before is not None
    return Messages(messages=[message(turn, lang) for turn in turns], earlier=window.earlier, later=later)


@router.get("/conversations/{id}/find", responses=answers(401, 404, 422, 503))
def find_in_conversation(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    q: Annotated[Words, Query(min_length=1, description="What stands in a message, in upper or lower case")],
) -> Places:
    """Return the messages of the active branch in which a text stands as it is written."""
    found = studio.history.branches.find(id, owner, q)
    return Places(places=[Place(message=one.message, in_reasoning=one.in_reasoning) for one in found])


@router.get("/conversations/{id}/export", response_class=Response, responses=EXPORT | answers(401, 404, 422, 503))
def export_conversation(
    studio: TheStudio,
    owner: Owner,
    id: Id,
    lang: Language,
    form: Annotated[
        Literal["md", "json", "html"], Query(description="Markdown, JSON with all branches, a page")
    ] = "md",
) -> Response:
    """Download a conversation, labelled as AI-generated."""
    if form == "html":
        name, content = shared.as_file(studio, id, owner, lang)
    else:
        name, content = chat.export(studio, id, owner, form)
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=EXPORT_TYPES[form], headers=headers)


class ReasoningText(BaseModel):
    """What a model thought, as it wrote it."""

    text: str


@router.get("/messages/{id}/reasoning", responses=answers(401, 404, 422, 503))
def get_reasoning(studio: TheStudio, owner: Owner, id: Id) -> ReasoningText:
    """Return what the model thought before it wrote a reply; empty where it told nothing of that."""
    return ReasoningText(text=as_it_stands(studio, owner, studio.history.conversations.message(id, owner)).reasoning)


@router.post("/messages/{id}/select", status_code=204, responses=answers(401, 404, 413, 422, 503))
def select_message(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Make the branch through a message the active one, down to its latest end."""
    studio.history.conversations.select(id, owner)


@router.delete("/messages/{id}", status_code=204, responses=answers(401, 404, 413, 422, 503))
def delete_message(studio: TheStudio, owner: Owner, id: Id) -> None:
    """Move a message and what follows it into the trash, from where its id brings them back."""
    studio.history.conversations.delete_message(id, owner)


def as_it_stands(studio: Studio, owner: str, turn: Turn) -> Turn:
    """Return a turn as its job has it, where that has ended and the disk has not taken the end yet."""
    if turn.job is None or turn.status in TERMINAL:
        return turn
    job = studio.jobs.get(turn.job, owner)
    if job.is_open:
        return turn
    same = {name: getattr(job, name) for name in ("status", "failure", "usage", "reasoning")}
    return replace(turn, text=turn.before + job.output, **same)


def message(turn: Turn, lang: str) -> Message:
    """Return a turn as clients see it."""
    is_open = turn.status not in TERMINAL
    text = turn.before if is_open else turn.text
    same = ("id", "role", "parent", "siblings", "job", "model", "created", "usage")
    notes = [Note(text=t(one["template"], lang, **one["values"]), cut=one["values"].get("cut")) for one in turn.notes]
    return Message(
        **{name: getattr(turn, name) for name in same},
        text=text,
        html=str(markdown(text)) if text and (turn.role == "assistant" or named(text)) else None,
        status=turn.status,
        reasoning=thought(turn),
        notes=[] if is_open else notes,
        error=sentence(turn.failure, lang),
    )


def thought(turn: Turn) -> Reasoning | None:
    """Return what is told of a reply's reasoning, which may be only how long it was; None where there is none."""
    usage, characters = turn.usage or {}, len(turn.reasoning.strip())
    tokens = usage.get("reasoning_tokens")
    if not characters and not tokens:
        return None
    tokens = None if tokens is None else round(tokens)
    return Reasoning(characters=characters, seconds=usage.get("reasoning_seconds"), tokens=tokens)
