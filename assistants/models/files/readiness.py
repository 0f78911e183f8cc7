"""Readiness: a GGUF is made, once, into what its engine opens exactly and quickly, and that is kept beside the model.

For OpenVINO GenAI: weights in types that its reader takes as they are, in the library's own form, which opens in a
fraction of the time (`openvino_maker`). For transformers: safetensors of 16 bits (`transformers_worker`). Both are made
in a process of their own behind all other work, and made anew where the file or a library has changed. Knows the files
and when they are of use; knows nothing about numbers or engines.
"""

import errno
import json
import logging
import os
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistants.digests import file_sha256
from assistants.engines import MARK, Runner, openvino, tuning
from assistants.engines.process import PROGRAMS, environment
from assistants.errors import ModelUnavailable
from assistants.models.files import rewriting
from assistants.models.files.contents import runner
from assistants.models.files.conversion import CONVERTING
from assistants.models.files.downloads import Cancelled, Download, Halt, ProgramFailed
from assistants.models.files.gguf import Head, read_head
from assistants.models.files.sources import CANCELLED, MEGABYTE, PAUSED, locked

Report = Callable[[str, int, int | None], None]

# What was made by another version of this is made anew, and what was made by other versions of these packages.
VERSION = 1
PACKAGES: dict[Runner, tuple[str, ...]] = {
    "openvino": ("openvino", "openvino-genai", "gguf"),
    "transformers": ("transformers", "gguf"),
}
SCRATCH = ".ready"
MEASURING = "Measuring the model"
# Where the studio kept what it made before this version.
FORMER = ".converted"
NOTICE = Path(__file__).with_name("notice.txt")
DOES_NOT_LOAD = "The model file {file} does not load: {cause}."

logger = logging.getLogger(__name__)


def make_ready(path: Path, folder: Path, report: Report, halt: Halt, needs: frozenset[str] = frozenset()) -> Path:
    """Return what the engine opens that runs the model at ``path`` and can do what is needed; blocks.

    That is ``path`` itself unless it is a GGUF file: then a folder in ``folder``, the model's own, which the first call
    makes, in some seconds or a minute. Takes on the disk meanwhile about twice, and then once, the size that it has in
    the new form. What is broken off leaves nothing. Raises ``ModelUnavailable``.
    """
    if path.is_dir():
        return path
    kind = runner(path, needs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, lambda: report(CONVERTING, 0, None), halt):
            return Making(path, folder, kind).made(report, halt)
    except Cancelled:
        raise ModelUnavailable(PAUSED if halt.keeps else CANCELLED, model=path.name) from None
    except ProgramFailed as failure:
        raise ModelUnavailable(DOES_NOT_LOAD, file=path.name, cause=str(failure).rstrip(".")) from None
    except (ValueError, KeyError) as error:
        raise ModelUnavailable(DOES_NOT_LOAD, file=path.name, cause=error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelUnavailable("The disk became full while {model} was made ready.", model=path.name) from error
        raise ModelUnavailable("The folder of the models cannot be used: {cause}.", cause=error) from error


class Making:
    """A GGUF file, and the folder in which it is made ready for a kind of engine."""

    def __init__(self, file: Path, folder: Path, kind: Runner) -> None:
        self._file = file
        self._kind = kind
        self._target = folder / f"ready-{kind}"
        self._scratch = folder / SCRATCH
        self._versions = {"studio": str(VERSION)} | {name: version(name) for name in PACKAGES[kind]}

    def made(self, report: Report, halt: Halt) -> Path:
        """Return the folder that is ready, after making it if need be."""
        if not self._is_of_use():
            shutil.rmtree(self._scratch, ignore_errors=True)
            try:
                self._make(report, halt)
            finally:
                shutil.rmtree(self._scratch, ignore_errors=True)
        if self._kind == "openvino" and tuning.known(self._target) is None:
            report(MEASURING, 0, None)
            tuning.keep(self._target, self._figures(halt))
        return self._target

    def _is_of_use(self) -> bool:
        try:
            said = json.loads((self._target / MARK).read_text(encoding="utf-8"))
            known, state = said["source"], self._file.stat()
            if said["versions"] != self._versions or known["size"] != state.st_size:
                return False
            # A file that was copied is no other.
            return known["changed"] == state.st_mtime_ns or known["sha256"] == file_sha256(self._file)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _make(self, report: Report, halt: Halt) -> None:
        head = read_head(self._file)
        model = self._scratch / "model"
        model.mkdir(parents=True)
        command, total, facts = (self._orders if self._kind == "openvino" else self._conversion)(head, model)
        self._check_space(total)
        report(CONVERTING, 0, total)

        def grown(done: int) -> None:
            report(CONVERTING, min(done, total), total)

        self._run(command, grown, halt)
        self._sign(model, head, facts)
        shutil.rmtree(self._target, ignore_errors=True)
        shutil.rmtree(self._target.parent / FORMER, ignore_errors=True)
        model.rename(self._target)

    def _orders(self, head: Head, model: Path) -> tuple[list[str], int, dict[str, Any]]:
        """Write down what the program is to do; return its command, what it will write at most, and what is to keep."""
        facts = openvino.describe(head.metadata)
        rewriting.check_types(self._file, head)
        tensors = rewriting.planned(head)
        rewriting.write_head(model / "model.gguf", self._file, head, tensors)
        rewriting.write_head(model / "tokenizer.gguf", self._file, head, {})
        orders = {"source": str(self._file), "folder": str(model)} | rewriting.orders(head, tensors)
        paper = self._scratch / "orders.json"
        paper.write_text(json.dumps(orders), encoding="utf-8")
        # The new file, and all of it again as the library saves it.
        total = 2 * sum(one.size for one in tensors.values())
        return [str(PROGRAMS / "openvino_maker.py"), str(paper)], total, facts

    def _conversion(self, head: Head, model: Path) -> tuple[list[str], int, dict[str, Any]]:
        total = 2 * sum(rewriting.count(one) for one in head.tensors.values())
        return [str(PROGRAMS / "transformers_worker"), str(self._file), str(model)], total, {}

    def _figures(self, halt: Halt) -> list[dict[str, float]]:
        """Measure the model under each choice that this machine gives."""
        try:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir()
            result, paper = self._scratch / "figures.json", self._scratch / "orders.json"
            orders = {"folder": str(self._target), "choices": tuning.choices(), "result": str(result)}
            paper.write_text(json.dumps(orders), encoding="utf-8")
            self._run([str(PROGRAMS / "openvino_prober.py"), str(paper)], lambda _: None, halt)
            return json.loads(result.read_text(encoding="utf-8"))
        except (ProgramFailed, ValueError, FileNotFoundError) as failure:
            # What cannot be measured may still run as it comes.
            logger.warning("%s could not be measured: %s", self._file.name, failure)
            return []
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _run(self, command: list[str], grown: Callable[[int], None], halt: Halt) -> None:
        Download(["-P", *command], environment(os.environ), self._scratch).run(grown, halt)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self._scratch).free
        if free < needed:
            template = "{model} needs {needed} MB of disk space to be made ready; {free} MB are free."
            sizes = {"needed": needed // MEGABYTE + 1, "free": free // MEGABYTE}
            raise ModelUnavailable(template, model=self._file.name, **sizes)

    def _sign(self, model: Path, head: Head, facts: dict[str, Any]) -> None:
        """Say in the new folder what it was made of, that it was changed, and what opens it."""
        state, sha256 = self._file.stat(), file_sha256(self._file)
        for leftover in model.glob("*.gguf"):
            leftover.unlink()
        license = head.metadata.get("general.license") or head.metadata.get("general.license.name") or "-"
        words = {"file": self._file.name, "sha256": sha256, "license": license, "engine": self._kind}
        notice = NOTICE.read_text(encoding="utf-8").format(**words)
        (model / "NOTICE.txt").write_text(notice, encoding="utf-8")
        source = {"size": state.st_size, "changed": state.st_mtime_ns, "sha256": sha256}
        said = {"engine": self._kind, "versions": self._versions, "source": source, "facts": facts}
        (model / MARK).write_text(json.dumps(said), encoding="utf-8")
