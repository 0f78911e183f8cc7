"""The prompts: which template a task takes, and its messages with the brief put in.

The texts are in ``prompts/writing``: one for each kind, ``-outline`` where the model outlines, and one for each way to
rewrite; ``-zh`` is Chinese. Models that are led (see ``guided``) have one template for all kinds. Knows nothing
about models.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput, NotFound
from assistants.prompts import Card, render
from assistants.writing.brief import Brief
from prompts.library import Messages, Template

if TYPE_CHECKING:
    from assistants.studio import Studio


# Stands for an empty value; no other text may hold it.
EMPTY = "\0"
# The template of whatever a model writes that is led.
PAGE = "page"


# What a template may say of a section (see ``drafting``).
SAID = frozenset([
    "topic",
    "named",
    "title",
    "heading",
    "notes",
    "words",
    "brief",
    "outline",
    "summary",
    "keywords",
    "sample",
    "form",
])
FOREIGN = "The template {id} is not for writing. Choose another one in the brief."


def templates_of(studio: "Studio", owner: str) -> list[Card]:
    """Return the owner's templates by which a section can be written: what they ask for is known of a section."""
    return [card for card in studio.prompts.list(owner, assistant="writing") if SAID.issuperset(card.variables)]


def task_of(request: Any, brief: Brief, is_guided: bool) -> str:
    """Return the task whose template a request's own text comes from."""
    if request.action == "outline":
        return PAGE if is_guided else f"{brief.kind}-outline"
    tasks = {"rewrite": f"rewrite-{request.operation}", "headlines": "headlines", "repair": "keyword"}
    return tasks.get(request.action, PAGE if is_guided else brief.kind)


def template_for(studio: "Studio", task: str, brief: Brief, owner: str, asked: Any = None) -> Template:
    """Return the template of a task, such as ``article``, in the brief's language; or what is ``asked``, a request.

    Raises ``InvalidInput`` if there is none of that name and version.
    """
    chosen, version = (asked.template, asked.template_version) if asked else (None, None)
    id = chosen or f"writing/{task}{'-zh' if brief.is_chinese else ''}"
    try:
        template = studio.prompts.get(id, owner, version)
    except NotFound as error:
        raise InvalidInput("template", error.template, **error.values) from error
    if template.assistant != "writing":
        raise InvalidInput("template", FOREIGN, id=id)
    return template


def messages(template: Template, values: Mapping[str, str]) -> Messages:
    """Return the messages of a template; raises ``InvalidInput`` if it asks for what there is not."""
    rendered = render(template, {name: values[name] or EMPTY for name in template.variables if name in values})
    return [(role, "\n".join(_filled(text))) for role, text in rendered]


def _filled(text: str) -> Iterator[str]:
    """Yield the lines, but for those in which there is nothing but values that were left empty."""
    for line in text.split("\n"):
        if EMPTY not in line or line.replace(EMPTY, "").strip():
            yield line.replace(EMPTY, "")


def options(template: Template, params: dict[str, Any]) -> dict[str, Any]:
    """Return how the model is to choose its words: as the person says, else as the template does."""
    return template.model_parameters.model_dump(exclude_none=True) | params
