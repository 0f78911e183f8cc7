"""What the history shows of items: what was asked in the words of the page, what came of it, and two side by side.

Knows what things are called on the page; knows nothing about HTTP or how items are stored.
"""

import json
from typing import Any

from assistants import writing
from assistants.history.compare import Comparison, leaves
from assistants.store.jobs import JobRow
from webapp.i18n import has, t
from webapp.wording import why

# Of a long conversation the end is shown, and of a long text the beginning.
MESSAGES, CHARACTERS = 20, 20_000

# Of a request, what no person has chosen, and what only holds other names.
INTERNAL = frozenset({"conversation", "parent", "wait", "id", "section", "style_version"})
WRAPPERS = frozenset({"params", "controls", "fields", "values", "study_options"})
# Whose values are words of ours.
CHOICES = frozenset({"action", "kind", "operation", "choose", "how", "study", "type", "role", "use", "language"})


def compared(jobs: list[JobRow], found: Comparison, lang: str) -> list[dict[str, Any]]:
    """Return the inputs of two items by what the page calls them, without those that no person has chosen."""
    left, right = (leaves(job) for job in jobs)
    # What is said of any item and is called a question, a prompt or a topic here, too, is said once.
    shared = [name for name in left if left[name] == jobs[0].input and right.get(name) == jobs[1].input]
    hidden = INTERNAL | ({"message"} if len(shared) > 1 else set())
    return [
        {
            "label": label(one.name, lang),
            "left": said(left.get(one.name), lang, one.name),
            "right": said(right.get(one.name), lang, one.name),
            "same": one.same,
        }
        for one in found.inputs
        if one.name not in hidden
    ]


def label(name: str, lang: str) -> str:
    """Return what an input is called on the page: "params.seed" is Seed, and a variable as its person has called it."""
    first, _, rest = name.partition(".")
    if first == "values" and rest:
        return rest
    if first == "fields" and rest:
        titles = [kind.fields[rest].title for kind in writing.kinds().values() if rest in kind.fields]
        return writing.in_language(titles[0], lang) if titles else rest
    return " · ".join(named(part, lang) or part for part in name.split(".") if part not in WRAPPERS) or name


def named(part: str, lang: str) -> str | None:
    """Return what a field of a request is called on the page, if it is."""
    return next((t(key, lang) for key in (f"asked.{part}", f"field.{part}") if has(key)), None)


def said(value: Any, lang: str, name: str) -> str | None:
    """Return an input as a person reads it: no notation, and the words of the page where it has some."""
    leaf = name.rpartition(".")[2]
    if isinstance(value, list):
        return "\n".join(filter(None, (said(one, lang, name) for one in value))) or None
    if isinstance(value, dict):
        inner = ((named(key, lang) or key, said(one, lang, key)) for key, one in value.items() if key not in INTERNAL)
        return " · ".join(f"{key}: {words}" for key, words in inner if words) or None
    if isinstance(value, bool):
        return t("asked.yes" if value else "asked.no", lang)
    if value is None or leaf not in CHOICES:
        return None if value is None else str(value)
    return next((t(key, lang) for key in (f"asked.{leaf}.{value}", f"{leaf}.{value}") if has(key)), str(value))


def opened(job: JobRow, lang: str) -> dict[str, Any]:
    """Return what was asked and what came of it, as the script draws it; all of it is text."""
    request = job.request
    said = [(one["role"], one["content"]) for one in request.get("messages") or []] or [("user", job.input)]
    settings = {name: request[name] for name in ("params", "controls") if request.get(name)}
    usage = job.usage or {}
    return {
        "id": job.id,
        "is_open": job.is_open,
        "status": job.status,
        "assistant": job.assistant,
        "model": job.model,
        "created": job.created,
        "said": [{"role": role, "text": text[:CHARACTERS]} for role, text in said[-MESSAGES:]],
        "output": job.output,
        "error": why(job.failure, lang),
        "settings": json.dumps(settings, ensure_ascii=False, indent=2) if settings else None,
        "tokens": {"read": usage["input_tokens"], "written": usage["output_tokens"]}
        if "output_tokens" in usage
        else None,
        "seconds": usage.get("seconds"),
    }
