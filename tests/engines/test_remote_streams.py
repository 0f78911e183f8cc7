"""Streams of servers elsewhere, legal, odd and hostile: the whole answer, or the server's own words on what broke."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from pydantic import SecretStr

from assistants.engines.remote import Patience, RemoteChat, open_remote
from assistants.engines.remote.frames import Frame, Frames
from assistants.errors import GenerationFailed, StudioError
from tests.engines.misbehaving import Server, delta, events, in_deltas, raw, slowly, then_waits, whole

KEY = "sk-do-not-tell-1234567890"
STORY = "Once upon a time"
WORDS = ["Once", " upon", " a", " time"]
FRAMES = [*(delta(word) for word in WORDS), delta(finish="stop")]
USAGE = json.dumps({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}})
QUICK = Patience(pause=0.01, longest_pause=1)


@pytest.fixture
def engine(shared: Server) -> Iterator[RemoteChat]:
    with closing(open_remote("cluster", "m", url=shared.url, key=SecretStr(KEY), patience=QUICK)) as engine:
        yield engine


def heard(engine: RemoteChat, **params: Any) -> list[AIMessageChunk]:
    return list(engine.stream("hi", **params))


def text(chunks: list[AIMessageChunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def reasoning(chunks: list[AIMessageChunk]) -> str:
    return "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in chunks)


def failure(engine: RemoteChat) -> tuple[str, str]:
    """Return the text up to a failure, and its sentence."""
    said = ""
    with pytest.raises(StudioError) as caught:
        for chunk in engine.stream("hi"):
            said += chunk.text
    return said, str(caught.value)


def split(data: str | bytes, *places: int) -> list[bytes]:
    """Return data cut at these places."""
    data = data.encode() if isinstance(data, str) else data
    cuts = [0, *places, len(data)]
    return [data[a:b] for a, b in pairwise(cuts)]


STREAM = events(*FRAMES, USAGE)
SMILE = events(delta("a😀é"), delta(finish="stop"))


@pytest.mark.parametrize(
    "body",
    [
        STREAM.replace("\n", "\r\n"),
        STREAM.replace("\n", "\r"),
        "\ufeff" + STREAM,
        STREAM.replace("data: ", "data:"),
        ": hello\n\n" + STREAM.replace("\n\n", "\n: still here\n\n"),
        "retry: 3000\n\n" + STREAM,
        "id: 1\n\nid\n\nevent\n\n" + STREAM,
        "data\n\ndata:\n\n" + STREAM,
        'event: ping\ndata: {"type": "ping"}\n\n' + STREAM,
        "event: ping\n\n" + STREAM.replace("data: {", "event: message\ndata: {"),
        "id: 7\nretry: 1\ndata: " + STREAM.removeprefix("data: "),
        STREAM.replace('{"object": ', '{"object":\ndata: '),
        STREAM.replace("\n\n", "\n\n\n\n"),
        STREAM.replace("\n\n", "\n"),
        events(*FRAMES, USAGE, done=False),
        events(*FRAMES, USAGE).rstrip(),
        events(*FRAMES[:-1], USAGE),
        events(*FRAMES[:-1], delta(finish=""), USAGE),
        events(*FRAMES, USAGE, USAGE),
        events(*FRAMES, USAGE) + events(delta(" and more")),
        events(json.dumps({"choices": [], "prompt_filter_results": []}), *FRAMES, USAGE),
        events(json.dumps({"choices": None}), json.dumps({"choices": [None]}), *FRAMES, USAGE),
        events(json.dumps({"choices": [{"index": 0, "delta": None}]}), *FRAMES, USAGE),
        events(delta(role="assistant", content=None, tool_calls=None, refusal=None), *FRAMES, USAGE),
        events(*FRAMES[:-1], json.dumps({**json.loads(USAGE), "choices": [{"index": 0, "finish_reason": "stop"}]})),
        events(*FRAMES, json.dumps({"choices": [], "x_groq": json.loads(USAGE)})),
        events(delta([{"type": "text", "text": "Once upon"}, {"type": "text", "text": " a time"}]), FRAMES[-1], USAGE),
        events(*(json.dumps({"choices": [{"index": 0, "text": word}]}) for word in WORDS), FRAMES[-1], USAGE),
        events(json.dumps({"choices": [{"index": 1, "delta": {"content": "no"}}]}), *FRAMES, USAGE),
        whole(),
        whole(finish=None),
        json.dumps(json.loads(whole()), indent=2),
        "\ufeff\r\n" + whole(),
        f"[{whole()}]",
        "".join(f"{frame}\n" for frame in [*FRAMES, USAGE]),
        "".join(f"{frame}\r\n\r\n" for frame in [*FRAMES, USAGE, "[DONE]"]),
        f"data: {whole()}\n\n",
    ],
)
def test_a_legal_stream_is_heard_whole(server: Server, engine: RemoteChat, body: str) -> None:
    server.script = [raw(body)]
    chunks = heard(engine)
    assert text(chunks) == STORY
    assert chunks[-1].response_metadata["finish_reason"] == "stop"
    assert chunks[-1].usage_metadata["input_tokens"] == 7 and chunks[-1].usage_metadata["output_tokens"] == 4
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=latin-1", "", "application/x-ndjson"])
def test_what_comes_is_read_as_what_it_is_and_not_as_what_it_is_called(
    server: Server, engine: RemoteChat, kind: str
) -> None:
    for body in (whole("é"), events(delta("é"), delta(finish="stop")), f"{delta('é', 'stop')}\n"):
        server.script = [raw(body, kind=kind)]
        assert text(heard(engine)) == "é"


@pytest.mark.parametrize("place", range(1, len(SMILE.encode()), 7))
def test_a_stream_may_be_cut_anywhere(server: Server, engine: RemoteChat, place: int) -> None:
    frames = Frames()
    pieces = split(SMILE, place)
    found = [frame for piece in pieces for frame in frames.push(piece)] + frames.end()
    assert [frame.data for frame in found] == [delta("a😀é"), delta(finish="stop"), "[DONE]"]


def test_a_stream_may_come_byte_by_byte() -> None:
    unescaped = events(json.dumps({"choices": [{"delta": {"content": "a😀é"}}]}, ensure_ascii=False))
    for body in (SMILE, unescaped, unescaped.replace("\n", "\r\n"), unescaped.replace("\n", "\r")):
        whole_, frames = Frames(), Frames()
        wanted = [*whole_.push(body.encode()), *whole_.end()]
        assert [frame for byte in body.encode() for frame in frames.push(bytes([byte]))] + frames.end() == wanted
        assert wanted[-1] == Frame("[DONE]")


@pytest.mark.parametrize(
    ("deltas", "said"),
    [
        (["a \\ud83d", "\\ude00 b"], "a 😀 b"),
        (["a \\ud83d\\ude00 b"], "a 😀 b"),
        (["a \\ud83d", " b"], "a \ufffd b"),
        (["a \\ude00", " b \\ud83d"], "a \ufffd b \ufffd"),
        (["a\\u0000b"], "a\ufffdb"),
        (["a\\u2028b\\u0085c"], "a\u2028b\x85c"),
    ],
)
@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_halves_of_characters_are_joined_or_marked(
    server: Server, engine: RemoteChat, deltas: list[str], said: str, field: str
) -> None:
    bodies = [f'{{"choices": [{{"delta": {{"{field}": "{one}"}}}}]}}' for one in deltas]
    server.script = [raw(events(*bodies, delta("end", "stop")))]
    chunks = heard(engine)
    found = text(chunks).removesuffix("end") if field == "content" else reasoning(chunks)
    assert found == said


def test_bytes_that_are_no_text_are_marked(server: Server, engine: RemoteChat) -> None:
    server.script = [raw(b'data: {"choices": [{"delta": {"content": "a\xff\xe2\x82b"}}]}\n\n', events(FRAMES[-1]))]
    assert text(heard(engine)) == "a\ufffd\ufffdb"


def test_compressed_streams_are_read(server: Server, engine: RemoteChat) -> None:
    packed = gzip.compress(STREAM.encode())
    server.script = [raw(*split(packed, 3, 20, 90), content_encoding="gzip")]
    assert text(heard(engine)) == STORY
    server.script = [raw(b"no gzip", content_encoding="gzip")]
    assert "does not answer as a model does" in failure(engine)[1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": {"message": "out of cake", "code": "cake"}}', "cluster broke: out of cake."),
        ('{"error": "out of cake"}', "cluster broke: out of cake."),
        ('{"object": "error", "message": "out of cake", "type": "BadRequestError"}', "cluster broke: out of cake."),
        ('[{"error": {"message": "out of cake"}}]', "cluster broke: out of cake."),
        ('{"detail": "out of cake"}', "cluster broke: out of cake."),
        (
            '{"detail": [{"loc": ["body", "messages", 0], "msg": "no cake", "type": "missing"}]}',
            "body.messages.0: no cake",
        ),
        ('{"message": "out of cake"}', "cluster broke: out of cake."),
        ('{"code": 1, "msg": "out of cake"}', "cluster broke: out of cake."),
        ('{"type": "error", "error": {"type": "overloaded_error", "message": "out of cake"}}', "broke: out of cake."),
        (
            '{"error": {"message": "Provider error", "metadata": {"raw": "{\\"error\\": \\"out of cake\\"}"}}}',
            "Provider error: out of cake.",
        ),
        ('{"errors": [{"message": "no flour"}, {"message": "no eggs"}]}', "no flour; no eggs"),
        ('{"error": {"reason": {"nothing": 1}}}', '{"error": {"reason": {"nothing": 1}}}'),
        ("\n".join(["{", '  "error": {', '    "message": "out of cake"', "  }", "}"]), "cluster broke: out of cake."),
        ('data: {"error": {"message": "out of cake"}}\n\n', "cluster broke: out of cake."),
        ('event: error\ndata: {"message": "out of cake"}\n\n', "cluster broke: out of cake."),
        ('event: error\ndata: {"status": "cake"}\n\n', 'cluster broke: {"status": "cake"}.'),
        ('data: {"choices": []}\nevent: error\n\n', "cluster broke"),
        ("event: error\ndata: out of cake\n\n", "cluster broke: out of cake."),
        ("event: error\n\n", "cluster returned an error without a reason."),
        ('data: {"choices": [{"delta": {}}], "error": {"message": "out of cake"}}\n\n', "cluster broke: out of cake."),
        ('{"error": {"message": "the input \\"smile \\ud83d\\" is too long"}}', 'the input "smile \ufffd" is too long'),
        (f'{{"error": {{"message": "bad key {KEY}"}}}}', "bad key …"),
        ("<html><title>Welcome to nginx!</title><script>x</script></html>", "a model does: Welcome to nginx!. Is"),
        ("<html><script>x</script><h1>Hello</h1> there", "as a model does: Hello there. Is its URL right?"),
        ("Ollama is running", "does not answer as a model does: Ollama is running. Is its URL right?"),
        ("", "cluster answers with nothing. Is its URL right?"),
        (": hello\n\n", "cluster answers with nothing."),
        ('{"status": "ok"}', 'does not answer as a model does: {"status": "ok"}.'),
        ("data: nonsense\n\n", "does not answer as a model does: nonsense."),
        ("data: 5\n\n", "does not answer as a model does: 5."),
        ('{"choices": {"0": 1}}', "does not answer as a model does"),
        ('{\n  "error": {\n    "message": "out of cake"\n', '{ "error": { "message": "out of cake"'),
        ("[" * 100_000, "does not answer as a model does"),
        ('{"choices": [{"delta": {"content": ' + "[" * 900 + "]" * 900 + "}}]}", ""),
    ],
)
def test_the_servers_own_words_are_kept(server: Server, engine: RemoteChat, body: str, words: str) -> None:
    server.script = [raw(body)]
    said, sentence = failure(engine)
    assert said == "" and words in sentence and KEY not in sentence
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "body", "words"),
    [
        (500, "application/json", '{"detail": "out of cake"}', "cluster broke: out of cake."),
        (500, "text/plain", "out of cake", "cluster broke: out of cake."),
        (500, "application/json", '{"error": {', 'cluster broke: {"error": {.'),
        (500, "text/plain", "", "cluster broke: HTTP 500."),
        (500, "application/json", "{}", "cluster broke: HTTP 500."),
        (502, "text/html", "<html><head><title>502 Bad Gateway</title>", "cluster broke: 502 Bad Gateway."),
        (504, "text/html", "<center><h1>Time-out</h1></center>", "cluster broke: HTTP 504 (Time-out)."),
        (500, "text/html; charset=gbk", "<p>服务器出错</p>".encode("gbk"), "HTTP 500 (服务器出错)"),
        (500, "text/html; charset=nonsense", "<p>出错</p>", "HTTP 500 (出错)"),
        (
            422,
            "application/json",
            '{"detail": [{"loc": ["body", "n"], "msg": "too large"}]}',
            "request: body.n: too large.",
        ),
        (401, "application/json", '{"message": "no such key"}', "does not accept its key: no such key. Mend it"),
        (403, "application/json", '{"error": "not in your country"}', "its key: not in your country. Mend it"),
        (404, "application/json", '{"error": {"message": "no model m"}}', "or its URL is wrong: no model m."),
        (429, "application/json", '{"error": {"message": "quota used up"}}', "just now: quota used up."),
        (500, "text/plain", "x" * 5_000_000, "cluster broke: xxx"),
    ],
)
def test_an_error_is_told_in_the_servers_words(
    server: Server, engine: RemoteChat, status: int, kind: str, body: str | bytes, words: str
) -> None:
    server.script = [raw(body, status=status, kind=kind)] * 3
    said, sentence = failure(engine)
    assert said == "" and words in sentence and len(sentence) < 700


def test_a_long_reason_is_told_to_its_end(server: Server, engine: RemoteChat) -> None:
    reason = (
        "This model's maximum context length is 4096 tokens. However, you requested 5120 tokens (4096 in the messages,"
        " 1024 in the completion). Please reduce the length of the messages or completion, or ask for fewer tokens"
    )
    server.script = [raw(json.dumps({"error": {"message": reason}}), status=400)] * 2
    assert reason in failure(engine)[1]


@pytest.mark.parametrize(("code", "tries"), [(503, 2), ("429", 2), (400, 2), (None, 1), (True, 1), ("x", 1), (200, 1)])
def test_a_status_in_the_answer_counts_like_one_before_it(
    server: Server, engine: RemoteChat, code: Any, tries: int
) -> None:
    server.script = [raw(json.dumps({"error": {"message": "no", "code": code}}))]
    server.otherwise = raw(STREAM)
    if tries == 1:
        failure(engine)
    else:
        assert text(heard(engine)) == STORY
    assert len(server.asked) == tries


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (events(delta("a"), delta(" b"), done=False), "The connection to cluster broke in the middle of its answer."),
        (
            events(delta("a b"), done=False) + 'data: {"choices": [{"del',
            "The connection to cluster broke in the middle",
        ),
        (events(delta("a b"), done=False) + "data: {}x\n\n", "something unreadable in the middle of its answer: {}x."),
        (events(delta("a b"), done=False) + "event: error\ndata: no cake\n\n", "cluster broke: no cake."),
        (events(delta("a b"), done=False) + '{"error": "no cake"}\n', "cluster broke: no cake."),
        (events(delta("a b"), json.dumps({"error": {"message": "no cake"}}), done=False), "cluster broke: no cake."),
        (delta("a b") + "\n" + '{"choices": [{', "The connection to cluster broke in the middle of its answer."),
    ],
)
def test_what_came_before_an_end_too_early_stays(server: Server, engine: RemoteChat, body: str, sentence: str) -> None:
    server.script = [raw(body)]
    said, told = failure(engine)
    assert said == "a b" and sentence in told and len(server.asked) == 1


@pytest.mark.parametrize("end", [delta(finish="stop"), "[DONE]"])
def test_a_whole_answer_needs_no_end_of_its_connection(server: Server, end: str) -> None:
    server.script = [then_waits(events(delta(STORY), end, done=False))]
    patience = Patience(gap=20, tail=0.2)
    with closing(open_remote("cluster", "m", url=server.url, patience=patience)) as engine:
        assert text(heard(engine)) == STORY
        assert server.left.wait(5)


def test_a_connection_is_used_again(server: Server, engine: RemoteChat) -> None:
    ports = set()
    server.otherwise = lambda one: (ports.add(one.client_address[1]), one.reply(200, STREAM, "text/event-stream"))
    for _ in range(3):
        assert text(heard(engine)) == STORY
    assert len(ports) == 1


def test_whatever_comes_is_a_sign_of_life(server: Server) -> None:
    waits = [
        ": processing\n\n",
        "\n",
        "retry: 1\n\n",
        "data:\n\n",
        events(delta(role="assistant", content=""), done=False),
    ]
    patience = Patience(first=1, gap=1, pause=0.01)
    with closing(open_remote("cluster", "m", url=server.url, patience=patience)) as engine:
        server.script = [slowly(*waits, STREAM, seconds=0.4)]
        chunks = heard(engine)
        assert text(chunks) == STORY and len(server.asked) == 1
        # After the first word, too, and whoever waits gets a chance to stop.
        server.script = [slowly(events(delta("a"), done=False), *waits, events(delta(" b", "stop")), seconds=0.4)]
        chunks = heard(engine)
        assert text(chunks) == "a b" and sum(not chunk.text for chunk in chunks) >= len(waits)
        # What is sent for a start alone is no first word: a server that loads its model is waited for as long.
        server.script = [then_waits(waits[0], waits[-1])] * 3
        with pytest.raises(GenerationFailed, match=r"did not begin to answer within 1 seconds"):
            heard(engine)


def test_a_flood_of_signs_of_life_is_no_flood_of_chunks(server: Server, engine: RemoteChat) -> None:
    server.script = [raw(*[": still here\n\n" * 50] * 400, STREAM)]
    chunks = heard(engine)
    assert text(chunks) == STORY and len(chunks) < 100


def test_a_line_without_end_is_refused(server: Server, engine: RemoteChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistants.engines.remote.frames.LONGEST", 100_000)
    for begin in ("data: ", "{", "data: x\ndata: ", ": "):
        server.script = [raw(begin, *["x" * 30_000] * 5)]
        assert "does not answer as a model does: more than" in failure(engine)[1]
    server.script = [raw(events(*(delta("x" * 1000) for _ in range(300)), delta(finish="stop")))]
    assert len(text(heard(engine))) == 300_000


@pytest.mark.parametrize(
    "usage",
    [None, [], "many", {"prompt_tokens": None}, {"prompt_tokens": "7"}, {"prompt_tokens": -1}, {"prompt_tokens": True},
     {"prompt_tokens": 1e300}, {"completion_tokens": float("nan")}],
)  # fmt: skip
def test_a_count_that_is_none_counts_nothing(server: Server, engine: RemoteChat, usage: Any) -> None:
    server.script = [raw(events(*FRAMES, json.dumps({"choices": [], "usage": usage})))]
    assert heard(engine)[-1].usage_metadata is None


@pytest.mark.parametrize(
    ("logprobs", "found"),
    [
        (None, []),
        ([], []),
        ({"content": None}, []),
        ({"content": [None, {"token": 5}, {"token": "a", "logprob": "x"}]}, [("a", -9999.0, [97], [])]),
        (
            {"content": [{"token": "é", "logprob": float("-inf"), "bytes": None, "top_logprobs": [{"token": "b"}, 1]}]},
            [("é", -9999.0, [0xC3, 0xA9], [{"token": "b", "logprob": -9999.0, "bytes": [98]}])],
        ),
    ],
)
def test_log_probabilities_of_any_form_are_read_or_left_out(
    server: Server, engine: RemoteChat, logprobs: Any, found: list[Any]
) -> None:
    choice = {"delta": {"content": "aé"}, "logprobs": logprobs, "finish_reason": "stop"}
    server.script = [raw(events(json.dumps({"choices": [choice]})))]
    chunks = heard(engine)
    entries = [one for chunk in chunks for one in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    assert [(one["token"], one["logprob"], one["bytes"], one["top_logprobs"]) for one in entries] == found


# What ends an answer, and what is in it beside words


@pytest.mark.parametrize(
    ("reason", "told", "note"),
    [
        ("stop", "stop", None),
        ("eos", "stop", None),
        ("length", "length", None),
        ("MAX_TOKENS", "length", None),
        ("content_filter", "content_filter", "cluster ended this answer: its content filter stepped in."),
        ("SAFETY", "content_filter", "cluster ended this answer: its content filter stepped in."),
        ("abort", "abort", "cluster ended this answer early. The reason it gives is “abort”."),
        ("insufficient_system_resource", "insufficient_system_resource", "gives is “insufficient_system_resource”."),
        ("x" * 900, "x" * 40, "early"),
        ("<b>\ud83d", "<b>\ufffd", "“<b>\ufffd”"),
        ("tool_calls", "tool_calls", "cluster answered with a call of ?, but the studio calls no tools."),
    ],
)
def test_why_an_answer_ended_is_passed_on_and_said(
    server: Server, engine: RemoteChat, reason: str, told: str, note: str | None
) -> None:
    server.script = [in_deltas("a", " b", finish=reason)]
    chunks = heard(engine)
    notes = [one["template"].format(**one["values"]) for one in chunks[-1].response_metadata["notes"]]
    assert (text(chunks), chunks[-1].response_metadata["finish_reason"]) == ("a b", told)
    assert (note is None and notes == []) or note in notes[0]


CALLS = [{"index": 0, "function": {"name": "get_weather", "arguments": ""}}]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ([delta(tool_calls=CALLS), delta(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])], "get_weather"),
        ([delta(tool_calls=[*CALLS, {"index": 1, "function": {"name": "ring"}}])], "a call of get_weather, ring, but"),
        ([delta(function_call={"name": "ring", "arguments": "{}"})], "a call of ring, but"),
        ([delta(tool_calls=[None, {"function": None}, {"function": {"name": None}}])], "a call of ?, but"),
        ([delta("", images=[PICTURE, PICTURE])], r"cluster sent pictures (2), which can't be shown here."),
        ([delta([PICTURE])], r"cluster sent pictures (1), which can't be shown here."),
        ([delta(audio={"data": "UklGRg=="})], "cluster sent sound, which can't be played here."),
        ([delta([{"type": "hologram", "light": 1}])], "something of the kind hologram, which"),
    ],
)
@pytest.mark.parametrize("words", ["", "Look:"])
@pytest.mark.parametrize("is_whole", [False, True])
def test_what_is_in_an_answer_beside_words_is_named(
    server: Server, engine: RemoteChat, frames: list[str], sentence: str, words: str, is_whole: bool
) -> None:
    if is_whole:
        fields = json.loads(frames[0])["choices"][0]["delta"]
        content = fields.pop("content", "")
        content = [*content, {"type": "text", "text": words}] if isinstance(content, list) else words
        server.script = [raw(whole(content, "stop", **fields))]
    else:
        server.script = [raw(events(*([delta(words)] if words else []), *frames, delta(finish="stop")))]
    if words:
        chunks = heard(engine)
        assert text(chunks) == words
        notes = [one["template"].format(**one["values"]) for one in chunks[-1].response_metadata["notes"]]
        assert any(sentence in note for note in notes)
    else:
        assert sentence in failure(engine)[1]


def test_a_refusal_is_the_models_own_words(server: Server, engine: RemoteChat) -> None:
    server.script = [raw(events(delta(refusal="I can't"), delta(refusal=" do that."), delta(finish="stop")))]
    assert text(heard(engine)) == "I can't do that."
    server.script = [raw(whole(None, refusal="No."))]
    assert text(heard(engine)) == "No."
