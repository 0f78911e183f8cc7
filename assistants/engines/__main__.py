"""``python -m assistants.engines``: fetch models and list them, in a terminal."""

import argparse
import logging
import sys
import threading
import time

from assistants.engines.catalog import Catalog, read_catalog
from assistants.engines.sources import MEGABYTE, fetch
from assistants.errors import StudioError
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
    catalog = read_catalog()
    parser = argparse.ArgumentParser(prog="python -m assistants.engines", description="The studio's models.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="show the models of the catalog")
    fetching = commands.add_parser("fetch", help="download a model; does nothing if it is there")
    fetching.add_argument("model", choices=sorted(catalog))
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    return show(catalog) if options.command == "list" else install(catalog, options.model)


def show(catalog: Catalog) -> int:
    """Print a line for each model."""
    folder = Settings().models_folder
    for name, entry in catalog.items():
        place = entry.path(folder / name)
        state = str(place) if place.exists() else "not installed"
        languages = " ".join(entry.languages)
        print(f"{name}  {entry.title}  {entry.license}  {languages}  {entry.size / MEGABYTE:,.0f} MB  {state}")
    return 0


def install(catalog: Catalog, name: str) -> int:
    """Fetch a model and print where it is."""
    entry, folder, progress = catalog[name], Settings().models_folder / name, Progress()
    try:
        path = fetch(entry, folder, progress, threading.Event())
    except StudioError as error:
        progress.end()
        print(f"{error}\nThe file may also be put here by hand: {entry.path(folder)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.end()
        return 130
    progress.end()
    print(f"{entry.title} is at {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
