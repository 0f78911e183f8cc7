"""What a model writes: names and short texts, in batches, each held to a schema; the structure is not its to change.

A batch that fails leaves what the program wrote. Names that are nearly those of others are asked for once more. Knows
nothing about how worlds are kept.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assistants.engines.controls import Controls
from assistants.errors import GenerationFailed, InvalidInput
from assistants.games.content import Document, Element, by_id, elements
from assistants.games.likeness import near
from assistants.games.naming import lexicon
from assistants.generation import conversation, generate, limited, run_to_end
from assistants.jobs import RunningJob
from assistants.prompts import render

if TYPE_CHECKING:
    from assistants.engines.chat_engine import ChatEngine
    from assistants.studio import Studio

TEMPLATES = {"en": "games/texts", "zh": "games/texts-zh"}
# Things in a batch: small models lose the thread of longer lists.
BATCH = 4
# For a whole world.
MOST_TOKENS = 2500
# A batch is given so many tokens a character at most, and so many for what is around a text.
TOKENS_A_CHARACTER = {"en": 0.4, "zh": 1.2}
AROUND = 12
GIVEN_UP = 2
# What a small model is asked, and how its sentence may end: in a few plain words.
SENTENCE = "games/sentence"
SENTENCE_TOKENS = 40
ENDED = r"[a-z]{1,12}(,? [a-z']{1,12}){3,10}\."
# A text is a sentence or two that end as such, a name has no marks in it: so a model that is cut off says whole words.
PATTERNS = {
    ("en", "name"): r"[A-Z][a-z]+( [A-Z]?[a-z']+){0,3}",
    ("en", "text"): r"[A-Z][A-Za-z0-9 ,;:'\-]{12,118}[.!?]",
    ("zh", "name"): r"[\u4e00-\u9fff]{2,8}",
    ("zh", "text"): r"[\u4e00-\u9fff0-9，、；：]{6,48}[。！？]",
}
LENGTHS = {("en", "name"): 32, ("en", "text"): 120, ("zh", "name"): 8, ("zh", "text"): 50}
# What a person calls a kind, for a model to read.
CALLED = {
    "en": {"locations": "place", "characters": "person", "items": "item", "enemies": "enemy", "quests": "quest",
           "shops": "shop", "maps": "map", "barks": "exclamation", "dialogues": "talk"},
    "zh": {"locations": "地点", "characters": "人物", "items": "物品", "enemies": "敌人", "quests": "任务",
           "shops": "店铺", "maps": "地图", "barks": "喊话", "dialogues": "对话"},
}  # fmt: skip
# What is not called by a name of its own.
NAMELESS = ("barks", "dialogues", "shops", "quests")


@dataclass(frozen=True)
class Slot:
    """A text that a model is to write: of a thing, its field, or the node of a dialogue; ``about`` are its facts.

    ``lead`` is how a small model's sentence begins.
    """

    id: str
    field: str
    form: str
    about: str
    node: str = ""
    lead: str = ""

    @property
    def key(self) -> str:
        """What it is called in an answer."""
        return "_".join(filter(None, (self.id.replace("-", ""), self.node.replace("-", ""), self.form)))


@dataclass
class Written:
    """What a model wrote, by slot, and what became of the rest."""

    texts: dict[Slot, str] = field(default_factory=dict)
    asked: int = 0
    alike: int = 0
    failed: int = 0
    out_of_budget: int = 0


def slots(document: Document, ids: Iterable[str], *, guided: bool = False) -> list[Slot]:
    """Return what a model may write of some things: what is not locked and what no person wrote.

    A small one, which is ``guided``, ends sentences that are begun for it, and names nothing.
    """
    known, wanted = by_id(document), set(ids)
    found: list[Slot] = []
    for kind, element in elements(document):
        if element["id"] in wanted and not element["locked"]:
            found += _slots(document, known, kind, element)
    if guided:
        return [replace(slot, lead=_lead(document, known, slot)) for slot in found if slot.form != "name"]
    return found


def _lead(document: Document, known: dict[str, Any], slot: Slot) -> str:
    """Return how a sentence begins; the same for the same thing, and not for its neighbour."""
    leads = lexicon()[document["language"]].get("leads", {})
    kind, element = known[slot.id]
    named = {one: str(known[element[one]][1]["name"]) for one in ("giver", "character") if one in element}
    if slot.node:
        forms = leads.get(slot.node.split("-")[0], "")
    elif kind == "barks":
        forms = leads.get(kind, {}).get(element["occasion"], "")
    else:
        forms = leads.get(kind, "")
    ones = forms if isinstance(forms, list) else [forms]
    return str(ones[document[kind].index(element) % len(ones)]).format(**{"name": element["name"], **named})


def _slots(document: Document, known: dict[str, Any], kind: str, element: Element) -> Iterator[Slot]:
    language, by = document["language"], element["by"]
    about = _about(known, kind, element, language)
    if kind == "dialogues":
        for node in element["nodes"]:
            if by.get(f"nodes.{node['id']}") != "person" and node["id"].split("-")[0] in ("greet", "hint", "thanks"):
                yield Slot(element["id"], "nodes", "text", f"{about} {node['text']}", node["id"])
        return
    if kind not in NAMELESS and by.get("name") != "person":
        yield Slot(element["id"], "name", "name", about)
    if by.get("description") != "person":
        yield Slot(element["id"], "description", "text", about)


def _about(known: dict[str, Any], kind: str, element: Element, language: str) -> str:
    """Return the facts of a thing, in a few words."""

    def name(id: str | None) -> str:
        return str(known[id][1]["name"]) if id in known else ""

    facts: list[Any] = [CALLED[language][kind]]
    if kind != "barks":
        facts.append(element["name"])
    facts += [element[one] for one in ("role", "type", "occasion", "generator") if one in element]
    facts += [name(element[one]) for one in ("location", "giver", "character") if one in element]
    facts += [name(one["target"]) for one in element.get("objectives", ())]
    return ", ".join(str(fact) for fact in facts if fact)


class Writer:
    """Writes the texts of one job, as far as its tokens go."""

    def __init__(
        self, studio: "Studio", job: RunningJob, engine: "ChatEngine", seed: int, budget: int | None, guided: bool
    ) -> None:
        self._guided = guided
        self._studio = studio
        self._job = job
        self._engine = engine
        self._seed = seed
        self._budget = budget
        self._before = self._used()
        self.written = Written()

    @property
    def tokens(self) -> int:
        """How many it has written."""
        return self._used() - self._before

    def _used(self) -> int:
        return int((self._job.usage or {}).get("output_tokens", 0))

    def write(self, document: Document, batch: list[Slot], tried: list[str]) -> dict[Slot, str]:
        """Return what the model wrote for a batch; nothing where it failed, or the tokens are used up."""
        language = document["language"]
        room = sum(int(LENGTHS[language, slot.form] * TOKENS_A_CHARACTER[language]) + AROUND for slot in batch)
        if self._budget is not None:
            if self.tokens + room // 2 > self._budget:
                self.written.out_of_budget += len(batch)
                return {}
            room = min(room, self._budget - self.tokens)
        self.written.asked += len(batch)
        try:
            if self._guided:
                return self._sentences(document, batch)
            answer = self._ask(document, batch, tried, room)
        except (GenerationFailed, InvalidInput):
            # It did not keep to the schema, or the world is more than it reads: the program's own words stay.
            self.written.failed += len(batch)
            return {}
        return {slot: " ".join(answer[slot.key].split()) for slot in batch}

    def _ask(self, document: Document, batch: list[Slot], tried: list[str], room: int) -> dict[str, str]:
        language = document["language"]
        template = self._studio.prompts.get(TEMPLATES[language], self._job.owner)
        about = [f"{slot.key}: {slot.about}" for slot in batch]
        world = f"{document['name']}. {document['setting']} ({document['tone']})"
        values = {"world": world, "things": "\n".join(about), "taken": ", ".join(tried[-30:]) or "-"}
        messages = conversation(render(template, values))
        options = limited(self._engine, room) | {"temperature": 0.8, "seed": self._seed + self.tokens + len(tried)}
        controls = Controls(json_schema=schema(language, batch))
        return dict(json.loads(self._said(messages, controls, options)))

    def _sentences(self, document: Document, batch: list[Slot]) -> dict[Slot, str]:
        """Return sentences that the model ended, one question each: of several at once a small one makes a muddle."""
        template = self._studio.prompts.get(SENTENCE, self._job.owner)
        said = {}
        for slot in batch:
            values = {"world": document["setting"], "thing": slot.about, "lead": slot.lead}
            options = limited(self._engine, SENTENCE_TOKENS) | {"temperature": 0.6, "seed": self._seed + self.tokens}
            controls = Controls(regex=rf"{re.escape(slot.lead)} {ENDED}")
            messages = conversation(render(template, values))
            said[slot] = " ".join(self._said(messages, controls, options).split())
        return said

    def _said(self, messages: Any, controls: Controls, options: dict[str, Any]) -> str:
        """Return what the model said; as it comes nobody wants to read it."""
        return run_to_end(generate(self._engine, messages, controls, options, self._job)).text


def schema(language: str, batch: list[Slot]) -> dict[str, Any]:
    """Return what an answer must be: a text for every slot, and nothing else."""
    texts = {
        slot.key: {
            "type": "string",
            "pattern": f"^{PATTERNS[language, slot.form]}$",
            "maxLength": LENGTHS[language, slot.form],
        }
        for slot in batch
    }
    return {"type": "object", "properties": texts, "required": [*texts], "additionalProperties": False}


def batches(found: list[Slot]) -> list[list[Slot]]:
    """Return slots in batches of a few things each, the slots of a thing together."""
    ids = list(dict.fromkeys(slot.id for slot in found))
    groups = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    return [[slot for slot in found if slot.id in group] for group in groups]


def fresh(document: Document, texts: dict[Slot, str], embed: Any = None) -> tuple[dict[Slot, str], list[Slot]]:
    """Return the texts that are new to the world, and the slots of those that nearly repeat another of their kind."""
    known = by_id(document)
    kept, alike = dict(texts), []
    for form, name in (("name", "name"), ("text", "description")):
        for kind in dict.fromkeys(known[slot.id][0] for slot in texts if slot.field == name):
            mine = [slot for slot in texts if slot.field == name and known[slot.id][0] == kind and slot.form == form]
            ids = {slot.id for slot in mine}
            others = [one[name] for one in document[kind] if one["id"] not in ids and one[name]]
            said = [*others, *(texts[slot] for slot in mine)]
            vectors = embed(said) if embed else None
            for later, _ in near(said, vectors):
                if later >= len(others):
                    alike.append(mine[later - len(others)])
                    del kept[mine[later - len(others)]]
    return kept, alike


def put(document: Document, texts: dict[Slot, str]) -> int:
    """Put texts into a document, but where a person wrote or locked meanwhile; return how many."""
    known, count = by_id(document), 0
    for slot, text in texts.items():
        element = known.get(slot.id, ("", None))[1]
        name = f"nodes.{slot.node}" if slot.node else slot.field
        if element is None or element["locked"] or element["by"].get(name) == "person":
            continue
        if slot.node:
            node = next((one for one in element["nodes"] if one["id"] == slot.node), None)
            if node is None:
                continue
            node["text"] = text
        else:
            element[slot.field] = text
        element["by"][name] = "model"
        count += 1
    return count
