"""Owners: the names under which the library keeps what is whose; two of them may run the studio.

The operator and whoever has a key are known. An anonymous visitor's name costs nothing to get anew, so what is shared
out is shared out between the known ones and all anonymous visitors together, then between the places these come from.
Knows nothing about how somebody came by a name: whoever hands one to the library has checked that.
"""

import secrets

from assistants.errors import NotAllowed

# Everybody who uses a studio that only this machine reaches.
LOCAL = "local"
# Whoever signed in with the operator's token.
OPERATOR = "operator"
# What the names of anonymous visitors begin with, and of nobody else.
PREFIX = "v-"
# All anonymous visitors together, and those of whom nobody knows whence they come.
ANONYMOUS = "anonymous"
NOWHERE = f"{ANONYMOUS} at "


def is_operator(owner: str) -> bool:
    """Say whether ``owner`` may do what changes the studio for everybody: models, connections, paths."""
    return owner in (LOCAL, OPERATOR)


def must_be_operator(owner: str) -> None:
    """Raise ``NotAllowed`` unless ``owner`` is the operator."""
    if not is_operator(owner):
        raise NotAllowed("Only the operator of this studio may do this.")


def anonymous(place: str = "") -> str:
    """Return the name of a visitor nobody was before; ``place`` stands for whence they come, if that is known."""
    return f"{PREFIX}{place}-{secrets.token_hex(16)}" if place else f"{PREFIX}{secrets.token_hex(16)}"


def is_anonymous(owner: str) -> bool:
    """Say whether anybody could have got the name ``owner`` for nothing."""
    return owner.startswith(PREFIX)


def groups(owner: str) -> tuple[str, ...]:
    """Return to whose shares counts what ``owner`` has, the widest group first and ``owner`` last."""
    if not is_anonymous(owner):
        return (owner,)
    place = owner.removeprefix(PREFIX).rpartition("-")[0]
    return ANONYMOUS, f"{NOWHERE}{place}", owner
