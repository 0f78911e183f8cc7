"""Games as jobs: a world of one click, more of a kind, a field written again; what a person wrote stays."""

from typing import Any

import pytest

from assistants.errors import Conflict, InvalidInput, NotFound
from assistants.games import integrity, playing, texts
from assistants.games.content import KINDS, by_id, problem, revision
from assistants.games.worlds import Worlds
from assistants.jobs import JobRow
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.games.stand_ins import MODEL, author

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")


def made(studio: Studio, owner: str = LOCAL.id, **request: Any) -> JobRow:
    job = studio.jobs.submit("games", {"seed": 1, **request}, of_owner(owner))
    return studio.jobs.wait(job.id, owner, 60)


def world(studio: Studio, **request: Any) -> str:
    job = made(studio, kind="world", **request)
    assert job.status == "done", job.failure
    return job.result["world"]


def notes(studio: Studio, job: JobRow) -> list[str]:
    events = studio.history.jobs.events(job.id)
    return [data["data"]["template"] for _, kind, data in events if kind == "part" and data["name"] == "note"]


@pytest.fixture
def worlds(studio: Studio) -> Worlds:
    return Worlds(studio.history.store)


def test_a_world_of_one_click_can_be_played_before_a_word_is_written(studio: Studio, worlds: Worlds) -> None:
    job = studio.jobs.submit("games", {"kind": "world", "brief": "A drowned kingdom.", "seed": 5}, LOCAL)
    kept = worlds.get(job.result["world"], LOCAL.id)
    assert kept.document["setting"] == "A drowned kingdom." and problem(kept.document) is None
    game = worlds.begin(kept.id, LOCAL.id)
    assert playing.opened(worlds, kept.id, LOCAL.id, game.id).options
    ended = studio.jobs.wait(job.id, LOCAL.id, 60)
    assert ended.status == "done" and ended.result["report"]["wrong"] == []
    # This stand-in keeps to no schema: the program's own words stay, and the job says so.
    assert ended.result["written"] == 0 and any("keep to the form" in one for one in notes(studio, ended))


def test_a_model_writes_the_texts_within_its_tokens(
    studio: Studio, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = author(monkeypatch, studio.models)
    job = made(studio, kind="world", model=MODEL)
    assert job.status == "done", job.failure
    document = worlds.get(job.result["world"], LOCAL.id).document
    by = [who for _, one in by_id(document).values() for who in one["by"].values()]
    assert by and set(by) == {"model"} and job.result["written"] == len(by)
    assert job.result["tokens"] <= texts.MOST_TOKENS and job.usage["output_tokens"] == job.result["tokens"]
    assert integrity.check(document).wrong == []
    assert all("World: " in asked for asked in model.asked)
    # One version for what the program made and one job wrote.
    assert [one.cause for one in worlds.versions(job.result["world"], LOCAL.id)] == ["made"]


def test_a_budget_of_tokens_is_kept_and_told(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    author(monkeypatch, studio.models)
    monkeypatch.setattr(texts, "MOST_TOKENS", 300)
    job = made(studio, kind="world", model=MODEL)
    assert job.result["tokens"] <= 300
    assert any("tokens are used up" in one for one in notes(studio, job))


def test_names_that_repeat_are_asked_for_again_and_else_not_taken(
    studio: Studio, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    author(monkeypatch, studio.models, monotonous=True)
    job = made(studio, kind="world", model=MODEL)
    document = worlds.get(job.result["world"], LOCAL.id).document
    for kind in ("characters", "items", "locations"):
        names = [one["name"] for one in document[kind]]
        assert len(names) == len(set(names)) and names.count("Ash") <= 1
    assert any("nearly repeated" in one for one in notes(studio, job))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "dialogues"])
def test_more_of_a_kind_fits_in(studio: Studio, worlds: Worlds, kind: str) -> None:
    id = world(studio)
    count = 2 if kind == "shops" else 5
    before = worlds.get(id, LOCAL.id).document
    job = made(studio, kind=kind, world=id, count=count)
    assert job.status == "done", job.failure
    after = worlds.get(id, LOCAL.id).document
    assert len(after[kind]) == len(before[kind]) + count and len(job.result["ids"]) == count
    assert integrity.check(after).wrong == [] and job.result["report"]["mended"] == []


def test_dialogues_are_for_those_who_have_none(studio: Studio, worlds: Worlds) -> None:
    id = world(studio)
    failed = made(studio, kind="dialogues", world=id)
    assert failed.status == "failed" and failed.failure["values"]["limit"] == 0
    made(studio, kind="characters", world=id, count=3)
    assert made(studio, kind="dialogues", world=id, count=3).status == "done"
    assert integrity.check(worlds.get(id, LOCAL.id).document).wrong == []


def test_who_gives_many_quests_can_be_talked_to(studio: Studio, worlds: Worlds) -> None:
    id = world(studio)
    [giver] = made(studio, kind="characters", world=id).result["ids"]
    made(studio, kind="quests", world=id, count=12, constraints={"giver": giver})
    assert made(studio, kind="dialogues", world=id).status == "done"
    document = worlds.get(id, LOCAL.id).document
    assert problem(document) is None and integrity.check(document).wrong == []


def test_what_a_person_wrote_or_locked_is_not_written_again(
    studio: Studio, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    author(monkeypatch, studio.models)
    id = world(studio)
    one = worlds.get(id, LOCAL.id).document["items"][0]
    worlds.edit(id, LOCAL.id, one["id"], {"name": 'My "own"\n<b>key</b>'}, revision(one))
    job = made(studio, kind="field", world=id, element=one["id"], field="description", model=MODEL)
    assert job.status == "done" and job.result["written"] == 1
    now = by_id(worlds.get(id, LOCAL.id).document)[one["id"]][1]
    assert now["name"] == 'My "own"\n<b>key</b>' and now["description"] != one["description"]
    [before] = worlds.alternates(id, LOCAL.id, one["id"], "description")
    assert before.value == one["description"]
    worlds.edit(id, LOCAL.id, one["id"], {}, revision(now), locked=True)
    with pytest.raises(Conflict, match="locked"):
        made(studio, kind="field", world=id, element=one["id"], field="description", model=MODEL)


def test_what_breaks_off_in_the_middle_is_made_once_and_keeps_what_was_written(
    studio: Studio, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistants.games import generating

    model = author(monkeypatch, studio.models)
    id = world(studio)
    put, calls = generating.Generation._put, []

    def once(self: Any, kept: Any) -> None:
        put(self, kept)
        calls.append(1)
        if len(calls) == 2:
            raise InvalidInput("world", "The plug was pulled.")

    monkeypatch.setattr(generating.Generation, "_put", once)
    job = made(studio, kind="items", world=id, count=20, model=MODEL)
    assert job.status == "failed"
    parts = [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    assert [data["name"] for data in parts].count("made") == 1
    document = worlds.get(id, LOCAL.id).document
    assert len(document["items"]) == len({one["id"] for one in document["items"]})
    assert model.asked


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"kind": "world", "brief": "x" * 50_000}, "2000"),
        ({"kind": "items", "world": "w", "count": 10_000}, "100"),
        ({"kind": "items"}, "world"),
        ({"kind": "world", "world": "w"}, "world"),
        ({"kind": "world", "constraints": {"generator": "rooms"}}, "generator"),
        ({"kind": "world", "constraints": {"locations": 4, "locks": 4}}, "locks"),
        ({"kind": "maps", "world": "w", "constraints": {"width": 12, "height": 12, "keys": 8}}, "keys"),
        ({"kind": "maps", "world": "w", "constraints": {"open_least": 0.9, "open_most": 0.1}}, "open_least"),
        ({"kind": "maps", "world": "w", "constraints": {"width": 1_000_000}}, "width"),
        ({"kind": "quests", "world": "w", "constraints": {"requires": "item-1", "reward": "item-1"}}, "reward"),
        ({"kind": "field", "world": "w"}, "element"),
        ({"kind": "narration", "world": "w"}, "game"),
        ({"kind": "dragons"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused_at_the_door(studio: Studio, request_: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        studio.jobs.submit("games", request_, LOCAL)
    assert says in f"{error.value.field} {error.value}"


def test_what_turns_out_to_be_impossible_leaves_nothing_half_made(studio: Studio, worlds: Worlds) -> None:
    id = world(studio)
    before = worlds.get(id, LOCAL.id)
    treasure = before.document["quests"][-1]["objectives"][0]["target"]
    rewards = [item for quest in before.document["quests"] for item in quest["rewards"]["items"]]
    impossible = [
        {"kind": "maps", "constraints": {"open_least": 0.99}},
        # Without the weapon nobody beats whoever has the treasure.
        {"kind": "quests", "constraints": {"reward": "item-1", "requires": treasure}},
        {"kind": "quests", "constraints": {"reward": rewards[0]}},
        {"kind": "quests", "constraints": {"giver": "item-1"}},
        {"kind": "shops", "count": 50},
    ]
    for asked in impossible:
        job = made(studio, world=id, **asked)
        assert job.status == "failed" and job.failure["status"] == 422, asked
        assert worlds.get(id, LOCAL.id) == before


def test_a_turn_is_told_again_and_changes_nothing(studio: Studio, worlds: Worlds) -> None:
    id = world(studio)
    game = worlds.begin(id, LOCAL.id)
    option = playing.opened(worlds, id, LOCAL.id, game.id).options[0]
    playing.do(worlds, id, LOCAL.id, game.id, option.command)
    before = playing.opened(worlds, id, LOCAL.id, game.id)
    job = made(studio, kind="narration", world=id, game=game.id)
    assert job.status == "done" and job.output
    assert playing.opened(worlds, id, LOCAL.id, game.id).state == before.state


def test_strangers_reach_nothing(studio: Studio, worlds: Worlds) -> None:
    id = world(studio)
    game = worlds.begin(id, LOCAL.id)
    with pytest.raises(NotFound):
        made(studio, "v-other", kind="items", world=id)
    for call in (worlds.get, worlds.versions, worlds.games, worlds.begin, worlds.delete):
        with pytest.raises(NotFound):
            call(id, "v-other")
    with pytest.raises(NotFound):
        playing.do(worlds, id, "v-other", game.id, "look")
    assert worlds.list("v-other") == []
