"""Principals: who asks, by the name under which their rows are kept, and with the role that says what they may.

The operator and whoever has a key are known. An anonymous visitor's name costs nothing to get anew, so what is shared
out is shared out between the known ones and all anonymous visitors together, then between the places these come from.
Knows nothing about how somebody proves who they are: whoever makes a principal has checked that.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

from assistants.errors import NotAllowed

Role = Literal["visitor", "user", "operator"]

# What the names of anonymous visitors begin with, and of nobody else.
PREFIX = "v-"
# All anonymous visitors together, and those of whom nobody knows whence they come.
ANONYMOUS = "anonymous"
NOWHERE = f"{ANONYMOUS} at "


@dataclass(frozen=True)
class Principal:
    """Whoever asks: rows keep the ``id`` as their owner; rights follow from the ``role`` alone."""

    id: str
    role: Role

    @property
    def is_operator(self) -> bool:
        """Whether they may do what changes the studio for everybody: models, connections, paths."""
        return self.role == "operator"

    @property
    def is_anonymous(self) -> bool:
        """Whether anybody could have got their name for nothing."""
        return self.role == "visitor"

    @property
    def groups(self) -> tuple[str, ...]:
        """To whose shares counts what they have, the widest group first and they themselves last."""
        if not self.is_anonymous:
            return (self.id,)
        place = self.id.removeprefix(PREFIX).rpartition("-")[0]
        return ANONYMOUS, f"{NOWHERE}{place}", self.id


# Everybody who uses a studio that only this machine reaches.
LOCAL = Principal("local", "operator")
# Whoever signed in with the operator's token.
OPERATOR = Principal("operator", "operator")


def must_be_operator(who: Principal) -> None:
    """Raise ``NotAllowed`` unless ``who`` is the operator."""
    if not who.is_operator:
        raise NotAllowed("Only the operator of this studio may do this.")


def anonymous(place: str = "") -> Principal:
    """Return a visitor nobody was before; ``place`` stands for whence they come, if that is known."""
    mark = secrets.token_hex(16)
    return Principal(f"{PREFIX}{place}-{mark}" if place else f"{PREFIX}{mark}", "visitor")


def of_owner(owner: str) -> Principal:
    """Return whose rows have this owner: the one place where a role is told by a name, for rows and cookies have none.

    Whoever is neither the operator nor an anonymous visitor came with a key.
    """
    for known in (LOCAL, OPERATOR):
        if owner == known.id:
            return known
    return Principal(owner, "visitor" if owner.startswith(PREFIX) else "user")
