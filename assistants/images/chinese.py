"""Chinese prompts for a model that reads English only: its own table of words, and a little order.

The table comes with the model (``zh_en.json``: Unicode CLDR's names of what it draws, with places, colours and numbers
by hand). Knows words, not grammar; what the table lacks is named, never guessed.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = "zh_en.json"
# Beside it, what the model knows by name.
WORDS = "words.json"
CHINESE = re.compile(r"[\u3400-\u9fff]+")
# What holds a sentence together and is drawn by nobody.
GLUE = "的了着在上里中下地得是有我要画请给幅张图片照"
SIZES = ("大", "小")
BACKGROUND = "background"
PLACE = re.compile(r"(on|in|at|underwater)\b")
# Words that go before a thing and take the article with them.
NUMBERS = {"two", "three", "four"}
# "2个" is 两个: the table counts in words.
DIGIT = re.compile(r"(?<!\d)[1-4](?=[\u3400-\u9fff])")
BEFORE = {"a", *NUMBERS}
RELATIONS = {"and", "riding", "next to", "to the left of", "to the right of", "on top of"}
LOOKS = {
    "small",
    "big",
    "white",
    "black",
    "gray",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
}


@dataclass(frozen=True)
class Translated:
    """The English for a prompt, and the Chinese words that have none."""

    text: str
    unknown: tuple[str, ...] = ()


def is_chinese(text: str) -> bool:
    """Say whether a text has Chinese in it."""
    return CHINESE.search(text) is not None


def translated(text: str, folder: Path) -> Translated:
    """Return the English for ``text`` by the table in a model's ``folder``; other scripts stay as they are."""
    table = words(folder)
    text = DIGIT.sub(lambda digit: "一两三四"[int(digit[0]) - 1], text)
    longest = max(map(len, table))
    things: list[str] = []
    places: list[str] = []
    unknown: list[str] = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", text):
        if not is_chinese(run):
            things += [run.strip(" ,.，。、！!")] if run.strip(" ,.，。、！!") else []
            continue
        for word in _cut(run, table, longest):
            english = table.get(word)
            if english is None:
                unknown += [word.strip(GLUE)] if word.strip(GLUE) else []
            else:
                (places if PLACE.match(english) and english not in RELATIONS else things).append(english)
    places = [*_backgrounds(things), *places]
    while things and things[-1] in RELATIONS:
        # What it relates to was left out.
        things.pop()
    said = _with_articles(_counted(things, plurals(folder)))
    return Translated(" ".join(filter(None, [said, *places])), tuple(dict.fromkeys(unknown)))


def _backgrounds(things: list[str]) -> list[str]:
    """Take "pink background" out of the things: it is where they are."""
    found = []
    while BACKGROUND in things:
        place = things.index(BACKGROUND)
        before = things[place - 1] if place and things[place - 1] in LOOKS else None
        del things[place - 1 if before else place : place + 1]
        if before:
            found.append(f"on {'an' if before[0] in 'aeiou' else 'a'} {before} {BACKGROUND}")
    return found


def _cut(run: str, table: dict[str, str], longest: int) -> list[str]:
    """Cut Chinese into the longest words of the table, and what is between them."""
    words, between, place = [], "", 0
    while place < len(run):
        length = next((n for n in range(longest, 0, -1) if run[place : place + n] in table), 0)
        if length:
            words += [between] if between else []
            words.append(run[place : place + length])
            between = ""
        else:
            between += run[place]
        place += length or 1
    return [*words, between] if between else words


def _counted(things: list[str], several: dict[str, str]) -> list[str]:
    """Put what a number goes before into the plural: Chinese has none."""
    said, is_counted = [], False
    for word in things:
        said.append(several.get(word, word) if is_counted else word)
        is_counted = word in NUMBERS or (is_counted and word in LOOKS)
    return said


def _with_articles(words: list[str]) -> str:
    """Return the words with an article before each thing that came without one: Chinese has none."""
    said: list[str] = []
    for place, word in enumerate(words):
        before = words[place - 1] if place else None
        is_first = before is None or before in RELATIONS or (before not in BEFORE and before not in LOOKS)
        bare = word not in BEFORE and word not in RELATIONS and not word.startswith(("the ", "background"))
        if bare and is_first and not re.match(r"(an?|the|\d+) ", word):
            said.append("a")
        said.append(word)
    return re.sub(r"\ba(?= [aeiou])", "an", " ".join(said))


@lru_cache(maxsize=4)
def plurals(folder: Path) -> dict[str, str]:
    """Return the plurals of what the model in ``folder`` knows by name; none where it does not say."""
    try:
        return json.loads((folder / WORDS).read_text(encoding="utf-8")).get("plurals", {})
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=4)
def words(folder: Path) -> dict[str, str]:
    """Return the table of the model in ``folder``, without words that say less than the words they are made of.

    "红色汽车" is a car; "红色" and "汽车" are a red one.
    """
    table = json.loads((folder / TABLE).read_text(encoding="utf-8"))
    longest = max(map(len, table))
    return {word: english for word, english in table.items() if not _is_said_better(word, table, longest)}


def _is_said_better(word: str, table: dict[str, str], longest: int) -> bool:
    shorter = {other: english for other, english in table.items() if other != word and other in word}
    pieces = _cut(word, shorter, longest)
    is_whole = len(pieces) > 1 and all(piece in shorter for piece in pieces)
    return is_whole and not word.startswith(SIZES) and table[word] in map(shorter.get, pieces)
