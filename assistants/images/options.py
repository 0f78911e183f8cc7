"""What a page offers for drawing: models with their own settings, styles, LoRAs, upscalers, examples, limits.

Knows the stores; knows nothing about pages.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistants.images.request import MAX_COUNT, MOST_SIDE, MULTIPLE, loras
from assistants.images.upscaling import LANCZOS, upscalers
from assistants.models import LOCAL, ModelCard, ModelState

if TYPE_CHECKING:
    from assistants.studio import Studio

RATIOS = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
# What a model with a list of words is shown at work with; others get what any model can draw.
FOR_STARTER = {
    "en": ("a penguin in the snow", "a rocket in space", "a cat on a pink background", "a sailboat on the sea"),
    "zh": ("雪地里的企鹅", "太空中的火箭", "粉色背景上的猫", "海上的帆船"),
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
