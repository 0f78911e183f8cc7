"""Where a request of the playground comes from: an item of the history, with its exact messages, or a prompt file.

Knows what assistants leave in the history; knows nothing about how a request is run.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from assistants.errors import InvalidInput
from assistants.generation import SEEDS, Params
from assistants.playground.plan import filled
from assistants.store.jobs import JobRow
from prompts.library import SUFFIX, VARIABLE, Evaluator, JudgeEvaluator, Template, as_text
from prompts.reading import read_yaml

if TYPE_CHECKING:
    from assistants.studio import Studio

MAX_TURNS = 1000
MESSAGE = "message"
# Of GitHub's own evaluators this one is measured; the others are judged, by the rubrics of a file.
SIMILARITY = "github/similarity"
# What a judge's prompt calls the answer.
COMPLETION = "{{completion}}"

Request = dict[str, Any]
# A role, a content, and whether its variables are variables; in what was said they are only text.
Written = tuple[str, str, bool]


def request_from(studio: "Studio", owner: str, item: str | None = None, template: str | None = None) -> Request:
    """Return the request of either an item of the history or a prompt."""
    if (item is None) == (template is None):
        raise InvalidInput("item", "Give either an item or a template, and not both.")
    return from_item(studio, owner, item) if item is not None else from_template(studio, owner, template or "")


def from_item(studio: "Studio", owner: str, job_id: str) -> Request:
    """Return the request that asks a model what an item of the history asked it; raises ``InvalidInput``."""
    job = studio.jobs.get(job_id, owner)
    if job.assistant == "playground":
        return job.request
    reply = (job.result or {}).get("message")
    request = _from_turn(studio, owner, job, reply) if reply else to_the_letter(_sent(studio, job))
    asked = job.request.get("params") or {}
    params = {name: value for name, value in asked.items() if name in Params.model_fields}
    if not 0 <= params.get("seed", 0) < SEEDS:
        # A program's, which is larger than the page's and would not come through it unchanged.
        del params["seed"]
    return request | ({"models": [job.model]} if job.model else {}) | ({"params": params} if params else {})


def to_the_letter(said: Sequence[tuple[str, str]]) -> Request:
    """Return a request for these messages, the last one as a variable that a person may change."""
    return _request(
        [*((*one, False) for one in said[:-1]), ("user", f"{{{{{MESSAGE}}}}}", True)], {MESSAGE: said[-1][1]}
    )


def _request(messages: Iterable[Written], row: dict[str, str]) -> Request:
    """Return a request; text that looks like variables is put in as the value of one, for values are not read again."""
    row, written = dict(row), []
    for number, (role, content, has_variables) in enumerate(messages, 1):
        if not has_variables and "{{" in content:
            row[f"text_{number}"], content = content, f"{{{{text_{number}}}}}"
        written.append({"role": role, "content": content})
    return {"messages": written, "rows": [row]}


def _sent(studio: "Studio", job: JobRow) -> list[tuple[str, str]]:
    """Return the messages that an item's last step recorded, up to the user's last."""
    messages: list[tuple[str, str]] = [(one["role"], one["content"]) for one in job.request.get("messages") or ()]
    for _, kind, data in studio.history.jobs.events(job.id):
        if kind == "part" and data["name"] == "sent":
            messages = [(one["role"], one["content"]) for one in data["data"]["messages"]]
        elif kind == "part" and data["name"] == "why":
            messages = [(role, content) for role, content in data["data"].get("prompt", ())]
    messages = [(role, content) for role, content in messages if content]
    while messages and messages[-1][0] != "user":
        messages.pop()
    if not messages:
        raise InvalidInput("id", "This item has no messages to a model that could be tried again.")
    return messages


def _from_turn(studio: "Studio", owner: str, job: JobRow, message: str) -> Request:
    """Return a turn of a conversation: its template with its variables, and what was said before it to the letter."""
    asked, conversations = job.request, studio.history.conversations
    reply = conversations.message(message, owner)
    turns = conversations.branch(reply.conversation, reply.parent, MAX_TURNS).turns
    said = [(turn.role, turn.text) for turn in turns if turn.text]
    system: str | None = asked.get("system")
    own: list[Written] = [("system", system, False)] if system and system.strip() else []
    schema = None
    if not asked.get("template"):
        last, values, question, before = f"{{{{{MESSAGE}}}}}", {}, MESSAGE, []
    else:
        template = studio.prompts.get(asked["template"], owner, asked.get("template_version"))
        schema = template.answer_schema
        last, values, question = template.messages[-1].content, asked.get("values", {}), str(template.question)
        is_kept = [one for one in template.messages[:-1] if system is None or one.role != "system"]
        before = [(one.role, one.content, True) for one in is_kept]
    earlier = [
        (role, filled(last, {**values, question: text}) if role == "user" else text, False) for role, text in said[:-1]
    ]
    request = _request([*own, *before, *earlier, ("user", last, True)], {**values, question: said[-1][1]})
    return request | ({"json_schema": schema} if schema is not None else {})


# Prompt files


def from_template(studio: "Studio", owner: str, id: str, version: str | None = None) -> Request:
    """Return a template as a request: its pairs as examples, its test cases as rows, and its evaluators."""
    template = studio.prompts.get(id, owner, version)
    return request_of(template)


def request_of(template: Template) -> Request:
    """Return the request that tries a prompt file as it is."""
    messages, examples = _apart([(one.role, one.content) for one in template.messages])
    params = template.model_parameters.model_dump(exclude_none=True)
    schema = template.answer_schema
    return {
        "messages": [{"role": role, "content": content} for role, content in messages],
        **({"json_schema": schema} if schema is not None else {}),
        "name": template.name,
        "evaluators": evaluators_of(template),
        **({"examples": examples} if examples else {}),
        **({"rows": rows_of(template)} if template.test_data else {}),
        **({"params": params} if params else {}),
    }


def rows_of(template: Template) -> list[dict[str, str]]:
    """Return the test cases of a prompt file."""
    return [{name: as_text(value) for name, value in case.items()} for case in template.test_data]


def model_of(said: str) -> str:
    """Return what the studio calls a model that GitHub calls ``publisher/model``."""
    return said if ":" in said else said.replace("/", ":", 1)


def _apart(messages: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    """Return the messages without their examples, and these; none where the pairs are not asked as the last one is."""
    last = messages[-1][1]
    names = VARIABLE.findall(last)
    start = next((number for number, (role, _) in enumerate(messages) if role != "system"), 0)
    pairs = list(zip(messages[start:-1:2], messages[start + 1 : -1 : 2], strict=False))
    if len(names) != 1 or not pairs:
        return messages, []
    begins, ends = VARIABLE.split(last)[::2]
    examples = []
    for (_, asked), (_, answer) in pairs:
        text = asked.removeprefix(begins).removesuffix(ends)
        if f"{begins}{text}{ends}" != asked or not text or VARIABLE.search(text + answer):
            return messages, []
        examples.append({"input": text, "output": answer})
    return [*messages[:start], messages[-1]], examples


def evaluators_of(template: Template) -> list[dict[str, Any]]:
    """Return the evaluators of a prompt file as the playground has them; raises ``InvalidInput`` for unknown ones."""
    for number, evaluator in enumerate(template.evaluators):
        if evaluator.uses and evaluator.uses not in (SIMILARITY, *rubrics()):
            document = read_yaml(template.source, f"{template.id.rpartition('/')[2].removesuffix(SUFFIX)}{SUFFIX}")
            known = ", ".join([SIMILARITY, *rubrics()])
            error = document.error(("evaluators", number, "uses"), NO_EVALUATOR, uses=evaluator.uses, known=known)
            raise InvalidInput("evaluators", error.template, **error.values)
    return [found for evaluator in template.evaluators for found in _evaluators(evaluator)]


# Behind the file and the line.
NO_EVALUATOR = "{uses} is no evaluator here; there are: {known}."


STRINGS = {"equals": "equals", "contains": "contains", "starts_with": "starts_with", "ends_with": "ends_with"}


def _evaluators(evaluator: Evaluator) -> list[dict[str, Any]]:
    name = evaluator.name[:200]
    found = []
    if evaluator.string:
        wanted = evaluator.string.model_dump(exclude_none=True)
        found += [
            {"name": name, "type": STRINGS[kind], "value": value} | ({} if kind == "equals" else {"ignore_case": True})
            for kind, value in wanted.items()
            if value
        ]
    if evaluator.llm:
        model = model_of(evaluator.llm.model_id)
        found.append({"name": name, "type": "judge", "value": _rubric(evaluator.llm), "model": model})
    if evaluator.uses == SIMILARITY:
        found.append({"name": name, "type": "similar"})
    elif evaluator.uses:
        found.append({"name": name, "type": "judge", "value": rubrics()[evaluator.uses]})
    return found


def _rubric(judge: JudgeEvaluator) -> str:
    """Return what a judge of a prompt file looks at, and with which of its choices an answer passes.

    As GitHub's tool has it, a choice that is worth anything is enough.
    """
    passing = ", ".join(choice.choice for choice in judge.choices if choice.score > 0)
    asked = "\n".join(filter(None, [judge.system_prompt, judge.prompt])).replace(COMPLETION, "(the answer)")
    return f"{asked}\n\nIt passes if this is: {passing}"


@cache
def rubrics() -> dict[str, str]:
    """Return what a judge looks at for each of GitHub's evaluators."""
    return yaml.safe_load(Path(__file__).with_name("rubrics.yaml").read_text(encoding="utf-8"))
