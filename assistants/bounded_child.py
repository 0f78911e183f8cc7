"""The child process of ``bounded``: does one piece of work after the other, within limits that it sets itself.

Runs by its path, for the studio's lists of assistants and engines would bring in all that they name. What Python code
does here opens no file but that of a module, no address and no program. Knows nothing about what the work is.
"""

import importlib
import json
import mimetypes
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import GeneratorType, ModuleType
from typing import Any, BinaryIO

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ROOT = Path(__file__).parents[1]
# Packages whose own list of what is in them is not read.
LISTS = ("connections", "engines", "games", "history", "images", "knowledge", "playground", "writing")
CODE = tuple(os.path.join(os.path.realpath(place), "") for place in {sys.prefix, sys.base_prefix})
OWN = (".py", ".pyc", ".yaml")
FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.startfile",
             "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.kill",
             "shutil.", "urllib.", "winreg.")  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MEGABYTE = 1 << 20
# What the interpreter and its libraries take before any work.
OWN_MEGABYTES = 128
MAX_ANSWER = 64 * MEGABYTE


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no work here needs; an audit hook."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, str | bytes) and (flags & WRITING or not _is_code(os.fsdecode(path))):
            raise PermissionError(f"{os.fsdecode(path)} is not opened here")
    elif event == "ctypes.dlopen":
        if arguments[0] is not None and not _is_code(os.fsdecode(arguments[0])):
            raise PermissionError(f"{arguments[0]} is not loaded here")
    elif event.startswith(FORBIDDEN):
        raise PermissionError(f"{event} is not done here")


def _is_code(path: str) -> bool:
    real = os.path.realpath(path)
    return real.startswith(CODE) or (real.startswith(str(ROOT) + os.sep) and real.endswith(OWN))


def limit(seconds: float, megabytes: int) -> None:
    """Let the system end the process after so many seconds of work, and refuse more memory."""
    if resource:
        size = (megabytes + OWN_MEGABYTES) * MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (size, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def answers(module: str, name: str, arguments: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Yield what a function returns, or first each thing that it yields, or what it raises."""
    try:
        value = getattr(importlib.import_module(module), name)(*arguments)
        if isinstance(value, GeneratorType):
            for item in value:
                yield {"item": item}
            yield {"end": True}
        else:
            yield {"value": value}
    except MemoryError:
        yield {"over": "memory"}
    except Exception as error:  # noqa: BLE001 (work is anything)
        if hasattr(error, "template") and hasattr(error, "values"):
            yield {"raised": type(error).__name__, "template": error.template, "values": error.values}
        else:
            yield {"broke": f"{type(error).__name__}: {error}"[:500]}


def told(answer: dict[str, Any]) -> bytes:
    """Return an answer as one line."""
    try:
        line = json.dumps(answer, default=_plain, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"broke": f"{type(error).__name__}: {error}"[:500]}).encode() + b"\n"
    except MemoryError:
        line = b""
    return line if 0 < len(line) <= MAX_ANSWER else b'{"over": "memory"}\n'


def _plain(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") and not isinstance(value, Exception) else str(value)


def serve(work: BinaryIO, output: BinaryIO) -> None:
    """Do what comes, until nothing more comes: the studio has closed the pipe or is dead."""
    while size := work.read(8):
        module, name, arguments, seconds, megabytes = pickle.loads(work.read(int.from_bytes(size, "big")))
        limit(seconds, megabytes)
        for answer in answers(module, name, arguments):
            output.write(told(answer))
            output.flush()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    """Make ready and serve."""
    # Ctrl-C in a terminal reaches every process of it; the studio decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get between the answers.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if resource:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.path.insert(0, str(ROOT))
    for name in ("assistants", *(f"assistants.{name}" for name in LISTS)):
        package = ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
    # It would look for the system's lists of media types.
    mimetypes.knownfiles = []
    sys.addaudithook(guard)
    serve(sys.stdin.buffer, output)


if __name__ == "__main__":
    main()
