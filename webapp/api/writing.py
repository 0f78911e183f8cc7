"""What a new draft can be, over HTTP: the kinds of text, examples of what to ask for, templates and models.

What writes is a job (``/api/jobs``, assistant ``writing``). Knows nothing about drafts that there are.
"""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from assistants import writing
from webapp.api.dependencies import Language, TheStudio, Who
from webapp.api.errors import answers
from webapp.wording import model_label

router = APIRouter(prefix="/writing", tags=["drafts"])


class FieldChoice(BaseModel):
    """One of the values that a field takes."""

    value: str
    label: str


class BriefField(BaseModel):
    """What only the brief of one kind asks for; without choices it takes any line."""

    name: str
    label: str
    hint: str
    choices: list[FieldChoice]


class KindOfText(BaseModel):
    """A kind of text; its words are in the language that was asked for."""

    id: str
    title: str
    description: str
    words: int | None = Field(description="How long it shall be, unless a brief says otherwise")
    usual: int | None = Field(description="How long it usually gets; null where its form says how long it is")
    fields: list[BriefField]


class TemplateName(BaseModel):
    """A template that sections can be written by."""

    id: str
    name: str


class NewText(BaseModel):
    """What a new draft can be, as far as you may choose."""

    kinds: list[KindOfText]
    examples: list[dict[str, Any]] = Field(description="Requests for `/api/jobs`, in a language that the model writes")
    templates: list[TemplateName]
    models: list[str] = Field(description="`provider:model`, the default one first")
    language: str = Field(description="The language to write in: yours, or English where the model knows no other")
    advice: str | None = Field(description="Why it isn't yours")


@router.get("", responses=answers(401, 503))
def get_choices(studio: TheStudio, who: Who, lang: Language) -> NewText:
    """Return what a new draft can be."""
    language, advice = model_label(studio, studio.models.resolve(None), lang)
    return NewText(
        kinds=[_kind(one, lang) for one in writing.kinds().values()],
        examples=[one for one in writing.EXAMPLES if one["language"] == language],
        templates=[TemplateName(id=one.id, name=one.name) for one in writing.templates_of(studio, who.id)],
        models=studio.models.pickable(who),
        language=language,
        advice=advice,
    )


def _kind(one: writing.Kind, lang: str) -> KindOfText:
    def own(words: dict[str, str]) -> str:
        return writing.in_language(words, lang) if words else ""

    fields = [
        BriefField(
            name=name,
            label=own(field.title),
            hint=own(field.hint),
            choices=[FieldChoice(value=value, label=own(words)) for value, words in field.choices.items()],
        )
        for name, field in one.fields.items()
    ]
    title, description = own(one.title), own(one.description)
    usual = one.words_for({})
    return KindOfText(id=one.id, title=title, description=description, words=one.words, usual=usual, fields=fields)
