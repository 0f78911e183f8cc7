"""``python -m assistants.models``: list, fetch, install and delete models, in a terminal."""

import argparse
import logging
import sys
import time

from assistants.command import run
from assistants.errors import StudioError
from assistants.models.files.catalog import read_catalog
from assistants.models.files.downloads import Halt
from assistants.models.files.sources import MEGABYTE
from assistants.models.installing import Plan, carry_out, delete, planned
from assistants.models.registry import ModelRegistry
from assistants.settings import Settings

LINE_SECONDS = 5
WIDTH = 78


class Progress:
    """Shows a report in the terminal: one line that changes, or a line now and then where lines cannot change."""

    def __init__(self) -> None:
        self._rewrites = sys.stdout.isatty()
        self._note = ""
        self._shown = 0.0

    def __call__(self, note: str, done: int, total: int | None) -> None:
        """Take a report of ``sources.fetch``."""
        if not self._rewrites and note == self._note and time.monotonic() - self._shown < LINE_SECONDS:
            return
        if self._rewrites and self._note and note != self._note:
            print()
        self._note, self._shown = note, time.monotonic()
        share = f"  {done / total:4.0%} of {total / MEGABYTE:,.0f} MB" if total else ""
        line = f"{note}{share}"
        print(f"\r{line:<{WIDTH}}" if self._rewrites else line, end="" if self._rewrites else "\n", flush=True)

    def end(self) -> None:
        """Begin a new line."""
        if self._rewrites and self._note:
            print()


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return run(lambda: done(arguments), wrong=1)


def done(arguments: list[str] | None) -> int:
    """Do what is asked and return the exit status."""
    registry = ModelRegistry(Settings().models_folder, read_catalog())
    parser = argparse.ArgumentParser(prog="python -m assistants.models", description="The studio's models.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="show the models of the catalog and those you added")
    fetching = commands.add_parser("fetch", help="download a model of the catalog; does nothing if it is there")
    fetching.add_argument("model", choices=sorted([*registry.catalog, *registry.former]))
    installing = commands.add_parser("install", help="add a model: org/repo[/file.gguf][@revision], or a whole path")
    installing.add_argument("spec")
    deleting = commands.add_parser("delete", help="delete a model; one that lies elsewhere is only forgotten")
    deleting.add_argument("model", choices=sorted(registry.entries()))
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    if options.command == "list":
        return show(registry)
    if options.command == "delete":
        return remove(registry, options.model)
    return install(
        registry, planned(registry, registry.current(options.model) if options.command == "fetch" else options.spec)
    )


def show(registry: ModelRegistry) -> int:
    """Print a line for each model."""
    for name, entry in registry.entries().items():
        state = str(registry.path(name)) if registry.is_installed(name) else "not installed"
        size = f"{entry.size / MEGABYTE:,.0f} MB" if entry.size else "?"
        print(f"{name}  {entry.title}  {entry.license or '?'}  {' '.join(entry.languages)}  {size}  {state}")
    return 0


def install(registry: ModelRegistry, plan: Plan) -> int:
    """Install a model and print where it is."""
    progress = Progress()
    try:
        path = carry_out(registry, plan, progress, Halt())
    except StudioError as error:
        progress.end()
        print(error, file=sys.stderr)
        if plan.name in registry.catalog:
            print(f"The files may also be put here by hand: {registry.path(plan.name)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.end()
        if registry.has_begun(plan.name):
            print("stopped; the same command goes on from here", file=sys.stderr)
        raise
    progress.end()
    print(f"{plan.entry.title} ({plan.name}) is at {path}")
    return 0


def remove(registry: ModelRegistry, name: str) -> int:
    """Delete a model."""
    delete(registry, name)
    print(f"{name} is deleted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
