"""Games as they go on: what a person types becomes a command, a game is its commands, and undo takes the last one back.

A world may get other words while it is played; where its structure changes, a game goes on in the version in which it
was begun. Knows nothing about pages.
"""

from dataclasses import dataclass

from assistants.games.adventure import LOOKS, Adventure
from assistants.games.content import Document, structure
from assistants.games.reading import read
from assistants.games.states import Line, Option, State
from assistants.games.worlds import Game, Worlds
from assistants.requests import check_characters


@dataclass(frozen=True)
class Play:
    """A game as it stands: the transcript, what can be done, and what the last command came to."""

    game: Game
    adventure: Adventure
    state: State
    transcript: list[Line]
    options: list[Option]
    last: list[Line]


def opened(worlds: Worlds, world: str, owner: str, game: str) -> Play:
    """Return a game as it stands."""
    kept = worlds.game(world, owner, game)
    return _replayed(kept, _document(worlds, world, owner, kept))


def do(worlds: Worlds, world: str, owner: str, game: str, text: str) -> Play:
    """Do what a person typed or chose; what is refused, or changes nothing, is told and no part of the game."""
    check_characters(text, "command")
    play = opened(worlds, world, owner, game)
    command = read(play.adventure, play.state, text)
    state, told = play.adventure.do(play.state, command)
    label = next((one.label for one in play.options if one.command == command), text.strip())
    said = [Line("command", label), *told]
    if command in LOOKS or any(line.kind == "refused" for line in told):
        return Play(play.game, play.adventure, state, [*play.transcript, *said], play.options, said)
    before = play.game.commands
    kept = worlds.play(world, owner, game, [*before, command], before)
    options = play.adventure.options(state)
    return Play(kept, play.adventure, state, [*play.transcript, *said], options, said)


def undo(worlds: Worlds, world: str, owner: str, game: str) -> Play:
    """Take the last command back, if there is one."""
    before = worlds.game(world, owner, game).commands
    kept = worlds.play(world, owner, game, before[:-1], before)
    return _replayed(kept, _document(worlds, world, owner, kept))


def _document(worlds: Worlds, world: str, owner: str, game: Game) -> Document:
    """Return the world as it reads now, if it still is built as it was when the game began; else as it was then."""
    current = worlds.get(world, owner)
    if current.version == game.version:
        return current.document
    begun = worlds.version(world, owner, game.version)
    return current.document if structure(begun) == structure(current.document) else begun


def _replayed(game: Game, document: Document) -> Play:
    adventure = Adventure(document)
    state, last = adventure.begin()
    transcript = list(last)
    for command in game.commands:
        label = next((one.label for one in adventure.options(state) if one.command == command), command)
        state, told = adventure.do(state, command)
        last = [Line("command", label), *told]
        transcript += last
    return Play(game, adventure, state, transcript, adventure.options(state), last)
