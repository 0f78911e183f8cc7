"""Branching: goes on from another token than the one that came, in the same conversation where there is one.

Knows which request goes on from a beginning; knows nothing about how tokens were looked at.
"""

from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput
from assistants.jobs import JobRow
from assistants.principals import Principal

if TYPE_CHECKING:
    from assistants.studio import Studio

# Of a chat's request, what is about one turn alone.
TURN = ("message", "conversation", "parent", "action", "wait", "prefix")
NO_TOKENS = "This item has no tokens to go on from. Look at the tokens of a text first."
BROKEN_CHARACTER = "The text up to there ends within a character. Choose another token."


def branch(studio: "Studio", who: Principal, look_id: str, place: int, token: int) -> JobRow:
    """Go on from the alternative ``token``, by its rank from 0, at a place of the tokens that ``look_id`` found.

    A reply of a chat gets a sibling that begins so; any other text goes on as a completion. Raises ``InvalidInput``.
    """
    row = studio.jobs.get(look_id, who.id)
    tokens = (row.result or {}).get("tokens")
    if row.assistant != "lab" or row.request.get("part") != "tokens" or not tokens:
        raise InvalidInput("job", NO_TOKENS)
    if place >= len(tokens):
        raise InvalidInput("place", "{field} may be at most {le}.", le=len(tokens) - 1)
    others = tokens[place]["top_logprobs"]
    if token >= len(others):
        raise InvalidInput("token", "{field} may be at most {le}.", le=len(others) - 1)
    begins = text_of([*tokens[:place], others[token]])
    assistant, request = _request(studio, who, row, begins)
    return studio.jobs.submit(assistant, request, who)


def text_of(tokens: list[dict[str, Any]]) -> str:
    """Return the text that tokens make together; raises ``InvalidInput`` where they end within a character."""
    letters = b"".join(bytes(one["bytes"]) if one.get("bytes") else one["token"].encode() for one in tokens)
    try:
        return letters.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("token", BROKEN_CHARACTER) from None


def _request(studio: "Studio", who: Principal, look: JobRow, begins: str) -> tuple[str, dict[str, Any]]:
    """Return who goes on, and the request that asks for it."""
    source = look.request.get("job")
    if not source:
        return "completions", {"prompt": begins, "model": look.model}
    made = studio.jobs.get(source, who.id)
    if made.assistant == "chat":
        reply = studio.history.conversations.message((made.result or {})["message"], who.id)
        asked = {name: value for name, value in made.request.items() if name not in TURN}
        turn = {"action": "regenerate", "parent": reply.parent, "prefix": begins}
        return "chat", asked | turn | {"model": made.model}
    exchange = studio.jobs.exchange(source, who.id, look.request.get("which") or "")
    if exchange.raw:
        return "completions", {"prompt": exchange.messages[0][1] + begins, "model": look.model}
    said = [*exchange.messages, ("assistant", begins)]
    return "completions", {"messages": [{"role": role, "content": text} for role, text in said], "model": look.model}
