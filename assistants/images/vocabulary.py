"""Which words of an English prompt a model that was taught a list of words has not learnt.

The list comes with the model: things, their plurals and places; colours, sizes, numbers and relations were taught with
them. Knows words, not grammar: a word that holds a sentence together is no thing. What is Chinese,
``assistants.images.chinese`` reads.
"""

import re
from functools import lru_cache
from pathlib import Path

from assistants.images.chinese import LOOKS, NUMBERS, RELATIONS, TABLE, WORDS, is_chinese, plurals, translated, words
from assistants.models.image_models import Words

# What holds a sentence together, and what is said of any picture.
GLUE = """a an the and or of in on at with to into from by for as is are it its his her their that this some one there
    picture image photo photograph drawing"""
# What else the model was taught: the other names of its places (training/backgrounds.py) and of its looks.
TAUGHT = """meadow green field park red planet surface lunar outer among stars ocean water under woods winter snowy
    sand dune city street front mountain clouds above wooden midnight moonlight dusk sunrise background giant grey"""
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# What stands for something else until the prompt is drawn: __animal__.
WILDCARD = re.compile(r"__[\w/-]+__")


def unlearnt(prompt: str, known: Words, folder: Path | None) -> tuple[str, ...]:
    """Return the words of ``prompt``, as they stand in it, that a model with the list ``known`` was never taught.

    ``folder`` is the model's, if it reads Chinese by a table. None of a model without a list.
    """
    if not known.objects:
        return ()
    if folder and is_chinese(prompt):
        return translated(prompt, folder).unknown
    phrases, longest = _phrases(known, folder)
    said = WORD.findall(WILDCARD.sub(" ", prompt))
    found, place = [], 0
    while place < len(said):
        lengths = range(min(longest, len(said) - place), 0, -1)
        length = next((n for n in lengths if " ".join(said[place : place + n]).casefold() in phrases), 0)
        if not length:
            found.append(said[place])
        place += length or 1
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4)
def _phrases(known: Words, folder: Path | None) -> tuple[frozenset[str], int]:
    """Return all that was taught, in small letters, and of how many words the longest is."""
    several = plurals(folder).values() if folder and (folder / WORDS).is_file() else ()
    named = words(folder).values() if folder and (folder / TABLE).is_file() else ()
    taught = [*known.objects, *several, *named, *LOOKS, *NUMBERS, *RELATIONS, *GLUE.split(), *TAUGHT.split()]
    # Of a place the words by themselves, too: "a penguin, snow".
    taught += [word for place in known.places for word in place.split()]
    # A hyphen is a part of a word here, other signs are not.
    phrases = frozenset(" ".join(WORD.findall(one)).casefold() for one in taught)
    return phrases, max(len(one.split()) for one in phrases)
