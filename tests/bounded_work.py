"""Work for the tests of ``bounded``: what its children are asked to do, and what they must not be able to do."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from assistants.errors import InvalidInput
from prompts.reading import PromptError


def whoami() -> int:
    return os.getpid()


def loaded() -> list[str]:
    return sorted(sys.modules)


def environment() -> dict[str, str]:
    return dict(os.environ)


def loop() -> None:
    """Work for ever."""
    while True:
        pass


def wait() -> None:
    """Do nothing for ever."""
    time.sleep(1000)


def grow() -> None:
    """Take all memory there is."""
    pieces = []
    while True:
        pieces.append(bytearray(16 << 20))


KEPT: list[bytearray] = []


def keep(megabytes: int) -> int:
    """Keep so much memory, as a cache does."""
    KEPT.append(bytearray(b"x") * (megabytes << 20))
    return megabytes


def die() -> None:
    os._exit(3)


def say(text: str) -> str:
    # What a library prints must not get between the answers.
    print("noise", flush=True)
    return text


def huge() -> str:
    return "x" * (70 << 20)


def refuse(kind: str) -> None:
    if kind == "input":
        raise InvalidInput("file", "{name} is damaged.", name="a.pdf")
    if kind == "prompt":
        raise PromptError("{file} is empty.", file="a.prompt.yml")
    raise ValueError("a library broke")


def count(end: int) -> Iterator[int]:
    yield from range(end)


def count_and_wait() -> Iterator[int]:
    yield os.getpid()
    wait()


def reach(what: str, target: str) -> str:
    """Try to get out and return what came of it."""
    ways = {
        "read": lambda: Path(target).read_text(encoding="utf-8"),
        "write": lambda: Path(target).write_text("x", encoding="utf-8"),
        "remove": lambda: Path(target).unlink(),
        "connect": lambda: socket.create_connection(("127.0.0.1", int(target)), 1),
        "resolve": lambda: socket.getaddrinfo("localhost", 80),
        "run": lambda: subprocess.run([target], check=False),
        "system": lambda: os.system(target),
        "kill": lambda: os.kill(int(target), 0),
    }
    try:
        ways[what]()
    except PermissionError:
        return "refused"
    return "done"


def hang(name: str, data: bytes, charset: str) -> None:
    """Read a document for ever."""
    loop()
