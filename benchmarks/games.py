"""What games promise: valid, whole, completable, without repeats; worlds that are finished; maps a minute.

    python -m benchmarks.games maps [--count 1000]        64 x 64, each generator in turn, made and solved
    python -m benchmarks.games worlds [--count 20]        whole worlds, finished by the solver and by a scripted player
    python -m benchmarks.games content [--count 200] [--model NAME]
                                                          quests, characters, items, dialogues and maps, by a model

Of ``content``, a model writes the texts; without ``--model`` the program's own words stay. What models wrote is kept in
a temporary folder, and a run that is begun again goes on where it was.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from assistants.games import integrity, maps, player, solving, structure
from assistants.games.adventure import Adventure
from assistants.games.content import by_id, problem
from assistants.games.likeness import near
from assistants.games.worlds import Worlds
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings

# Of each kind, this share of the count.
SHARES = {"characters": 0.2, "items": 0.25, "quests": 0.25, "dialogues": 0.2, "maps": 0.1}
AT_ONCE = 20
KEPT = Path(tempfile.gettempdir()) / "aigc-studio-benchmarks"


def time_maps(count: int) -> dict[str, Any]:
    found: dict[str, Any] = {"maps": count, "side": 64}
    began = time.perf_counter()
    for number in range(count):
        generator = maps.GENERATORS[number % len(maps.GENERATORS)]
        level = maps.generate(maps.Plan(generator, 64, 64, number % 4), number)
        found["solved"] = found.get("solved", 0) + solving.solve(level).is_solved
    return found | {"seconds": round(time.perf_counter() - began, 1)}


def finish_worlds(count: int) -> dict[str, Any]:
    found: Counter[str] = Counter()
    moves: list[int] = []
    for seed in range(count):
        document = structure.build(seed, "en" if seed % 2 else "zh")
        adventure = Adventure(document)
        commands = player.solve(adventure).commands
        state, _ = adventure.begin()
        for command in commands or ():
            state, _ = adventure.do(state, command)
        played, last = player.play(adventure)
        found += Counter(solver=state.won, player=last.won, whole=not integrity.check(document).wrong)
        moves.append(len(played))
    return {"worlds": count, **found, "player_moves": [min(moves), max(moves)]}


def write_content(count: int, model: str, language: str) -> dict[str, Any]:
    home = KEPT / f"games-{model or 'program'}-{language}".replace(":", "-")
    home.mkdir(parents=True, exist_ok=True)
    models = Path(os.environ["STUDIO_HOME"]) / "models" if "STUDIO_HOME" in os.environ else None
    studio = open_studio(Settings(home=home.absolute(), models=models, text_model=model or "echo:", fetch="off"))
    try:
        return _written(studio, count, language)
    finally:
        studio.close()


def _written(studio: Any, count: int, language: str) -> dict[str, Any]:
    worlds = Worlds(studio.history.store)
    kept = worlds.list(LOCAL.id)
    id = kept[0].id if kept else _job(studio, kind="world", language=language, seed=1)["world"]
    began = time.perf_counter()
    for kind, share in SHARES.items():
        wanted = round(count * share)
        while (left := wanted - len(worlds.get(id, LOCAL.id).document[kind])) > 0:
            if kind == "dialogues":
                missing = left - _silent(worlds.get(id, LOCAL.id).document)
                if missing > 0:
                    _job(studio, kind="characters", world=id, count=min(missing, AT_ONCE), seed=left)
            _job(studio, kind=kind, world=id, count=min(left, AT_ONCE), seed=left)
    document = worlds.get(id, LOCAL.id).document
    return _measured(document) | {"seconds": round(time.perf_counter() - began, 1)}


def _silent(document: dict[str, Any]) -> int:
    speaking = {one["character"] for one in document["dialogues"]}
    return sum(one["id"] not in speaking for one in document["characters"])


def _job(studio: Any, **request: Any) -> dict[str, Any]:
    job = studio.jobs.submit("games", request, LOCAL)
    row = studio.jobs.wait(job.id, LOCAL.id, 3600)
    assert row.status == "done", row.failure
    return row.result


def _measured(document: dict[str, Any]) -> dict[str, Any]:
    report = integrity.check(document)
    wrong = Counter(finding.matter for finding in report.wrong)
    counted = {kind: len(document[kind]) for kind in SHARES}
    total = sum(counted.values())
    repeated = sum(
        len(near([one["name"] for one in document[kind]])) for kind in ("characters", "items", "quests", "maps")
    )
    things = [one for kind in ("characters", "items") for one in document[kind]]
    texts = [one["description"] for one in things if one["by"].get("description") == "model"]
    by = Counter(who for _, one in by_id(document).values() for who in one["by"].values())
    return {
        "things": counted,
        "total": total,
        "schema_valid": problem(document) is None,
        "wrong": dict(wrong),
        "repeated_names": repeated,
        "repeated_descriptions": len(near(texts)),
        "written_by": dict(by),
        "sample": [f"{one['name']}: {one['description']}" for one in document["items"][:6]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["maps", "worlds", "content"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--model", default="")
    parser.add_argument("--language", default="en", choices=["en", "zh"])
    asked = parser.parse_args()
    match asked.part:
        case "maps":
            found = time_maps(asked.count or 1000)
        case "worlds":
            found = finish_worlds(asked.count or 20)
        case _:
            found = write_content(asked.count or 200, asked.model, asked.language)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
