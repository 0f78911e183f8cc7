"""Prompt templates over HTTP: list, read, save and delete them, take them in and home as files.

Knows what they look like on the wire; knows nothing about how their versions are kept.
"""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from assistants.prompts import Prompts
from assistants.store import now
from prompts.library import SUFFIX, Template
from webapp.api.dependencies import Owner, TheStudio
from webapp.api.errors import Answers, answers
from webapp.api.files import disposition
from webapp.api.history import ZIP, Shape, Words

router = APIRouter(tags=["prompts"])

Assistant = Annotated[str, Path(max_length=40, description="Whose prompt it is, such as `chat`")]
Name = Annotated[str, Path(max_length=80, description="Its name among that assistant's, such as `tutor`")]
FILE: Answers = {200: {"content": {"application/yaml": {}}, "description": "The prompt file"}}
YAML = "application/yaml; charset=utf-8"


class PromptCard(Shape):
    """A line of the list."""

    id: str = Field(description="`assistant/name`")
    assistant: str
    name: str = Field(description="What people call it")
    description: str
    language: str | None
    tags: list[str]
    variables: list[str]
    version: str = Field(description="Of the text in use")
    is_own: bool = Field(description="Whether you made it")
    is_changed: bool = Field(description="Whether you changed one that comes with the studio")


class PromptMessage(Shape):
    """A message; `{{name}}` in it is a variable."""

    role: str
    content: str


class PromptVersion(Shape):
    """A text that the prompt has or had."""

    version: str
    source: str
    note: str
    created: str
    is_shipped: bool = Field(description="Whether it came with the studio")
    uses: int = Field(description="How many of your items it has made")


class Prompt(BaseModel):
    """A prompt as it is in use, or as an earlier version was."""

    id: str
    name: str
    description: str
    version: str
    variables: list[str]
    question: str | None = Field(description="The variable that takes what a person writes")
    messages: list[PromptMessage]
    source: str = Field(description="The exact text of the file")
    is_built_in: bool = Field(description="Whether everybody has it")
    has_own: bool = Field(description="Whether a version of it is yours")
    uses: int = Field(description="How many of your items it has made")
    versions: list[PromptVersion]


class Source(BaseModel):
    """A text of a prompt."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(description="The text of a prompt file, at most 256 KB")
    note: str = Field("", description="What is new")


class NewText(Source):
    """Another text for a prompt."""

    use: bool = Field(True, description="Whether it is in use from now on", strict=True)


class NewPrompt(Source):
    """A new prompt; its name must not be taken."""

    id: Annotated[str, Field(max_length=200)] = Field(description="`assistant/name`")


class InUse(BaseModel):
    """The version to put in use."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(max_length=200)]


class Put(BaseModel):
    """The line of the trash that brings back what was deleted."""

    line: str


class SavedPrompt(BaseModel):
    """What was kept."""

    id: str
    version: str


class TakenIn(Shape):
    """What came of an import, by id."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]


@router.get("/prompts", responses=answers(401, 422, 503))
def list_prompts(
    studio: TheStudio,
    owner: Owner,
    q: Annotated[Words, Query(description="Words that stand in name, description or tags")] = "",
    assistant: Annotated[Words | None, Query(description="Only this assistant's")] = None,
    language: Annotated[Words | None, Query(description="Only in this language")] = None,
    tag: Annotated[Words | None, Query(description="Only with this tag")] = None,
) -> list[PromptCard]:
    """Return the prompts: yours, and those that come with the studio."""
    cards = studio.prompts.list(owner, q, assistant=assistant, language=language, tag=tag)
    return [PromptCard.model_validate(card) for card in cards]


@router.get("/prompts/export", response_class=Response, responses=ZIP | answers(401, 404, 422, 503))
def export_prompts(
    studio: TheStudio,
    owner: Owner,
    id: Annotated[list[Words] | None, Query(max_length=1000, description="Only these; may be repeated")] = None,
) -> Response:
    """Download prompts as they are in use, their exact texts, in one zip."""
    headers = {"Content-Disposition": disposition(f"prompts-{now()[:10]}.zip"), "Cache-Control": "no-store"}
    return Response(studio.prompts.pack(owner, id), media_type="application/zip", headers=headers)


@router.post(
    "/prompts/import", responses=answers(401, 413, 422, 429, 503), form_limits={"max_files": 1, "max_fields": 8}
)
def import_prompts(
    studio: TheStudio,
    owner: Owner,
    file: UploadFile,
    assistant: Annotated[Words | None, Query(description="Whose a file is that does not say so")] = None,
    as_versions: Annotated[bool, Query(description="Whether a taken name gets another version")] = False,
) -> TakenIn:
    """Take in a prompt file or a zip of them, all or none."""
    content = file.file.read()
    taken = studio.prompts.take_in(owner, file.filename or "file", content, assistant, as_versions=as_versions)
    return TakenIn.model_validate(taken)


@router.get("/prompts/{assistant}/{name}", responses=answers(401, 404, 422, 503))
def get_prompt(
    studio: TheStudio,
    owner: Owner,
    assistant: Assistant,
    name: Name,
    version: Annotated[Words | None, Query(description="Not the one in use but this version")] = None,
) -> Prompt:
    """Return a prompt with its versions."""
    return shown(studio.prompts.get(f"{assistant}/{name}", owner, version), studio.prompts, owner)


def shown(template: Template, prompts: Prompts, owner: str) -> Prompt:
    """Return a prompt as clients see it."""
    uses, versions = prompts.uses(template.id, owner), prompts.versions(template.id, owner)
    return Prompt(
        id=template.id,
        name=template.name,
        description=template.description,
        version=template.version,
        variables=list(template.variables),
        question=template.question,
        messages=[PromptMessage.model_validate(message) for message in template.messages],
        source=template.source,
        is_built_in=prompts.is_built_in(template.id),
        has_own=any(not version.is_shipped for version in versions),
        uses=sum(uses.values()),
        versions=[PromptVersion(**asdict(version), uses=uses.get(version.version, 0)) for version in versions],
    )


@router.get("/prompts/{assistant}/{name}/file", response_class=Response, responses=FILE | answers(401, 404, 422, 503))
def export_prompt(studio: TheStudio, owner: Owner, assistant: Assistant, name: Name) -> Response:
    """Download a prompt as it is in use, its exact text."""
    source = studio.prompts.get(f"{assistant}/{name}", owner).source
    headers = {"Content-Disposition": disposition(f"{name}{SUFFIX}"), "Cache-Control": "no-store"}
    return Response(source.encode(), media_type=YAML, headers=headers)


@router.put("/prompts/{assistant}/{name}", responses=answers(401, 413, 422, 429, 503))
def save_prompt(studio: TheStudio, owner: Owner, assistant: Assistant, name: Name, text: NewText) -> SavedPrompt:
    """Keep another version of a prompt, or a new prompt where there is none of this name."""
    template = studio.prompts.put(f"{assistant}/{name}", owner, text.source, text.note, use=text.use)
    return SavedPrompt(id=template.id, version=template.version)


@router.post("/prompts", status_code=201, responses=answers(401, 413, 422, 429, 503))
def create_prompt(studio: TheStudio, owner: Owner, prompt: NewPrompt) -> SavedPrompt:
    """Keep a new prompt, whose name must not be taken."""
    template = studio.prompts.create(prompt.id, owner, prompt.source, prompt.note)
    return SavedPrompt(id=template.id, version=template.version)


@router.post("/prompts/{assistant}/{name}/use", status_code=204, responses=answers(401, 404, 413, 422, 503))
def use_version(studio: TheStudio, owner: Owner, assistant: Assistant, name: Name, chosen: InUse) -> None:
    """Put a version of a prompt in use."""
    studio.prompts.use(f"{assistant}/{name}", owner, chosen.version)


@router.delete("/prompts/{assistant}/{name}", responses=answers(401, 404, 413, 422, 503))
def delete_prompt(studio: TheStudio, owner: Owner, assistant: Assistant, name: Name) -> Put:
    """Move what you made of a prompt into the trash; one that comes with the studio is then as it came."""
    return Put(line=studio.prompts.delete(f"{assistant}/{name}", owner))
