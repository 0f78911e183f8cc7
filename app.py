"""AIGC Studio: ``python app.py`` opens the studio and serves its page."""

import logging
import sys

from pydantic import ValidationError

from assistants.errors import StudioError
from assistants.settings import Settings
from assistants.studio import Studio
from prompts.library import PromptError
from webapp.server import claim_port, serve


def read_settings() -> Settings:
    """Read the environment; a value that cannot be used ends the program with one line about each."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"STUDIO_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}." for one in error.errors()]
        sys.exit("\n".join(lines))


def main() -> None:
    """Serve the studio until Ctrl-C or SIGTERM."""
    settings = read_settings()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("assistants").setLevel(logging.INFO)
    try:
        listener = claim_port(settings)
        serve(Studio.open(settings), listener)
    except (StudioError, PromptError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
