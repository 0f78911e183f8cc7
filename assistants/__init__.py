"""What the studio can do, as a plain Python library: it imports no web framework.

``ASSISTANTS`` is the list; each entry is a module with ``ID``, ``Request``, ``admit`` and ``run``.
"""

from assistants import chat, completions, embeddings, ingestion, playground, support, triage, writing
from assistants.support import checks

ASSISTANTS = (chat, writing, support, checks, playground, ingestion, triage, completions, embeddings)
