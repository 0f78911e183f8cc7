"""Sentences in documents that speak to a model instead of a reader: they are neither quoted nor shown to a model.

The rules, in commands.yaml, are for English and Chinese, and rather too strict than too lax: what is lost is a sentence
of an answer, and what gets through is somebody else's answer. Knows nothing about models; a random delimiter around
what they read is the second defence.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

from assistants.knowledge.sentences import Span, sentences

RULES = yaml.safe_load(Path(__file__).with_name("commands.yaml").read_text(encoding="utf-8"))
WORDS = {f"<{name}>": words for name, words in RULES["words"].items()}


def _pattern(rule: str) -> str:
    for name, words in WORDS.items():
        rule = rule.replace(name, words)
    return f"(?:{rule})"


COMMAND = re.compile("|".join(map(_pattern, RULES["commands"])), re.IGNORECASE)
# The shape of a code word is told by its capitals, whatever stands around it.
CODE_WORD = re.compile(
    rf"(?:{RULES['words']['said']}|输出|回复|回答|说|重复|写|打印)\W.{{0,80}}\b[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)+\b"
)


@lru_cache(maxsize=10_000)
def is_command(sentence: str) -> bool:
    """Say whether ``sentence`` tells a model what to do."""
    text = unicodedata.normalize("NFKC", sentence)
    return COMMAND.search(text) is not None or CODE_WORD.search(text) is not None


def trusted(text: str) -> list[Span]:
    """Return where the sentences of ``text`` stand that speak to readers.

    What follows a command in its paragraph belongs to it.
    """
    found: list[Span] = []
    end_of_command = -1
    for start, end in sentences(text):
        if (end_of_command >= 0 and "\n\n" not in text[end_of_command:start]) or is_command(text[start:end]):
            end_of_command = end
        else:
            end_of_command = -1
            found.append((start, end))
    return found
