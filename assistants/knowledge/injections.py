"""Sentences in documents that speak to a model instead of a reader: they are neither quoted nor shown to a model.

The rules, in commands.yaml, are for English and Chinese, and rather too strict than too lax: what is lost is a sentence
of an answer, and what gets through is somebody else's answer. Knows nothing about models; a random delimiter around
what they read is the second defence.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import yaml

from assistants.sentences import Span, sentences

RULES = Path(__file__).with_name("commands.yaml")


@cache
def patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what a command and what a code word looks like: made when first asked for, a tenth of a second's work."""
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))

    def spelled_out(rule: str) -> str:
        for name, words in rules["words"].items():
            rule = rule.replace(f"<{name}>", words)
        return f"(?:{rule})"

    command = re.compile("|".join(map(spelled_out, rules["commands"])), re.IGNORECASE)
    # The shape of a code word is told by its capitals, whatever stands around it.
    code_word = re.compile(
        rf"(?:{rules['words']['said']}|输出|回复|回答|说|重复|写|打印)\W.{{0,80}}\b[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)+\b"
    )
    return command, code_word


@lru_cache(maxsize=10_000)
def is_command(sentence: str) -> bool:
    """Say whether ``sentence`` tells a model what to do."""
    text = unicodedata.normalize("NFKC", sentence)
    return any(pattern.search(text) for pattern in patterns())


def trusted(text: str) -> list[Span]:
    """Return where the sentences of ``text`` stand that speak to readers.

    What follows a command in its paragraph belongs to it.
    """
    found: list[Span] = []
    end_of_command = -1
    for start, end in sentences(text, in_document=True):
        if (end_of_command >= 0 and "\n\n" not in text[end_of_command:start]) or is_command(text[start:end]):
            end_of_command = end
        else:
            end_of_command = -1
            found.append((start, end))
    return found
