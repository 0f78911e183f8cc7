"""Homes for tests, as a first start leaves them: made once in a process and copied, in a tenth of the time."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from assistants.opening import open_studio
from assistants.settings import Settings


@cache
def _first() -> tempfile.TemporaryDirectory:
    """Return a folder that goes with the process, with the home in it."""
    folder = tempfile.TemporaryDirectory(prefix="studio-tests-")
    open_studio(Settings(home=Path(folder.name) / "home", text_model="echo:", image_model="echo:")).close()
    return folder


def ready(home: Path) -> Path:
    """Make ``home`` as a first start leaves it, unless it has been started on, and return it."""
    if not (home / "studio.db").exists():
        shutil.copytree(Path(_first().name) / "home", home, dirs_exist_ok=True)
        home.chmod(0o700)
    return home
