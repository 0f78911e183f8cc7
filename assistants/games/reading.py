"""What a player types, read as a command: an id, a label, a number, or a verb and a name in either language.

Knows the words; what a command does is known elsewhere.
"""

from assistants.games.adventure import LOOKS, Adventure
from assistants.games.states import State

MAX_COMMAND = 200


def read(adventure: Adventure, state: State, text: str) -> str:
    """Return the command that a typed text means, or the text itself, which is then refused in words."""
    plain = " ".join(text.split())[:MAX_COMMAND].casefold()
    commands = [option.command for option in adventure.options(state)]
    if plain in commands or plain in LOOKS:
        return plain
    if plain.isdigit():
        # A number is an answer in a talk, else the option of that number.
        place = int(plain) - 1
        return commands[place] if place < len(commands) and place >= 0 else plain
    for option in adventure.options(state):
        if plain == option.label.casefold():
            return option.command
    return _meant(adventure, state, plain, commands)


def _meant(adventure: Adventure, state: State, plain: str, commands: list[str]) -> str:
    directions = {name.casefold(): key for key, name in adventure.words["directions"].items()}
    if plain in directions or plain in directions.values():
        return f"go {directions.get(plain, plain)}"
    for verb, spellings in adventure.words["verbs"].items():
        # "pick up" before "pick": the longer first.
        spelling = next((one for one in sorted(spellings, key=len, reverse=True) if _begins(plain, one)), None)
        if spelling is None:
            continue
        rest = plain[len(spelling) :].strip(" .。!！的")
        if verb in LOOKS or verb == "leave":
            return str(verb)
        if verb in ("go", "unlock"):
            found = next((key for name, key in directions.items() if name in rest or key in rest), None)
            return f"{verb} {found}" if found else _by_names(adventure, state, plain, verb, commands)
        return _by_names(adventure, state, rest or plain, verb, commands)
    return plain


def _by_names(adventure: Adventure, state: State, rest: str, verb: str, commands: list[str]) -> str:
    """Return the one command of a verb whose names a text has most of; else the text, which means nothing."""
    scored = []
    for command in commands:
        first, *ids = command.split()
        if first == verb:
            names = " ".join(_called(adventure, state, one).casefold() for one in ids)
            scored.append((_likeness(rest, names, ids), command))
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] > 0 else rest


def _called(adventure: Adventure, state: State, id: str) -> str:
    """Return the name of a thing, or of the place where a direction leads."""
    exit_ = adventure.exit(state, id)
    return adventure.name(exit_["to"] if exit_ else id)


def _begins(text: str, verb: str) -> bool:
    after = text[len(verb) : len(verb) + 1]
    return text.startswith(verb) and (not after.isalpha() or not verb.isascii() or not after.isascii())


def _likeness(text: str, names: str, ids: list[str]) -> float:
    if any(one in text.split() for one in ids):
        return 2.0
    if not names:
        return 0.0
    if names in text:
        return 1.5
    # Chinese has no spaces between its words.
    words, said = (names.split(), text.split()) if names.isascii() else (list(names), list(text))
    return sum(word in said for word in words) / len(words) - 0.3
