"""Chats by a connection, through the jobs: what came stays, what went wrong is said, and the key is written nowhere."""

import time

import pytest

from assistants.connections import Connection
from assistants.engines.remote import Patience
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed
from assistants.principals import LOCAL, OPERATOR, Principal, of_owner
from assistants.requests import validated
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Behaviour, Server
from tests.knowledge.stand_ins import stand_in_for_embedder
from tests.serving import client, small_app

KEY = "sk-do-not-tell-1234567890"
VISITOR = of_owner("v-1")
WAIT_SECONDS = 30


@pytest.fixture
def server(shared: Server) -> Server:
    return shared.reset()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for a server as long as people do."""
    monkeypatch.setattr("assistants.engines.remote.PATIENCE", Patience(first=30, gap=0.5, pause=0.01))


def save(studio: Studio, server: Server, **changes: object) -> None:
    fields = {"name": "cluster", "url": server.url, "key": KEY, "models": ["m"]}
    studio.connections.save(validated(Connection, fields | changes), OPERATOR)


def ask(studio: Studio, model: str = "cluster:m", owner: Principal = LOCAL, **request: object) -> JobRow:
    job = studio.jobs.submit("chat", {"message": "hi", "model": model, **request}, owner)
    return studio.jobs.wait(job.id, owner.id, WAIT_SECONDS)


def test_a_reply_comes_from_elsewhere(studio: Studio, server: Server) -> None:
    save(studio, server)
    job = ask(studio, params={"max_tokens": 5, "seed": 7})
    assert (job.status, job.output, job.model) == ("done", "Once upon a time", "cluster:m")
    assert (job.usage["input_tokens"], job.usage["output_tokens"]) == (7, 4)
    assert {"max_tokens": 5, "seed": 7, "model": "m"}.items() <= server.asked[0].body.items()


def test_a_conversation_is_told_as_it_was(studio: Studio, server: Server) -> None:
    save(studio, server)
    first = ask(studio, system="Be brief.")
    ask(studio, system="Be brief.", conversation=first.result["conversation"])
    said = [(message["role"], message["content"]) for message in server.asked[1].body["messages"]]
    assert said == [("system", "Be brief."), ("user", "hi"), ("assistant", "Once upon a time"), ("user", "hi")]


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (server_that.cut("a", " b"), "The connection to cluster broke in the middle of its answer."),
        (server_that.hang("a", " b"), "cluster fell silent in the middle of its answer for 0.5 seconds."),
        (
            server_that.garble("a", " b"),
            'cluster sent something unreadable in the middle of its answer: {"choices": [{"delta".',
        ),
    ],
    ids=["cut", "hang", "garbled"],
)
def test_what_came_before_a_failure_stays(studio: Studio, server: Server, behaviour: Behaviour, sentence: str) -> None:
    save(studio, server)
    server.script = [behaviour]
    job = ask(studio)
    assert (job.status, job.output) == ("failed", "a b")
    assert job.failure["template"].format(**job.failure["values"]) == sentence
    server.script = []
    more = studio.jobs.submit(
        "chat", {"action": "continue", "parent": job.result["message"], "model": job.model}, LOCAL
    )
    assert studio.jobs.wait(more.id, LOCAL.id, WAIT_SECONDS).status == "done"
    turn = studio.history.conversations.message(job.result["message"], LOCAL.id)
    assert turn.text.startswith("a b")


def test_a_passing_failure_is_not_seen(studio: Studio, server: Server) -> None:
    save(studio, server)
    server.script = [server_that.error(429, retry_after="0"), server_that.error(500)]
    assert ask(studio).status == "done"


def test_a_wrong_key_is_said_and_shown_nowhere(studio: Studio, server: Server) -> None:
    save(studio, server)
    server.script = [server_that.error(401, f"Incorrect API key provided: {KEY}")]
    job = ask(studio)
    assert job.status == "failed" and "does not accept its key" in job.failure["template"]
    server.script = [server_that.error(418, f"Incorrect API key provided: {KEY}")]
    ask(studio)
    home = studio.settings.home
    kept = {path.name: path.read_bytes() for path in home.iterdir() if path.name.startswith("studio")}
    assert "studio.db" in kept
    assert [name for name, content in kept.items() if KEY.encode() in content] == []


FILTER = "cluster ended this answer: its content filter stepped in."
ABORT = "cluster ended this answer early. The reason it gives is “abort”."
CALL = "cluster answered with a call of ring, but the studio calls no tools."
RING = {"tool_calls": [{"index": 0, "function": {"name": "ring"}}]}


@pytest.mark.parametrize(
    ("reason", "fields", "sentence"),
    [("content_filter", {}, FILTER), ("abort", {}, ABORT), ("tool_calls", RING, CALL), ("stop", RING, CALL)],
)
def test_what_else_ended_an_answer_is_said_and_passed_on(
    studio: Studio, server: Server, reason: str, fields: dict[str, object], sentence: str
) -> None:
    save(studio, server)
    program = client(small_app(studio))
    body = {"model": "cluster:m", "messages": [{"role": "user", "content": "hi"}]}
    server.script = [server_that.in_deltas("a", " b", finish=reason, **fields)] * 4
    job = ask(studio)
    (*_, turn) = studio.history.conversations.window(job.result["conversation"], LOCAL.id).turns
    notes = [note["template"].format(**note["values"]) for note in turn.notes]
    assert (job.status, job.output, notes) == ("done", "a b", [sentence])
    (choice,) = program.post("/v1/chat/completions", json=body).json()["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("a b", reason)
    lines = program.post("/v1/chat/completions", json=body | {"stream": True}).text
    assert f'"finish_reason":"{reason}"' in lines
    request = {"messages": [{"role": "user", "content": "hi"}], "models": ["cluster:m"], "rows": [{}]}
    row = studio.jobs.wait(studio.jobs.submit("playground", request, LOCAL).id, LOCAL.id, WAIT_SECONDS)
    (cell,) = row.result["cells"]
    assert [note["template"].format(**note["values"]) for note in cell["notes"]] == [sentence]


def test_an_answer_that_a_filter_took_is_no_answer_of_nothing(studio: Studio, server: Server) -> None:
    save(studio, server)
    program = client(small_app(studio))
    body = {"model": "cluster:m", "messages": [{"role": "user", "content": "hi"}]}
    for reason, sentence in (("content_filter", FILTER), ("abort", ABORT)):
        server.script = [server_that.in_deltas(finish=reason)] * 2
        job = ask(studio)
        assert (job.status, job.failure["template"].format(**job.failure["values"])) == ("failed", sentence)
        (choice,) = program.post("/v1/chat/completions", json=body).json()["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("", reason)
    server.script = [server_that.in_deltas(finish="tool_calls", **RING)]
    assert program.post("/v1/chat/completions", json=body).json()["error"]["message"] == CALL


def test_a_limit_of_tokens_is_sent_only_if_somebody_set_it(
    studio: Studio, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    save(studio, server)
    server.otherwise = server_that.well("a", reason="length")
    job = ask(studio)
    (*_, turn) = studio.history.conversations.window(job.result["conversation"], LOCAL.id).turns
    assert [note["template"] for note in turn.notes] == [
        "The server cut the reply at its own limit of tokens. Continue lets it go on."
    ]
    request = {"messages": [{"role": "user", "content": "hi"}], "models": ["cluster:m"], "rows": [{}]}
    studio.jobs.wait(studio.jobs.submit("playground", request, LOCAL).id, LOCAL.id, WAIT_SECONDS)
    asked = {"question": "How long are gift cards valid?", "model": "cluster:m"}
    studio.jobs.wait(studio.jobs.submit("support", asked, LOCAL).id, LOCAL.id, WAIT_SECONDS)
    assert len(server.asked) == 3
    assert [one.body.keys() & {"max_tokens", "max_completion_tokens"} for one in server.asked] == [set()] * 3
    ask(studio, params={"max_tokens": 5})
    assert server.asked[-1].body["max_tokens"] == 5


@pytest.mark.parametrize(
    ("way", "tokens"),
    [
        # All at once: nothing can be timed.
        (server_that.raw(server_that.whole("a b c d e")), None),
        # Nine tokens of which four were thought unseen; of the five, one is the first piece.
        (
            server_that.slowly(
                *(server_that.events(server_that.delta(word), done=False) for word in ("a ", "b ", "c ", "d ", "e ")),
                server_that.events(
                    server_that.delta(finish="stop"),
                    '{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 9,'
                    ' "completion_tokens_details": {"reasoning_tokens": 4}}}',
                ),
                seconds=0.05,
            ),
            4,
        ),
        # The reasoning is seen, so it is timed with the answer.
        (
            server_that.slowly(
                server_that.events(server_that.delta(reasoning_content="a b "), done=False),
                server_that.events(server_that.delta("c d "), done=False),
                server_that.events(
                    server_that.delta(finish="stop"), '{"choices": [], "usage": {"completion_tokens": 8}}'
                ),
                seconds=0.2,
            ),
            4,
        ),
    ],
    ids=["at once", "thought unseen", "thought aloud"],
)
def test_the_speed_counts_what_it_times(studio: Studio, server: Server, way: Behaviour, tokens: float | None) -> None:
    save(studio, server)
    server.script = [way]
    job = ask(studio)
    assert job.status == "done" and job.usage.get("timed_tokens") == tokens
    # It came in one piece, or in a time too short to tell its speed.
    seen = studio.history.jobs.models_seen("chat", LOCAL.id, 1)[job.model]
    assert seen["speed"] is None or 0 < seen["speed"] <= tokens / 0.5


def test_stop_closes_the_connection(studio: Studio, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistants.engines.remote.PATIENCE", Patience(gap=60))
    save(studio, server)
    server.script = [server_that.hang("a")]
    job = studio.jobs.submit("chat", {"message": "hi", "model": "cluster:m"}, LOCAL)
    deadline = time.monotonic() + WAIT_SECONDS
    while not studio.jobs.get(job.id, LOCAL.id).output and time.monotonic() < deadline:
        time.sleep(0.02)
    studio.jobs.stop(job.id, LOCAL.id)
    assert server.left.wait(5)
    ended = studio.jobs.wait(job.id, LOCAL.id, WAIT_SECONDS)
    assert (ended.status, ended.output) == ("stopped", "a")


def test_a_changed_connection_is_used_at_once(studio: Studio, server: Server) -> None:
    save(studio, server)
    ask(studio)
    save(studio, server, key="another")
    ask(studio)
    assert [one.headers["authorization"] for one in server.asked] == [f"Bearer {KEY}", "Bearer another"]
    studio.connections.delete("cluster", OPERATOR)
    with pytest.raises(InvalidInput, match="no model named cluster:m"):
        ask(studio)
    assert len(server.asked) == 2


def test_saved_models_can_be_picked_at_once(studio: Studio, server: Server) -> None:
    save(studio, server, models=["m", "n"])
    assert {"cluster:m", "cluster:n"} <= set(studio.models.pickable(LOCAL))
    assert not any(name.startswith("cluster:") for name in studio.models.pickable(VISITOR))


def test_visitors_use_what_is_for_them(studio: Studio, server: Server) -> None:
    save(studio, server)
    with pytest.raises(NotAllowed):
        ask(studio, owner=VISITOR)
    with pytest.raises(NotAllowed):
        ask(studio, "openai:gpt-4o-mini", owner=VISITOR)
    save(studio, server, visitors=True)
    assert ask(studio, owner=VISITOR).status == "done"
    with pytest.raises(NotAllowed):
        ask(studio, "cluster:dearer", owner=VISITOR)
    assert ask(studio, "cluster:dearer").status == "done"
    assert len(server.asked) == 2


def test_a_provider_without_its_package_says_what_to_install(studio: Studio) -> None:
    with pytest.raises(ModelUnavailable, match="pip install langchain-anthropic"):
        ask(studio, "anthropic:claude")
    with pytest.raises(InvalidInput, match="no model named anthropic:claude"):
        ask(studio, "anthropic:claude", owner=VISITOR)


def test_the_studios_own_model_is_for_everybody(studio: Studio) -> None:
    assert ask(studio, "echo:", owner=VISITOR).output == "hi"
