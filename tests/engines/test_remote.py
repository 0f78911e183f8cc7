"""Models that run elsewhere, against a server on this machine that misbehaves: a retry or a sentence, never nothing."""

import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import SecretStr

from assistants.engines.controls import Controls
from assistants.engines.controls import stream as controlled
from assistants.engines.remote import Patience, RemoteChat, missing_package, open_provider, open_remote
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable, StudioError
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Behaviour, Server, serving

KEY = "sk-do-not-tell-1234567890"
# Patient with a slow machine, and hasty where the server hangs.
QUICK = Patience(pause=0.01, longest_pause=1)
HASTY = Patience(first=0.4, gap=0.4, pause=0.01)
STORY = "Once upon a time"


@pytest.fixture(scope="module")
def engine(shared: Server) -> Iterator[RemoteChat]:
    with closing(open_remote("cluster", "m", url=shared.url, key=SecretStr(KEY), patience=QUICK)) as engine:
        yield engine


@pytest.fixture(scope="module")
def hasty(shared: Server) -> Iterator[RemoteChat]:
    with closing(open_remote("cluster", "m", url=shared.url, patience=HASTY)) as engine:
        yield engine


def heard(engine: RemoteChat, *messages: str, **params: object) -> list[AIMessageChunk]:
    return list(engine.stream([HumanMessage(message) for message in messages or ["hi"]], **params))


def text(chunks: list[AIMessageChunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def failure(engine: RemoteChat, **params: object) -> tuple[str, StudioError]:
    """Return the text up to a failure, and the failure."""
    said = ""
    with pytest.raises(StudioError) as caught:
        for chunk in engine.stream("hi", **params):
            said += chunk.text
    assert KEY not in str(caught.value) + repr(caught.value.values)
    hides = caught.value.__suppress_context__ or caught.value.__context__ is None
    assert hides, "a traceback would show what the library said of the request"
    return said, caught.value


def test_a_good_server_is_passed_through(server: Server, engine: RemoteChat) -> None:
    chunks = heard(engine, max_tokens=20, temperature=0.5, top_k=3, repetition_penalty=1.1, seed=1, stop=["END"])
    assert text(chunks) == STORY
    assert chunks[-1].usage_metadata == {"input_tokens": 7, "output_tokens": 4, "total_tokens": 11}
    assert chunks[-1].response_metadata["finish_reason"] == "stop"
    assert chunks[-1].response_metadata["model_name"] == "cluster:m"
    assert chunks[-1].chunk_position == "last"
    body = server.asked[0].body
    asked = {"max_tokens": 20, "temperature": 0.5, "top_k": 3, "repetition_penalty": 1.1, "seed": 1, "stop": ["END"]}
    assert asked.items() <= body.items()
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_what_was_not_said_is_not_sent(server: Server, engine: RemoteChat) -> None:
    heard(engine)
    assert server.asked[0].body.keys() == {"model", "messages", "stream", "stream_options"}


def test_a_limit_is_told(server: Server, engine: RemoteChat) -> None:
    server.script = [server_that.well("a", reason="length")]
    assert heard(engine)[-1].response_metadata["finish_reason"] == "length"


def test_unknown_parameters_are_no_parameters(engine: RemoteChat) -> None:
    with pytest.raises(TypeError):
        heard(engine, colour=1)


def test_the_environments_key_goes_to_nobody_else(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    with closing(open_remote("cluster", "m", url=server.url, patience=QUICK)) as engine:
        heard(engine)
    assert KEY not in str(server.asked[0].headers) and "org-mine" not in str(server.asked[0].headers)


def test_this_machine_is_not_asked_through_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with closing(open_remote("cluster", "m", url=server.url, patience=QUICK)) as engine:
        assert text(heard(engine)) == STORY


@pytest.mark.parametrize(
    "script",
    [
        [server_that.error(429, "slow down", retry_after="0")],
        [server_that.error(429), server_that.error(503)],
        [server_that.error(500)],
        [server_that.error(408)],
        [server_that.cut()],
        [server_that.torn()],
    ],
    ids=["429", "429 and 503", "500", "408", "cut before a word", "torn before a word"],
)
def test_before_the_first_word_it_tries_again(server: Server, engine: RemoteChat, script: list[Behaviour]) -> None:
    server.script, tries = [*script], len(script) + 1
    assert text(heard(engine)) == STORY
    assert len(server.asked) == tries


def test_retry_after_is_honoured(server: Server, engine: RemoteChat) -> None:
    server.script = [server_that.error(429, retry_after="0.2")]
    began = time.monotonic()
    heard(engine)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    ("script", "sentence", "tries"),
    [
        ([server_that.error(429, "quota used up")] * 3, "takes no more requests just now: quota used up.", 3),
        ([server_that.error(429, "come later", retry_after="3600")], "no more requests just now: come later.", 1),
        ([server_that.error(500, "out of memory")] * 3, "cluster broke: out of memory.", 3),
        ([server_that.page(502)] * 3, "cluster broke: HTTP 502 (Welcome).", 3),
        ([server_that.error(401, f"wrong: {KEY}")], "its key: wrong: …. Mend it in Settings, Connections", 1),
        ([server_that.error(403, "not here")], "does not accept its key: not here.", 1),
        ([server_that.error(404, "no model m")], "does not know cluster:m, or its URL is wrong: no model m.", 1),
        ([server_that.error(400, f"bad {KEY}")] * 2, "refuses the request: bad ….", 2),
        ([server_that.page()], "does not answer as a model does: Welcome. Is its URL right?", 1),
        ([server_that.garble()], 'does not answer as a model does: {"choices": [{"delta".', 1),
        ([server_that.break_off()], "cluster broke: CUDA out of memory.", 1),
        ([server_that.well("")], "The model answered with nothing.", 1),
        ([server_that.well("", reason="length")], "used up its tokens before its first word.", 1),
        ([server_that.error(307, location="http://localhost:9/v1")], "points to another address", 1),
    ],
)
def test_what_cannot_be_mended_is_said(
    server: Server, engine: RemoteChat, script: list[Behaviour], sentence: str, tries: int
) -> None:
    server.script = [*script]
    said, error = failure(engine)
    assert (said, sentence in str(error), len(server.asked)) == ("", True, tries), error


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (server_that.cut("a", " b"), "The connection to cluster broke in the middle of its answer."),
        (server_that.torn("a", " b"), "The connection to cluster broke in the middle of its answer."),
        (
            server_that.garble("a", " b"),
            'cluster sent something unreadable in the middle of its answer: {"choices": [{"delta".',
        ),
        (server_that.break_off("a", " b"), "cluster broke: CUDA out of memory."),
    ],
    ids=["cut", "torn", "garble", "error"],
)
def test_after_the_first_word_it_never_tries_again(
    server: Server, engine: RemoteChat, behaviour: Behaviour, sentence: str
) -> None:
    server.script = [behaviour]
    said, error = failure(engine)
    assert (said, str(error), len(server.asked)) == ("a b", sentence, 1)


def test_a_slow_start_is_tried_again_and_then_told(server: Server, hasty: RemoteChat) -> None:
    server.script = [server_that.hang()]
    chunks = heard(hasty)
    assert text(chunks) == STORY and len(server.asked) == 2
    assert any(not chunk.text for chunk in chunks[:-2]), "whoever waits gets a chance to stop"
    server.script = [server_that.hang()] * 3
    with pytest.raises(GenerationFailed, match=r"cluster did not begin to answer within 0.4 seconds\."):
        heard(hasty)


def test_silence_in_the_middle_is_told(server: Server, hasty: RemoteChat) -> None:
    server.script = [server_that.hang("a", " b")]
    said, error = failure(hasty)
    assert (said, len(server.asked)) == ("a b", 1)
    assert str(error) == "cluster fell silent in the middle of its answer for 0.4 seconds."
    assert server.left.wait(5)


def test_a_server_that_is_not_there(shared: Server) -> None:
    with serving() as gone:
        url = gone.url
    with closing(open_remote("cluster", "m", url=url, patience=QUICK)) as engine:
        _, error = failure(engine)
    assert str(error).startswith("cluster cannot be reached: ") and "127.0.0.1" not in str(error)


def test_a_redirect_takes_the_key_nowhere(server: Server, engine: RemoteChat) -> None:
    with serving() as other:
        server.script = [server_that.error(308, location=f"{other.url}/chat/completions")]
        failure(engine)
        assert other.asked == []


@pytest.mark.parametrize("behaviour", [server_that.hang("a"), server_that.hang()], ids=["mid-answer", "before"])
def test_stopping_closes_the_socket_at_once(server: Server, behaviour: Behaviour) -> None:
    server.script = [behaviour]
    patient = Patience(first=60, gap=60)
    with closing(open_remote("cluster", "m", url=server.url, patience=patient)) as engine:
        chunks = engine.stream("hi")
        next(chunks)
        chunks.close()
        assert server.left.wait(5)


def test_closing_ends_whoever_waits(server: Server) -> None:
    server.script = [server_that.hang("a")]
    engine = open_remote("cluster", "m", url=server.url)
    chunks = engine.stream("hi")
    assert next(chunk.text for chunk in chunks if chunk.text) == "a"
    engine.close()
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="The model cluster:m is closed"):
            list(chunks)
        chunks = engine.stream("hi")
    assert server.left.wait(5)


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_schema_is_the_servers_response_format(server: Server, engine: RemoteChat) -> None:
    server.script = [server_that.well('{"a":', " 1}")]
    chunks = heard(engine, json_schema=SCHEMA)
    assert [chunk.text for chunk in chunks if chunk.text] == ['{"a":', " 1}"]
    assert server.asked[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_schema_that_the_server_refuses_is_said_in_words(server: Server, engine: RemoteChat) -> None:
    server.otherwise = server_that.without("response_format")
    assert text(heard(engine, json_schema=SCHEMA)) == '{"a": 1}'
    assert [one["role"] for one in server.asked[-1].body["messages"]] == ["system", "user"]
    assert '"required": ["a"]' in server.asked[-1].body["messages"][0]["content"]


@pytest.mark.parametrize(
    ("controls", "spoilt", "right", "is_native"),
    [
        (Controls(json_schema=SCHEMA), '{"a": "b"}', '{"a": 1}', True),
        (Controls(regex="[0-9]+"), "ten", "10", False),
        (Controls(choice=["yes", "no"]), "maybe", "no", False),
    ],
    ids=["schema", "regex", "choice"],
)
def test_what_a_server_gets_wrong_is_asked_for_again(
    server: Server, engine: RemoteChat, controls: Controls, spoilt: str, right: str, is_native: bool
) -> None:
    server.script = [server_that.well(spoilt), server_that.well(right)]
    chunks = list(controlled(engine, [HumanMessage("hi")], controls, {"max_tokens": 9}))
    assert text(chunks) == right
    assert chunks[-1].response_metadata["attempts"] == 2
    assert ("response_format" in server.asked[0].body) == is_native
    assert (server.asked[0].body["messages"][0]["role"] == "user") == is_native


def test_log_probabilities_come_through_or_their_lack_is_said(server: Server, engine: RemoteChat) -> None:
    server.script = [server_that.with_logprobs]
    chunks = heard(engine, logprobs=True, top_logprobs=2)
    found = [chunk.response_metadata["logprobs"] for chunk in chunks if "logprobs" in chunk.response_metadata]
    assert [one["content"] for one in found] == [[server_that.LOGPROB]]
    assert {"logprobs": True, "top_logprobs": 2}.items() <= server.asked[0].body.items()
    assert failure(engine, logprobs=True)[0] == STORY
    with pytest.raises(GenerationFailed, match="cluster gave no log-probabilities"):
        heard(engine, logprobs=True)


def test_a_reply_that_was_begun_goes_on(server: Server, engine: RemoteChat) -> None:
    begun = [HumanMessage("hi"), AIMessage("Once")]
    list(engine.stream(begun))
    assert server.asked[0].body["continue_final_message"] is True
    server.otherwise = server_that.without("continue_final_message")
    list(engine.stream(begun))
    assert [message["role"] for message in server.asked[-1].body["messages"]] == ["user", "assistant", "user"]


def test_openai_itself_gets_its_own_words() -> None:
    with closing(open_remote("openai", "gpt-4o-mini", key=SecretStr(KEY))) as engine:
        assert engine.dialect.continues is False


def test_tokens_are_estimated_without_a_vocabulary(engine: RemoteChat) -> None:
    few = engine.get_num_tokens_from_messages([HumanMessage("hello there")])
    many = engine.get_num_tokens_from_messages([HumanMessage("退款" * 100)])
    assert 1 <= few < 20 and 100 <= many <= 300
    assert engine.context is None


def test_models_are_listed_or_why_not_is_said(server: Server, engine: RemoteChat, hasty: RemoteChat) -> None:
    server.otherwise = server_that.well(models=("a", "b", "", "x" * 300))
    assert engine.models() == ["a", "b"]
    for asker, behaviour, sentence in [
        (engine, server_that.error(401), "does not accept its key"),
        (engine, server_that.page(), "does not answer as a model does"),
        (hasty, server_that.hang(), "did not begin to answer"),
    ]:
        server.script = [behaviour]
        with pytest.raises(GenerationFailed, match=sentence):
            asker.models()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([{"id": "a"}, {"id": "b"}], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        ({"data": None}, []),
        ({"data": []}, []),
        ({}, []),
        (None, []),
        ({"object": "list", "data": ["a", {"name": "b"}]}, ["a", "b"]),
        ({"models": [{"name": "a:latest", "model": "a"}]}, ["a:latest"]),
        ({"data": {"models": ["a"]}}, ["a"]),
        ({"a": {"context": 5}, "b": {}}, ["a", "b"]),
        ({"data": {"a": {"context": 5}}}, ["a"]),
        ({"data": [{"id": None, "name": "a"}, {"id": 5}, None, 7, [], {"id": "a"}, "two words", "", "x" * 201]}, ["a"]),
        ({"data": [{"id": "smile \ud83d"}, {"id": "b\ud83d"}]}, ["b\ufffd"]),
    ],
)
def test_a_list_of_models_has_many_shapes(server: Server, engine: RemoteChat, body: Any, names: list[str]) -> None:
    server.script = [server_that.raw(json.dumps(body), kind="text/plain")]
    assert engine.models() == names


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"error": {"message": "no list for you"}}', "cluster broke: no list for you."),
        ('{"data": "a"}', 'does not answer as a model does: {"data": "a"}.'),
        ('{"status": "ok"}', 'does not answer as a model does: {"status": "ok"}.'),
        ("Ollama is running", "does not answer as a model does: Ollama is running."),
        ("5", "does not answer as a model does: 5."),
        ("", "cluster answers with nothing."),
        ('{"data": ' + "[" * 100_000, "does not answer as a model does"),
    ],
)
def test_what_is_no_list_of_models_is_told_in_the_servers_words(
    server: Server, engine: RemoteChat, body: str, sentence: str
) -> None:
    server.script = [server_that.raw(body)]
    with pytest.raises(GenerationFailed) as caught:
        engine.models()
    assert sentence in str(caught.value)


def test_the_key_is_nowhere_to_be_read(server: Server, engine: RemoteChat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [server_that.error(401, f"wrong: {KEY}")]
    failure(engine)
    assert KEY not in caplog.text
    assert KEY not in repr(engine) + str(engine) + engine.model_dump_json(exclude={"callbacks"})


def test_a_provider_without_its_package_says_what_to_install() -> None:
    with pytest.raises(ModelUnavailable, match=r"anthropic:claude .* \(pip install langchain-anthropic\)"):
        open_provider("anthropic:claude")
    with pytest.raises(ModelUnavailable, match="nobody:model does not load: Unsupported provider='nobody'"):
        open_provider("nobody:model")
    assert missing_package("anthropic") == "langchain-anthropic"
    assert missing_package("openai") is missing_package("nobody") is missing_package("../x") is None


def test_a_provider_of_langchain_gets_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain.chat_models.init_chat_model", stand_in)
    with closing(open_remote("mine", "m", provider="someone", key=SecretStr(KEY), patience=QUICK)) as engine:
        chunks = heard(engine, max_tokens=3, temperature=0.5)
        assert text(chunks) == "Once upon a time num_predict=3 temperature=0.5"
        assert chunks[-1].response_metadata["finish_reason"] == "length"
        with pytest.raises(InvalidInput, match="someone:m does not take top_k"):
            heard(engine, top_k=3)
        assert engine.models() == []


THINKING = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}, {"type": "image", "url": "x"}]


@pytest.mark.parametrize(
    ("message", "text_", "thought", "reason"),
    [
        (AIMessageChunk(THINKING, response_metadata={"stop_reason": "end_turn"}), "Yes.", "Hm.", "stop"),
        (AIMessageChunk("Yes.", additional_kwargs={"reasoning_content": "Hm."}), "Yes.", "Hm.", "stop"),
        (AIMessageChunk("<think>Hm.</think>\n\nYes."), "Yes.", "Hm.", "stop"),
        (AIMessageChunk("Hm.</think>\n\nYes."), "Yes.", "Hm.", "stop"),
        (
            AIMessageChunk("Yes.", response_metadata={"finish_reason": "FinishReason.SAFETY"}),
            "Yes.",
            "",
            "content_filter",
        ),
        (AIMessageChunk("Yes.", response_metadata={"stop_reason": "refusal"}), "Yes.", "", "content_filter"),
    ],
)
def test_what_a_provider_of_langchain_thinks_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, message: AIMessageChunk, text_: str, thought: str, reason: str
) -> None:
    class Thinks(SomeChat):
        async def _astream(self, *_: object, **__: object) -> AsyncIterator[ChatGenerationChunk]:
            yield ChatGenerationChunk(message=message)

    monkeypatch.setattr("langchain.chat_models.init_chat_model", lambda *_, **__: Thinks())
    with closing(open_remote("mine", "m", provider="someone", patience=QUICK)) as engine:
        chunks = heard(engine)
        kept, told = "", ""
        for chunk in chunks:
            kept = "" if chunk.response_metadata.get("retracted") else kept
            kept, told = kept + chunk.text, told + chunk.additional_kwargs.get("reasoning_content", "")
        assert (kept, told, chunks[-1].response_metadata["finish_reason"]) == (text_, thought, reason)
        assert engine.invoke("hi").text == text_
        kinds = [note["template"] for note in chunks[-1].response_metadata["notes"]]
        assert any("pictures" in kind for kind in kinds) == (message.content is THINKING or message.content == THINKING)


class SomeChat(GenericFakeChatModel):
    """A provider of LangChain that calls the limit ``num_predict`` and the reason for its end ``done_reason``."""

    messages: Iterator[AIMessage] = iter(())
    num_predict: int | None = None
    temperature: float | None = None

    async def _astream(self, *_: object, **__: object) -> AsyncIterator[ChatGenerationChunk]:
        said = f"{STORY} num_predict={self.num_predict} temperature={self.temperature}"
        message = AIMessageChunk(said, response_metadata={"done_reason": "length"})
        yield ChatGenerationChunk(message=message)


def stand_in(model: str, model_provider: str, **given: str) -> SomeChat:
    assert (model, model_provider, given) == ("m", "someone", {"api_key": KEY})
    return SomeChat()
