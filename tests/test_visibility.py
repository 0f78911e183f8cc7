"""Visibility: who sees what somebody shares, by the one check and by the bases that ask it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assistants.errors import InvalidInput, NotAllowed
from assistants.principals import LOCAL, OPERATOR, Principal, anonymous, of_owner
from assistants.studio import Studio
from assistants.visibility import may_see
from tests.serving import opened

ANN, BOB = Principal("key-ann", "user"), Principal("key-bob", "user")
OLD = Path(__file__).parent / "data" / "studio-40.db"


@pytest.mark.parametrize("visibility", ["private", "people", "all", "operator", ""])
@pytest.mark.parametrize("who", [ANN, Principal("key-ann", "visitor")])
def test_the_owner_always_sees_their_own(who: Principal, visibility: str) -> None:
    assert may_see(who, ANN.id, visibility)


@pytest.mark.parametrize(
    ("visibility", "people", "seen_by_bob"),
    [
        ("private", [], False),
        ("private", [BOB.id], False),
        ("people", [], False),
        ("people", ["key-carl", "key-bo", "key-bobby"], False),
        ("people", [BOB.id], True),
        ("all", [], True),
        ("everyone", [BOB.id], False),
        ("ALL", [BOB.id], False),
        ("", [BOB.id], False),
    ],
)
def test_another_sees_what_is_for_them_or_for_all(visibility: str, people: list[str], seen_by_bob: bool) -> None:
    assert may_see(BOB, ANN.id, visibility, people) is seen_by_bob
    assert may_see(anonymous(), ANN.id, visibility, people) is (visibility == "all")


@pytest.mark.parametrize("who", [LOCAL, OPERATOR])
def test_whoever_runs_the_studio_owns_what_the_operator_owns_and_nothing_of_others(who: Principal) -> None:
    assert may_see(who, LOCAL.id, "private") and may_see(who, OPERATOR.id, "private")
    assert not may_see(who, ANN.id, "private")
    assert not may_see(ANN, who.id, "private")
    assert not may_see(Principal("operato", "user"), who.id, "people", ["operator"])


def test_a_base_is_read_by_those_whom_it_names_and_by_nobody_else(studio: Studio) -> None:
    studio.knowledge.create("shop", LOCAL)
    readers = [who for who in (LOCAL, OPERATOR, ANN, BOB, anonymous()) if studio.knowledge.may_read("shop", who)]
    assert readers == [LOCAL, OPERATOR]
    studio.knowledge.change("shop", LOCAL, people=[ANN.id], visibility="people")
    assert studio.knowledge.sources("shop", ANN) == []
    for other in (BOB, anonymous(), of_owner("")):
        with pytest.raises(NotAllowed):
            studio.knowledge.sources("shop", other)
    studio.knowledge.change("shop", LOCAL, not_found="No.")
    assert studio.knowledge.rows.base("shop").people == {ANN.id}, "what is not named stays"
    studio.knowledge.change("shop", LOCAL, visibility="private")
    with pytest.raises(NotAllowed):
        studio.knowledge.sources("shop", ANN)
    for who in (ANN, anonymous()):
        with pytest.raises(NotAllowed):
            studio.knowledge.change("shop", who, people=[who.id], visibility="people")
    with pytest.raises(InvalidInput, match="private, people, all"):
        studio.knowledge.change("shop", LOCAL, visibility="everyone")


def test_bases_of_before_are_seen_by_whom_they_were(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(OLD, home / "studio.db")
    with opened(home) as studio:
        studio.knowledge.create("open", LOCAL)
        studio.knowledge.create("closed", LOCAL)
    # As the studio wrote it before.
    with closing(sqlite3.connect(home / "studio.db")) as db:
        db.executescript("""
            ALTER TABLE knowledge ADD COLUMN readers TEXT NOT NULL DEFAULT 'operator';
            UPDATE knowledge SET readers = 'everyone' WHERE name = 'open';
            ALTER TABLE knowledge DROP COLUMN visibility;
            ALTER TABLE knowledge DROP COLUMN people;
            DELETE FROM _sqlite_migrations WHERE name = 'm100_visibility';
        """)
    with opened(home) as studio:
        bases = {base.name: (base.visibility, base.people) for base in studio.knowledge.bases()}
        assert (bases["open"], bases["closed"]) == (("all", frozenset()), ("private", frozenset()))
        assert studio.knowledge.may_read("open", ANN) and not studio.knowledge.may_read("closed", ANN)
