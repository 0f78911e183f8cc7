"""Wildcards: ``{red|green|blue}`` is one of these, ``__animals__`` one line of the file ``wildcards/animals.txt``.

Which one depends on the picture's seed alone, so the same seed chooses the same again. Choices may hold choices; a
backslash takes the meaning from a brace. Knows nothing about what is drawn.
"""

import random
import re
from pathlib import Path

from assistants.errors import InvalidInput

# The folder in the studio's home.
WILDCARDS = "wildcards"
MAX_DEPTH = 8
NAME = re.compile(r"__([A-Za-z0-9][A-Za-z0-9-]{0,60})__")
CHOICE = re.compile(r"(?<!\\)\{([^{}]*)(?<!\\)\}")
MAX_LINES = 100_000


def expanded(text: str, seed: int, folder: Path) -> str:
    """Return ``text`` with one of each choice; raises ``InvalidInput`` for braces that do not match."""
    rng = random.Random(seed)
    for _ in range(MAX_DEPTH):
        before = text
        text = NAME.sub(lambda found: rng.choice(lines(found[1], folder)), text)
        text = CHOICE.sub(lambda found: rng.choice(found[1].split("|")).strip(), text)
        if text == before:
            break
    if NAME.search(text) or re.search(r"(?<!\\)[{}]", text):
        raise InvalidInput("prompt", "{field}: the braces of a choice such as {example} do not match.", example="{a|b}")
    return re.sub(r"\\([{}])", r"\1", text)


def escaped(text: str) -> str:
    """Return ``text`` so that ``expanded`` gives it back as it is."""
    return re.sub(r"([{}])", r"\\\1", text)


def lines(name: str, folder: Path) -> list[str]:
    """Return the lines of a file of wildcards; raises ``InvalidInput``."""
    try:
        text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    except (OSError, ValueError):
        template = "There are no wildcards named {name}: put {name}.txt into the folder wildcards of the studio."
        raise InvalidInput("prompt", template, name=name) from None
    found = [line.strip() for line in text.splitlines()[:MAX_LINES] if line.strip() and not line.startswith("#")]
    if not found:
        raise InvalidInput("prompt", "The wildcards {name} are empty.", name=name)
    return found
