"""The lock on a home folder: one studio, or one restore, at a time. Knows nothing about what lies in the folder."""

from pathlib import Path

from filelock import FileLock, Timeout

from assistants.errors import StoreError


def take_home(home: Path) -> FileLock:
    """Make the home folder and lock it, so that nobody else writes into it."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(home / "studio.lock")
        lock.acquire(timeout=0)
    except Timeout:
        template = "Another studio uses {home}. Close it, or set STUDIO_HOME to another folder."
        raise StoreError(template, home=home) from None
    except OSError as error:
        template = "The folder {home} cannot be used ({cause}). Set STUDIO_HOME to one that can."
        raise StoreError(template, home=home, cause=error.strerror) from error
    return lock
