"""Words that a model of few words was never taught are named; those that it was taught are not."""

import json
from pathlib import Path

import pytest

from assistants.images import vocabulary
from assistants.images.chinese import is_chinese
from assistants.images.options import FOR_STARTER, options
from assistants.images.preflight import preflight
from assistants.images.request import Request
from assistants.images.vocabulary import unlearnt
from assistants.models.image_models import Words
from assistants.principals import LOCAL
from assistants.studio import Studio
from training.backgrounds import BACKGROUNDS

FOLDER = Path(vocabulary.__file__).parents[1] / "models" / "starter_image"
SAID = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
STARTER = Words(tuple(SAID["objects"]), tuple(SAID["places"]))


@pytest.mark.parametrize(
    ("prompt", "strange"),
    [
        ("a walrus reading a newspaper in the snow", ("walrus", "reading", "newspaper")),
        ("a hot walrus", ("hot", "walrus")),
        ("a Walrus, a WALRUS", ("Walrus", "WALRUS")),
        ("un chat noir", ("un", "chat", "noir")),
        ("a penguin\u2019s kitten", ("penguin\u2019s", "kitten")),
        ("雪地里的海象", ("海象",)),
        ("ein Bär", ("ein", "Bär")),
        ("<b>fox</b>", ("b",)),
    ],
)
def test_what_the_starter_was_never_taught_is_named_as_it_was_typed(prompt: str, strange: tuple[str, ...]) -> None:
    assert unlearnt(prompt, STARTER, FOLDER) == strange


@pytest.mark.parametrize(
    "prompt",
    [
        *FOR_STARTER["en"],
        *FOR_STARTER["zh"],
        "a hot dog",
        "two red Foxes and three small wolves on the beach",
        "T-Rex, jack-o-lantern & UFO on a pink background",
        "__animal__ in a forest",
        "a cup of coffee to the left of an alarm clock",
        "",
        "  12 , ...",
    ],
)
def test_what_it_was_taught_is_not(prompt: str) -> None:
    assert unlearnt(prompt, STARTER, FOLDER) == ()


def test_all_that_it_was_taught_is_known() -> None:
    """By the lists that it was trained with."""
    taught = [*SAID["objects"], *SAID["plurals"].values(), *(one for place in BACKGROUNDS for one in place.phrases)]
    assert {one: strange for one in taught if (strange := unlearnt(one, STARTER, FOLDER))} == {}


def test_whatever_is_offered_in_chinese_is_chinese_and_understood(studio: Studio) -> None:
    found = options(studio, LOCAL, "zh")
    offered = [*found["objects"], *found["places"]]
    assert len(offered) == len(STARTER.objects) + len(STARTER.places) and "橙色背景" in offered
    assert [word for word in offered if not is_chinese(word) or unlearnt(word, STARTER, FOLDER)] == []


def test_a_model_without_a_list_is_asked_for_anything(studio: Studio) -> None:
    assert unlearnt("a walrus", Words(), None) == ()
    assert preflight(studio, Request(prompt="a walrus"), "echo:").unlearnt == ()


def test_it_is_said_before_anything_is_drawn(studio: Studio) -> None:
    found = preflight(studio, Request(prompt="a walrus in the snow"), "local:starter-image")
    assert found.unlearnt == ("walrus",)
