"""Owners: the names under which the library keeps what is whose; two of them may run the studio.

Knows nothing about how somebody came by a name: whoever hands one to the library has checked that.
"""

from assistants.errors import NotAllowed

# Everybody who uses a studio that only this machine reaches.
LOCAL = "local"
# Whoever signed in with the operator's token.
OPERATOR = "operator"


def is_operator(owner: str) -> bool:
    """Say whether ``owner`` may do what changes the studio for everybody: models, connections, paths."""
    return owner in (LOCAL, OPERATOR)


def must_be_operator(owner: str) -> None:
    """Raise ``NotAllowed`` unless ``owner`` is the operator."""
    if not is_operator(owner):
        raise NotAllowed("Only the operator of this studio may do this.")
