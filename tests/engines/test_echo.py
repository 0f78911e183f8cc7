"""The stand-in: what it says, and that it behaves as an engine must."""

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistants.engines import open_chat
from assistants.engines.echo import Echo, words
from assistants.errors import GenerationFailed, InvalidInput

HELLO = [HumanMessage("hello there you")]


def say(name: str, messages: list[BaseMessage] = HELLO, **params: object) -> str:
    return "".join(chunk.text for chunk in open_chat(name).stream(messages, **params))


def test_it_says_the_last_message_of_the_user_back() -> None:
    messages = [SystemMessage("Be kind."), HumanMessage("first"), AIMessage("one"), HumanMessage("one  two\nthree")]
    assert say("echo:", messages) == "one  two\nthree"
    assert open_chat("echo:").invoke(messages).text == "one  two\nthree"


def test_chinese_is_said_by_the_character() -> None:
    assert words("退款 please，好的") == ["退", "款", " ", "please，", "好", "的"]
    chunks = [chunk.text for chunk in open_chat("echo:").stream([HumanMessage("我要退款")])]
    assert chunks[:4] == ["我", "要", "退", "款"]


def test_it_can_talk_on_up_to_so_many_words() -> None:
    assert say("echo:words=7") == "hello there you hello2 there2 you2 hello3 "
    assert say("echo:words=2") == "hello there "


def test_a_reply_that_was_begun_is_continued() -> None:
    assert say("echo:words=5", [*HELLO, AIMessage("hello there ")]) == "you hello2 there2 "


def test_limits_and_stop_strings() -> None:
    assert say("echo:", max_tokens=2) == "hello there "
    assert say("echo:", stop=["e y"]) == "hello ther"
    assert say("echo:", stop=["you!"]) == "hello there you"


def last(name: str, **params: object) -> tuple[dict[str, int], str]:
    chunk = [chunk for chunk in open_chat(name).stream(HELLO, **params) if chunk.usage_metadata][-1]
    usage = chunk.usage_metadata
    counts = {"input_tokens": usage["input_tokens"], "output_tokens": usage["output_tokens"]}
    assert usage["total_tokens"] == sum(counts.values())
    return counts, chunk.response_metadata["finish_reason"]


def test_the_last_chunk_has_the_counts_and_the_reason() -> None:
    assert last("echo:") == ({"input_tokens": 3, "output_tokens": 3}, "stop")
    assert last("echo:", max_tokens=1) == ({"input_tokens": 3, "output_tokens": 1}, "length")
    assert last("echo:words=50&context=8") == ({"input_tokens": 3, "output_tokens": 5}, "length")
    assert last("echo:", stop=["there"]) == ({"input_tokens": 3, "output_tokens": 2}, "stop")


def test_a_prompt_that_fills_the_context_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the prompt has 9 tokens, and echo takes fewer than 8") as caught:
        say("echo:context=8", [HumanMessage("a b c d e f g h i")])
    assert caught.value.field == "message"


def test_it_breaks_when_told_to() -> None:
    said = []
    with pytest.raises(GenerationFailed):
        said.extend(chunk.text for chunk in open_chat("echo:words=50&fail=5").stream(HELLO))
    assert open_chat("echo:words=50&fail=5").options.fail == 5


def test_its_name_sets_its_slots_and_context() -> None:
    engine = open_chat("echo:slots=3&context=512&delay=0.5")
    assert isinstance(engine, Echo)
    assert (engine.slots, engine.context, engine.options.delay) == (3, 512, 0.5)


@pytest.mark.parametrize("options", ["speed=1", "delay=-1", "delay=x", "words", "slots=0", "verbose=1", "a=1&a=2"])
def test_an_option_that_it_does_not_know_is_refused(options: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_chat(f"echo:{options}")
    assert caught.value.field == "model"
