"""/v1 as the clients see it that people use: OpenAI's own and LangChain's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from fastapi import FastAPI
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from assistants.engines import CHAT
from tests.api.able import stand_in_for_embedder
from tests.api.talk import SLOW
from tests.serving import SHARED, listening, opened, small_app

KEY = SHARED["api_keys"][0]
HELLO = [{"role": "user", "content": "one two three"}]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    """A shared studio that listens."""
    with opened(tmp_path_factory.mktemp("home"), **SHARED) as studio:
        app = small_app(studio)
        with listening(app) as url:
            yield app, url


@pytest.fixture
def url(served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(CHAT, "able", "tests.api.able:open_chat")
    return f"{served[1]}/v1"


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    """OpenAI's client."""
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


class Trip(BaseModel):
    """What a model is to say."""

    city: str
    days: int


TRIP = '{"city": "Oslo", "days": 3}'


# OpenAI's client


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="echo:", messages=HELLO, temperature=0.5, seed=1, n=2, stop=["four"])
    assert [choice.message.content for choice in answer.choices] == ["one two three"] * 2
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens == 9


def test_a_stream(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="echo:", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three"
    assert chunks[-1].choices[0].finish_reason == "stop" and last.usage.completion_tokens == 3


def test_its_own_reader_of_streams(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="echo:", messages=HELLO) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content == "one two three"


def test_log_probabilities(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="able:", messages=HELLO, logprobs=True, top_logprobs=2)
    tokens = answer.choices[0].logprobs.content
    assert [token.token for token in tokens] == ["one ", "two ", "three"] and len(tokens[0].top_logprobs) == 2


def test_an_object_of_a_schema(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(
        model="echo:", messages=[{"role": "user", "content": TRIP}], response_format=Trip
    )
    assert answer.choices[0].message.parsed == Trip(city="Oslo", days=3)


def test_our_own_fields(client: openai.OpenAI) -> None:
    body = {"guided_choice": ["yes", "no"], "top_k": 5, "repetition_penalty": 1.1}
    messages = [{"role": "user", "content": "yes"}]
    answer = client.chat.completions.create(model="echo:", messages=messages, extra_body=body)
    assert answer.choices[0].message.content == "yes"


def test_completions(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="able:", prompt=["one", "two"], max_tokens=5, logprobs=1)
    assert [choice.text for choice in answer.choices] == ["one", "two"]
    assert answer.choices[1].logprobs.tokens == ["two"]
    stream = client.completions.create(model="able:", prompt="one two", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == "one two"


def test_models(client: openai.OpenAI) -> None:
    assert "echo:" in [model.id for model in client.models.list()]
    assert client.models.retrieve("echo:").owned_by == "echo"


@pytest.mark.parametrize("form", ["float", "base64", None])
def test_embeddings(
    served: tuple[FastAPI, str], client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch, form: str | None
) -> None:
    stand_in_for_embedder(monkeypatch, served[0].state.studio.models)
    more = {"encoding_format": form} if form else {}
    answer = client.embeddings.create(model="starter-embedder", input="hello", **more)
    if form == "base64":
        assert isinstance(answer.data[0].embedding, str)
    else:
        assert answer.data[0].embedding == [5.0, 0.5]
    assert answer.usage.prompt_tokens == 1


def test_errors_are_its_own(client: openai.OpenAI, url: str) -> None:
    create = client.chat.completions.create
    with pytest.raises(openai.BadRequestError) as error:
        create(model="echo:", messages=HELLO, max_tokens=0)
    assert (error.value.param, error.value.type) == ("max_tokens", "invalid_request_error")
    with pytest.raises(openai.NotFoundError) as error:
        create(model="nobody:nothing", messages=HELLO)
    assert error.value.code == "model_not_found"
    with pytest.raises(openai.InternalServerError):
        create(model="echo:fail=0", messages=HELLO)
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=url, api_key="wrong", max_retries=0).models.list()


def test_a_full_queue_is_its_rate_limit_which_it_waits_out(
    served: tuple[FastAPI, str], client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served[0].state.studio.jobs._queues._ready, "_size", 1)
    monkeypatch.setattr("webapp.api.errors.RETRY_SECONDS", "1")
    with client.chat.completions.create(model=SLOW, messages=HELLO, stream=True) as stream:
        next(iter(stream))
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="echo:", messages=HELLO)
    patient = client.with_options(max_retries=3)
    assert patient.chat.completions.create(model="echo:", messages=HELLO).choices[0].message.content


def test_what_breaks_in_a_stream_is_raised_and_the_text_before_it_kept(client: openai.OpenAI) -> None:
    text = ""
    with pytest.raises(openai.APIError) as error:
        for chunk in client.chat.completions.create(model="echo:fail=2&delay=0.05", messages=HELLO, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert text == "one two " and "broke" in error.value.message


# LangChain's


@pytest.fixture
def model(url: str) -> Iterator[ChatOpenAI]:
    """LangChain's client."""
    with httpx.Client() as http:
        yield ChatOpenAI(base_url=url, api_key=KEY, model="echo:", max_retries=0, http_client=http)


def test_langchain_invokes(model: ChatOpenAI) -> None:
    reply = model.invoke([HumanMessage("one two three")])
    assert reply.content == "one two three" and reply.usage_metadata["total_tokens"] == 6
    assert reply.response_metadata["finish_reason"] == "stop"


def test_langchain_streams(model: ChatOpenAI) -> None:
    whole = AIMessageChunk("")
    for chunk in model.stream("one two three", stream_usage=True):
        whole += chunk
    assert whole.content == "one two three" and whole.usage_metadata["output_tokens"] == 3


def test_langchain_gets_an_object_of_a_schema(model: ChatOpenAI) -> None:
    assert model.with_structured_output(Trip, method="json_schema").invoke(TRIP) == Trip(city="Oslo", days=3)


def test_langchain_knows_what_is_too_long(url: str) -> None:
    with httpx.Client() as http:
        model = ChatOpenAI(base_url=url, api_key=KEY, model="echo:context=8", max_retries=0, http_client=http)
        with pytest.raises(openai.BadRequestError, match="too long"):
            model.invoke("one two three four five six seven eight nine")


def test_a_studio_on_this_machine_needs_no_key(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as studio,
        listening(small_app(studio)) as here,
        openai.OpenAI(base_url=f"{here}/v1", api_key="unused", max_retries=0) as client,
    ):
        assert client.chat.completions.create(model="echo:", messages=HELLO).choices[0].message.content
