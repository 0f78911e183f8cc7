"""How often an answer under a JSON schema is valid at once, and in the end; run ``python -m benchmarks.schemas``.

Ten schemas of different kinds on the starter, as many generations at once as it has slots, each with a seed of its own.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jsonschema import Draft202012Validator
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from assistants import bounded
from assistants.engines import open_chat
from assistants.engines.controls import Controls, check, stream
from assistants.errors import GenerationFailed
from assistants.models.files import make_ready
from assistants.models.files.catalog import read_catalog
from assistants.models.files.downloads import Halt
from assistants.settings import Settings

JOB = bounded.Caller("benchmark", lambda: False)
TEXT = {"type": "string"}
POINT = {"$ref": "#/$defs/point"}


def record(*optional: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


# By kind: what is asked for and the schema.
TASKS = {
    "nested objects": (
        "Describe a customer of a bookshop.",
        record(
            name=TEXT,
            age={"type": "integer"},
            address=record(street=TEXT, city=TEXT, country=record(code=TEXT, name=TEXT)),
        ),
    ),
    "enums": (
        "Classify this message: my parcel came broken and I want my money back.",
        record(topic={"enum": ["refund", "exchange", "question"]}, mood={"enum": ["angry", "calm", "happy"]}),
    ),
    "array with bounds": (
        "Name some tags for an article about gardens.",
        record(tags={"type": "array", "items": TEXT, "minItems": 2, "maxItems": 4}),
    ),
    "numbers with bounds": (
        "Rate the film.",
        record(
            stars={"type": "integer", "minimum": 1, "maximum": 5},
            share={"type": "number", "minimum": 0, "exclusiveMaximum": 1},
            cold={"type": "number", "minimum": -40, "maximum": -0.5},
            even={"type": "integer", "multipleOf": 2, "minimum": 0, "maximum": 100},
        ),
    ),
    "maxLength": (
        "Write a headline and a summary about the weather.",
        record(
            headline={"type": "string", "minLength": 10, "maxLength": 40}, summary={"type": "string", "maxLength": 120}
        ),
    ),
    "pattern and format": (
        "Make up an order.",
        record(
            number={"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
            day={"type": "string", "format": "date"},
            mail={"type": "string", "format": "email"},
        ),
    ),
    "booleans, optional": (
        "Which features does the phone have?",
        record("camera", "note", waterproof={"type": "boolean"}, camera={"type": "boolean"}, note=TEXT),
    ),
    "$defs and $ref": (
        "Draw a line on a map from one city to another.",
        record(start=POINT, end=POINT, via={"type": "array", "items": POINT, "maxItems": 3})
        | {"$defs": {"point": record(x={"type": "number"}, y={"type": "number"}, label=TEXT)}},
    ),
    "anyOf": (
        "Give a contact.",
        record(
            contact={
                "anyOf": [
                    record(kind={"const": "mail"}, address=TEXT),
                    record(kind={"const": "phone"}, digits={"type": "string", "pattern": "^[0-9]{6,12}$"}),
                    {"type": "null"},
                ]
            }
        ),
    ),
    "Chinese names, enums": (
        "给这条消息分类：我要退款。",
        record(
            类别={"enum": ["退款", "换货", "咨询"]}, 紧急={"type": "boolean"}, 回复={"type": "string", "maxLength": 30}
        ),
    ),
}


def generate(engine: BaseChatModel, kind: str, seed: int, options: dict[str, Any]) -> tuple[int, int]:
    """Return how many attempts a generation took, 0 if none was valid, and its tokens."""
    prompt, schema = TASKS[kind]
    controls = Controls(json_schema=schema)
    try:
        chunks = list(stream(engine, [HumanMessage(prompt)], controls, {"seed": seed, **options}))
    except GenerationFailed:
        return 0, 0
    Draft202012Validator(schema).validate(json.loads("".join(chunk.text for chunk in chunks)))
    return chunks[-1].response_metadata["attempts"], chunks[-1].usage_metadata["output_tokens"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generations", type=int, default=200)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--temperature", type=float, default=0.7)
    asked = parser.parse_args()
    file = read_catalog()["mini"].path(Settings().models_folder / "mini")
    engine = open_chat("local:mini", make_ready(file, file.parent, lambda *_: None, Halt()))
    options = {"max_tokens": asked.max_tokens, "temperature": asked.temperature}
    rounds = max(asked.generations // len(TASKS), 1)
    for _, schema in TASKS.values():
        check(Controls(json_schema=schema))
    print(f"{'schema':24}{'valid':>8}{'first try':>11}{'tokens':>8}{'seconds':>9}")
    totals = [0, 0]
    for kind in TASKS:
        began = time.perf_counter()
        # As a job's thread does, which may wait for its turn; whoever is on the line is sent away.
        with ThreadPoolExecutor(engine.slots, initializer=bounded.CALLER.set, initargs=(JOB,)) as pool:
            tries, tokens = zip(
                *pool.map(lambda seed, kind=kind: generate(engine, kind, seed, options), range(rounds)), strict=True
            )
        valid, first = sum(count > 0 for count in tries), tries.count(1)
        totals = [totals[0] + valid, totals[1] + first]
        seconds = (time.perf_counter() - began) / rounds
        print(
            f"{kind:24}{valid / rounds:8.0%}{first / rounds:11.0%}{sum(tokens) / rounds:8.0f}{seconds:9.2f}", flush=True
        )
    made = rounds * len(TASKS)
    print(f"{made} generations: {totals[0] / made:.1%} valid in the end, {totals[1] / made:.1%} at the first try")
    engine.close()


if __name__ == "__main__":
    main()
