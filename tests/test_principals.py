"""Principals: who may what, whose name costs something, and whom what one has counts for."""

import pytest

from assistants.errors import NotAllowed
from assistants.principals import (
    ANONYMOUS,
    LOCAL,
    NOWHERE,
    OPERATOR,
    Principal,
    anonymous,
    must_be_operator,
    of_owner,
)

NAMES = [LOCAL.id, OPERATOR.id, "key-0123456789ab", "anna", "v", "visitor", "anonymous", ""]


@pytest.mark.parametrize("owner", NAMES)
def test_the_known_stand_for_themselves(owner: str) -> None:
    assert of_owner(owner).groups == (owner,) and not of_owner(owner).is_anonymous


def test_visitors_stand_below_their_place_and_all_places_below_one() -> None:
    here, there, nowhere = anonymous("0a1b"), anonymous("2c3d"), anonymous()
    assert anonymous("0a1b") != here and anonymous() != nowhere
    assert all(who.is_anonymous for who in (here, there, nowhere))
    top, place, leaf = here.groups
    assert (top, leaf) == (ANONYMOUS, here.id) and anonymous("0a1b").groups[:2] == (top, place)
    assert there.groups[0] == top and there.groups[1] != place
    assert nowhere.groups == (ANONYMOUS, NOWHERE, nowhere.id)


def test_names_of_before_there_were_places_are_from_nowhere() -> None:
    old = f"v-{'0f' * 16}"
    assert of_owner(old).groups == (ANONYMOUS, NOWHERE, old)


@pytest.mark.parametrize(
    "who", [LOCAL, OPERATOR, anonymous(), anonymous("0a1b"), Principal("key-0123456789ab", "user")]
)
def test_a_stored_owner_is_who_it_was(who: Principal) -> None:
    assert of_owner(who.id) == who


def test_rights_follow_from_the_role_and_never_from_the_name() -> None:
    must_be_operator(Principal("anna", "operator"))
    assert Principal("anna", "visitor").is_anonymous and not Principal("v-1", "user").is_anonymous
    for impostor in (
        Principal(LOCAL.id, "user"),
        Principal(OPERATOR.id, "visitor"),
        of_owner("Operator"),
        of_owner(""),
    ):
        with pytest.raises(NotAllowed):
            must_be_operator(impostor)
