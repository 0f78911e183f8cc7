"""What a server, a plugin, a document or a model says that is no text: it is marked, kept and shown."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from assistants import writing
from assistants.connections import Connection
from assistants.engines.chat_engine import ChatEngine, Foreign
from assistants.engines.controls import Controls, stream
from assistants.engines.remote import Patience
from assistants.errors import GenerationFailed, InvalidInput, StudioError
from assistants.images import reading
from assistants.jobs import note
from assistants.knowledge.fetching import Page
from assistants.knowledge.sites import name
from assistants.principals import LOCAL, OPERATOR
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Behaviour, Server, serving
from tests.serving import client, small_app

SMILE = "\U0001f600"
FIRST, SECOND = "\ud83d", "\ude00"
WAIT_SECONDS = 30


@pytest.fixture
def server(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("assistants.engines.remote.PATIENCE", Patience(first=30, pause=0.01, attempts=1))
    with serving() as server:
        studio.connections.save(Connection(name="cluster", url=server.url, models=["m"]), OPERATOR)
        yield server


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    return small_app(studio)


def ask(studio: Studio) -> JobRow:
    job = studio.jobs.submit("chat", {"message": "hi", "model": "cluster:m"}, LOCAL)
    return studio.jobs.wait(job.id, LOCAL.id, WAIT_SECONDS)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["a" + FIRST, SECOND + "b"], f"a{SMILE}b"),
        (["a" + FIRST, "", SECOND], f"a{SMILE}"),
        (["a" + FIRST], "a\ufffd"),
        ([SECOND, "b"], "\ufffdb"),
        (["a\0b"], "a\ufffdb"),
    ],
)
def test_a_reply_with_half_a_character_is_kept_and_found(
    studio: Studio, server: Server, words: list[str], kept: str
) -> None:
    server.script = [server_that.well(*words)]
    job = ask(studio)
    assert (job.status, job.output) == ("done", kept)
    assert studio.history.jobs.get(job.id, LOCAL.id).output == kept
    assert studio.history.conversations.message(job.result["message"], LOCAL.id).text == kept
    assert studio.jobs.problem is None


ERRORS: list[Behaviour] = [
    server_that.error(400, f'the input "smile {FIRST}" is too long'),
    server_that.error(500, f"no\0 {SECOND}"),
    server_that.break_off(),
]


@pytest.mark.parametrize("behaviour", ERRORS, ids=["refusal", "fault", "in the stream"])
def test_an_error_with_half_a_character_is_said_and_the_next_job_is_saved(
    studio: Studio, app: FastAPI, server: Server, behaviour: Behaviour
) -> None:
    server.script = [behaviour, behaviour]
    failed = ask(studio)
    assert failed.status == "failed" and "\ud83d" not in failed.error
    assert studio.history.jobs.get(failed.id, LOCAL.id).failure == failed.failure
    server.script = []
    assert studio.history.jobs.get(ask(studio).id, LOCAL.id).status == "done"
    shown = client(app).get(f"/api/jobs/{failed.id}").json()
    assert shown["status"] == "failed" and shown["error"]
    assert client(app).get("/api/health").json()["status"] == "ok"


class Strange(FakeListChatModel):
    """A plugin's engine that gives what it likes."""

    chunks: list[Any]

    def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in self.chunks:
            yield ChatGenerationChunk(message=AIMessageChunk(**chunk))


def strange(*chunks: dict[str, Any]) -> ChatEngine:
    return Foreign(Strange(responses=[""], chunks=[{"content": "", **chunk} for chunk in chunks]))


def test_what_an_engine_says_of_tokens_is_storable_too() -> None:
    tokens = [{"token": FIRST, "logprob": float("-inf"), "bytes": [240, 159], "top_logprobs": []}]
    thought = {"reasoning_content": f"hm{FIRST}\0"}
    said = {"content": "a" + FIRST, "response_metadata": {"logprobs": {"content": tokens}}}
    first, *_, last = stream(strange(said | {"additional_kwargs": thought}), [], Controls(logprobs=True), {})
    kept = [{"token": "\ufffd", "logprob": None, "bytes": [240, 159], "top_logprobs": []}]
    assert (first.text, first.response_metadata["logprobs"]["content"], last.text) == ("a", kept, "\ufffd")
    assert first.additional_kwargs == {"reasoning_content": "hm\ufffd\ufffd"}


def test_an_answer_under_a_constraint_is_joined_before_it_is_looked_at() -> None:
    engine = strange({"content": FIRST}, {"content": SECOND})
    chunks = list(stream(engine, [], Controls(choice=[SMILE]), {}))
    assert "".join(chunk.text for chunk in chunks) == SMILE


def test_every_error_is_storable_whatever_it_quotes() -> None:
    path, cause = Path("/home/\udcff"), ValueError("bad \ud800")
    for error in (
        StudioError("{path}: {cause}", path=path, cause=cause),
        GenerationFailed("{path}: {cause}", path=path, cause=cause),
        InvalidInput("a\ud800", "{field} {path}: {cause}", path=path, cause=cause),
    ):
        kept = json.dumps([error.as_dict(), note(error.template, **error.values).data], ensure_ascii=False).encode()
        assert kept.count("\ufffd".encode()) == 2 * str(error).count("\ufffd") > 0


def test_a_picture_of_others_says_in_text_how_it_was_made(tmp_path: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(reading.OURS, json.dumps({"settings": {"prompt": f"a{FIRST}\0"}}))
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png", pnginfo=info)
    assert reading.read(tmp_path / "one.png").settings == {"prompt": "a\ufffd\ufffd"}


def test_a_page_of_a_site_has_a_name_that_is_text() -> None:
    assert name(Page("http://shop.example/a%00b%ed%a0%bd", 200, "text/html", b"")).startswith("shop.example/a\ufffdb")


def test_a_file_of_the_operator_whose_name_is_no_text_can_be_named(studio: Studio) -> None:
    from assistants.images.request import lora_file, loras

    folder = studio.settings.models_folder / "loras"
    folder.mkdir(parents=True)
    (folder / "style-\udcff.safetensors").write_bytes(b"")
    assert list(loras(studio)) == ["style-\ufffd"]
    assert lora_file(studio, "style-\ufffd").exists()


ODD = "\x01\x08\x0b\x0c\x1b\x7f\ufeff\ufffe\uffff\U0001fffe"


@pytest.mark.parametrize("form", ["md", "html", "docx", "epub"])
def test_what_a_model_writes_of_odd_characters_breaks_no_file(studio: Studio, form: str) -> None:
    asked = {"model": "echo:", "topic": "Doors", "outline": [{"heading": "A", "notes": "one"}], "polish": False}
    job = studio.jobs.wait(studio.jobs.submit("writing", asked, LOCAL).id, LOCAL.id, WAIT_SECONDS)
    draft = studio.history.drafts.open(job.result["draft"], LOCAL.id)
    section = draft.document["sections"][0]
    text = f"before {ODD} after. " * 3
    studio.history.drafts.write(draft.id, LOCAL.id, section["id"], text, section["revision"], "draft", job.id, "echo:")
    _, content = writing.export(studio, draft.id, LOCAL.id, form)
    if form in ("docx", "epub"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            pages = {name: archive.read(name) for name in archive.namelist() if name.endswith(("xml", "html", "opf"))}
        for page in pages.values():
            ElementTree.fromstring(page)
        content = b"".join(pages.values())
    assert b"before" in content and b"after." in content
