"""The text adventure: typed commands in two languages, refusals that change nothing, saves, undo, transcripts."""

import pytest

from assistants.errors import Conflict
from assistants.games import player, playing, structure
from assistants.games.adventure import Adventure
from assistants.games.reading import read
from assistants.games.worlds import Worlds
from assistants.history import History


@pytest.fixture
def worlds(history: History) -> Worlds:
    return Worlds(history.store)


def begun(worlds: Worlds, seed: int = 1, language: str = "en") -> tuple[str, str]:
    world = worlds.create("me", structure.build(seed, language), "made")
    return world, worlds.begin(world, "me").id


def test_a_game_is_saved_undone_and_told_from_its_beginning(worlds: Worlds) -> None:
    world, game = begun(worlds)
    first = playing.opened(worlds, world, "me", game)
    commands = player.solve(first.adventure).commands or []
    for command in commands:
        play = playing.do(worlds, world, "me", game, command)
    assert play.state.won and play.game.commands == commands
    again = playing.opened(worlds, world, "me", game)
    assert again.state == play.state and again.transcript[0] == first.transcript[0]
    assert [line.kind for line in again.transcript].count("command") == len(commands)
    for _ in commands:
        undone = playing.undo(worlds, world, "me", game)
    assert undone.state == first.state and undone.transcript == first.transcript
    assert playing.undo(worlds, world, "me", game).state == first.state


def test_what_cannot_be_done_is_refused_in_words_and_no_part_of_the_game(worlds: Worlds) -> None:
    world, game = begun(worlds)
    before = playing.opened(worlds, world, "me", game)
    for text in ("", "dance", "take everything", "go nowhere", "take item-999", "say 1", "x" * 5000, "go up", "look"):
        play = playing.do(worlds, world, "me", game, text)
        assert play.state == before.state and play.game.commands == [] and play.last[1:]


def test_a_locked_way_names_its_key() -> None:
    for seed in range(10):
        adventure = Adventure(structure.build(seed, "en"))
        state, _ = adventure.begin()
        for exit_ in adventure.element(state.location)["exits"]:
            if exit_["key"]:
                _, [told] = adventure.do(state, f"go {exit_['direction']}")
                assert told.kind == "refused" and adventure.name(exit_["key"]) in told.text
                return
    pytest.fail("no world of these begins at a locked way")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_typed_words_mean_commands(language: str) -> None:
    adventure = Adventure(structure.build(2, language))
    state, _ = adventure.begin()
    words = adventure.words
    for option in adventure.options(state):
        verb, *ids = option.command.split()
        assert read(adventure, state, option.label) == option.command
        if verb in ("go", "unlock"):
            direction = words["directions"][ids[0]]
            assert read(adventure, state, f"{words['verbs'][verb][0]} {direction}") == option.command
        else:
            assert read(adventure, state, f"{words['verbs'][verb][0]} {adventure.name(ids[0])}") == option.command
    assert read(adventure, state, words["verbs"]["look"][0]) == "look"


def test_words_may_change_while_one_plays_and_a_changed_structure_leaves_the_game_alone(worlds: Worlds) -> None:
    world, game = begun(worlds)
    playing.do(worlds, world, "me", game, "1")
    state = playing.opened(worlds, world, "me", game).state
    worlds.change(world, "me", lambda one: one["locations"][0].update(name="Elsewhere"), "edit")
    assert "Elsewhere" in playing.opened(worlds, world, "me", game).transcript[0].text
    worlds.change(world, "me", lambda one: one["locations"][0].update(exits=[], items=[]), "edit")
    play = playing.opened(worlds, world, "me", game)
    assert play.state == state and "Elsewhere" not in play.transcript[0].text


def test_two_players_of_one_game_do_not_lose_each_others_moves(worlds: Worlds) -> None:
    world, game = begun(worlds)
    kept = worlds.play(world, "me", game, ["look"], [])
    with pytest.raises(Conflict):
        worlds.play(world, "me", game, ["help"], [])
    assert kept.commands == worlds.game(world, "me", game).commands
