"""Generation: what every assistant does the same once it knows its messages for a model.

    generating.py  one generation: a model is waited for, streamed, stopped and counted
    params.py      what a person may set about it
    loops.py       a small model that says the same again and again
    tokens.py      how many tokens messages are

Knows nothing about what a text is for.
"""

from assistants.generation.generating import (
    NO_CONTROLS,
    Ending,
    Step,
    conversation,
    generate,
    limited,
    opened,
    run_to_end,
    settled,
    silent,
    watch,
)
from assistants.generation.params import MOST_TOKENS, SEEDS, Params, Stops, Tokens

__all__ = [
    "MOST_TOKENS",
    "NO_CONTROLS",
    "SEEDS",
    "Ending",
    "Params",
    "Step",
    "Stops",
    "Tokens",
    "conversation",
    "generate",
    "limited",
    "opened",
    "run_to_end",
    "settled",
    "silent",
    "watch",
]
