"""How fast the gallery is with many pictures: ``python -m benchmarks.gallery [--pictures 100000]``.

Fills a fresh history and prints the median of five calls, in milliseconds of processor time, so that other programs do
not count. Knows rows only: no picture is drawn.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from assistants import ROWS
from assistants.history import History
from assistants.store import new_id, now
from assistants.store.fulltext import indexable
from assistants.store.pictures import Wanted

THINGS = ("cat", "dog", "rocket", "castle", "企鹅", "penguin", "robot", "apple", "horse", "sailboat")
PLACES = ("on mars", "in the snow", "in space", "on the sea", "雪地里", "in a forest", "at night")
ROUNDS = 5


def fill(history: History, count: int) -> list[str]:
    """Write jobs of four pictures each, and return the pictures' ids."""
    ids = []
    with history.store.write() as db:
        for number in range(count // 4):
            job, prompt = new_id(), f"{THINGS[number % 10]} {PLACES[number % 7]} {number}"
            db.execute(
                "INSERT INTO jobs (id, assistant, owner, status, model, input, request, created) VALUES"
                " (?, 'images', 'local', 'done', 'echo:', ?, '{}', ?)",
                (job, prompt, now()),
            )
            row = db.execute("SELECT number FROM jobs WHERE id = ?", (job,)).fetchone()["number"]
            db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, indexable(prompt)))
            for place in range(4):
                picture = new_id()
                ids.append(picture)
                settings = json.dumps({"prompt": prompt, "steps": 20, "seed": number})
                db.execute(
                    "INSERT INTO pictures (id, owner, job, kind, place, width, height, seed, prompt, model, settings,"
                    " made_with, pixels, starred, created) VALUES (?, 'local', ?, 'picture', ?, 512, 512, ?, ?,"
                    " 'echo:', ?, '{}', 'sha', ?, ?)",
                    (picture, job, place, number, prompt, settings, int(number % 50 == 0), now()),
                )
    return ids


def timed(call: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        call()
        times.append((time.process_time() - began) * 1000)
    return median(times)


def main() -> None:
    """Print the table."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--pictures", type=int, default=100_000)
    options = line.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), ROWS)
        ids = fill(history, options.pictures)
        board = history.pictures.add_board("local", "Best").id
        history.pictures.put_on_board(board, "local", ids[::100], [])
        calls = {
            "first page": Wanted(),
            "a page in the middle": Wanted(before=sorted(ids)[len(ids) // 2]),
            "one word": Wanted(query="penguin"),
            "two words": Wanted(query="rocket space"),
            "Chinese": Wanted(query="企鹅"),
            "a rare word": Wanted(query="12345"),
            "starred": Wanted(starred=True),
            "a board": Wanted(board=board),
        }
        for name, wanted in calls.items():
            page = history.pictures.page("local", wanted)
            print(f"{name:22} {timed(lambda wanted=wanted: history.pictures.page('local', wanted)):7.1f} ms"
                  f"  ({page.total:,} pictures)")  # fmt: skip
        print(f"{'a picture':22} {timed(lambda: history.pictures.get(ids[7], 'local')):7.1f} ms")
        history.close()


if __name__ == "__main__":
    main()
