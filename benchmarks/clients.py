"""Many clients at ``/v1`` at once, of whom some leave half-way; run ``python -m benchmarks.clients``.

Reports errors, how the memory of the server and of its engine grows after the warm-up, and whether anybody starves:
each client asks again as soon as it has its answer or has left, so that all should have about as many turns.
"""

import argparse
import contextlib
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from statistics import median

from benchmarks.server import Server, serving

WARM_SHARE = 0.3
LEAVES = 0.3
PATIENCE = 300
TOPICS = ("rivers", "lamps", "winter", "paper", "gardens", "bridges", "violins", "harbours")


@dataclass
class Client:
    """Somebody who asks again and again; ``waits`` are the seconds to each first token."""

    port: int
    chance: random.Random
    turns: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def ask(self) -> str:
        """Ask once; return whether it was answered, left, or what went wrong."""
        leaves_after = self.chance.randint(0, 6) if self.chance.random() < LEAVES else None
        message = f"{self.chance.randrange(10**6)}: tell me something about {self.chance.choice(TOPICS)}."
        body = {"messages": [{"role": "user", "content": message}], "stream": True}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            began, seen = time.monotonic(), 0
            body["max_tokens"] = self.chance.randint(4, 32)
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
            if leaves_after == 0:
                return "left"
            response = connection.getresponse()
            if response.status != 200:
                return f"status {response.status}"
            while line := response.readline():
                if line.startswith(b"data: [DONE]"):
                    return "answered"
                event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if "error" in event:
                    return event["error"]["message"]
                if event.get("choices") and event["choices"][0]["delta"].get("content"):
                    seen += 1
                    if seen == 1:
                        self.waits.append(time.monotonic() - began)
                    if seen == leaves_after:
                        return "left"
        return "cut off"

    def go_on(self, until: float) -> None:
        """Ask until a moment of ``time.monotonic``."""
        while time.monotonic() < until:
            try:
                said = self.ask()
            except (OSError, HTTPException) as error:
                said = type(error).__name__
            self.turns[said] += 1


def memory(server: Server) -> tuple[float, float]:
    """Return the megabytes of the server and of its engine."""
    engine = max(one.memory_info().rss for one in server.cpu.children())
    return server.cpu.memory_info().rss / 1e6, engine / 1e6


def main() -> None:
    """Let them ask for a while."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=5)
    asked = parser.parse_args()
    with serving("mini") as server:
        began = time.monotonic()
        until = began + asked.minutes * 60
        clients = [Client(server.port, random.Random(number)) for number in range(asked.clients)]
        threads = [threading.Thread(target=client.go_on, args=[until]) for client in clients]
        for thread in threads:
            thread.start()
        sizes = []
        while time.monotonic() < until:
            time.sleep(1)
            sizes.append(memory(server))
        for thread in threads:
            thread.join()
    turns = sum((client.turns for client in clients), Counter())
    print(
        f"{asked.clients} clients, {asked.minutes:g} minutes: " + ", ".join(f"{n} {s}" for s, n in turns.most_common())
    )
    served = sorted(client.turns.total() for client in clients)
    longest = sorted(max(client.waits, default=float("inf")) for client in clients)
    print(f"turns of a client: {served[0]} to {served[-1]}, median {median(served):g}")
    print(f"longest wait for a first token, by client: median {median(longest):.1f} s, worst {longest[-1]:.1f} s")
    warm, tail = sizes[int(len(sizes) * WARM_SHARE) :][:10], sizes[-10:]
    for place, name in enumerate(("server", "engine")):
        before, after = (median(size[place] for size in part) for part in (warm, tail))
        print(f"memory of the {name}: {before:.0f} MB after the warm-up, {after:.0f} MB at the end")


if __name__ == "__main__":
    main()
