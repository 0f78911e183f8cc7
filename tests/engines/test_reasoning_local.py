"""Models of this machine whose template begins each reply with what they think, on both engines."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from chat_template import REASONS, ChatTemplate, begin, render
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from assistants.engines.process import ProcessChat
from assistants.models.abilities import Abilities, TemplatesRead
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


# As Qwen3's template has it: the tags are closed at once unless it is to think.
SWITCHED = tiny.TEMPLATE.replace(
    "assistant\n{% endif %}",
    "assistant\n{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
)


def test_a_template_that_leaves_it_open_is_told_whether_to_think() -> None:
    template = ChatTemplate(SWITCHED, {})
    messages = [{"role": "user", "content": "the cat"}]
    assert render(template, messages).endswith("<think>\n\n</think>\n\n")
    assert "<think>" not in render(partial(template, thinks=True), messages)


def test_a_model_says_by_its_template_whether_it_thinks_and_can_be_told_not_to(tmp_path: Path) -> None:
    model = tiny.make_llama(tmp_path / "source")
    read = TemplatesRead()
    for name, template, expected in (
        ("plain", tiny.TEMPLATE, Abilities(False, False)),
        ("thinks", THINKING, Abilities(True, False)),
        ("switched", SWITCHED, Abilities(True, True)),
    ):
        tiny_gguf.write(tmp_path / f"{name}.gguf", model, template=template)
        assert read.abilities(tmp_path / f"{name}.gguf") == expected
        tokenizer = tiny.make_tokenizer()
        tokenizer.chat_template = template
        tokenizer.save_pretrained(tmp_path / name)
        assert read.abilities(tmp_path / name) == expected
    assert read.abilities(tmp_path / "nowhere") == Abilities(None, False)


def test_engines_take_the_wish_to_think_and_count_its_tokens(engine: ProcessChat) -> None:
    last = list(engine.stream(QUESTION, **SHORT, reasoning=True))[-1]
    assert last.usage_metadata and last.usage_metadata["output_token_details"] == {"reasoning": 12}


@pytest.mark.parametrize("space", ["", "\n", "\n\n", " \n"])
def test_a_reply_that_was_begun_has_its_reasoning_behind_it(space: str) -> None:
    assert REASONS.search(f"assistant\n<think>{space}")
    assert begin(f"assistant\n<think>{space}", "Hello") == f"assistant\n<think>{space}\n</think>\n\nHello"
    assert begin(f"assistant\n<think>{space}", None) == f"assistant\n<think>{space}"
    assert begin("assistant\n", "Hello") == "assistant\nHello"
    assert not REASONS.search(f"<think>{space}</think>\n\n") and not REASONS.search(f"<think>{space}so")
