"""Terms: the words of a text that carry meaning, English and Chinese, as stems; and what language it is in.

Knows which words say nothing; knows nothing about where a text is from.
"""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from assistants.words import CJK, IS_CJK, is_pair, tokens

WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
STOP_WORDS = frozenset(WORDS["english"].split())
STOP_CHINESE = re.compile("|".join(WORDS["chinese"].split()))
SEAMS = frozenset(WORDS["seams"])
SUFFIXES = ("ingly", "ments", "ment", "ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "y", "e", "i")
LEAST_STEM = 3
# What tells English from other languages: letters before those of Greek and, among enough words, few letters with
# accents and few words that join others in another language.
LATIN_END = "\u0370"
MOSTLY = 0.8
ACCENTED = 0.02
WORD = re.compile(r"[^\W\d_]+")
TELLING = 8
JOINING = 0.15
FOREIGN = frozenset(WORDS["foreign"].split()) - STOP_WORDS


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return what a word shares with its other forms: ``deliver`` of deliveries, ``ship`` of shipping.

    It is always how the word begins, for that is what the index is searched by. Porter's is not (``batteri``): by
    snowballstemmer support answers 2 of 40 questions of its benchmark that it should refuse.
    """
    if not word.isascii() or not word.isalpha() or len(word) <= LEAST_STEM:
        return word
    for suffix in SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) >= LEAST_STEM and not (suffix == "s" and rest.endswith("s")):
            word = rest
            break
    if len(word) > LEAST_STEM and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word


def terms(text: str) -> list[str]:
    """Return the stems of the words of ``text`` that carry meaning, each once, in order; Chinese as pairs."""
    words = tokens(STOP_CHINESE.sub(" ", text))
    return list(dict.fromkeys(stem(word) for word in words if word not in STOP_WORDS))


def is_seam(term: str) -> bool:
    """Say whether a pair of Chinese characters may be no word."""
    return is_pair(term) and not SEAMS.isdisjoint(term)


def stems(text: str) -> set[str]:
    """Return the stems of all words of ``text``, with the single characters of Chinese ones."""
    found = {stem(word) for word in tokens(text)}
    return found | {character for word in found if IS_CJK.match(word) for character in word}


def is_english(text: str) -> bool:
    """Say whether a text may be English: in letters that English has, without many words that join others elsewhere."""
    letters = [character for character in text if character.isalpha()]
    if sum(character < LATIN_END for character in letters) < MOSTLY * len(letters):
        return False
    words = WORD.findall(text.lower())
    accented = sum(not character.isascii() for character in letters)
    joining = sum(word in FOREIGN for word in words)
    return len(words) < TELLING or (accented < ACCENTED * len(letters) and joining < JOINING * len(words))


def share_chinese(text: str) -> float:
    """Return how much of the letters of ``text`` is Chinese, Japanese or Korean."""
    letters = sum(character.isalpha() for character in text)
    return len(re.findall(f"[{CJK}]", text)) / letters if letters else 0.0
