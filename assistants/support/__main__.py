"""``python -m assistants.support test BASE``: what a base must answer and refuse, asked in a terminal or by a CI.

Exit status: 0 where everything is as expected, 1 where something is not, 2 where nothing could be asked. It opens the
studio's home, so the studio itself must not run meanwhile.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from assistants.command import run
from assistants.errors import StudioError
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.studio import Studio
from assistants.support import checks

PASSED, FAILED, BROKEN = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return run(lambda: tested(options), wrong=BROKEN)


def tested(options: argparse.Namespace) -> int:
    """Ask, tell what came of it and return the exit status."""
    studio = open_studio(Settings())
    try:
        result = asked(studio, options)
    finally:
        studio.close()
    if options.export:
        options.export.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    tell(result)
    return FAILED if result["failed"] else PASSED


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m assistants.support", description="The studio's support.")
    commands = parser.add_subparsers(required=True)
    testing = commands.add_parser("test", help="ask a base what it must answer and what it must refuse")
    testing.add_argument("knowledge", metavar="BASE")
    testing.add_argument("--lines", type=Path, metavar="FILE", help="first replace what is expected by these lines")
    testing.add_argument("--model", metavar="PROVIDER:MODEL", help="answer with this model (default: the studio's own)")
    testing.add_argument("--export", type=Path, metavar="FILE.json", help="write down every answer")
    return parser


def asked(studio: Studio, options: argparse.Namespace) -> dict[str, Any]:
    """Run the checks and return their result; raises ``StudioError`` where they do not get to an end."""
    if options.lines:
        lines = options.lines.read_text(encoding="utf-8-sig")
        checks.expect(studio, options.knowledge, lines, LOCAL)
    request = {"knowledge": options.knowledge} | ({"model": options.model} if options.model else {})
    row = studio.jobs.submit(checks.ID, request, LOCAL)
    row = studio.jobs.wait(row.id, LOCAL.id)
    if row.result is None or row.status != "done":
        raise StudioError(row.error or row.status)
    return row.result


def tell(result: dict[str, Any]) -> None:
    """Print what is not as expected, what changed, and the score."""
    for one in result["results"]:
        if not one["passed"]:
            print(
                f"FAILED  {one['question']}\n  expected: {one['expected'] or 'a refusal'}\n  answered: {one['answer']}"
            )
    for change in ("worse", "better"):
        for question in result[change]:
            print(f"{change}: {question}")
    print(f"{result['passed']} of {len(result['results'])} as expected")


if __name__ == "__main__":
    sys.exit(main())
