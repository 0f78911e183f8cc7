"""What a long history costs; run ``python -m benchmarks.history``.

Makes a home of 100,000 items of its own, English and Chinese, through the code that writes real ones; then asks the
library what the page and the REST interface ask it, as an owner with nine tenths of the items and as one with two in a
thousand. A figure is the median of the rounds, in ms, and in brackets the part that the processor worked: where other
programs keep it busy, that one counts.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median

from assistants import ROWS
from assistants.history import History
from assistants.jobs import Text, event_data
from assistants.store import new_id
from assistants.store.jobs import JobRow

OWNER = "local"
VISITORS = 50
BATCH = 2000
SYLLABLES = ["ka", "lo", "mi", "ta", "re", "sun", "bel", "nor", "via", "dex", "pra", "tho", "gim", "wel", "ost", "fin"]
COMMON = ["the", "of", "and", "to", "a", "in", "is", "that", "for", "it"]
MODELS = ("local:mini", "openai:gpt-4o-mini", "ollama:qwen3")
TEMPLATES = (None, None, None, "chat/tutor", "chat/plain-assistant")
RARE = "volcano 退款流程"
PAGE = 50


class Writer:
    """Makes up items; words are as frequent as in real text (Zipf's law)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        made = {"".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 3))) for _ in range(8000)}
        self.ranks = list(accumulate(1 / (rank + 3) for rank in range(10_000)))
        self.words = [*COMMON, *sorted(made)]
        self.characters = [chr(0x4E00 + place) for place in self.random.sample(range(6000), 3000)]

    def text(self, words: int, chinese: bool) -> str:
        """Return so many words, or twice as many Chinese characters."""
        vocabulary, count, space = (self.characters, 2 * words, "") if chinese else (self.words, words, " ")
        return space.join(self.random.choices(vocabulary, cum_weights=self.ranks[: len(vocabulary)], k=count))

    def job(self, number: int, total: int) -> JobRow:
        """Return the item with this number; they are spread over a year."""
        chinese = number % 3 == 0
        question, answer = (self.text(self.random.randint(*length), chinese) for length in ((5, 25), (40, 200)))
        answer += f" {RARE}" if number % (total // 20) == 7 else ""
        at = datetime.now(UTC) - timedelta(days=365) * (1 - number / total)
        moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        template = self.random.choice(TEMPLATES)
        return JobRow(
            id=new_id(),
            assistant=self.random.choices(("chat", "writing", "support"), (6, 2, 2))[0],
            owner=OWNER if number % 10 else f"visitor-{self.random.randrange(VISITORS)}",
            status=self.random.choices(("done", "stopped", "failed"), (20, 1, 1))[0],
            model=self.random.choice(MODELS),
            input=question,
            output=answer,
            request={"message": question} | ({"template": template} if template else {}),
            usage={"input_tokens": len(question), "output_tokens": len(answer), "seconds": 1.5},
            created=moment,
            started=moment,
            finished=moment,
        )


def fill(history: History, total: int) -> None:
    """Write ``total`` items down, each in a conversation of its own."""
    writer = Writer(7)
    for start in range(0, total, BATCH):
        jobs = [writer.job(number, total) for number in range(start, min(start + BATCH, total))]
        with history.store.write() as db:
            history.jobs.save([(job, [(1, "text", event_data(Text(job.output)))]) for job in jobs])
            db.conn.executemany(
                "INSERT INTO conversations (id, owner, title, created, updated) VALUES (?, ?, ?, ?, ?)",
                [(f"c{job.id[1:]}", job.owner, job.input[:80], job.created, job.created) for job in jobs],
            )
            db.conn.executemany(
                "INSERT INTO messages (id, conversation, role, text, job, created)"
                " VALUES (?, ?, 'assistant', '', ?, ?)",
                [(f"m{job.id[1:]}", f"c{job.id[1:]}", job.id, job.created) for job in jobs],
            )


def questions(history: History) -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield what is asked, with its name."""

    def search(**asked: object) -> Callable[[str], object]:
        return lambda owner: history.search(owner, limit=PAGE, **asked)

    yield "first page", search()
    yield "a page far down", search(before=20_000)
    yield "assistant and status", search(assistant="support", status="failed")
    yield "a template nobody used", search(template="none")
    yield "starred", search(starred=True)
    yield (
        "a week, half a year ago",
        search(since=datetime.now(UTC) - timedelta(days=180), until=datetime.now(UTC) - timedelta(days=173)),
    )
    yield "a rare word", search(q="volcano ")
    yield "a rare Chinese word", search(q="退款流程")
    yield "the most frequent word", search(q="the ")
    yield "three frequent words", search(q="the of and ")
    yield "frequent words, filtered", search(q="the of ", assistant="support", status="failed")
    yield "unfinished: t", search(q="t")
    yield "unfinished: the ka", search(q="the ka")
    yield "one Chinese character", search(q="退")
    yield "words that nothing holds", search(q="nothing holds these")
    yield "a sign that nothing holds", search(q="☂")
    yield "models and templates to choose from", history.choices
    yield "conversations that hold a rare word", lambda owner: history.conversations.list(owner, "volcano ")
    yield "statistics of 30 days", history.stats
    yield "statistics of a year", lambda owner: history.stats(owner, 366)


def timed(ask: Callable[[str], object], owner: str, rounds: int) -> str:
    """Return the medians of the milliseconds that ``ask`` takes, and of those that the processor works for it."""
    taken, worked = [], []
    for _ in range(rounds):
        began, at_work = time.perf_counter(), time.thread_time()
        ask(owner)
        taken.append(time.perf_counter() - began)
        worked.append(time.thread_time() - at_work)
    return f"{median(taken) * 1000:.1f} ({median(worked) * 1000:.1f})"


def main() -> None:
    """Make the home and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="keep the home here, and use it if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = (options.home or Path(folder)).absolute()
        is_new = not (home / "studio.db").exists()
        home.mkdir(parents=True, exist_ok=True)
        with closing(History(home, ROWS)) as history:
            began = time.perf_counter()
            if is_new:
                fill(history, options.items)
                print(f"{options.items:,} items in {time.perf_counter() - began:.0f} s", end=", ")
            print(f"{(home / 'studio.db').stat().st_size / 1e6:.0f} MB\n")
            print("| asked | ms, owner of most | ms, a visitor |\n|---|---|---|")
            for name, ask in questions(history):
                figures = [timed(ask, owner, options.rounds) for owner in (OWNER, "visitor-7")]
                print(f"| {name} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
