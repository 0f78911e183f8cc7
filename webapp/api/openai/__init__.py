"""The OpenAI-compatible interface, below /v1: what a program says to OpenAI it can say to this studio.

``wire`` reads requests, ``calls`` follows their jobs, ``answers`` writes what comes of them; the rest are the routes.
"""

from fastapi import APIRouter

from webapp.api.openai import chat, completions, embeddings, images, models

# Many programs send JSON and do not say so.
router = APIRouter(prefix="/v1", strict_content_type=False)
for part in (models, chat, completions, embeddings, images):
    router.include_router(part.router)
