"""The winner put to use: a variant of a matrix becomes a version of a prompt, with its examples and what it gained.

Knows how prompt files are written; knows nothing about who uses them.
"""

import json
from typing import TYPE_CHECKING, Any

import yaml

from assistants.errors import Conflict, InvalidInput, NotFound
from assistants.playground.plan import Plan, Variant, plan
from assistants.playground.request import Request
from assistants.playground.shots import Chooser, Words
from assistants.prompts import MAX_NOTE
from assistants.requests import validated
from prompts.library import VARIABLE, Messages, Template

if TYPE_CHECKING:
    from assistants.studio import Studio

FIXED = ("first", "random")
MAX_CASES = 20


def promote(studio: "Studio", owner: str, job_id: str, variant: int, template_id: str, note: str = "") -> str:
    """Save a variant's messages as a version of a prompt, put it in use and return the version.

    The note says what was measured, behind what the person says.
    """
    job = studio.jobs.get(job_id, owner)
    if job.assistant != "playground":
        raise InvalidInput("job", "This item is not one of the playground.")
    if job.is_open:
        raise Conflict("The matrix is still running. Wait until it is done, or stop it.")
    planned = plan(studio, validated(Request, job.request), owner)
    chosen = next((one for one in planned.variants if one.id == variant), None)
    if chosen is None:
        raise NotFound("There is no such variant.")
    source = _source(studio, owner, chosen, planned, template_id)
    gain = measured(job.result or {}, variant)
    whole = " ".join(filter(None, [note.strip()[: MAX_NOTE - len(gain) - 1], gain]))
    return studio.prompts.put(template_id, owner, source, whole).version


def measured(result: dict[str, Any], variant: int) -> str:
    """Return what was measured of a variant, in figures: its rate, and the difference to the first one."""
    entry = next((one for one in result.get("summary", ()) if one["variant"] == variant), None)
    if entry is None or entry["rate"] is None:
        return ""
    text = f"[{entry['rate']:.0%} ({entry['low']:.0%}–{entry['high']:.0%}), n = {entry['n']}"
    first = min((one for one in entry["against"]), key=lambda one: one["variant"], default=None)
    if first:
        text += f"; {first['difference']:+.0%} ({first['low']:+.0%} – {first['high']:+.0%})"
    return f"{text}]"


def _source(studio: "Studio", owner: str, variant: Variant, planned: Plan, template_id: str) -> str:
    """Return the text of the prompt file."""
    try:
        known: Template | None = studio.prompts.get(template_id, owner)
    except NotFound:
        known = None
    params = variant.params.model_dump(include={"temperature", "top_p", "max_tokens"}, exclude_none=True)
    kept = known.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"id", "source"}) if known else {}
    names = {"temperature": "temperature", "top_p": "topP", "max_tokens": "maxTokens"}
    data = {
        "name": known.name if known else variant.source.name,
        **kept,
        "modelParameters": {names[name]: value for name, value in params.items()},
        "messages": [{"role": role, "content": content} for role, content in _messages(variant)],
    }
    if not kept.get("testData") or set(kept["testData"][0]) - {"expected"} != set(variant.source.variables):
        wanted = (*variant.source.variables, "expected")
        cases = [{name: row[name] for name in wanted if name in row} for row in planned.rows[:MAX_CASES]]
        data["testData"] = [case for case in cases if case]
    schema = variant.source.controls.json_schema
    if not known and schema is not None:
        data |= {"responseFormat": "json_schema", "jsonSchema": json.dumps({"name": "answer", "schema": schema})}
    if not known:
        data["metadata"] = {"tags": ["playground"], "assistant": template_id.partition("/")[0]}
    return yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)


class Plain(yaml.SafeDumper):
    """PyYAML's writer without the anchors that prompt files do not have."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a thing out again instead of referring to it."""
        return True


def _messages(variant: Variant) -> Messages:
    """Return the messages with their variables, and the examples as pairs before the last one."""
    if variant.how == "classifier":
        raise InvalidInput("variant", "A classifier is no prompt; teach it in Support instead.")
    if variant.examples and variant.shots.choose not in FIXED and variant.shots.k != 0:
        raise InvalidInput(
            "variant", "Its examples are chosen anew for each row; a prompt keeps fixed ones: first or random."
        )
    source = variant.source
    blank = {name: f"{{{{{name}}}}}" for name in source.variables}
    examples = Chooser(lambda: Words([])).choose(variant.shots, variant.examples, "")
    for example in examples:
        if VARIABLE.search(example.input + example.output):
            raise InvalidInput("variant", "An example holds a variable, which a prompt would fill in.")
    return source.render(blank, examples)
