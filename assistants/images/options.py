"""What a page offers for drawing: models with their own settings, styles, LoRAs, upscalers, examples, limits.

Knows the stores; knows nothing about pages.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistants.images.chinese import words as table
from assistants.images.request import MAX_COUNT, MOST_SIDE, MULTIPLE, loras
from assistants.images.upscaling import LANCZOS, upscalers
from assistants.models import LOCAL, ModelCard, ModelState
from assistants.principals import Principal

if TYPE_CHECKING:
    from assistants.studio import Studio

ARTICLE = re.compile(r"\b(an?|the) ")
PLAIN = re.compile(r"on an? \w+ background")
RATIOS = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
# What a model with a list of words is shown at work with; others get what any model can draw.
FOR_STARTER = {
    "en": (
        "a penguin in the snow",
        "an astronaut riding a horse on mars",
        "a cat and a dog on the grass",
        "a sailboat on the sea",
    ),
    "zh": ("雪地里的企鹅", "宇航员骑着马在火星上", "草地上的猫和狗", "海上的帆船"),
}
FOR_ANY = {
    "en": (
        "a lighthouse on a cliff at dusk, waves, warm light in the windows",
        "a cosy reading corner with plants, morning sun",
        "a red bicycle against a yellow wall, long shadows",
        "a bowl of ramen with steam, close up",
    ),
    "zh": (
        "黄昏悬崖上的灯塔，海浪，窗内暖光",
        "晨光里摆满绿植的阅读角",
        "黄墙前的红色自行车，长长的影子",
        "一碗热气腾腾的拉面，特写",
    ),
}


def options(studio: "Studio", who: Principal, lang: str) -> dict[str, Any]:
    """Return everything that there is to choose from, for an owner who reads ``lang``."""
    model = studio.models.resolve(None, who, "image")
    said = FOR_STARTER if studio.models.image_models.words(model).objects else FOR_ANY
    models = _models(studio, who, lang)
    # Those of the studio's own model, or of another that one may choose.
    limited = next(
        (one["name"] for one in sorted(models, key=lambda one: one["name"] != model) if one["limited"]), model
    )
    words = studio.models.image_models.words(limited)
    return {
        "model": model,
        "models": models,
        "ratios": list(RATIOS),
        "limits": {"side": MOST_SIDE, "multiple": MULTIPLE, "count": MAX_COUNT},
        "styles": _styles(studio, who.id),
        "examples": list(said.get(lang, said["en"])),
        "objects": _in_language(studio, limited, words.objects, lang),
        "places": _in_language(studio, limited, words.places, lang),
        "loras": [{"name": name, "size": file.stat().st_size} for name, file in loras(studio).items()],
        "upscalers": [LANCZOS, *upscalers(studio)],
    }


def _styles(studio: "Studio", owner: str) -> list[dict[str, Any]]:
    """Return the styles, each with the owner's latest picture in it, if there is one."""
    shown = studio.history.pictures.of_styles(owner)
    return [
        {"id": card.id, "name": card.name, "language": card.language, "picture": shown.get(card.id)}
        for card in studio.prompts.list(owner)
        if card.assistant == "images" and len(card.variables) == 1
    ]


def _in_language(studio: "Studio", model: str, words: Sequence[str], lang: str) -> list[str]:
    """Return a model's words as its table has them in Chinese, the shortest of several; else as they are."""
    folder = studio.models.image_models.chinese(model)
    if lang != "zh" or folder is None:
        return list(words)
    chinese: dict[str, str] = {}
    for word, english in sorted(table(folder).items(), key=lambda pair: len(pair[0])):
        chinese.setdefault(_bare(english), word)
        # An orange is no colour.
        if word.endswith("色"):
            chinese.setdefault(f"{english} background", word + "背景")
    asked = [_bare(word.removeprefix("on ") if PLAIN.fullmatch(word) else word) for word in words]
    return [chinese.get(bare, word) for bare, word in zip(asked, words, strict=True)]


def _bare(english: str) -> str:
    """Return English without its articles: Chinese has none."""
    return ARTICLE.sub("", english)


def _models(studio: "Studio", who: Principal, lang: str) -> list[dict[str, Any]]:
    """Return the models that draw: those that are here first, then those that could be fetched."""
    cards = {LOCAL + card.name: card for card in studio.models.installer.listed(who, lang) if card.kind == "image"}
    names = dict.fromkeys([*studio.models.pickable(who, "image"), *cards])
    return [_model(studio, name, cards.get(name)) for name in names]


def _model(studio: "Studio", name: str, card: ModelCard | None) -> dict[str, Any]:
    """Return what is known of a model: from its engine where that is open, else from the catalog."""
    facts = studio.models.facts(name)
    defaults = (asdict(facts) if facts else {}) | studio.models.image_models.settings(name)
    defaults.pop("made_with", None)
    state = card.state if card else ModelState(name, "ready")
    failure = state.failure.as_dict() if state.failure else None
    return {
        "name": name,
        "title": card.title if card else name,
        "license": card.license if card else None,
        "languages": list(card.languages) if card else [],
        "size": card.size if card else None,
        "need": card.ram if card else None,
        "installed": card.installed if card else True,
        "limited": bool(studio.models.image_models.words(name).objects),
        "state": {"state": state.state, "note": state.note, "done": state.done, "total": state.total, "error": failure},
        "defaults": defaults,
    }
