"""The studio's server, forked off a process that has imported it all: a start takes a tenth of the processor time.

For tests that kill it often; it has no page, and no model that is to be fetched. ``python -m tests.forked`` reads
lines: ``start`` begins a server, on the settings of the environment, and answers its process id; ``wait`` answers once
it has ended. Whoever wants it killed does so.
"""

import os
import random
import subprocess
import sys
import time
from typing import Any
from unittest.mock import patch

import pytest

from assistants.errors import ModelUnavailable
from assistants.models import Models
from assistants.opening import open_studio
from assistants.settings import Settings
from tests.conftest import ROOT, START_SECONDS, Server, clean_environment
from webapp import server

waiting = Models.waiting


class Forked(Server):
    """A server whose starts are cheap; ``close`` it at the end."""

    def start(self) -> None:
        """Fork a server and wait until it answers."""
        self.begin()
        self.wait()

    def wait(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{self.log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.05)

    def begin(self) -> None:
        """Fork a server."""
        if self.process is None:
            own = {"STUDIO_HOME": str(self.home), "STUDIO_PORT": str(self.port), "PYTHONUTF8": "1"}
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "tests.forked"],
                    cwd=ROOT,
                    env=clean_environment() | self.environment | own,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                )
        self.pid = int(self._asked("start"))

    def kill(self) -> None:
        """End the server without a chance to tidy up, as ``kill -9`` does."""
        os.kill(self.pid, 9)
        self._asked("wait")

    def _asked(self, word: str) -> bytes:
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def close(self) -> None:
        """End both."""
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def only_the_stand_in(models: Models, name: str | None, *needs: Any) -> Any:
    """Wait for a model that needs no file."""
    if (name or "").startswith("echo:"):
        return waiting(models, name, *needs)
    raise ModelUnavailable("There is no model named {name}.", name=name)


def serve() -> None:
    """Serve as ``app.py`` does."""
    # Else every server would chance the same.
    random.seed()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    settings = Settings()
    listener = server.claim_port(settings)
    with patch.object(server, "add_page", lambda *_: None), patch.object(Models, "waiting", only_the_stand_in):
        server.serve(open_studio(settings), listener)


def main() -> None:
    """Fork and wait, as the lines say."""
    pid = 0
    # Not by the loop over a file, which reads ahead, so that a child would find what it reads later.
    while word := sys.stdin.readline().strip():
        if word == "start":
            pid = os.fork()
            if pid == 0:
                return serve()
        else:
            os.waitpid(pid, 0)
        print(pid, flush=True)
    return None


if __name__ == "__main__":
    main()
