"""The Prompts tab: browse the templates, edit one beside its preview, and keep every version of it.

Built as one live component, so that another tab can take it in. Knows nothing about how any of it is drawn or kept.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from assistants.diffs import pieces
from assistants.errors import InvalidInput
from assistants.generation.tokens import count_tokens
from assistants.principals import Principal
from assistants.prompts import render
from assistants.requests import StudioRequest
from assistants.studio import Studio
from prompts.library import Template
from webapp.i18n import t
from webapp.kit import answers
from webapp.live import live
from webapp.wording import sentence

TITLE = "tab.prompts"

Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=1_000_000)]


class Asked(StudioRequest):
    """A question of the script about the prompt ``id``; ``versions`` are those it is about."""

    do: Literal["open", "new", "copy", "check", "create", "save", "use", "compare", "delete", "restore"]
    id: Name = ""
    assistant: Name = ""
    versions: Annotated[list[Name], Field(max_length=2)] = []
    source: Text = ""
    values: dict[Name, Text] = {}
    note: Text = ""
    use: bool = True


def build(studio: Studio) -> None:
    """Make the tab."""
    prompts = live("prompts")

    answers(prompts, Asked, lambda who, asked, lang: act(studio, who, asked, lang))


def act(studio: Studio, who: Principal, asked: Asked, lang: str) -> dict[str, Any]:
    """Do what the script asks and return what it shows then."""
    prompts = studio.prompts
    match asked.do:
        case "check":
            return {"check": check(studio, asked, lang)}
        case "new":
            return {"draft": blank(studio, asked.assistant, lang)}
        case "copy":
            id, source = prompts.copy(asked.id, who.id)
            return {"draft": {"id": id, "source": source}}
        case "compare":
            return {"pieces": compare(studio, who.id, asked)}
        case "delete":
            return {"trashed": prompts.delete(asked.id, who.id)}
        case "restore":
            studio.history.trash.restore(who.id, asked.id)
            return {}
        case "create":
            prompts.create(asked.id, who.id, asked.source, asked.note)
        case "save":
            prompts.save(asked.id, who.id, asked.source, asked.note, use=asked.use)
        case "use":
            prompts.use(asked.id, who.id, "".join(asked.versions))
    return {"prompt": opened(studio, who.id, asked.id)}


def blank(studio: Studio, assistant: str, lang: str) -> dict[str, str]:
    """Return a small prompt to begin with."""
    whose = assistant if assistant in studio.prompts.assistants else studio.prompts.assistants[0]
    return {"id": f"{whose}/", "source": t("prompts.skeleton", lang, assistant=whose, language=lang)}


def compare(studio: Studio, owner: str, asked: Asked) -> list[list[str]]:
    """Return two versions as one sequence of pieces."""
    if len(asked.versions) != 2:
        raise InvalidInput("versions", "{field} must name {low} to {high} items.", low=2, high=2)
    left, right = (studio.prompts.get(asked.id, owner, version).source for version in asked.versions)
    return [[piece.kind, piece.text] for piece in pieces(left, right)]


def opened(studio: Studio, owner: str, id: str) -> dict[str, Any]:
    """Return a prompt with its versions and where each was used; all of it is text."""
    template, uses = studio.prompts.get(id, owner), studio.prompts.uses(id, owner)
    versions = studio.prompts.versions(id, owner)
    return {
        "id": id,
        "name": template.name,
        "source": template.source,
        "version": template.version,
        "uses": sum(uses.values()),
        "is_built_in": studio.prompts.is_built_in(id),
        "has_own": any(not version.is_shipped for version in versions),
        "versions": [asdict(version) | {"uses": uses.get(version.version, 0)} for version in versions],
    }


def check(studio: Studio, asked: Asked, lang: str) -> dict[str, Any]:
    """Return what a text would send, or what is wrong with it and in which line."""
    # A new prompt has no name yet, which is no fault of its text.
    id = f"{asked.id}new" if asked.id.endswith("/") else asked.id
    try:
        template = studio.prompts.read(id, asked.source)
        messages = filled(template, examples(template) | asked.values)
    except InvalidInput as error:
        return {"problem": sentence(error, lang), "line": error.values.get("line")}
    return {
        "name": template.name,
        "description": template.description,
        "messages": [[message.role, message.content] for message in template.messages],
        "variables": list(template.variables),
        "question": template.question,
        "examples": examples(template),
        "tokens": asdict(count_tokens(studio, messages)),
    }


def examples(template: Template) -> dict[str, str]:
    """Return the values of the first test case, to see the template at work."""
    case = template.test_data[0] if template.test_data else {}
    return {name: str(case[name]) for name in template.variables if name in case}


def filled(template: Template, values: dict[str, str]) -> list[tuple[str, str]]:
    """Return the messages with what values there are."""
    shown = {name: values.get(name) or f"{{{{{name}}}}}" for name in template.variables}
    return render(template, shown)
