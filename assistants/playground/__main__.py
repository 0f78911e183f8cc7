"""``python -m assistants.playground run FILE...``: test prompts in a terminal or in a pipeline.

Works on a home of its own, which is gone afterwards, with the models and connections of the studio's: so it may run
while a server uses that. Exit status: 0 all that was checked passed, 1 not all (or fewer than the threshold, or nothing
was checked), 2 wrong use.
"""

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistants import command
from assistants.connections import FILE as CONNECTIONS
from assistants.errors import InvalidInput, StudioError
from assistants.opening import open_studio
from assistants.playground import reports
from assistants.playground.evaluators import JUDGES
from assistants.playground.reports import Outcome, outcomes
from assistants.playground.suites import Suite, read_suite
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.studio import Studio

PASSED, FAILED, WRONG_USE = 0, 1, 2
WAIT_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    return command.run(lambda: tested(options), wrong=WRONG_USE)


def tested(options: argparse.Namespace) -> int:
    """Run the suites, report what came of them and return the exit status."""
    if options.out and options.out.suffix not in reports.FORMS:
        raise InvalidInput("--out", "{field} must end in one of: {known}.", known=", ".join(reports.FORMS))
    suites = [read_suite(path) for path in options.files]
    for suite in suites:
        if suite.unused:
            print(f"{suite.name}: without effect here: {', '.join(suite.unused)}.", file=sys.stderr)
    found = reports.told_apart(run(suites, options))
    print(reports.table(found))
    if options.out:
        reports.write(options.out, found)
    return PASSED if reports.share(found) >= options.threshold else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assistants.playground", description="Test prompts.")
    running = parser.add_subparsers(dest="command", required=True).add_parser("run", help="run prompt files and suites")
    running.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help=".prompt.yml, promptfooconfig.yaml, or a request as JSON"
    )
    running.add_argument("--model", action="append", help="ask this model instead; may be repeated")
    running.add_argument("--judge", metavar="MODEL", help="let this model judge instead of those that the files name")
    running.add_argument("--threshold", type=_share, default=1.0, help="share that must pass, 0 to 1 (default: all)")
    running.add_argument("--out", type=Path, help="also write a report: .json, .xml (JUnit) or .html")
    running.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each suite")
    running.add_argument("--home", type=Path, help="the studio whose models and connections are used")
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return share


def run(suites: list[Suite], options: argparse.Namespace) -> list[Outcome]:
    """Run the suites, one after the other, and return every cell; raises ``StudioError``."""
    with opened(options.home) as studio:
        found: list[Outcome] = []
        for suite in suites:
            for connection in suite.connections:
                studio.connections.save(connection, LOCAL)
            model = _model(studio, suite, options)
            for request in suite.requests:
                wanted = _adapted(request, options) | ({"models": [model]} if model else {})
                found += outcomes(suite.name, wanted, _result(studio, wanted))
        return found


def _model(studio: Studio, suite: Suite, options: argparse.Namespace) -> str | None:
    """Return the model that a prompt file names if it can be asked; says so where another one answers.

    A judge that cannot be asked is an error: another one would come to verdicts of its own.
    """
    judges = {one.get("model") for request in suite.requests for one in request.get("evaluators", ())} - {None}
    for judge in sorted(set() if options.judge else judges):
        if not _can_be_asked(studio, judge):
            raise InvalidInput("--judge", "{model}, which is to judge, cannot be asked here.", model=judge)
    if options.model or suite.model is None or _can_be_asked(studio, suite.model):
        return None if options.model else suite.model
    own = studio.models.resolve(None)
    print(f"{suite.name}: {suite.model} cannot be asked here, so {own} answers; --model says which.", file=sys.stderr)
    return None


def _can_be_asked(studio: Studio, model: str) -> bool:
    """Say whether a model is known, and its provider a connection or one that the environment has a key for."""
    provider = model.partition(":")[0]
    try:
        studio.models.resolve(model, LOCAL, "chat")
    except StudioError:
        return False
    is_reached = provider in ("local", "echo") or studio.connections.find(model) is not None
    return is_reached or ":" not in model or f"{provider.upper()}_API_KEY" in os.environ


def _adapted(request: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return a request as the options want it."""
    changed = dict(request)
    if options.model:
        changed["models"] = options.model
    if options.judge:
        changed["evaluators"] = [
            one | ({"model": options.judge} if one["type"] in JUDGES else {}) for one in request.get("evaluators", ())
        ]
    if options.limit is not None and request.get("rows"):
        changed["rows"] = request["rows"][: max(1, options.limit)]
        limit = len(changed["rows"])
        changed["evaluators"] = [
            one | ({"rows": [row for row in one["rows"] if row < limit]} if one.get("rows") is not None else {})
            for one in changed.get("evaluators", ())
        ]
    return changed


def _result(studio: Studio, request: dict[str, Any]) -> dict[str, Any]:
    job = studio.jobs.submit("playground", request, LOCAL)
    while (row := studio.jobs.wait(job.id, LOCAL.id, WAIT_SECONDS)).is_open:
        _show(row)
    if sys.stderr.isatty():
        print(end="\r\033[K", file=sys.stderr)
    if row.status != "done":
        raise StudioError("The suite was not run to its end: {cause}", cause=row.error or row.status)
    return row.result or {}


def _show(row: JobRow) -> None:
    if sys.stderr.isatty():
        tokens = (row.usage or {}).get("output_tokens", 0)
        print(f"\rrunning, {tokens} tokens so far", end="", file=sys.stderr, flush=True)


@contextmanager
def opened(home: Path | None) -> Iterator[Studio]:
    """Lend a studio on a home of its own, with the models and connections of ``home`` or of the settings."""
    known = Settings(home=home) if home else Settings()
    with tempfile.TemporaryDirectory(prefix="playground-", ignore_cleanup_errors=True) as folder:
        own = Path(folder)
        if (known.home / CONNECTIONS).exists():
            shutil.copy2(known.home / CONNECTIONS, own / CONNECTIONS)
        studio = open_studio(known.model_copy(update={"home": own, "models": known.models_folder}))
        try:
            yield studio
        finally:
            studio.close()


if __name__ == "__main__":
    sys.exit(main())
