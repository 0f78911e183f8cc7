"""What every command in a terminal has in common: what goes wrong is said in a line, and never as a traceback."""

import io
import logging
import sys
from collections.abc import Callable

from pydantic import ValidationError

from assistants.errors import StudioError
from prompts.reading import PromptError

INTERRUPTED = 130

log = logging.getLogger(__name__)


def run(command: Callable[[], int], wrong: int) -> int:
    """Return the exit status of ``command``: its own, ``wrong`` where something went wrong, or 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows what it cannot show by its number.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return command()
    except ValidationError as error:
        said = settings_problem(error)
    except (StudioError, PromptError, OSError, UnicodeError) as error:
        said = str(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        log.debug("the command broke", exc_info=True)
        said = f"Something broke ({type(error).__name__}: {error}). This is a mistake of the studio."
    print(said, file=sys.stderr)
    return wrong


def settings_problem(error: ValidationError) -> str:
    """Return a line about each value in the environment that cannot be used."""
    return "\n".join(f"STUDIO_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}." for one in error.errors())
