"""Chat: a conversation with a text model, kept as a tree of turns.

    settings.py   what a conversation asks with
    importing.py  conversations out of exports of other programs; foreign.py their formats, trees.py their branches
    sharing.py    a link by which others read a conversation
    pictures.py   pictures that messages show
    titling.py    a title by a model
    temporary.py  conversations of which nothing is kept
    forking.py    a conversation that goes on from a message of another
    exporting.py  a conversation as a file

Knows how a turn becomes a prompt that fits the model's context; knows nothing about how replies are drawn.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assistants.chat.exporting import export, file_name, pictures_of, shown_branch
from assistants.chat.forking import fork
from assistants.chat.importing import Brought, bring_in
from assistants.chat.importing import limit_for as import_limit
from assistants.chat.rows import ROWS
from assistants.chat.settings import MAX_MESSAGE, Settings, change, filled, last, of_request, read
from assistants.chat.sharing import Share, share, share_of, unshare
from assistants.chat.sharing import is_allowed as may_share
from assistants.chat.sharing import picture as shared_picture
from assistants.chat.sharing import read as read_shared
from assistants.chat.temporary import IDLE, leave
from assistants.chat.titling import entitle
from assistants.engines.controls import Controls
from assistants.engines.reasoning import answer_in
from assistants.errors import GenerationFailed, InvalidInput, NotFound
from assistants.generation import NO_CONTROLS, conversation, generate, limited, opened, settled, watch
from assistants.history.search import TITLE, shorten
from assistants.jobs import Event, Exchange, JobRow, RunningJob, note
from assistants.models import DEFAULT
from assistants.principals import Principal
from assistants.profile import ToldProfile, knowing, profile_of
from assistants.prompts import render
from assistants.requests import BETTER_MODEL, Admission, Name, validated
from assistants.store.conversations import Turn
from prompts.library import Messages, Template

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from assistants.engines.chat_engine import ChatEngine
    from assistants.studio import Studio

__all__ = [
    "ID",
    "PLAYABLE",
    "ROWS",
    "Brought",
    "Request",
    "Settings",
    "Share",
    "admit",
    "again",
    "bring_in",
    "change",
    "entitle",
    "export",
    "file_name",
    "fork",
    "import_limit",
    "inputs",
    "last",
    "leave",
    "may_share",
    "pictures_of",
    "read",
    "read_shared",
    "run",
    "share",
    "share_of",
    "shared_picture",
    "shown_branch",
    "unshare",
]

ID = "chat"
PLAYABLE = True


MAX_TURNS = 1000
DEFAULT_TOKENS = 1024
# Of a reply that begins with what the model thinks.
REASONING_TOKENS = 4 * DEFAULT_TOKENS
# "150 words", "a 150-word text", "150字": small models tend to end far too early, so they may not before this share.
WANTED_LENGTH = re.compile(r"(?<![\d.,])([1-9]\d{1,3})(?:[ -]?words?\b|\s?(?:个?字|词))", re.IGNORECASE)
LEAST_SHARE = 0.75
TOKENS_A_WORD = 1.3
LEFT_OUT = "{count} earlier messages did not fit into the model's {context} tokens and were left out."
NOTHING = "The model answered with nothing. Ask again or in other words."
CUT = "The reply was cut at its limit of {limit} tokens. Continue lets it go on."
CUT_ELSEWHERE = "The server cut the reply at its own limit of tokens. Continue lets it go on."
# What of a request is about one turn alone.
TURN = ("message", "conversation", "parent", "action", "wait", "prefix", "temporary")


class Request(Settings):
    """A turn: a new message, another reply to an old one (``regenerate``) or more of a reply (``continue``).

    ``parent`` is the message it goes below (default: the end of the active branch; ``root``: a new first message).
    What it does not say of its settings is as the conversation has it; a new conversation keeps those it begins with.
    The template's version is the one in use, unless ``template_version`` names another. ``profile`` is what the model
    is told of the person, by default what their profile says while it is on. Another reply begins with the ``prefix``,
    which is how one goes on from another word. To ``wait`` is to be answered by the
    better model that is on its way. Of a ``temporary`` conversation, which it begins, nothing is kept.
    """

    message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""
    conversation: Name | None = None
    parent: Name | None = None
    template_version: Name | None = None
    profile: ToldProfile | None = None
    action: Literal["send", "regenerate", "continue"] = "send"
    prefix: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""
    wait: bool = False
    temporary: bool = False


def admit(studio: "Studio", request: Request, who: Principal, job_id: str) -> Admission:
    """Add the message and the reply to come to the conversation, so that both are there whatever happens next."""
    if request.message and request.action != "send":
        raise InvalidInput("message", "{field} goes with action send only.")
    if request.temporary and (request.conversation or request.action != "send"):
        raise InvalidInput("temporary", "{field} goes with a new conversation only.")
    if request.prefix and request.action != "regenerate":
        raise InvalidInput("prefix", "{field} goes with action regenerate only.")
    request = filled(request, _settings_of_conversation(studio, request, who.id))
    model = studio.models.resolve(request.model, who, "chat")
    if request.wait and request.model not in (None, DEFAULT):
        raise InvalidInput("wait", "{field} goes with the default model only.")
    template = _template(studio, request, who.id)
    said = of_request(request).chosen
    said.pop("model", None)
    version = {"template_version": template.version} if template else {}
    about = profile_of(studio, who.id, request.profile)
    said |= {"profile": about} if about else {}
    admission = _admit_turn(studio, request, who.id, job_id, model)
    return replace(admission, settled=said | version)


def _settings_of_conversation(studio: "Studio", request: Request, owner: str) -> Settings:
    """Return the settings of the conversation that a turn belongs to; a new one has none yet."""
    conversation_id = request.conversation
    if request.action != "send" and request.parent:
        conversation_id = studio.history.conversations.message(request.parent, owner).conversation
    return read(studio.history.conversations.get(conversation_id, owner).settings) if conversation_id else Settings()


def _admit_turn(studio: "Studio", request: Request, owner: str, job_id: str, model: str) -> Admission:
    if request.action == "send":
        return _admit_message(studio, request, owner, job_id, model)
    if not request.parent:
        raise InvalidInput("parent", "{field} is missing.")
    conversations = studio.history.conversations
    parent = conversations.message(request.parent, owner)
    wanted = "user" if request.action == "regenerate" else "assistant"
    if parent.role != wanted:
        raise InvalidInput("parent", "{field} must be a message of the role {role}.", role=wanted)
    question, text, after = parent, request.prefix, None
    if request.action == "continue":
        if parent.job and studio.history.jobs.is_open(parent.job):
            raise InvalidInput("parent", "The reply is still being written.")
        question, text = conversations.message(parent.parent or "", owner), parent.text
    elif question.parent:
        after = _open_job(studio, conversations.message(question.parent, owner))
    reply = conversations.append(question.conversation, question.id, "assistant", text, job_id)
    return Admission(question.text, model, {"conversation": question.conversation, "message": reply}, after)


def again(studio: "Studio", job: JobRow) -> dict[str, Any]:
    """Return the request for another reply to the question of an earlier job, with all else as it was."""
    reply = studio.history.conversations.message((job.result or {})["message"], job.owner)
    return {**inputs(job.request, job.model), "action": "regenerate", "parent": reply.parent}


def inputs(request: dict[str, Any], model: str | None = None) -> dict[str, Any]:
    """Return all that a request asks with beside its turn; ``model`` is the one that its job recorded."""
    none: dict[str, Any] = {"model": model, "template": None, "system": None, "params": {}}
    asked = {name: value for name, value in request.items() if name not in TURN}
    return none | asked | ({"model": model} if model else {})


def _admit_message(studio: "Studio", request: Request, owner: str, job_id: str, model: str) -> Admission:
    if not request.message.strip():
        raise InvalidInput("message", "{field} is empty.")
    conversations = studio.history.conversations
    parent: Turn | None = None
    if request.conversation:
        conversation = conversations.get(request.conversation, owner)
        below = request.parent or conversation.leaf
        if below and below != "root":
            parent = conversations.message(below, owner)
            if parent.conversation != conversation.id:
                raise InvalidInput("parent", "{field} is not a message of this conversation.")
        conversation_id = conversation.id
    elif request.parent:
        raise InvalidInput("parent", "{field} is not a message of this conversation.")
    else:
        chosen = of_request(request).chosen
        if "model" in chosen:
            chosen["model"] = model
        if request.temporary:
            studio.history.forget_temporary(IDLE)
        title = shorten(request.message, TITLE)
        conversation_id = conversations.create(owner, title, chosen, temporary=request.temporary)
    question = conversations.append(conversation_id, parent.id if parent else None, "user", request.message)
    reply = conversations.append(conversation_id, question, "assistant", "", job_id)
    after = _open_job(studio, parent) if parent else None
    if request.wait and after is None and studio.models.better.is_awaited:
        after = BETTER_MODEL
    return Admission(request.message, model, {"conversation": conversation_id, "message": reply}, after)


def _open_job(studio: "Studio", turn: Turn) -> str | None:
    return turn.job if turn.job and studio.history.jobs.is_open(turn.job) else None


def run(studio: "Studio", request: Request, job: RunningJob) -> Iterator[Event]:
    """Write the reply, as it comes."""
    if request.wait and not (yield from settled(studio, job)):
        yield note("The better model didn't come, so {model} wrote this.", model=job.row.model)
    engine = yield from opened(studio, job)
    messages, dropped = _prompt(studio, request, job, engine)
    if dropped:
        yield note(LEFT_OUT, count=dropped, context=engine.context)
    options = _options(studio, engine, request, job)
    # Who asks for more of a text that was cut is not to be cut again.
    circle = None if request.action == "continue" else watch(studio, job)
    # Words are shown as they come, and taken back where they turn out to be reasoning.
    telling = {"may_hold": False, "may_retract": True}
    ending = yield from generate(engine, messages, _controls(studio, request, job), options, job, circle, **telling)
    if not ending.text and messages[-1].type != "ai":
        if ending.notes:
            raise GenerationFailed(ending.notes[0]["template"], **ending.notes[0]["values"])
        raise GenerationFailed(NOTHING)
    if ending.finish_reason == "length":
        yield note(CUT if "max_tokens" in options else CUT_ELSEWHERE, limit=options.get("max_tokens"))
    if ending.finish_reason == "circle":
        template = "The model began to repeat itself, so its reply was ended. Another reply may do better."
        yield note(template, cut=ending.cut)


def _controls(studio: "Studio", request: Request, job: RunningJob) -> Controls:
    """Return what the template's file says of how an answer must look; the rest of a cut one cannot be held to it."""
    template = _template(studio, request, job.owner)
    if template is None or template.answer_schema is None or request.action == "continue":
        return NO_CONTROLS
    return Controls(json_schema=template.answer_schema)


def _options(studio: "Studio", engine: "ChatEngine", request: Request, job: RunningJob) -> dict[str, Any]:
    """Return the parameters for the engine, with a least length where the message names a length."""
    reasons = bool(request.reasoning) and studio.models.abilities(job.model).can_switch_reasoning
    limits = limited(engine, REASONING_TOKENS if reasons else DEFAULT_TOKENS)
    options = limits | ({"reasoning": True} if reasons else {}) | request.params.model_dump(exclude_none=True)
    wanted = WANTED_LENGTH.search(job.row.input) if request.action != "continue" else None
    if wanted and "min_tokens" in engine.capabilities:
        least = int(int(wanted[1]) * LEAST_SHARE * TOKENS_A_WORD)
        options["min_tokens"] = min(least, options["max_tokens"])
    return options


def _template(studio: "Studio", request: Request, owner: str) -> Template | None:
    """Return the request's template in its version; raises ``InvalidInput`` if a message cannot be put into it."""
    if request.template is None:
        for name in ("template_version", "values"):
            if getattr(request, name):
                raise InvalidInput(name, "{field} goes with a template only.")
        return None
    try:
        template = studio.prompts.get(request.template, owner, request.template_version)
    except NotFound as error:
        raise InvalidInput("template", error.template, **error.values) from error
    if template.question is None:
        raise InvalidInput("template", "{id} has no place for a message: no variable in its last one.", id=template.id)
    _filled(template, request, request.message)
    return template


def _filled(template: Template, request: Request, message: str) -> Messages:
    """Return the template's messages with the request's values and a person's message in them."""
    return render(template, {**request.values, str(template.question): message}, "values")


def _preamble(template: Template | None, request: Request, message: str) -> Messages:
    """Return what comes before the conversation: the template's messages but its last, its system text replaced."""
    before = _filled(template, request, message)[:-1] if template else []
    if request.system is not None:
        before = [(role, text) for role, text in before if role != "system"]
        if request.system.strip():
            before.insert(0, ("system", request.system))
    return knowing(before, request.profile)


def exchange(studio: "Studio", job: JobRow, which: str) -> Exchange:
    """Return the messages that a reply was asked for with, but for those that were left out, and the whole reply."""
    reply = studio.history.conversations.message((job.result or {})["message"], job.owner)
    before, pairs = _turns(studio, validated(Request, job.request), job, reply)
    text = pairs.pop()[1] if reply.text else ""
    parts = (data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part" and data["name"] == "note")
    dropped = sum(one["data"]["values"]["count"] for one in parts if one["data"]["template"] == LEFT_OUT)
    return Exchange([*before, *pairs[dropped:]], text)


def _turns(studio: "Studio", request: Request, job: JobRow, reply: Turn) -> tuple[Messages, Messages]:
    """Return what comes before the conversation, and its turns up to what there is of a reply."""
    turns = studio.history.conversations.branch(reply.conversation, reply.parent, MAX_TURNS).turns
    # A reply that failed before its first word would only teach the model to say nothing.
    pairs = [(turn.role, turn.text) for turn in turns if turn.text]
    if reply.text:
        pairs.append(("assistant", reply.text))
    # What a model thought was part of its replies once, and is still where they are kept so.
    pairs = [(role, answer_in(text) if role == "assistant" else text) for role, text in pairs]
    template = _template(studio, request, job.owner)
    if template:
        # All of a person's messages, not only the last: what an engine has read before, it need not read anew.
        pairs = [(role, _filled(template, request, text)[-1][1] if role == "user" else text) for role, text in pairs]
    return _preamble(template, request, job.input), pairs


def _prompt(
    studio: "Studio", request: Request, job: RunningJob, engine: "ChatEngine"
) -> tuple[list["BaseMessage"], int]:
    """Return the messages for the model and how many of the oldest had to be left out."""
    reply = studio.history.conversations.message((job.row.result or {})["message"], job.owner)
    preamble, pairs = _turns(studio, request, job.row, reply)
    before, messages = conversation(preamble), conversation(pairs)
    # The question, and what there is of its reply, must be in.
    needed = 2 if reply.text else 1
    dropped = _left_out(engine, before, messages, needed, request.params.max_tokens or DEFAULT_TOKENS)
    if dropped > len(messages) - needed:
        sentence = "{field} is too long for {model}, which takes {context} tokens with system prompt and reply."
        raise InvalidInput("message", sentence, context=getattr(engine, "context", None), model=job.model)
    return before + messages[dropped:], dropped


def _left_out(
    engine: "ChatEngine",
    before: list["BaseMessage"],
    messages: list["BaseMessage"],
    needed: int,
    max_tokens: int,
) -> int:
    """Return how many of the oldest messages do not fit; more than there are to spare if the rest does not, either."""
    context = engine.context
    if context is None:  # a provider that does not say how much it reads judges for itself
        return 0
    room = context - min(max_tokens, context // 2)

    def fits(start: int) -> bool:
        return engine.get_num_tokens_from_messages(before + messages[start:]) <= room

    # What is left begins with a question: some models refuse to read, and so to count, anything else.
    starts = [place for place, one in enumerate(messages[: len(messages) - needed + 1]) if one.type == "human"]
    return [*starts, len(messages)][bisect_left(starts, True, key=fits)]
