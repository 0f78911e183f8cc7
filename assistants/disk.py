"""How much disk the studio uses, and for what. Knows where things lie; knows nothing about what is in them."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistants.principals import Principal, must_be_operator
from assistants.settings import Settings


@dataclass(frozen=True)
class Used:
    """In bytes; ``copies`` are the databases that an update or a restore has kept aside, ``free`` is what is left."""

    database: int
    files: int
    models: int
    copies: int
    free: int


def used(settings: Settings, who: Principal) -> Used:
    """Return what the home folder and the models take; for the operator only."""
    must_be_operator(who)
    home = settings.home
    return Used(
        database=size(home.glob("studio.db*")),
        files=size([home / "files"]),
        models=size([settings.models_folder]),
        copies=size([*home.glob("studio.before-*.db"), *home.glob("before-restore-*")]),
        free=shutil.disk_usage(home).free,
    )


def size(paths: Iterable[Path]) -> int:
    """Return the bytes of files and of all that lies in folders; what goes away meanwhile has none."""
    total = 0
    for path in paths:
        inside = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
        for file in inside or [path]:
            with suppress(OSError):
                total += 0 if file.is_dir() else file.lstat().st_size
    return total
