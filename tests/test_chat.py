"""Chat at its public door: jobs submitted on the stand-in engine, conversations read back."""

import json
from typing import Any

import pytest
import yaml

from assistants import chat
from assistants.engines.chat_engine import Foreign
from assistants.errors import InvalidInput, NotFound
from assistants.principals import LOCAL, of_owner
from assistants.store.conversations import Turn
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from webapp.api.conversations import message

SLOW = "echo:delay=0.02&words=200"


def ask(studio: Studio, owner: str = "local", **request: Any) -> JobRow:
    job = studio.jobs.submit("chat", {"model": "echo:", **request}, of_owner(owner))
    return studio.jobs.wait(job.id, owner, 20)


def turns(studio: Studio, job: JobRow) -> list[Turn]:
    return studio.history.conversations.window(job.result["conversation"], job.owner).turns


def said(studio: Studio, job: JobRow) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in turns(studio, job)]


def test_a_message_begins_a_titled_conversation(studio: Studio) -> None:
    job = ask(studio, message="What is a tree?\nExplain.")
    assert job.status == "done"
    assert said(studio, job) == [("user", "What is a tree?\nExplain."), ("assistant", job.output)]
    assert turns(studio, job)[-1].id == job.result["message"]
    assert studio.history.conversations.get(job.result["conversation"], "local").title == "What is a tree? Explain."
    assert job.usage["output_tokens"] > 0 and job.usage["seconds"] >= job.usage["first_seconds"]


def test_message_and_pending_reply_are_there_before_the_job_runs(studio: Studio) -> None:
    job = studio.jobs.submit("chat", {"message": "hello", "model": SLOW}, LOCAL)
    assert [turn.role for turn in turns(studio, job)] == ["user", "assistant"]
    studio.jobs.stop(job.id, "local")


def test_the_next_message_goes_below_the_last_reply_and_waits_for_it(studio: Studio) -> None:
    first = studio.jobs.submit("chat", {"message": "one", "model": "echo:delay=0.02&words=20"}, LOCAL)
    second = ask(studio, message="two", conversation=first.result["conversation"])
    first = studio.jobs.get(first.id, "local")
    assert second.started >= first.finished
    assert said(studio, second) == [
        ("user", "one"),
        ("assistant", first.output),
        ("user", "two"),
        ("assistant", second.output),
    ]


def test_regenerate_keeps_both_replies(studio: Studio) -> None:
    first = ask(studio, message="hello")
    question = turns(studio, first)[0]
    second = ask(studio, action="regenerate", parent=question.id)
    assert turns(studio, second)[-1].siblings == [first.result["message"], second.result["message"]]
    assert turns(studio, second)[-1].id == second.result["message"]


def test_editing_a_turn_branches(studio: Studio) -> None:
    first = ask(studio, message="one")
    second = ask(studio, message="two", conversation=first.result["conversation"])
    old = turns(studio, second)[2]
    third = ask(studio, message="two, but better", conversation=old.conversation, parent=old.parent)
    assert [text for role, text in said(studio, third) if role == "user"] == ["one", "two, but better"]
    root = ask(studio, message="another beginning", conversation=old.conversation, parent="root")
    assert [text for role, text in said(studio, root) if role == "user"] == ["another beginning"]


def test_continue_goes_on_with_the_text_of_a_stopped_reply(studio: Studio) -> None:
    job = studio.jobs.submit("chat", {"message": "hello", "model": SLOW}, LOCAL)
    with pytest.raises(InvalidInput, match="still being written"):
        studio.jobs.submit("chat", {"action": "continue", "parent": job.result["message"]}, LOCAL)
    studio.jobs.stop(job.id, "local")
    stopped = studio.jobs.wait(job.id, "local", 10)
    assert stopped.status == "stopped"
    more = ask(studio, action="continue", parent=job.result["message"])
    reply = turns(studio, more)[-1]
    assert reply.before == stopped.output
    assert reply.text == stopped.output + more.output
    assert len(reply.siblings) == 2


def test_oldest_turns_are_left_out_with_a_note_when_the_context_is_full(studio: Studio) -> None:
    small = "echo:context=60"
    job = ask(studio, message="word " * 10, model=small, params={"max_tokens": 10})
    for _ in range(4):
        job = ask(
            studio,
            message="word " * 10,
            conversation=job.result["conversation"],
            model=small,
            params={"max_tokens": 10},
        )
    note = turns(studio, job)[-1].notes[0]
    assert job.status == "done"
    assert "left out" in note["template"] and note["values"]["count"] >= 2
    assert len(turns(studio, job)) == 10, "the conversation itself must stay whole"


def test_a_message_that_cannot_fit_fails_in_one_sentence(studio: Studio) -> None:
    job = ask(studio, message="word " * 500, model="echo:context=100")
    assert job.status == "failed"
    assert "too long" in job.error and "100 tokens" in job.error


def test_a_broken_engine_keeps_the_text_and_says_so(studio: Studio) -> None:
    job = ask(studio, message="hello", model="echo:words=50&fail=5")
    assert job.status == "failed" and job.error
    assert turns(studio, job)[-1].text == job.output != ""
    assert turns(studio, job)[-1].error == job.error


Heard = list[tuple[list[tuple[str, str]], dict[str, Any]]]


@pytest.fixture
def heard(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What the stand-in is given, messages and options, from now on."""
    engine = type(studio.models.engine("echo:"))
    given: Heard = []
    stream = engine.stream

    def listening(self: Any, messages: list, **options: Any) -> Any:
        given.append(([(message.type, message.content) for message in messages], options))
        return stream(self, messages, **options)

    monkeypatch.setattr(engine, "stream", listening)
    return given


def test_system_prompt_and_template_reach_the_model(studio: Studio, heard: Heard) -> None:
    template = studio.prompts.built_in("chat")[0].id
    ask(studio, message="hi", template=template)
    ask(studio, message="hi", template=template, system="Be brief.")
    ask(studio, message="hi")
    from_template, replaced, bare = (messages for messages, _ in heard)
    assert from_template[0][0] == "system" and from_template[-1] == ("human", "hi")
    assert replaced[0] == ("system", "Be brief.")
    assert bare == [("human", "hi")]


@pytest.mark.parametrize(
    ("message", "least"),
    [
        ("Write about 150 words on the sea.", 146),
        ("a 200-word story", 195),
        ("请写一篇300字的短文", 292),
        ("Explain 1.50 words", None),
        ("Explain it.", None),
    ],
)
def test_a_length_in_the_message_sets_the_least_length(
    studio: Studio, heard: Heard, monkeypatch: pytest.MonkeyPatch, message: str, least: int | None
) -> None:
    engine = type(studio.models.engine("echo:"))
    monkeypatch.setattr(engine, "capabilities", frozenset({"min_tokens"}), raising=False)
    ask(studio, message=message)
    monkeypatch.setattr(engine, "capabilities", frozenset())
    ask(studio, message=message)
    assert [options.get("min_tokens") for _, options in heard] == [least, None]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"message": "  "}, "message"),
        ({"message": "x" * 100_001}, "message"),
        ({}, "message"),
        ({"message": 5}, "message"),
        ({"message": "hi", "conversation": ""}, "conversation"),
        ({"message": "hi", "parent": "nothing"}, "parent"),
        ({"message": "hi", "template": "chat/unknown"}, "template"),
        ({"message": "hi", "model": "local:unknown"}, "model"),
        ({"message": "hi", "params": {"temperature": 3}}, "params.temperature"),
        ({"message": "hi", "params": {"temperature": "1"}}, "params.temperature"),
        ({"message": "hi", "params": {"top_p": float("nan")}}, "params.top_p"),
        ({"message": "hi", "params": {"max_tokens": 0}}, "params.max_tokens"),
        ({"message": "hi", "params": {"max_tokens": 1.5}}, "params.max_tokens"),
        ({"message": "hi", "params": {"stop": "end"}}, "params.stop"),
        ({"message": "hi", "params": {"magic": 1}}, "params.magic"),
        ({"message": "hi", "action": "regenerate", "parent": "x"}, "message"),
        ({"action": "regenerate"}, "parent"),
        ({"action": "sing", "message": "hi"}, "action"),
    ],
)
def test_wrong_requests_name_the_field_and_leave_nothing(studio: Studio, request_: dict, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        studio.jobs.submit("chat", request_, LOCAL)
    assert caught.value.field == field
    assert str(caught.value)
    assert studio.history.conversations.list("local") == []


def test_nobody_writes_into_the_conversation_of_another(studio: Studio) -> None:
    mine = ask(studio, message="hello")
    message, question = mine.result["message"], turns(studio, mine)[0].id
    for request in (
        {"message": "hi", "conversation": mine.result["conversation"]},
        {"action": "regenerate", "parent": question},
        {"action": "continue", "parent": message},
    ):
        with pytest.raises(NotFound):
            studio.jobs.submit("chat", request, of_owner("stranger"))
    assert len(turns(studio, mine)) == 2


def test_a_parent_from_another_conversation_is_refused(studio: Studio) -> None:
    one, two = ask(studio, message="one"), ask(studio, message="two")
    with pytest.raises(InvalidInput) as caught:
        ask(studio, message="hi", conversation=one.result["conversation"], parent=two.result["message"])
    assert caught.value.field == "parent"


def test_code_that_was_not_ended_takes_in_no_other_turn(studio: Studio) -> None:
    job = ask(studio, message="See:\n```\n# code")
    _, data = chat.export(studio, job.result["conversation"], "local", "md")
    assert "# code\n```\n\n---\n\n**echo" in data.decode().replace("**local:", "**")


def test_exports_are_whole_and_labelled(studio: Studio) -> None:
    job = ask(studio, message="Tell me: what is <b>退款</b>?")
    name, data = chat.export(studio, job.result["conversation"], "local", "md")
    assert name == "Tell-me-what-is-b-退款-b.md"
    text = data.decode()
    assert "AI生成" in text and "what is <b>退款</b>?" in text and job.output in text
    front = yaml.safe_load(text.split("---")[1])
    assert front["AIGC"]["Label"] == "1" and front["AIGC"]["ProduceID"] == job.result["conversation"]
    name, data = chat.export(studio, job.result["conversation"], "local", "json")
    exported = json.loads(data)
    assert exported["AIGC"]["Label"] == "1"
    assert [message["text"] for message in exported["messages"]] == [text for _, text in said(studio, job)]
    with pytest.raises(NotFound):
        chat.export(studio, job.result["conversation"], "stranger", "md")


def test_a_model_of_another_provider_needs_nothing_but_langchain(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langchain_core.language_models import FakeListChatModel

    engine = Foreign(FakeListChatModel(responses=["From elsewhere."]))
    monkeypatch.setattr(studio.models, "engine", lambda name, needs: engine)
    job = ask(studio, message="hello")
    assert (job.status, job.output) == ("done", "From elsewhere.")


ROUND = "round and round it goes and "


def parts(studio: Studio, job: JobRow) -> list[dict[str, Any]]:
    return [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]


def test_a_small_models_reply_that_goes_round_is_ended_and_what_was_cut_is_kept(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.models, "is_capable", lambda name: False)
    text = "So it began. " + ROUND * 100
    job = ask(studio, message=text)
    (note,) = parts(studio, job)
    assert job.status == "done" and len(job.output) < 400
    assert note["data"]["template"].startswith("The model began to repeat itself")
    assert text.startswith(job.output + note["data"]["values"]["cut"])
    shown = [note.model_dump() for note in message(turns(studio, job)[-1], "zh").notes]
    assert shown == [{"text": "模型开始重复，因此回复已被结束。可以再生成一次。", "cut": note["data"]["values"]["cut"]}]
    # Who asks for more gets it.
    more = ask(studio, action="continue", parent=job.result["message"])
    assert job.output + more.output == text
    assert parts(studio, more) == []


def test_nobody_watches_over_a_model_elsewhere_or_a_large_one(studio: Studio) -> None:
    assert studio.models.is_capable("echo:")
    job = ask(studio, message=ROUND * 100)
    assert job.output == ROUND * 100
    assert parts(studio, job) == []
