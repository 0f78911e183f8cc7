"""/v1 as a program sees it that speaks plain HTTP: shapes, refusals, streams, and what hostile clients try."""

import base64
import json
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistants.engines import CHAT
from assistants.jobs import Text
from assistants.openai import completions
from tests.api.able import EMBEDDER, stand_in_for_embedder
from tests.api.talk import SLOW
from tests.serving import PUBLIC, SHARED, client, listening, newcomer, opened, small_app
from webapp.api.openai.chat import ChatRequest

KEY = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}
CHATS, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
HELLO = [{"role": "user", "content": "one two three"}]


@pytest.fixture
def script(app: FastAPI) -> TestClient:
    """A program with a key."""
    return client(app, PUBLIC, **KEY)


@pytest.fixture
def server(app: FastAPI) -> Iterator[httpx.Client]:
    """A program that speaks with the app over a port, where streams are streams."""
    with listening(app) as url, httpx.Client(base_url=url, headers=KEY, timeout=20) as http:
        yield http


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another stand-in, for what the echo cannot do."""
    monkeypatch.setitem(CHAT, "able", "tests.api.able:open_chat")


def chat(script: httpx.Client, **body: Any) -> httpx.Response:
    return script.post(CHATS, json={"messages": HELLO, **body})


def events(answer: httpx.Response) -> list[Any]:
    """Return the data of a stream's events; the last must be [DONE]."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    *data, last, rest = answer.text.split("\n\n")
    assert (last, rest) == ("data: [DONE]", "")
    return [json.loads(line.removeprefix("data: ")) for line in data]


def refused(answer: httpx.Response, status: int, param: str | None, code: str | None = None) -> str:
    """Check a refusal in OpenAI's shape and return its sentence."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code)
    assert error["message"].endswith(".") and len(error["message"]) < 300
    return error["message"]


def running(app: FastAPI) -> int:
    """Return how many jobs are under way."""
    return len(app.state.studio.jobs._live)


def until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def schema_format(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


# What comes back


def test_a_chat_completion(script: TestClient) -> None:
    answer = chat(script, model="echo:")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["object"] == "chat.completion" and body["id"].startswith("chatcmpl-") and body["model"] == "echo:"
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "one two three"},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}


def test_a_stream_begins_with_the_role_and_ends_with_reason_usage_and_done(script: TestClient) -> None:
    stream = events(chat(script, stream=True, stream_options={"include_usage": True}))
    *chunks, last = stream
    assert {chunk["object"] for chunk in stream} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in stream}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""} and deltas[-1] == {}
    assert "".join(delta.get("content", "") for delta in deltas) == "one two three"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 6)


def test_choices_run_side_by_side_and_the_prompt_counts_once(script: TestClient) -> None:
    body = chat(script, n=3, seed=7).json()
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert {choice["message"]["content"] for choice in body["choices"]} == {"one two three"}
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12}
    texts = {0: "", 1: ""}
    for event in events(chat(script, n=2, stream=True)):
        choice = event["choices"][0]
        texts[choice["index"]] += choice["delta"].get("content", "")
    assert texts == {0: "one two three", 1: "one two three"}


def test_parameters_reach_the_model(script: TestClient) -> None:
    for limit in ("max_tokens", "max_completion_tokens"):
        (choice,) = chat(script, **{limit: 2}).json()["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("one two ", "length")
    for stop in ("three", ["nothing", "three"]):
        (choice,) = chat(script, stop=stop).json()["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("one two ", "stop")


def test_seeds_of_choices_differ() -> None:
    requests = ChatRequest(messages=HELLO, n=3, seed=2**32 - 2).asked()
    assert [request["params"]["seed"] for request in requests] == [2**32 - 2, 2**32 - 1, 2**32]
    requests = ChatRequest(messages=HELLO, n=2, seed=2**64 - 1).asked()
    assert [request["params"]["seed"] for request in requests] == [2**64 - 1, 0]


@pytest.mark.parametrize("seed", [0, -1, -(2**63), 2**53 + 1, 2**63, 2**64 - 1])
def test_seeds_have_64_bits(script: TestClient, seed: int) -> None:
    answer = chat(script, seed=seed)
    assert answer.status_code == 200
    job = script.get(f"/api/jobs/{answer.json()['id'].removeprefix('chatcmpl-')}").json()
    assert job["request"]["params"]["seed"] == seed


def test_roles_and_parts_of_text(script: TestClient) -> None:
    talk = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": "hi", "name": "ann"},
        {"role": "assistant", "content": "hello", "refusal": None, "tool_calls": None, "annotations": []},
        {"role": "user", "content": "and?"},
        {"role": "assistant", "content": None, "refusal": "I won't.", "function_call": None, "audio": None},
        {"role": "user", "content": [{"type": "text", "text": "first"}, {"type": "text", "text": "second"}]},
    ]
    assert chat(script, messages=talk).json()["choices"][0]["message"]["content"] == "first\nsecond"


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ({"content": None}, ""),
        ({"content": ""}, ""),
        ({"content": []}, ""),
        ({"content": None, "refusal": "I won't."}, "I won't."),
        ({"content": "Well.", "refusal": "I won't."}, "Well.\nI won't."),
        ({"content": [{"type": "refusal", "refusal": "I won't."}]}, "I won't."),
        ({"content": [{"type": "text", "text": "a"}, {"type": "output_text", "text": "b"}]}, "a\nb"),
        ({"content": "a", "reasoning_content": "hm", "reasoning": "hm", "reasoning_details": [{"text": "hm"}]}, "a"),
        ({"content": "a", "tool_calls": [], "function_call": None, "annotations": None, "audio": None}, "a"),
    ],
)
def test_replies_are_replayed_in_every_form_that_they_came_in(message: dict[str, Any], heard: str) -> None:
    talk = [*HELLO, {"role": "assistant", **message}, {"role": "user", "content": "and?"}]
    (request,) = ChatRequest(messages=talk).asked()
    assert request["messages"][1] == {"role": "assistant", "content": heard}
    # At the end it is gone on with, if there is any of it.
    (request,) = ChatRequest(messages=talk[:2]).asked()
    assert len(request["messages"]) == (2 if heard else 1)


def test_lines_end_where_json_and_streams_end_them(script: TestClient) -> None:
    said = "one\u2028two\u2029three\x85four\x0bfive\x1csix"
    answer = chat(script, messages=[{"role": "user", "content": said}], stream=True)
    lines = [line for line in answer.text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines)
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == said
    answer = script.post(COMPLETIONS, json={"model": "able:", "prompt": said, "stream": True})
    assert all(line.startswith("data: ") for line in answer.text.splitlines() if line)


@pytest.mark.parametrize("path", [CHATS, f"{CHATS}/", "/v1//chat//completions", f"{CHATS}//"])
def test_a_slash_too_many_means_the_same(script: TestClient, path: str) -> None:
    body = {"messages": HELLO}
    assert script.post(path, json=body).json()["choices"][0]["message"]["content"] == "one two three"
    assert client(script.app, PUBLIC).post(path, json=body).status_code == 401


def test_slashes_of_other_addresses_below_v1(script: TestClient) -> None:
    assert script.get("/v1/models/").json() == script.get("/v1/models").json()
    assert script.get("/v1/models/local:mini/").json()["id"] == "local:mini"
    refused(script.get("/v1/"), 404, None)
    refused(script.get("/v1/nowhere/"), 404, None)
    assert script.get("/v1/chat/completions/").status_code == 405


def test_json_is_read_without_a_content_type(script: TestClient) -> None:
    body = json.dumps({"messages": HELLO}).encode()
    assert "content-type" not in script.post(CHATS, content=body).request.headers
    for headers in ({}, {"Content-Type": ""}):
        answer = script.post(CHATS, content=body, headers=headers)
        assert answer.json()["choices"][0]["message"]["content"] == "one two three"
    refused(script.post(CHATS, content=b"{"), 400, "body")
    # What a foreign page could send unasked stays outside.
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert script.post(CHATS, content=body, headers=headers).status_code == 403
    assert script.post(CHATS, content=body, headers={"Content-Type": "text/plain"}).status_code == 400


def test_what_changes_no_answer_is_let_pass(script: TestClient) -> None:
    harmless = {
        "user": "ann", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "parallel_tool_calls": False,
        "tools": [], "tool_choice": "none", "logit_bias": {}, "modalities": ["text"], "functions": None, "n": 1,
        "temperature": None, "stop": None, "response_format": {"type": "text"}, "presence_penalty": 0, "seed": None,
    }  # fmt: skip
    assert chat(script, **harmless).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities(script: TestClient, stream: bool) -> None:
    answer = chat(script, model="able:", logprobs=True, top_logprobs=2, stream=stream)
    if stream:
        choices = [event["choices"][0] for event in events(answer)]
        tokens = [token for choice in choices if choice["logprobs"] for token in choice["logprobs"]["content"]]
        for choice in choices:
            said = "".join(token["token"] for token in (choice["logprobs"] or {"content": []})["content"])
            assert said == choice["delta"].get("content", "")
    else:
        tokens = answer.json()["choices"][0]["logprobs"]["content"]
    assert [token["token"] for token in tokens] == ["one ", "two ", "three"]
    assert tokens[0]["bytes"] == list(b"one ") and len(tokens[0]["top_logprobs"]) == 2


def test_an_answer_keeps_to_its_form(script: TestClient) -> None:
    thing = '{"city": "Oslo"}'
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    for wanted, said in [
        (schema_format(schema), thing),
        ({"response_format": {"type": "json_object"}}, thing),
        ({"guided_regex": "[a-z]+ [a-z]+"}, "one two"),
        ({"guided_choice": ["yes", "no"]}, "no"),
    ]:
        for stream in (False, True):
            answer = chat(script, messages=[{"role": "user", "content": said}], stream=stream, **wanted)
            if stream:
                deltas = [event["choices"][0]["delta"] for event in events(answer)]
                assert "".join(delta.get("content", "") for delta in deltas) == said
            else:
                assert answer.json()["choices"][0]["message"]["content"] == said
    refused(chat(script, **schema_format(schema)), 502, "response_format")


def test_completions_take_raw_prompts(script: TestClient) -> None:
    body = {"model": "able:", "prompt": ["one two", "three four five"], "n": 2, "echo": True}
    answer = script.post(COMPLETIONS, json=body).json()
    assert answer["object"] == "text_completion"
    assert [choice["text"] for choice in answer["choices"]] == ["one twoone two"] * 2 + [
        "three four fivethree four five"
    ] * 2
    assert answer["usage"] == {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15}
    stream = events(script.post(COMPLETIONS, json={"model": "able:", "prompt": "one two", "stream": True}))
    assert "".join(event["choices"][0]["text"] for event in stream) == "one two"
    assert stream[-1]["choices"][0]["finish_reason"] == "stop"


def test_completions_stop_at_16_tokens_as_openais_do(script: TestClient) -> None:
    (choice,) = script.post(COMPLETIONS, json={"model": "able:words=50", "prompt": "x"}).json()["choices"]
    assert (len(choice["text"].split()), choice["finish_reason"]) == (16, "length")


def test_log_probabilities_of_completions_stand_in_columns(script: TestClient) -> None:
    body = {"model": "able:", "prompt": "one two", "logprobs": 1}
    columns = script.post(COMPLETIONS, json=body).json()["choices"][0]["logprobs"]
    assert columns == {
        "tokens": ["one ", "two"],
        "token_logprobs": [-0.5, -0.5],
        "top_logprobs": [{"not 0": -2.0}, {"not 0": -2.0}],
        "text_offset": [0, 4],
    }


def test_the_models_that_one_may_use(script: TestClient) -> None:
    body = script.get("/v1/models").json()
    assert body["object"] == "list" and body["data"][0]["id"] == "echo:"
    assert "local:mini" in [model["id"] for model in body["data"]]
    for name in ("local:mini", "starter", "echo:words=3"):
        assert script.get(f"/v1/models/{name}").json()["object"] == "model"
    refused(script.get("/v1/models/org/unknown"), 404, "model", "model_not_found")


@pytest.fixture
def embedder(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, app.state.studio.models)


@pytest.mark.usefixtures("embedder")
def test_embeddings(script: TestClient) -> None:
    body = script.post(EMBEDDINGS, json={"input": ["a", "bcd"], "user": "x", "dimensions": 2}).json()
    assert body["data"] == [
        {"object": "embedding", "index": 0, "embedding": [1.0, 0.5]},
        {"object": "embedding", "index": 1, "embedding": [3.0, 0.5]},
    ]
    assert body["usage"] == {"prompt_tokens": 2, "total_tokens": 2} and body["model"] == EMBEDDER
    packed = script.post(EMBEDDINGS, json={"input": "bcd", "encoding_format": "base64"}).json()["data"][0]["embedding"]
    assert struct.unpack("<2f", base64.b64decode(packed)) == (3.0, 0.5)


@pytest.mark.usefixtures("embedder")
@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": ""}, "input.0"),
        ({"input": [1, 2, 3]}, "input.0"),
        ({"input": [[1, 2]]}, "input.0"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": "x" * 100_001}, "input.0"),
        ({"input": "x", "dimensions": 3}, "dimensions"),
        ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
        ({"input": "x", "prompt": "y"}, "prompt"),
    ],
)
def test_embeddings_refuse_what_they_cannot_do(script: TestClient, body: dict[str, Any], param: str) -> None:
    refused(script.post(EMBEDDINGS, json=body), 400, param)


# The history


def test_a_call_is_found_in_the_history_unless_a_header_keeps_it_out(script: TestClient) -> None:
    words = f"words{time.monotonic_ns()}"
    for header, found in [("off", 0), ("on", 1)]:
        answer = script.post(
            CHATS, json={"messages": [{"role": "user", "content": words}]}, headers={"X-Studio-History": header}
        )
        assert answer.status_code == 200
        job = answer.json()["id"].removeprefix("chatcmpl-")
        until(lambda job=job: job not in script.app.state.studio.jobs._live)
        assert len(script.get("/api/history", params={"q": words}).json()["items"]) == found
    assert script.get(f"/api/jobs/{job}").json()["output"] == words
    refused(script.post(CHATS, json={"messages": HELLO}, headers={"X-Studio-History": "no"}), 400, "x-studio-history")


# What is refused


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": HELLO * 10_000}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content.0"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "user", "content": "x", "mood": "good"}]}, "messages.0.mood"),
        ({"n": 1000}, "n"),
        ({"n": 0}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"top_k": 0}, "top_k"),
        ({"seed": 2**64}, "seed"),
        ({"seed": -(2**63) - 1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"reasoning": {"effort": "high"}}, "reasoning"),
        ({"refusal": "x"}, "refusal"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "refusal"}]}]}, "messages.0.content.0"),
        ({"stop": ["x"] * 9}, "stop"),
        ({"stop": 5}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 3}, "top_logprobs"),
        ({"presence_penalty": 1}, "presence_penalty"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"functions": [{}]}, "functions"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (schema_format({"$ref": "https://example.com/schema"}), "response_format"),
        (schema_format({"type": "sometimes"}), "response_format"),
        ({"guided_regex": "("}, "guided_regex"),
        ({"guided_regex": ""}, "guided_regex"),
        ({"guided_choice": []}, "guided_choice"),
        ({"guided_choice": ["a"], "guided_regex": "a"}, "response_format"),
        ({"stream_options": {"mood": 1}}, "stream_options.mood"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_what_is_wrong_or_not_served_is_refused_by_its_name(
    script: TestClient, body: dict[str, Any], param: str
) -> None:
    refused(chat(script, **body), 400, param)
    assert chat(script).status_code == 200


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [1, 2]}, "prompt.0"),
        ({"prompt": ["x"] * 65}, "prompt"),
        ({"prompt": ["x"] * 33, "n": 2}, "n"),
        ({"prompt": "x", "suffix": "y"}, "suffix"),
        ({"prompt": "x", "best_of": 2}, "best_of"),
        ({"prompt": "x", "logprobs": 6}, "logprobs"),
        ({"prompt": "x", "logprobs": 1, "echo": True}, "logprobs"),
        ({"prompt": "x", "model": "echo:", "logprobs": 1}, "top_logprobs"),
    ],
)
def test_completions_refuse_what_they_cannot_do(script: TestClient, body: dict[str, Any], param: str) -> None:
    refused(script.post(COMPLETIONS, json={"model": "able:", **body}), 400, param)


BODIES = [
    b"", b"{", b"[]", b"null", b'{"messages": NaN}', b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"messages": [{"role": "user", "content": "a\\u0000b"}]}', b'{"\\ud800": 1, "messages": []}',
    b'{"messages": [{"role": "user", "content": "hi"}], "temperature": 1e999}',
    b'{"messages": [{"role": "user", "content": "hi"}], "\\ud800": 1}',
    b'{"messages": [{"role": "user", "content": "hi"}], "seed": ' + b"9" * 5000 + b"}",
    b'{"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_schema", "json_schema":'
    b' {"schema": {"maximum": NaN}}}}',
    b'{"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_schema", "json_schema":'
    b' {"schema": {"x":' + b"[" * 900 + b"]" * 900 + b"}}}}",
    b'{"x":' * 100_000, b"\xff\xfe",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_request_is_refused(script: TestClient, body: bytes) -> None:
    answer = script.post(CHATS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"
    assert len(answer.text) < 500


def test_a_body_of_ten_megabytes_is_refused(script: TestClient) -> None:
    answer = chat(script, messages=[{"role": "user", "content": "x" * 10_000_000}])
    refused(answer, 413, None)


def test_an_unknown_model_is_404(script: TestClient) -> None:
    for path, body in [(CHATS, {"messages": HELLO}), (COMPLETIONS, {"prompt": "x"}), (EMBEDDINGS, {"input": "x"})]:
        message = refused(script.post(path, json={"model": "gpt-9", **body}), 404, "model", "model_not_found")
        assert "gpt-9" in message


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_over_the_context_is_400(script: TestClient, stream: bool) -> None:
    answer = chat(script, model="echo:context=8", messages=HELLO * 3, stream=stream)
    refused(answer, 400, "messages", "context_length_exceeded")


def test_unknown_addresses_and_methods(script: TestClient) -> None:
    refused(script.get("/v1/nothing"), 404, None)
    refused(script.get(CHATS), 405, None)
    assert script.get(CHATS).headers["allow"] == "POST"


def test_errors_speak_the_clients_language(script: TestClient) -> None:
    answer = script.post(CHATS, json={}, headers={"Accept-Language": "zh"})
    assert refused_in_chinese(answer.json()["error"]["message"])


def refused_in_chinese(message: str) -> bool:
    return message == "缺少messages。"


# Who may call


def test_a_key_opens_it_and_a_pages_cookie_does_not(app: FastAPI) -> None:
    browser = newcomer(app)
    assert browser.get("/api/history").status_code == 200
    for who, code in [(browser, "invalid_api_key"), (client(app, PUBLIC), "invalid_api_key")]:
        refused(who.get("/v1/models"), 401, None, code)
        refused(who.post(CHATS, json={"messages": HELLO}), 401, None, code)
        refused(who.get("/v1/nothing"), 401, None, code)
    wrong = client(app, PUBLIC, Authorization="Bearer nonsense")
    refused(wrong.post(CHATS, json={"messages": HELLO}), 401, None, "invalid_api_key")


def test_on_this_machine_any_key_will_do(tmp_path: Any) -> None:
    with opened(tmp_path) as studio:
        app = small_app(studio)
        for headers in ({}, {"Authorization": "Bearer sk-whatever"}):
            assert client(app, **headers).post(CHATS, json={"messages": HELLO}).status_code == 200
        answer = client(app).post(CHATS, json={"messages": HELLO}, headers={"Origin": "http://evil.example"})
        refused(answer, 403, None)
        refused(client(app).get("/v1/models", headers={"Host": "evil.example"}), 421, None)


def test_a_full_queue_is_429_and_says_when_to_try_again(tmp_path: Path) -> None:
    with opened(tmp_path, queue_size=4) as studio, client(small_app(studio)) as script:
        answer = chat(script, n=3)  # of four places an owner has two
        refused(answer, 429, None, "rate_limit_exceeded")
        assert int(answer.headers["retry-after"]) > 0
        until(lambda: not studio.jobs._live)
        assert chat(script, n=2).status_code == 200


# What breaks, and who leaves


def test_what_breaks_before_the_first_word_has_a_status(script: TestClient) -> None:
    for stream in (False, True):
        answer = chat(script, model="echo:fail=0", stream=stream)
        assert answer.status_code == 502 and answer.json()["error"]["type"] == "server_error"


def test_what_breaks_in_a_stream_is_its_last_event(script: TestClient) -> None:
    *chunks, last = events(chat(script, model="echo:fail=2&delay=0.05", stream=True))
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "one two "
    assert last["error"]["type"] == "server_error" and last["error"]["message"]


@pytest.mark.parametrize("n", [1, 3])
def test_a_client_who_leaves_a_stream_stops_it(app: FastAPI, server: httpx.Client, n: int) -> None:
    with server.stream("POST", CHATS, json={"messages": HELLO, "model": SLOW, "stream": True, "n": n}) as stream:
        next(stream.iter_lines())
        assert running(app) == n
    until(lambda: running(app) == 0)
    items = server.get("/api/history", params={"limit": n}).json()["items"]
    assert {item["status"] for item in items} == {"stopped"}


def test_a_client_who_leaves_while_it_waits_stops_it(app: FastAPI, server: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        server.post(CHATS, json={"messages": HELLO, "model": SLOW}, timeout=0.3)
    until(lambda: running(app) == 0)
    (item,) = server.get("/api/history", params={"limit": 1}).json()["items"]
    assert item["status"] == "stopped"


def test_a_job_stopped_by_hand_ends_its_stream(app: FastAPI, server: httpx.Client) -> None:
    with server.stream("POST", CHATS, json={"messages": HELLO, "model": SLOW, "stream": True}) as stream:
        lines = stream.iter_lines()
        first = json.loads(next(lines).removeprefix("data: "))
        server.post(f"/api/jobs/{first['id'].removeprefix('chatcmpl-')}/stop").raise_for_status()
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]" and '"finish_reason":"stop"' in rest[-2]


def test_a_silent_stream_is_kept_alive(server: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.api.openai.calls.PING_SECONDS", 0.05)
    body = {"messages": HELLO, "model": "echo:delay=0.2&words=2", "stream": True}
    with server.stream("POST", CHATS, json=body) as stream:
        lines = list(stream.iter_lines())
    assert any(line.startswith(": ") for line in lines) and lines[-2] == "data: [DONE]"


def test_many_at_once_with_some_who_leave(app: FastAPI, server: httpx.Client) -> None:
    results: list[int | None] = [None] * 64

    def one(number: int) -> None:
        model = "echo:delay=0.005&words=40"
        with httpx.Client(base_url=server.base_url, headers=KEY, timeout=60) as http:
            body = {"messages": HELLO, "model": model, "stream": True}
            with http.stream("POST", CHATS, json=body) as stream:
                words = 0
                for line in stream.iter_lines():
                    if line.startswith("data: {"):
                        words += len(json.loads(line[6:])["choices"][0]["delta"].get("content", "").split())
                    if number % 3 == 0 and words > number % 20:
                        break
        results[number] = words

    threads = [threading.Thread(target=one, args=[number]) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(results[number] == 40 for number in range(64) if number % 3)
    until(lambda: running(app) == 0)
    assert chat(server).status_code == 200


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("stream", [False, True])
def test_what_nobody_thought_of_is_an_error_like_any_other(
    script: TestClient, monkeypatch: pytest.MonkeyPatch, after: int, stream: bool
) -> None:
    def broken(*_: Any) -> Iterator[Text]:
        yield from [Text("word ")] * after
        raise KeyError("nobody thought of it")

    monkeypatch.setattr(completions, "run", broken)
    answer = chat(script, stream=stream)
    if stream and after:
        assert "KeyError" in events(answer)[-1]["error"]["message"]
    else:
        assert answer.status_code == 502 and "KeyError" in answer.json()["error"]["message"]
