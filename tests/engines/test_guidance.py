"""What a reply is held to beside grammars: words that must be in it or not, and a prompt that it is led away from."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import torch
from langchain_core.messages import HumanMessage
from transformers import AutoTokenizer, PreTrainedModel

from assistants.engines.transformers_chat import TransformersChat
from tests.engines import tiny
from tests.engines.opening import opened_file
from tests.engines.test_transformers import FREE, GREEDY, STORY, prompt_ids, say

OTHER = [HumanMessage("the dog ran to the river again and again")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models") / "tiny-llama"


@pytest.fixture(scope="module")
def model(folder: Path) -> PreTrainedModel:
    tiny.take_one_thread()
    return tiny.make_llama(folder)


@pytest.fixture(scope="module")
def engine(folder: Path, model: PreTrainedModel) -> Iterator[TransformersChat]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATEN_CPU_CAPABILITY", "avx2")
        engine = opened_file("local:tiny", folder)
        yield engine
        engine.close()


@pytest.mark.parametrize("scale", [1.5, 2.0, 3.0])
def test_a_negative_prompt_leads_away_as_the_librarys_own_does(
    engine: TransformersChat, model: PreTrainedModel, folder: Path, scale: float
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids, other = (torch.tensor([prompt_ids(tokenizer, messages)]) for messages in (STORY, OTHER))
    options = {"guidance_scale": scale, "negative_prompt_ids": other} if scale != 1 else {}
    model.generation_config.pad_token_id = tokenizer.eos_token_id
    made = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=16, **options)
    # Any control token ends a reply here; the library goes on.
    said = takewhile(lambda token: token not in tokenizer.all_special_ids, made[0, ids.shape[1] :].tolist())
    expected = tokenizer.decode([*said]).replace("\ufffd", "")
    negative = [{"role": "user", "content": OTHER[0].text}]
    assert say(engine, max_tokens=16, negative=negative, guidance=scale, **GREEDY) == expected


def test_a_guided_reply_leaves_those_beside_it_alone(engine: TransformersChat) -> None:
    negative = [{"role": "user", "content": OTHER[0].text}]
    alone = say(engine, max_tokens=12, **GREEDY)
    guided = engine.stream(STORY, max_tokens=12, negative=negative, guidance=2.0, **GREEDY)
    next(guided)
    assert say(engine, max_tokens=12, **GREEDY) == alone
    assert [*guided]


@pytest.mark.parametrize("seed", range(4))
def test_words_are_in_a_reply_or_not_as_letters_in_any_case(engine: TransformersChat, seed: int) -> None:
    free = {**FREE, "temperature": 1.5, "seed": seed, "max_tokens": 60}
    held = say(engine, include=["River"], exclude=["a", "/?"], **free).lower()
    assert "river" in held or len(held) > 40, "a reply ends only once the word is there"
    assert "a" not in held and "/?" not in held
    assert "a" in say(engine, **free).lower()


def test_two_words_are_both_there_where_the_reply_ends_by_itself(engine: TransformersChat) -> None:
    for seed in range(20):
        chunks = [*engine.stream(STORY, include=["x"], exclude=["e"], seed=seed, max_tokens=400, **FREE)]
        text = "".join(chunk.text for chunk in chunks)
        assert "e" not in text.lower()
        if chunks[-1].response_metadata["finish_reason"] == "stop":
            assert "x" in text.lower()
            return
    pytest.fail("none ended by itself")
