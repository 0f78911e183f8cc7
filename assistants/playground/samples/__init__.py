"""What the playground brings along: requests to begin with, and a task with four classes in two languages.

Texts first; knows nothing about how they are run.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
# Answers are one word.
PARAMS = {"temperature": 0.0, "max_tokens": 6}


@cache
def examples() -> tuple[dict[str, Any], ...]:
    """Return the examples, each with its language, its title and a whole request."""
    return tuple(_read("examples"))


@cache
def dataset(language: str = "en") -> dict[str, Any]:
    """Return the task with four classes as a whole request, with its name."""
    data = _read("news" if language == "en" else f"news-{language}")
    request = {
        "messages": data["messages"],
        "examples": [{"input": text, "output": label} for text, label in data["examples"]],
        "shots": {"k": 4},
        "rows": [{"headline": text, "expected": label} for text, label in data["rows"]],
        "evaluators": [{"type": "label", "value": data["labels"]}],
        "params": PARAMS,
        "name": data["name"],
    }
    return {"name": data["name"], "language": data["language"], "request": request}


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
