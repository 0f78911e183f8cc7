"""What opening a long conversation costs; run ``python -m benchmarks.thread``.

Makes a home of its own with a conversation of 5,000 messages, of which 200 show a picture, and asks over the REST
interface what the page asks: to open it at its end, to go on from there, to come to a message in its middle, and to
find words in it. The first time nothing of its Markdown is in memory, later it is. Figures are the server's ms, first
and the median of seven more.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import closing
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image
from starlette.testclient import TestClient

from assistants.chat.pictures import shown
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store import new_id, now
from assistants.studio import Studio
from webapp.server import create_app

WORDS = "Reply {n}, with **bold words**, `code`, a list and more of it:\n\n- one\n- two\n\n```python\nprint({n})\n```\n"
ROUNDS = 7


def fill(studio: Studio, messages: int, pictures: int) -> tuple[str, list[str]]:
    """Write the conversation down; return its id and those of its messages."""
    conversation = studio.history.conversations.create(LOCAL.id, "Long")
    ids, moment, every = [new_id() for _ in range(messages)], now(), max(1, messages // max(1, pictures))
    rows = []
    for number, (id, parent) in enumerate(zip(ids, [None, *ids], strict=False)):
        is_reply = number % 2
        text = WORDS.replace("{n}", str(number)) * 3 if is_reply else f"Question {number}"
        if pictures and number % every == every - 1:
            stream = BytesIO()
            Image.new("RGB", (256, 256), (number % 256, 80, 120)).save(stream, "PNG")
            stream.seek(0)
            file = studio.history.files.add(LOCAL, f"{number}.png", stream)
            text += f"\n\n{shown(file.id, f'Picture {number}')}"
        rows.append((id, conversation, parent, "assistant" if is_reply else "user", text, moment))
    with studio.history.store.write() as db:
        db.conn.executemany(
            "INSERT INTO messages (id, conversation, parent, role, text, created) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        db.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (ids[-1], conversation))
    return conversation, ids


def timed(client: TestClient, paths: list[str]) -> str:
    """Return the ms that the server takes for some questions, one after the other: the first time, and later."""
    taken = []
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        for path in paths:
            answer = client.get(f"/api/{path}")
            assert answer.status_code == 200, answer.text
        taken.append((time.perf_counter() - began) * 1000)
    return f"{taken[0]:.0f} | {median(taken[1:]):.0f}"


def main() -> None:
    """Make the conversation and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--pictures", type=int, default=200)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Settings(home=Path(folder), text_model="echo:", fetch="off")
        with closing(open_studio(settings)) as studio:
            own, ids = fill(studio, options.messages, options.pictures)

            async def make() -> TestClient:
                return TestClient(create_app(studio), "http://localhost:7860")

            client = asyncio.run(make())
            # The first question of all pays for what is loaded once.
            client.get("/api/conversations")
            messages, middle = f"conversations/{own}/messages", ids[len(ids) // 2]
            asked = {
                "opened at its end": [f"conversations/{own}", messages, "conversations"],
                "gone on from there": [f"{messages}?before={ids[-30]}"],
                "a message in its middle": [f"{messages}?around={middle}"],
                "a word that every reply has": [f"conversations/{own}/find?q=bold"],
                "a word that one has": [f"conversations/{own}/find?q=Reply {len(ids) // 2 + 1},"],
            }
            print(f"{len(ids):,} messages, {options.pictures} pictures\n")
            print("| asked | ms at first | ms later |\n|---|---|---|")
            for name, paths in asked.items():
                print(f"| {name} | {timed(client, paths)} |", flush=True)


if __name__ == "__main__":
    main()
