"""What streaming costs; run ``python -m benchmarks.streaming``.

Three questions, each answered side by side in one run on a server of its own:

1. How much slower is the starter through the page than by itself? Tokens a second and seconds to the first token of the
   bare engine, through the REST interface, and through the page in Chromium (where it is installed).
2. Does a long conversation make a token dearer? The server's CPU and the bytes it sends while a reply streams into a
   conversation of 10 and of 2,000 messages.
3. What does it cost that nothing is shown before it is written down? The server's CPU and the waits of programs whose
   calls the history keeps, and of others that keep out of it, by one and by many at once.

Numbers are medians of the rounds; the ratios count, not the absolute figures.
"""

import argparse
import contextlib
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from statistics import median
from typing import Any

from assistants.settings import Settings
from benchmarks.server import Server, chromium, serving

PROMPT = "Write a long letter to a friend about round {round} of the village chess cup."


def pace(usage: dict[str, Any]) -> float:
    """Return the tokens a second after the first one."""
    return (usage["output_tokens"] - 1) / (usage["seconds"] - usage["first_seconds"])


def bare_round(engine: Any, prompt: str, tokens: int) -> dict[str, float]:
    """Let the engine answer in this process."""
    from langchain_core.messages import HumanMessage

    began, first, usage = time.perf_counter(), 0.0, {}
    for chunk in engine.stream([HumanMessage(prompt)], max_tokens=tokens, temperature=0.0):
        if chunk.text and not first:
            first = time.perf_counter()
        usage = chunk.usage_metadata or usage
    counted = {"output_tokens": usage["output_tokens"], "seconds": time.perf_counter() - began}
    return {"first": first - began, "pace": pace(counted | {"first_seconds": first - began})}


def rest_round(server: Server, prompt: str, tokens: int) -> dict[str, float]:
    """Let the server answer and follow the events."""
    began = time.perf_counter()
    job = server.say(prompt, params={"max_tokens": tokens, "temperature": 0.0})["id"]
    first, _ = server.follow(job)
    return {"first": first - began, "pace": pace(server.ask("GET", f"/api/jobs/{job}")["usage"])}


# Resolves to the milliseconds from the click to the first word on the page.
FIRST_WORD = """() => new Promise((found) => {
  const began = performance.now();
  const spy = new MutationObserver(() => {
    const streaming = document.querySelector(".turn.last .streaming");
    if (streaming?.textContent) { spy.disconnect(); found(performance.now() - began); }
  });
  spy.observe(document.querySelector(".turns"), { subtree: true, childList: true, characterData: true });
  document.querySelector(".composer .send").click();
})"""


def page_round(server: Server, page: Any, prompt: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Send the prompt through the page as a person would; return the figures and the finished job."""
    page.fill(".composer textarea", prompt)
    first = page.evaluate(FIRST_WORD) / 1000
    item = server.ask("GET", "/api/history?limit=1")["items"][0]
    job = server.ask("GET", f"/api/jobs/{item['id']}")
    while job["finished"] is None:
        time.sleep(0.2)
        job = server.ask("GET", f"/api/jobs/{item['id']}")
    page.wait_for_selector(".turn.last .streaming", state="detached")
    return {"first": first, "pace": pace(job["usage"])}, job


def compare_paces(rounds: int, tokens: int) -> None:
    """Print how the starter streams by itself, through the REST interface and through the page."""
    from assistants.connections import Connections
    from assistants.models import Models

    settings = Settings()
    models = Models(settings, Connections(settings))
    name = models.resolve("mini")
    models.prepare(name)
    for _ in models.waiting(name):
        pass
    engine = models.engine(name)
    figures: dict[str, list[dict[str, float]]] = {"engine": [], "rest": [], "page": []}
    with serving("mini") as server, chromium() as page:
        if page:
            page.goto(f"http://127.0.0.1:{server.port}/")
            page.click("[data-do=toggle-settings]")
            page.click("#sampling summary")
            page.fill("#sampling [name=max_tokens]", str(tokens))
            page.fill("#sampling [name=temperature]", "0")
        for number in range(-1, rounds):
            prompt = PROMPT.format(round=number)
            results = {"engine": bare_round(engine, prompt, tokens), "rest": rest_round(server, prompt + ".", tokens)}
            if page:
                page.click("[data-do=new]")
                results["page"], _ = page_round(server, page, prompt + "!")
            if number >= 0:  # the first round warms up
                for way, result in results.items():
                    figures[way].append(result)
    models.close()
    base = {key: median(one[key] for one in figures["engine"]) for key in ("pace", "first")}
    print(f"\nStarter, {tokens} tokens, median of {rounds}\n")
    print("| way | tokens/s | of the engine's | first token s | later by s |\n|---|---|---|---|---|")
    for way, results in figures.items():
        if results:
            speed, first = (median(one[key] for one in results) for key in ("pace", "first"))
            print(f"| {way} | {speed:.1f} | {speed / base['pace']:.2f} | {first:.3f} | {first - base['first']:+.3f} |")


def fill_conversation(server: Server, messages: int) -> str:
    """Return a conversation that has so many messages."""
    conversation: dict[str, str] = {}
    for number in range(messages // 2):
        job = server.say(f"Message {number} of a long conversation.", model="echo:", **conversation)
        conversation = {"conversation": server.ask("GET", f"/api/jobs/{job['id']}")["result"]["conversation"]}
    server.follow(job["id"])
    # What comes next is for the default model.
    server.ask("PATCH", f"/api/conversations/{conversation['conversation']}", {"settings": {}})
    return conversation["conversation"]


def compare_lengths(rounds: int, words: int) -> None:
    """Print what a streamed token costs the server in a short and in a long conversation."""
    figures: dict[int, list[tuple[float, float]]] = {10: [], 2000: []}
    with serving(f"echo:delay=0.01&words={words}") as server, chromium() as page:
        conversations = {messages: fill_conversation(server, messages) for messages in figures}
        received = [0]
        if page:
            client = page.context.new_cdp_session(page)
            client.send("Network.enable")
            client.on("Network.dataReceived", lambda data: received.__setitem__(0, received[0] + data["dataLength"]))
        for _ in range(rounds):
            for messages, conversation in conversations.items():
                if page:
                    page.goto(f"http://127.0.0.1:{server.port}/?chat={conversation}")
                    page.wait_for_selector(".turn.last")
                    page.wait_for_timeout(1000)
                received[0], cpu = 0, server.cpu_seconds()
                if page:
                    _, job = page_round(server, page, "Say it again and again.")
                    size, tokens = received[0], job["usage"]["output_tokens"]
                else:
                    job = server.say("Say it again and again.", conversation=conversation)
                    _, size = server.follow(job["id"])
                    tokens = words
                figures[messages].append(((server.cpu_seconds() - cpu) / tokens, size / tokens))
    print(f"\nStand-in, {words} words, median of {rounds}\n")
    print("| messages | server CPU ms a token | bytes a token |\n|---|---|---|")
    medians = {}
    for messages, results in figures.items():
        medians[messages] = [median(values) for values in zip(*results, strict=True)]
        print(f"| {messages} | {medians[messages][0] * 1000:.3f} | {medians[messages][1]:.1f} |")
    cpu, size = (long / short for short, long in zip(medians[10], medians[2000], strict=True))
    print(f"| ratio | {cpu:.2f} | {size:.2f} |")


def call(port: int, words: int, history: str) -> tuple[float, list[float]]:
    """Stream an answer of ``words`` words over /v1; return the seconds to the first and between the next pieces."""
    body = {"messages": [{"role": "user", "content": "Say it again and again."}], "stream": True}
    headers = {"Content-Type": "application/json", "X-Studio-History": history}
    moments = [time.perf_counter()]
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        while line := answer.readline():
            if b'"content":"' in line and b'"content":""' not in line:
                moments.append(time.perf_counter())
    first, *gaps = (after - before for before, after in pairwise(moments))
    return first, gaps


def compare_saving(rounds: int, words: int) -> None:
    """Print what streaming costs where the history keeps it, and where it does not."""
    print(f"\nStand-in, 50 words/s, {words} words, median of {rounds}\n")
    print("| calls at once | history | server CPU ms a token | first piece s | longest gap s (99 %) |")
    print("|---|---|---|---|---|")
    with serving(f"echo:delay=0.02&words={words}&slots=64") as server:
        call(server.port, words, "on")
        for many in (1, 16):
            ways: dict[str, list[tuple[float, float, float]]] = {"off": [], "on": []}
            for _ in range(rounds):
                for history, figures in ways.items():
                    # Whoever asks again has read the answer first.
                    time.sleep(0.2)
                    cpu = server.cpu_seconds()
                    with ThreadPoolExecutor(many) as pool:
                        answers = list(pool.map(lambda _, way=history: call(server.port, words, way), range(many)))
                    gaps = sorted(gap for _, own in answers for gap in own)
                    used = (server.cpu_seconds() - cpu) / (many * words)
                    figures.append((used, median(first for first, _ in answers), gaps[int(len(gaps) * 0.99)]))
            medians = {way: [median(values) for values in zip(*figures, strict=True)] for way, figures in ways.items()}
            for way, (used, first, gap) in medians.items():
                print(f"| {many} | {way} | {used * 1000:.3f} | {first:.3f} | {gap:.3f} |")
            ratios = [on / off for off, on in zip(medians["off"], medians["on"], strict=True)]
            print(f"| {many} | ratio | {ratios[0]:.2f} | {ratios[1]:.2f} | {ratios[2]:.2f} |")


def main() -> None:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--skip-starter", action="store_true", help="leave out the first question")
    parser.add_argument("--only-saving", action="store_true", help="leave out the first two")
    options = parser.parse_args()
    if not (options.skip_starter or options.only_saving):
        compare_paces(options.rounds, 200)
    if not options.only_saving:
        compare_lengths(options.rounds, options.words)
    compare_saving(options.rounds, options.words)


if __name__ == "__main__":
    main()
