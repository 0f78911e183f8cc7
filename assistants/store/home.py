"""The home folder: one studio, or one restore, at a time, and for the eyes of its owner only.

Knows nothing about what lies in it.
"""

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from assistants.errors import StoreError

log = logging.getLogger(__name__)


def take_home(home: Path) -> FileLock:
    """Make the home folder and lock it, so that nobody else writes into it, nor reads what is in it."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private(home)
        lock = FileLock(home / "studio.lock", mode=0o600)
        lock.acquire(timeout=0)
    except Timeout:
        template = "Another studio uses {home}. Close it, or set STUDIO_HOME to another folder."
        raise StoreError(template, home=str(home)) from None
    except OSError as error:
        template = "The folder {home} cannot be used ({cause}). Set STUDIO_HOME to one that can."
        raise StoreError(template, home=str(home), cause=error) from error
    return lock


def make_private(home: Path) -> None:
    """Let nobody but its owner read what is in a home, nor what this process and its children write from now on.

    For POSIX; on Windows the folders of a user are private by themselves. What a link leads to stays as it is.
    """
    if os.name != "posix":
        return
    os.umask(0o077)
    is_all_ours = True
    for path, mode in _open_to_others(home):
        try:
            os.chmod(path, 0o700 if stat.S_ISDIR(mode) else 0o600)
        except FileNotFoundError:
            pass  # another process has just deleted it
        except OSError:
            is_all_ours = False
    if not is_all_ours:
        log.warning("Some of what is in %s belongs to somebody else, so others may be able to read it", home)


def _open_to_others(home: Path) -> Iterator[tuple[str, int]]:
    """Yield what others than its owner may read or write in a home, with its mode, a folder before what is in it."""
    folders = [str(home)]
    if (mode := home.stat().st_mode) & 0o077:
        yield str(home), mode
    while folders:
        with contextlib.suppress(FileNotFoundError, PermissionError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if not stat.S_ISLNK(mode) and mode & 0o077:
                    yield entry.path, mode
                if stat.S_ISDIR(mode):
                    folders.append(entry.path)
