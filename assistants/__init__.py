"""What the studio can do, as a plain Python library: it imports no web framework.

``ASSISTANTS`` is the list; each entry is a module with ``ID``, ``Request``, ``admit`` and ``run``, and with ``ROWS`` if
people have rows of its own. Packages may bring more. ``ROWS`` here are those of all.
"""

from typing import TYPE_CHECKING

from assistants import (
    chat,
    games,
    history,
    images,
    ingestion,
    lab,
    playground,
    plugins,
    profile,
    prompts,
    support,
    writing,
)
from assistants.images import upscaling
from assistants.jobs.assistant import traits
from assistants.openai import completions, embeddings
from assistants.store.row_kinds import RowKinds
from assistants.support import checks, summaries, triage

if TYPE_CHECKING:
    from assistants.jobs import Assistant
    from assistants.studio import Studio

OWN: "tuple[Assistant[Studio], ...]" = (
    chat, writing, support, checks, summaries, playground, images, upscaling, ingestion, triage, completions,
    embeddings, games, lab,
)  # fmt: skip
ASSISTANTS: "tuple[Assistant[Studio], ...]" = (*OWN, *plugins.assistants({module.ID for module in OWN}))
ROWS = RowKinds([
    *(kind for module in ASSISTANTS for kind in traits(module).rows),
    *prompts.ROWS,
    *profile.ROWS,
    *history.ROWS,
])
