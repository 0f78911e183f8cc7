"""Makes pictures larger with a model that spandrel reads, such as ESRGAN, in a process of its own.

Knows how to talk to the program that runs the model (``upscaling_worker``); loads no native code itself.
"""

import io
import queue
from base64 import b64decode, b64encode
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assistants.engines.process import PROGRAMS, QUIET_SECONDS, WorkerProcess, failure
from assistants.errors import ModelUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

PROGRAM = PROGRAMS / "upscaling_worker.py"
PACKAGE = "spandrel"


def upscale(file: Path, picture: "Image", scale: int) -> "Iterator[tuple[int, int] | Image]":
    """Yield how many of how many tiles are done, now and then, and at last the larger picture.

    Raises ``ModelUnavailable`` and ``GenerationFailed``.
    """
    from PIL import Image

    if find_spec(PACKAGE) is None:
        template = "{model} runs on the package {package}, which is not installed (pip install {package})."
        raise ModelUnavailable(template, model=file.stem, package=PACKAGE)
    content = io.BytesIO()
    picture.save(content, "PNG")
    worker, done = WorkerProcess(PROGRAM, {"model": str(file)}), (0, 1)
    try:
        _, inbox = worker.ask(picture=b64encode(content.getvalue()).decode(), scale=scale)
        while True:
            try:
                event = inbox.get(timeout=QUIET_SECONDS)
            except queue.Empty:
                event = {}
            if "error" in event:
                raise failure(event["error"])
            if "picture" in event:
                yield Image.open(io.BytesIO(b64decode(event["picture"])))
                return
            done = (event["done"], event["total"]) if event else done
            yield done
    finally:
        worker.close()
