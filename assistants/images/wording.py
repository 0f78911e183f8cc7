"""Better prompts: the text model adds what a picture needs, such as light, place and style.

A job of its own, so that it can be stopped and is found in the history. Knows nothing about what the prompt is for.
"""

from typing import Any

MAX_TOKENS = 80
INSTRUCTION = (
    "You write prompts for a text-to-image model. Rewrite the user's idea as one prompt of at most 40 words: keep the"
    " subject, and add place, light, colours and style. Answer with the prompt only."
)
EXAMPLES = (
    ("a cat", "a fluffy orange cat on a windowsill, morning light, soft shadows, warm colours, watercolour"),
    ("castle", "an old stone castle on a green hill, stormy sky, dramatic light, wide view, oil painting"),
)


def messages(prompt: str) -> list[dict[str, Any]]:
    """Return the conversation that asks for a better prompt."""
    turns = [{"role": "system", "content": INSTRUCTION}]
    for idea, better in EXAMPLES:
        turns += [{"role": "user", "content": idea}, {"role": "assistant", "content": better}]
    return [*turns, {"role": "user", "content": prompt}]
