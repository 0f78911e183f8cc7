"""What programs call by name with ``gradio_client``: chat, write, ask and draw.

Each asks for the job that the page asks for, with the same checks, waits until it has ended and returns what it made. A
caller that goes away changes nothing: the job goes on, and is in the history. Knows nothing about what is made.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from assistants import chat, images, support, writing
from assistants.errors import BROKEN, GenerationFailed
from assistants.jobs import JobRow
from assistants.studio import Studio
from webapp.visitors import visitor

# The job of a request to an assistant, once it has ended.
Made = Callable[[str, dict[str, Any], gr.Request], Any]


def add(studio: Studio) -> None:
    """Give the page that is being built its named endpoints."""

    async def made(assistant: str, values: dict[str, Any], request: gr.Request) -> JobRow:
        who = visitor(request)
        # What is empty is left to the assistant.
        asked = {name: value for name, value in values.items() if value not in (None, "", [])}
        job = await run_in_threadpool(studio.jobs.submit, assistant, asked, who)
        async for _ in studio.jobs.follow(job.id, who.id):
            pass
        ended = await run_in_threadpool(studio.jobs.get, job.id, who.id)
        if ended.status == "failed":
            failure = ended.failure or {"template": BROKEN, "values": {}}
            raise GenerationFailed(failure["template"], **failure["values"])
        return ended

    for endpoint in (_chat(made), _write(studio, made), _ask(made), _draw(studio, made)):
        gr.api(endpoint, api_name=endpoint.__name__)


def _chat(made: Made) -> Callable[..., Any]:
    async def chat_(
        request: gr.Request, message: str, conversation: str = "", model: str = "", system: str = ""
    ) -> tuple[str, str]:
        """Say something in a conversation, or begin one; return the reply and the conversation's id."""
        asked = {"message": message, "conversation": conversation, "model": model, "system": system}
        job = await made(chat.ID, asked, request)
        return job.output, job.result["conversation"]

    return _called("chat", chat_)


def _write(studio: Studio, made: Made) -> Callable[..., Any]:
    async def write(
        request: gr.Request,
        topic: str,
        kind: str = "",
        language: str = "",
        words: int | None = None,
        keywords: list[str] | None = None,
        facts: list[str] | None = None,
        model: str = "",
    ) -> tuple[str, str]:
        """Write a text about a topic; return it as Markdown, and the id of its draft."""
        asked = {"topic": topic, "kind": kind, "language": language, "words": words, "model": model}
        job = await made(writing.ID, asked | {"keywords": keywords, "facts": facts}, request)
        draft = await run_in_threadpool(studio.history.drafts.open, job.result["draft"], job.owner)
        return writing.markdown(draft.document), draft.id

    return write


def _ask(made: Made) -> Callable[..., Any]:
    async def ask(
        request: gr.Request, question: str, knowledge: str = "", conversation: str = "", model: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Ask a base of knowledge; return the answer, and what it was taken from."""
        asked = {"question": question, "knowledge": knowledge, "conversation": conversation, "model": model}
        job = await made(support.ID, asked, request)
        return job.output, job.result

    return ask


def _draw(studio: Studio, made: Made) -> Callable[..., Any]:
    async def draw(
        request: gr.Request,
        prompt: str,
        negative: str = "",
        width: int | None = None,
        height: int | None = None,
        seed: int | None = None,
        model: str = "",
    ) -> tuple[dict[str, Any], str]:
        """Draw a picture; return it as a file, and its id."""
        asked = {"prompt": prompt, "negative": negative, "width": width, "height": height, "seed": seed, "model": model}
        job = await made(images.ID, asked, request)
        [picture] = studio.history.files.of_job(job.id)
        file = {"path": str(picture.path), "orig_name": picture.name, "meta": {"_type": "gradio.FileData"}}
        return file, picture.id

    return draw


def _called(name: str, endpoint: Callable[..., Any]) -> Callable[..., Any]:
    endpoint.__name__ = name
    return endpoint
