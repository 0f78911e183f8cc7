"""AIGC Studio: ``python app.py`` opens the studio and serves its page."""

import logging
import sys

from pydantic import ValidationError

from assistants.command import settings_problem
from assistants.errors import StudioError
from assistants.opening import open_studio
from assistants.settings import Settings
from prompts.library import PromptError
from webapp.server import claim_port, serve


def main() -> None:
    """Serve the studio until Ctrl-C or SIGTERM."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("assistants").setLevel(logging.INFO)
    try:
        settings = Settings()
        listener = claim_port(settings)
        serve(open_studio(settings), listener)
    except ValidationError as error:
        sys.exit(settings_problem(error))
    except (StudioError, PromptError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
