"""A GGUF on the transformers engine: converted once, and nothing is left of a conversion that failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from langchain_core.messages import HumanMessage
from safetensors.torch import load_file
from transformers import PreTrainedModel

from assistants.engines.transformers_chat import TransformersChat
from assistants.errors import ModelUnavailable
from tests.engines import tiny, tiny_gguf
from tests.engines.opening import opened_file

NEEDS = frozenset({"score"})
HELLO = [HumanMessage("the cat sat on the mat")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf") / "tiny.gguf"


@pytest.fixture(scope="module")
def model(file: Path) -> PreTrainedModel:
    model = tiny.make_llama(file.parent / "source")
    tiny_gguf.write(file, model, kind=lambda name: tiny_gguf.Kind.F32)
    return model


@pytest.fixture(scope="module")
def engine(file: Path, model: PreTrainedModel) -> Iterator[TransformersChat]:
    engine = opened_file("local:tiny", file, NEEDS)
    yield engine
    engine.close()


def converted(file: Path) -> list[Path]:
    return sorted(file.parent.glob("ready-transformers"))


def test_the_converted_model_is_the_same(engine: TransformersChat, file: Path, model: PreTrainedModel) -> None:
    assert isinstance(engine, TransformersChat)
    (folder,) = converted(file)
    weights, original = load_file(folder / "model.safetensors"), model.state_dict()
    assert set(weights) == set(original)
    assert all(torch.equal(weights[name], original[name].bfloat16()) for name in original)
    assert engine.context == tiny.CONTEXT
    assert not engine.is_base
    ids = tiny.make_tokenizer()("<|im_start|>user\nthe cat sat on the mat<|im_end|>\n<|im_start|>assistant\n").input_ids
    assert engine.get_num_tokens_from_messages(HELLO) == len(ids)


def test_it_is_converted_once(engine: TransformersChat, file: Path) -> None:
    (folder,) = converted(file)
    made = (folder / "model.safetensors").stat()
    greedy = {"temperature": 0, "max_tokens": 8, "min_tokens": 8}
    again = opened_file("local:tiny", file, NEEDS)
    try:
        assert again.invoke(HELLO, **greedy).text == engine.invoke(HELLO, **greedy).text
    finally:
        again.close()
    assert converted(file) == [folder]
    assert (folder / "model.safetensors").stat().st_mtime_ns == made.st_mtime_ns


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path, model: PreTrainedModel) -> None:
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, model, width=48)
    with pytest.raises(ModelUnavailable, match=r"tiny\.gguf does not load: it does not fit its") as caught:
        opened_file("local:tiny", file, NEEDS)
    assert "\n" not in str(caught.value)
    assert converted(file) == []
