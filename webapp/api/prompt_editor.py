"""What an editor of prompts asks beside keeping them: what a text would send, what a new one begins with, two compared.

Knows what it looks like on the wire; nothing is kept here.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistants.diffs import pieces
from assistants.errors import InvalidInput
from assistants.generation.tokens import count_tokens
from assistants.prompts import render
from prompts.library import Template
from webapp.api.dependencies import Language, Owner, TheStudio
from webapp.api.errors import answers
from webapp.api.history import Piece, Words
from webapp.api.prompts import Assistant, Name, PromptMessage
from webapp.i18n import t
from webapp.wording import sentence

router = APIRouter(tags=["prompts"], prefix="/prompts")

Text = Annotated[str, Field(max_length=300_000)]
Version = Annotated[Words, Query(description="A version")]


class Draft(BaseModel):
    """A text to begin with, and a name for it."""

    id: str
    source: str


class Typed(BaseModel):
    """A text as it is being typed; the name may lack its end."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(max_length=200)] = ""
    source: Text = ""
    values: dict[Annotated[str, Field(max_length=200)], Text] = {}


class TokenCount(BaseModel):
    """How many, by the model or, where that is null, by estimate."""

    count: int
    model: str | None


class Sends(BaseModel):
    """What a text would send."""

    name: str
    description: str
    messages: list[PromptMessage]
    variables: list[str]
    question: str | None = Field(description="The variable that takes what a person writes")
    examples: dict[str, str] = Field(description="The values of the first test case")
    tokens: TokenCount


class Checked(BaseModel):
    """What a text would send, or what is wrong with it and in which line."""

    sends: Sends | None
    problem: str | None
    line: int | None


@router.get("/new", responses=answers(401, 422, 503))
def begin_prompt(
    studio: TheStudio,
    lang: Language,
    assistant: Annotated[Words, Query(description="Whose it will be; the first one's else")] = "",
) -> Draft:
    """Return a small prompt that works, to begin with."""
    whose = assistant if assistant in studio.prompts.assistants else studio.prompts.assistants[0]
    return Draft(id=f"{whose}/", source=t("prompts.skeleton", lang, assistant=whose, language=lang))


@router.post("/check", responses=answers(401, 413, 422, 503))
def check_prompt(studio: TheStudio, lang: Language, typed: Typed) -> Checked:
    """Say what a text would send with the values given, or what is wrong with it."""
    # A new prompt has no name yet, which is no fault of its text.
    id = f"{typed.id}new" if typed.id.endswith("/") else typed.id
    try:
        template = studio.prompts.read(id, typed.source)
        messages = filled(template, examples(template) | typed.values)
    except InvalidInput as error:
        return Checked(sends=None, problem=sentence(error, lang), line=error.values.get("line"))
    sends = Sends(
        name=template.name,
        description=template.description,
        messages=[PromptMessage.model_validate(message) for message in template.messages],
        variables=list(template.variables),
        question=template.question,
        examples=examples(template),
        tokens=TokenCount(**asdict(count_tokens(studio, messages))),
    )
    return Checked(sends=sends, problem=None, line=None)


@router.get("/{assistant}/{name}/copy", responses=answers(401, 404, 422, 503))
def copy_prompt(studio: TheStudio, owner: Owner, assistant: Assistant, name: Name) -> Draft:
    """Return a name and a text for a copy; nothing is kept yet."""
    id, source = studio.prompts.copy(f"{assistant}/{name}", owner)
    return Draft(id=id, source=source)


@router.get("/{assistant}/{name}/compare", responses=answers(401, 404, 422, 429, 503))
def compare_prompts(
    studio: TheStudio, owner: Owner, assistant: Assistant, name: Name, left: Version, right: Version
) -> list[Piece]:
    """Return the texts of two versions as one sequence of pieces."""
    before, after = (studio.prompts.get(f"{assistant}/{name}", owner, version).source for version in (left, right))
    return [Piece.model_validate(piece) for piece in pieces(before, after)]


def examples(template: Template) -> dict[str, str]:
    """Return the values of the first test case, to see the template at work."""
    case: dict[str, Any] = template.test_data[0] if template.test_data else {}
    return {name: str(case[name]) for name in template.variables if name in case}


def filled(template: Template, values: dict[str, str]) -> list[tuple[str, str]]:
    """Return the messages with what values there are."""
    shown = {name: values.get(name) or f"{{{{{name}}}}}" for name in template.variables}
    return render(template, shown)
