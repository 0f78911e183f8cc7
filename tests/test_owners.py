"""Owners: whose name costs something, and whom what one has counts for."""

import pytest

from assistants.owners import ANONYMOUS, LOCAL, NOWHERE, OPERATOR, anonymous, groups, is_anonymous


@pytest.mark.parametrize("owner", [LOCAL, OPERATOR, "key-0123456789ab", "anna", "v", "visitor", "anonymous"])
def test_the_known_stand_for_themselves(owner: str) -> None:
    assert groups(owner) == (owner,) and not is_anonymous(owner)


def test_visitors_stand_below_their_place_and_all_places_below_one() -> None:
    here, there, nowhere = anonymous("0a1b"), anonymous("2c3d"), anonymous()
    assert anonymous("0a1b") != here and anonymous() != nowhere
    assert all(map(is_anonymous, (here, there, nowhere)))
    top, place, leaf = groups(here)
    assert (top, leaf) == (ANONYMOUS, here) and groups(anonymous("0a1b"))[:2] == (top, place)
    assert groups(there)[0] == top and groups(there)[1] != place
    assert groups(nowhere) == (ANONYMOUS, NOWHERE, nowhere)


def test_names_of_before_there_were_places_are_from_nowhere() -> None:
    old = f"v-{'0f' * 16}"
    assert groups(old) == (ANONYMOUS, NOWHERE, old)
