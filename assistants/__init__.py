"""What the studio can do, as a plain Python library: it imports no web framework.

``ASSISTANTS`` is the list; each entry is a module with ``ID``, ``Request``, ``admit`` and ``run``.
"""

from assistants import chat, images, ingestion, playground, support, writing
from assistants.images import upscaling
from assistants.openai import completions, embeddings
from assistants.support import checks, summaries, triage

ASSISTANTS = (
    chat, writing, support, checks, summaries, playground, images, upscaling, ingestion, triage, completions,
    embeddings,
)  # fmt: skip
