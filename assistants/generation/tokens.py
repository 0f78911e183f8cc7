"""How many tokens messages are: counted by a model that is loaded, else estimated. Loads nothing."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants.errors import StudioError
from assistants.words import CJK

if TYPE_CHECKING:
    from assistants.studio import Studio

# What tokenizers make of text, roughly: most Chinese characters are a token, other letters share one by four.
LETTERS_A_TOKEN = 4
UNSPACED = re.compile(f"[{CJK}]")


@dataclass(frozen=True)
class Tokens:
    """A number of tokens, by ``model`` or, where that is None, by estimate."""

    count: int
    model: str | None = None


def count_tokens(studio: "Studio", messages: list[tuple[str, str]]) -> Tokens:
    """Count the tokens of (role, text) pairs by the studio's own model, or estimate them while it is not loaded."""
    from langchain_core.messages import convert_to_messages

    try:
        state = studio.models.state(None)
        engine = studio.models.engine(None) if state.state == "ready" else None
        # An engine of a provider that does not say how much it reads would have to fetch a tokenizer.
        if engine and engine.context:
            return Tokens(engine.get_num_tokens_from_messages(convert_to_messages(messages)), state.name)
    except StudioError:
        pass
    return Tokens(estimate("".join(text for _, text in messages)))


def estimate(text: str) -> int:
    """Return about how many tokens a text is."""
    unspaced = len(UNSPACED.findall(text))
    return unspaced + -(-(len(text) - unspaced) // LETTERS_A_TOKEN)
