"""``python -m assistants.history``: search, export, backup, restore and statistics, in a terminal.

Whoever runs it can read the database, so it shows everybody's items; all but ``restore`` work while the studio runs.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from assistants import ROWS
from assistants.command import run
from assistants.errors import InvalidInput, StoreError
from assistants.history import History
from assistants.history.backup import backup
from assistants.history.export import export
from assistants.history.restoring import restore
from assistants.history.search import Filters, search
from assistants.history.stats import stats
from assistants.settings import Settings
from assistants.store.home import make_private


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return run(lambda: options.run(options) or 0, wrong=1)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m assistants.history", description="The studio's history.")
    commands = parser.add_subparsers(required=True)

    def command(run: Callable[[argparse.Namespace], None], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__.removeprefix("run_"), help=help)
        added.set_defaults(run=run)
        return added

    searching = command(run_search, "find items, the best matches first")
    searching.add_argument("query")
    searching.add_argument("--limit", type=int, default=20, metavar="ITEMS", help="show so many (default: 20)")
    exporting = command(run_export, "write all items as JSON Lines, Markdown and files into one zip")
    backing_up = command(run_backup, "write the database and the files into one zip, to be restored")
    restoring = command(run_restore, "put a backup in place of the history; what was there is kept aside")
    for one in (exporting, backing_up, restoring):
        one.add_argument("file", type=Path, metavar="FILE.zip")
    counting = command(run_stats, "show items, tokens and time for each day and model")
    counting.add_argument("--days", type=int, default=30, metavar="DAYS", help="of so many days (default: 30)")
    for one in (searching, exporting, counting):
        one.add_argument("--owner", help="only what belongs to this owner")
    return parser


def opened() -> "closing[History]":
    """Return the history of the home folder, to be closed; raises ``StoreError`` where there is none."""
    home = Settings().home
    if not (home / "studio.db").exists():
        raise StoreError("There is no history in {home}.", home=str(home))
    make_private(home)
    return closing(History(home, ROWS))


@contextmanager
def written(target: Path) -> Iterator[BinaryIO]:
    """Lend a file beside ``target`` that becomes it if all goes well; raises ``InvalidInput`` if that cannot be."""
    if target.exists():
        raise InvalidInput("file", "{path} is there already. Choose another name.", path=str(target))
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    except OSError as error:
        template = "{path} cannot be written: {cause}."
        raise InvalidInput("file", template, path=str(target), cause=error) from error
    finally:
        part.unlink(missing_ok=True)


def run_search(options: argparse.Namespace) -> None:
    """Print the items that match."""
    with opened() as history:
        for item in search(history.store, options.owner, options.query, Filters(), options.limit, None):
            print(f"{item.created}  {item.assistant}  {item.model or ''}  {item.id}")
            print(f"  {item.title}\n  {item.snippet}\n")


def run_export(options: argparse.Namespace) -> None:
    """Write the items as a zip."""
    with opened() as history, written(options.file) as target:
        count = export(history.store, history.kinds, history.files, target, options.owner, None)
    print(f"Items in {options.file}: {count}")


def run_backup(options: argparse.Namespace) -> None:
    """Write the database and the files as a zip."""
    with opened() as history, written(options.file) as target:
        backup(history.store, history.files.folder, target)
    print(f"The backup is {options.file}")


def run_restore(options: argparse.Namespace) -> None:
    """Put a backup in place."""
    home = Settings().home
    aside = restore(options.file, home, ROWS.migrations)
    print(f"The history in {home} is that of {options.file}")
    if aside:
        print(f"What was there before is in {aside}")


def run_stats(options: argparse.Namespace) -> None:
    """Print a table of what was made."""
    with opened() as history:
        counts = stats(history.store, options.owner, options.days)
    print(f"{'day':10}  {'items':>6}  {'tokens in':>10}  {'tokens out':>10}  {'seconds':>8}  model")
    for one in counts:
        numbers = f"{one.items:6,}  {one.input_tokens:10,}  {one.output_tokens:10,}  {one.seconds:8,.1f}"
        print(f"{one.day}  {numbers}  {one.model or ''}")


if __name__ == "__main__":
    sys.exit(main())
