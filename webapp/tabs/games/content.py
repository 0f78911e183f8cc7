"""The part of the Games tab that has the things of a world: more of a kind, and one thing to read, edit and lock."""

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from assistants.games import desk
from assistants.games.content import KINDS, Document, Element, by_id
from assistants.principals import Principal
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import UNQUEUED, words
from webapp.native import Work, handled, job_form
from webapp.tabs.games import graphs
from webapp.tabs.games.opened import Opened, hint

# What is made on a tab of its own.
HERE = tuple(kind for kind in KINDS if kind != "maps")
# What a row of the table says beside the name.
CELL = 160


def build(studio: Studio, opened: Opened, part: gr.Tab) -> None:
    """Make the part; whoever comes to it sees what was written meanwhile."""
    with gr.Row():
        with gr.Column(scale=2):
            kind = gr.Dropdown(
                [(words(f"kind.{one}"), one) for one in HERE], value="characters", label=words("asked.kind"),
                elem_id="games-kind",
            )  # fmt: skip
            count = gr.Slider(1, 20, value=3, step=1, label=words("asked.count"))
            spot = gr.Column()
            thing = gr.Dropdown(
                [], value=None, allow_custom_value=True, label=words("games.thing"), elem_id="games-thing"
            )
            name = gr.Textbox(label=words("field.name"), max_length=80)
            description = gr.Textbox(label=words("asked.brief"), lines=3, max_length=1000)
            locked = gr.Checkbox(label=words("games.locked"))
            revision = gr.Textbox(visible=False)
            with gr.Row():
                save = gr.Button(words("games.save"), elem_id="games-save")
            again = gr.Column()
            alternates = gr.Dropdown(
                [], value=None, allow_custom_value=True, label=words("games.alternates"), visible=False,
                elem_id="games-alternates",
            )  # fmt: skip
        with gr.Column(scale=3):
            table = gr.Dataframe(
                visible=False, interactive=False, show_label=False, wrap=True, elem_id="games-table",
                column_widths=["26%", "37%", "37%"],
            )  # fmt: skip
            facts = gr.HTML(elem_id="games-facts")
    fields = [name, description, locked, revision, alternates, facts]
    with spot:
        inputs = {"kind": kind, "count": count, "world": opened.picker}
        job_form(studio, "games", "games", words("games.add"), inputs, [table, thing], _added(studio), _ask)
    with again:
        inputs = {"world": opened.picker, "element": thing}
        button = job_form(
            studio, "games-field", "games", words("games.write-again"), inputs, fields, _written(studio), _ask_again
        )
        button.variant = "secondary"

    def listed(studio: Studio, who: Principal, lang: str, id: str | None, wanted: str = "characters") -> Sequence[Any]:
        return _listed(studio, who, lang, id, wanted)

    opened.shows([table, thing], lambda studio, who, lang, id: listed(studio, who, lang, id))
    opened.shows(fields, lambda studio, who, lang, id: _nothing(lang, id))

    def chosen(who: Principal, lang: str, id: str | None, wanted: str) -> Sequence[Any]:
        return [*_listed(studio, who, lang, id, wanted), *_nothing(lang, id)]

    def shown(who: Principal, lang: str, id: str | None, element: str | None) -> Sequence[Any]:
        return _shown(studio, who, lang, id, element)

    def saved(
        who: Principal, lang: str, id: str | None, wanted: str, element: str | None, *values: Any
    ) -> Sequence[Any]:
        new_name, new_description, is_locked, based_on = values
        world = desk.worlds(studio).get(id or "", who.id)
        old = by_id(world.document).get(element or "", ("", {}))[1]
        new = {"name": new_name, "description": new_description}
        changes = {field: value for field, value in new.items() if old and old[field] != value}
        # What is locked is unlocked by the same press, and what was changed is kept all the same.
        lock = bool(is_locked) if not old or bool(is_locked) != old["locked"] else None
        desk.worlds(studio).edit(world.id, who.id, element or "", changes, based_on or "", lock)
        gr.Info(t("games.saved", lang))
        listing = _listed(studio, who, lang, id, wanted, element)
        return [*listing, *_shown(studio, who, lang, id, element)]

    def entered(who: Principal, lang: str, id: str | None, wanted: str, element: str | None) -> Sequence[Any]:
        return _listed(studio, who, lang, id, wanted, element)

    at = [opened.picker, kind]
    part.select(handled(entered), [*at, thing], [table, thing], **UNQUEUED)
    kind.change(handled(chosen), at, [table, thing, *fields], **UNQUEUED)
    thing.change(handled(shown), [opened.picker, thing], fields, **UNQUEUED)
    values = [name, description, locked, revision]
    save.click(handled(saved), [*at, thing, *values], [table, thing, *fields], **UNQUEUED)
    alternates.input(lambda text: text, alternates, description, **UNQUEUED)


def _ask(values: dict[str, Any], lang: str) -> dict[str, Any]:
    return {"kind": values["kind"], "count": int(values["count"]), "world": values["world"]}


def _ask_again(values: dict[str, Any], lang: str) -> dict[str, Any]:
    return {"kind": "field", "field": "description", "world": values["world"], "element": values["element"]}


def _added(studio: Studio) -> Any:
    def show(work: Work) -> Sequence[Any]:
        """Return the table of the kind, as far as it is written."""
        return _listed(studio, work.who, work.lang, (work.row.result or {}).get("world"), work.row.request["kind"])

    return show


def _written(studio: Studio) -> Any:
    def show(work: Work) -> Sequence[Any]:
        """Return the thing whose text was written again."""
        return _shown(studio, work.who, work.lang, work.row.request["world"], work.row.request["element"])

    return show


def _listed(
    studio: Studio, who: Principal, lang: str, id: str | None, kind: str, chosen: str | None = None
) -> Sequence[Any]:
    """Return the table of a kind, and the choice among its things."""
    if id is None or kind not in KINDS:
        return [gr.update(visible=False), gr.update(choices=[], value=None)]
    document = desk.worlds(studio).get(id, who.id).document
    columns = [t("field.name", lang), t("asked.brief", lang), t("games.facts", lang)]
    rows = [[one["name"], one["description"], _facts(document, kind, one, lang)] for one in document[kind]]
    table = gr.update(visible=bool(rows), value={"headers": columns, "data": rows})
    return [table, gr.update(choices=[(one["name"], one["id"]) for one in document[kind]], value=chosen)]


def _facts(document: Document, kind: str, one: Element, lang: str) -> str:
    """Return what else there is to say of a thing, in short: what it names by its name."""
    known = by_id(document) | {faction["id"]: ("factions", faction) for faction in document["factions"]}
    told = []
    for field, value in one.items():
        if field in ("id", "name", "description", "by", "locked", "nodes", "layers", "legend", "places", "exits"):
            continue
        if isinstance(value, str) and value in known:
            value = known[value][1]["name"]
        if isinstance(value, list):
            value = ", ".join(_inner(known, each if isinstance(each, dict) else {"": each}) for each in value)
        if isinstance(value, dict):
            value = _inner(known, value)
        if value not in (None, "", []):
            told.append(f"{t(f'fact.{field}', lang)}: {value}")
    return "; ".join(told)[: 2 * CELL]


def _inner(known: dict[str, Any], value: dict[str, Any]) -> str:
    words = []
    for each in value.values():
        names = each if isinstance(each, list) else [each]
        words += [str(known[one][1]["name"] if one in known else one) for one in names if one not in (None, "")]
    return " ".join(words)


def _nothing(lang: str, id: str | None) -> Sequence[Any]:
    box = "" if id else hint(t("games.empty", lang))
    return ["", "", False, "", gr.update(visible=False, choices=[], value=None), box]


def _shown(studio: Studio, who: Principal, lang: str, id: str | None, element: str | None) -> Sequence[Any]:
    """Return one thing: its fields, what else was written of it, and the graph of a dialogue."""
    world = desk.worlds(studio).get(id, who.id) if id else None
    kind, one = by_id(world.document).get(element or "", ("", None)) if world else ("", None)
    if world is None or one is None:
        return _nothing(lang, id)
    others = desk.worlds(studio).alternates(world.id, who.id, one["id"], "description")
    choices = gr.update(visible=bool(others), choices=[other.value for other in others], value=None)
    return [
        one["name"],
        one["description"],
        one["locked"],
        world.revisions[one["id"]],
        choices,
        _about(kind, one, lang),
    ]


def _about(kind: str, one: Element, lang: str) -> str:
    if kind == "dialogues":
        title = escape(t("games.dialogue-graph", lang))
        return f'<div class="world-card"><h3>{title}</h3>{graphs.dialogue(one)}</div>'
    titles = {"name": t("field.name", lang), "description": t("asked.brief", lang)}
    fields = ((titles.get(field) or t(f"fact.{field}", lang), who) for field, who in one["by"].items())
    writers = ", ".join(f"{title}: {t(f'author.{who}', lang)}" for title, who in fields)
    by = writers or t("author.code", lang)
    told = escape(t("games.written-by", lang, who=by))
    return f'<div class="world-card"><p class="faint">{told}</p></div>'
