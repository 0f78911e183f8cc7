"""Models of this machine whose template begins each reply with what they think, on both engines."""

from collections.abc import Iterator

import pytest
from chat_template import REASONS, begin
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from assistants.engines.process import ProcessChat
from tests.engines import tiny, tiny_gguf
from tests.engines.opening import opened_file

# As the templates of Qwen's and DeepSeek's thinking models end.
THINKING = tiny.TEMPLATE.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
SHORT = {"temperature": 0, "max_tokens": 12, "min_tokens": 12}
QUESTION: list[BaseMessage] = [HumanMessage("the cat sat on the mat and")]


@pytest.fixture(scope="module", params=["openvino", "transformers"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessChat]:
    folder = tmp_path_factory.mktemp("thinking")
    tiny.take_one_thread()
    model = tiny.make_llama(folder / "source")
    path = folder / "source"
    if request.param == "openvino":
        path = folder / "thinking.gguf"
        tiny_gguf.write(path, model, template=THINKING)
    else:
        tokenizer = tiny.make_tokenizer()
        tokenizer.chat_template = THINKING
        tokenizer.save_pretrained(path)
    engine = opened_file("local:thinking", path)
    assert request.param in type(engine).__name__.lower()
    yield engine
    engine.close()


def told(chunks: Iterator[AIMessageChunk]) -> tuple[str, str]:
    """Return the reasoning and the text."""
    found = list(chunks)
    reasoning = "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in found)
    return reasoning, "".join(chunk.text for chunk in found)


def test_a_reply_begins_with_what_the_model_thinks(engine: ProcessChat) -> None:
    reasoning, text = told(engine.stream(QUESTION, **SHORT))
    assert reasoning and not text
    # What is gone on with, and what goes on from a raw prompt, is text.
    for messages, options in ([*QUESTION, AIMessage("the dog")], {}), (QUESTION, {"raw": True}):
        reasoning, text = told(engine.stream(messages, **SHORT, **options))
        assert text and not reasoning


def test_what_must_keep_to_a_form_has_no_room_to_think(engine: ProcessChat) -> None:
    for constraint in ({"choice": ["yes", "no"]}, {"regex": "(yes|no)"}, {"json_schema": {"enum": ["yes", "no"]}}):
        reasoning, text = told(engine.stream(QUESTION, temperature=0, max_tokens=12, **constraint))
        assert text.strip('"') in ("yes", "no") and not reasoning


def test_a_seed_may_have_64_bits(engine: ProcessChat) -> None:
    for seed in (-1, 2**63, 2**64 - 1):
        texts = {told(engine.stream(QUESTION, max_tokens=8, min_tokens=8, temperature=1, seed=seed)) for _ in range(2)}
        assert len(texts) == 1


@pytest.mark.parametrize("space", ["", "\n", "\n\n", " \n"])
def test_a_reply_that_was_begun_has_its_reasoning_behind_it(space: str) -> None:
    assert REASONS.search(f"assistant\n<think>{space}")
    assert begin(f"assistant\n<think>{space}", "Hello") == f"assistant\n<think>{space}\n</think>\n\nHello"
    assert begin(f"assistant\n<think>{space}", None) == f"assistant\n<think>{space}"
    assert begin("assistant\n", "Hello") == "assistant\nHello"
    assert not REASONS.search(f"<think>{space}</think>\n\n") and not REASONS.search(f"<think>{space}so")
