"""Visibility: who may see a row that can be shared, whatever kind of row it is.

The owner always; beside them nobody, the people that the row names, or all. Knows nothing about what may be changed.
"""

from collections.abc import Container

from assistants.principals import Principal, of_owner

# A row's ``people`` count where it is for those, and are kept where it is not.
PRIVATE, PEOPLE, ALL = VISIBILITIES = ("private", "people", "all")


def may_see(who: Principal, owner: str, visibility: str, people: Container[str] = ()) -> bool:
    """Say whether ``who`` may see a row of ``owner``, where ``people`` are the ids of those that it names.

    Whoever runs the studio owns what the operator owns, by whichever of their names. A visibility that is none of
    ``VISIBILITIES`` shows a row to nobody else.
    """
    if who.id == owner or (who.is_operator and of_owner(owner).is_operator):
        return True
    return visibility == ALL or (visibility == PEOPLE and who.id in people)
