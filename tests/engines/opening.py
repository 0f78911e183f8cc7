"""Opens a model's file or folder as the studio does: it is looked at, made ready beside itself, and opened."""

from pathlib import Path
from typing import Any

from assistants.engines import open_chat, open_image
from assistants.models import files
from assistants.models.files.downloads import Halt


def opened_file(name: str, path: Path, needs: frozenset[str] = frozenset()) -> Any:
    """Return the engine of the model at ``path``; raises ``ModelUnavailable``."""
    files.runner(path, needs)
    return open_chat(name, files.make_ready(path, path.parent, lambda *_: None, Halt(), needs))


def opened_picture_model(name: str, path: Path) -> Any:
    """Return the engine of the model that draws at ``path``; raises ``ModelUnavailable``."""
    files.check_image_model(path)
    return open_image(name, path)
