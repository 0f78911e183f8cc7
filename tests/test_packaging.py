"""What surrounds the code: style, requirements, container, licence, and the script that checks it all."""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from webapp import __version__

ROOT = Path(__file__).parent.parent
OWN = {"app", "webapp", "assistants", "prompts", "tests", "benchmarks", "training", "docs"}
# Used without an import: pip fetches models, python-multipart reads uploads, the others read GGUF for transformers.
BY_NAME = {"pip", "python-multipart", "accelerate", "gguf", "httptools", "peft", "uvloop"}
COMPARED_WHERE_INSTALLED = {"xllamacpp"}
# Its own requirement, torchvision, is larger than what it is for: whoever wants it is told its name.
WHERE_INSTALLED = {"spandrel"}
TOOLS = {"coverage", "mypy", "pytest-cov", "pytest-rerunfailures", "pytest-timeout", "pytest-xdist", "ruff"}
FOLDERS = ("webapp", "assistants", "prompts")
PROGRAMS = "assistants/engines/programs"


def requirements(file: str) -> list[Requirement]:
    """Return the requirements of a file, without those it includes."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def names(file: str) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements(file)}


def imported(*folders: str) -> set[str]:
    """Return the distributions whose modules are imported in ``folders``."""
    modules = set()
    for folder in folders:
        for path in [ROOT / f"{folder}.py", *ROOT.glob(f"{folder}/**/*.py")]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ():
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    modules.add((node.module or "").partition(".")[0])
    # The programs that run models import each other's files by their bare names.
    modules -= {file.stem for file in ROOT.glob("assistants/engines/programs/**/*.py")}
    foreign, found = modules - sys.stdlib_module_names - OWN, packages_distributions()
    return {canonicalize_name(name) for module in foreign for name in found.get(module, [module])}


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_ruff_wants_an_encoding_at_every_open() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", "webapp/odd.py", "-"]
    run = subprocess.run(command, cwd=ROOT, input='"""Odd."""\nopen("x")\n', capture_output=True, text=True)
    assert run.returncode == 1
    assert "unspecified-encoding" in run.stdout


def mypy(*arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    command, environment = [sys.executable, "-m", "mypy", *arguments], os.environ | {"MYPYPATH": path}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if "INTERNAL ERROR" not in run.stdout + run.stderr:
        return run
    # It stumbles over what it remembers of modules that have moved since.
    command.append(f"--cache-dir={os.devnull}")
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("program", ["", "diffusion_worker", "transformers_worker"])
def test_mypy_has_nothing_to_say(program: str) -> None:
    # Two programs have modules of the same bare names, so each is checked as it runs: in its own folder.
    folder = f"{PROGRAMS}/{program}" if program else ""
    files = map(str, sorted(ROOT.glob(f"{folder}/*.py"))) if program else ()
    run = mypy(*files, path=folder)
    assert run.returncode == 0, run.stdout + run.stderr


# What once was wrong, and only a person's eye would find: a value of a sentence that has the name of a parameter,
# a model that may be gone, a job that asks none.
TRAPS = """
from typing import Any

from assistants.jobs import RunningJob
from assistants.models.registry import ModelRegistry


def said(template: str, lang: str, **values: Any) -> str:
    return template.format(**values) + lang


def wrong(job: RunningJob, registry: ModelRegistry) -> None:
    said("{lang}", "en", lang="zh")
    print(registry.get("gone").title)
    with job.slot(job.row.model, 1):
        pass
"""


def test_mypy_sees_what_was_wrong_before(tmp_path: Path) -> None:
    (tmp_path / "traps.py").write_text(TRAPS, encoding="utf-8")
    run = mypy(str(tmp_path / "traps.py"))
    assert re.findall(r"traps.py:(\d+): error: .*\[(.*)]", run.stdout) == [
        ("13", "misc"),
        ("14", "union-attr"),
        ("15", "arg-type"),
    ], run.stdout + run.stderr


# LangChain's and torch's own; a command's number; and what is called with the fields of one class.
NAMED_BY_OTHERS = {"_stream", "_generate", "update", "call", "__call__", "answer", "search", "card"}


def test_what_takes_any_names_has_its_own_by_position() -> None:
    # mypy sees no collision in ``**mapping``: a slash before the ``**values`` leaves none to be.
    for path in [ROOT / "app.py", *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.args.kwarg and node.name not in NAMED_BY_OTHERS:
                names = {name.arg for name in node.args.args} - {"self", "cls"}
                assert not names or node.args.kwarg.arg in ("options", "settings", "how", "command"), (path, node.name)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_installed_as_pinned(file: str) -> None:
    for requirement in requirements(file):
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(version(requirement.name)), requirement
        if str(requirement.marker) != 'sys_platform == "win32"':
            assert [one.operator for one in requirement.specifier] == ["=="], requirement


def test_requirements_are_what_the_studio_imports() -> None:
    used = imported("app", "webapp", "assistants", "prompts")
    assert used - names("requirements.txt") == WHERE_INSTALLED
    assert names("requirements.txt") - used <= BY_NAME


def test_development_requirements_are_what_the_tests_import_and_run() -> None:
    file = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert file.startswith("-r requirements.txt\n")
    used = imported("tests", "benchmarks", "training", "docs")
    assert used - names("requirements.txt") - names("requirements-dev.txt") == COMPARED_WHERE_INSTALLED
    assert names("requirements-dev.txt") - used <= TOOLS


def test_the_script_that_checks_everything_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.index("python -m assistants.models fetch mini") < text.index(
        "pip install -r requirements-dev.txt && pytest"
    )
    if os.name == "posix":
        assert os.access(script, os.X_OK)
        subprocess.run(["bash", "-n", script], check=True)


def test_the_container_copies_what_is_there_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert all((ROOT / path).exists() and f"!{path}" in allowed for path in copied)
    assert set(copied) == {"requirements.txt", "app.py", "prompts", "assistants", "webapp"}
    assert text.index("\nUSER studio\n") < text.index("\nCMD ")
    assert "\nHEALTHCHECK " in text


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changes_of_this_version_are_told() -> None:
    assert f"\n## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
