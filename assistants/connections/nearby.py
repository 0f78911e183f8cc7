"""Servers of models that run on this machine and that nobody has connected yet, such as Ollama.

Knows the ports on which they listen unless they are told otherwise; asks them for nothing but their list of models.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from assistants.storable import from_json

# What each is called as a connection and by people, and where its list of models is.
SERVERS = (
    ("ollama", "Ollama", "http://127.0.0.1:11434/v1"),
    ("lm-studio", "LM Studio", "http://127.0.0.1:1234/v1"),
)
ANSWER_SECONDS = 0.3
# A page asks often while a model comes.
FRESH_SECONDS = 30
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Server:
    """A server that answers, and how many models it lists."""

    name: str
    title: str
    models: int


class Nearby:
    """Looks for the servers, now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked = float(-FRESH_SECONDS)
        self._found: list[Server] = []

    def found(self) -> list[Server]:
        """Return the servers that answered within the last half minute."""
        with self._lock:
            if time.monotonic() - self._looked > FRESH_SECONDS:
                with ThreadPoolExecutor(len(SERVERS)) as pool:
                    self._found = [server for server in pool.map(look, SERVERS) if server]
                self._looked = time.monotonic()
            return self._found


def look(server: tuple[str, str, str]) -> Server | None:
    """Ask a server for its models; None if there is none, or it is another program."""
    name, title, url = server
    where = urlsplit(url)
    asking = HTTPConnection(where.hostname or "", where.port, timeout=ANSWER_SECONDS)
    try:
        asking.request("GET", f"{where.path}/models")
        answer = asking.getresponse()
        body = answer.read(MOST_BYTES)
        listed = from_json(body)["data"] if answer.status == HTTPStatus.OK else None
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        asking.close()
    return Server(name, title, len(listed)) if isinstance(listed, list) and listed else None
