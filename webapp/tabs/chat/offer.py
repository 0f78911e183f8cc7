"""The first start's offer: a bigger model, while there is none but the starter.

Knows what is worth offering to whom; whether a visitor has had enough of it, their browser knows.
"""

from typing import Any

from assistants.models import LOCAL, MINI, ModelCard
from assistants.owners import is_operator
from assistants.studio import Studio
from webapp.i18n import t
from webapp.kit import sentence


def offered(studio: Studio, owner: str, lang: str) -> list[dict[str, Any]] | None:
    """Return the models to choose from, the best for this machine first; None where there is nothing to offer."""
    if not is_operator(owner) or studio.models.resolve(None) != LOCAL + MINI or studio.connections.names(owner):
        return None
    cards = [card for card in studio.models.listed(owner, lang) if card.kind == "chat" and card.name != MINI]
    if any(card.installed for card in cards):
        return None
    return [shown(card, lang) for card in best_of(cards, lang)] or None


def best_of(cards: list[ModelCard], lang: str) -> list[ModelCard]:
    """Return the recommended model, and the best one of at most half its size for those in a hurry."""
    best = next((card for card in cards if card.recommended and card.task == "chat"), None)
    if best is None:
        return []
    half = (best.size or 0) / 2
    small = [card for card in cards if card.task == "chat" and lang in card.languages and 0 < (card.size or 0) <= half]
    return [best, *sorted(small, key=lambda card: -(card.size or 0))[:1]]


def shown(card: ModelCard, lang: str) -> dict[str, Any]:
    """Return a model as the script draws it."""
    state = card.state
    return {
        "name": card.name,
        "model": LOCAL + card.name,
        "title": card.title,
        "size": card.size,
        "ram": card.ram,
        "languages": list(card.languages),
        "recommended": card.recommended,
        "busy": state.is_under_way,
        "note": t(state.note, lang) if state.note else None,
        "share": state.done / state.total if state.total else None,
        "error": sentence(state.failure, lang) if state.failure else None,
    }
