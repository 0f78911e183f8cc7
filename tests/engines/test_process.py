"""What all local engines have in common, on a program of a few lines instead of a model."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage

from assistants.engines.process import ProcessChat, WorkerProcess
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from webapp.i18n import t

PROGRAM = """
import json, sys

def say(**event):
    print(json.dumps(event), flush=True)

first = json.loads(sys.stdin.readline())
if first["model"] == "broken":
    say(broken="no such model")
    sys.exit(1)
say(ready=True, context=20, slots=3, is_base=True)
for line in sys.stdin:
    command = json.loads(line)
    number, text = command["id"], command.get("messages", [{}])[-1].get("content", "")
    if "messages" not in command:
        continue
    say(id=number, prompt=len(text), **({"reasons": True} if text.startswith("hm") else {}))
    if "options" not in command or len(text) >= 20:
        continue
    if text == "die":
        sys.exit(3)
    if text == "fail":
        say(id=number, error="it is tired")
    elif text == "options":
        say(id=number, text=json.dumps(command["options"]), tokens=1, finish="stop")
    elif text != "silence":
        for place, word in enumerate(text.split("|")):
            entry = {"token": word, "logprob": -1.0, "bytes": list(word.encode()), "top_logprobs": []}
            say(id=number, text=word, tokens=place + 1, finish=None, logprobs=[entry])
        say(id=number, text="", tokens=place + 1, finish="length")
"""


class Chat(ProcessChat):
    program: ClassVar[Path]
    capabilities: ClassVar[frozenset[str]] = frozenset({"logprobs"})
    path: str = "model"

    @property
    def _llm_type(self) -> str:
        return "test"

    def _first(self) -> dict[str, Any]:
        return {"model": self.path}


@pytest.fixture
def chat(tmp_path: Path) -> Any:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    Chat.program = program
    engine = Chat(model="tiny")
    yield engine
    engine.close()


def said(engine: ProcessChat, text: str, **options: Any) -> list[AIMessageChunk]:
    return list(engine.stream([HumanMessage(text)], **options))


def test_the_program_says_what_the_model_is(chat: Chat) -> None:
    assert (chat.context, chat.slots, chat.is_base) == (20, 3, True)
    assert chat.get_num_tokens_from_messages([HumanMessage("hello")]) == 5


def test_text_comes_as_it_is_written_and_then_the_counts(chat: Chat) -> None:
    chunks = said(chat, "one |two")
    assert [chunk.text for chunk in chunks if chunk.text] == ["one ", "two"]
    assert chunks[-1].usage_metadata == {"input_tokens": 8, "output_tokens": 2, "total_tokens": 10}
    assert chunks[-1].response_metadata == {"finish_reason": "length", "model_name": "tiny"}


def test_options_have_our_names_and_the_engines_defaults(chat: Chat) -> None:
    text = "".join(chunk.text for chunk in said(chat, "options", max_tokens=5, seed=3, top_k=None))
    assert json.loads(text) == {"temperature": 0.3, "top_p": 0.9, "repetition_penalty": 1.1, "seed": 3, "max_tokens": 5}


@pytest.mark.parametrize(("seed", "given"), [(-1, 2**64 - 1), (-(2**63), 2**63), (2**64 - 1, 2**64 - 1), (0, 0)])
def test_a_seed_below_0_is_one_above(chat: Chat, seed: int, given: int) -> None:
    assert json.loads("".join(chunk.text for chunk in said(chat, "options", seed=seed)))["seed"] == given


@pytest.mark.parametrize("options", [{"colour": "red"}, {"regex": "a"}, {"raw": True}])
def test_what_it_cannot_do_is_a_type_error(chat: Chat, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        said(chat, "hi", **options)


@pytest.mark.parametrize("tokens", [0, -1])
def test_a_reply_has_at_least_one_token(chat: Chat, tokens: int) -> None:
    with pytest.raises(InvalidInput, match="max_tokens must be at least 1"):
        said(chat, "hi", max_tokens=tokens)


def test_a_prompt_that_fills_the_context_is_refused(chat: Chat) -> None:
    with pytest.raises(InvalidInput, match="the prompt has 20 tokens, and tiny takes fewer than 20"):
        said(chat, "x" * 20)
    assert said(chat, "hi")


def test_while_there_is_nothing_to_say_there_are_empty_chunks(chat: Chat) -> None:
    stream = chat.stream([HumanMessage("silence")])
    assert [next(stream).text, next(stream).text] == ["", ""]
    stream.close()


def test_what_is_said_of_a_token_waits_for_its_text(chat: Chat) -> None:
    chunks = said(chat, "a|b<|c>d", logprobs=True, stop=["<c>"])
    entries = [entry for chunk in chunks for entry in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    assert "".join(chunk.text for chunk in chunks) == "ab"
    assert [entry["token"] for entry in entries] == ["a", "b<"]
    assert chunks[-1].response_metadata["finish_reason"] == "stop"


def test_what_the_model_thinks_is_told_apart_from_its_text(chat: Chat) -> None:
    chunks = said(chat, "hm|</thi|nk>|so", logprobs=True)
    assert "".join(chunk.text for chunk in chunks) == "so"
    assert "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in chunks) == "hm"
    entries = [one for chunk in chunks for one in chunk.response_metadata.get("logprobs", {}).get("content", ())]
    assert [entry["token"] for entry in entries] == ["so"]


def test_a_generation_that_fails_is_a_sentence_and_the_next_is_served(chat: Chat) -> None:
    with pytest.raises(GenerationFailed, match=r"The model broke off: it is tired\."):
        said(chat, "fail")
    assert said(chat, "hi")[0].text == "hi"


def test_a_program_that_dies_is_started_again(chat: Chat) -> None:
    with pytest.raises(GenerationFailed, match="its process ended with status 3"):
        said(chat, "die")
    assert said(chat, "hi")[0].text == "hi"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("number", "words", "chinese"),
    [
        (signal.SIGKILL, "the system ended its process, most likely because memory ran out", "很可能是内存不足"),
        (signal.SIGSEGV, "its process crashed (SIGSEGV)", "它的进程崩溃了（SIGSEGV）"),
        (signal.SIGABRT, "its process crashed (SIGABRT)", "它的进程崩溃了（SIGABRT）"),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else "",
)
def test_how_a_program_was_ended_is_said_in_words(chat: Chat, number: int, words: str, chinese: str) -> None:
    stream = chat.stream([HumanMessage("silence")])
    next(stream)
    os.kill(chat.start()._process.pid, number)
    with pytest.raises(GenerationFailed) as caught:
        list(stream)
    assert words in str(caught.value) and chinese in t(caught.value.template, "zh", **caught.value.values)
    assert said(chat, "hi")[0].text == "hi"


def test_a_program_that_is_killed_while_it_loads_is_a_sentence(tmp_path: Path) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"tiny does not load: the system ended its process"):
        WorkerProcess(program, {"model": "tiny"})


def test_whoever_waits_for_a_model_that_is_closed_is_told_that(chat: Chat) -> None:
    stream = chat.stream([HumanMessage("silence")])
    next(stream)
    chat.close()
    with pytest.raises(GenerationFailed, match="closed while it worked"):
        list(stream)


def test_a_model_that_does_not_load_is_a_sentence(chat: Chat) -> None:
    with pytest.raises(ModelUnavailable, match=r"The model file broken does not load: no such model\."):
        Chat(model="tiny", path="broken").start()


def test_a_process_that_is_closed_takes_no_more(chat: Chat) -> None:
    process = WorkerProcess(chat.program, {"model": "model"})
    assert process.facts == {"context": 20, "slots": 3, "is_base": True}
    process.close()
    assert not process.alive
    with pytest.raises(GenerationFailed):
        process.ask(messages=[])
