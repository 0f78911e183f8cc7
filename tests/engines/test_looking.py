"""What the transformers engine shows of its inside, held to plain transformers on tiny real models."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from langchain_core.messages import HumanMessage
from transformers import AutoTokenizer, PreTrainedModel

from assistants.engines.transformers_chat import TransformersChat
from assistants.errors import InvalidInput
from tests.engines import tiny
from tests.engines.opening import opened_file
from tests.engines.test_transformers import FREE, STORY, prompt_ids, say

TEXT = "the cat sat on the mat and the dog ran to the river"
NEAR = {"rel": 1e-4, "abs": 1e-4}


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ...]]:
    """An engine, the same model in plain transformers, and its tokenizer."""
    folder = tmp_path_factory.mktemp("models") / request.param
    tiny.take_one_thread()
    model = (tiny.make_llama if request.param == "llama" else tiny.make_gpt2)(folder)
    # Without the instructions for bfloat16, the engine computes in float32, as the tests do.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATEN_CPU_CAPABILITY", "avx2")
        engine = opened_file("local:tiny", folder)
        yield engine, model, AutoTokenizer.from_pretrained(folder)
        engine.close()


@pytest.fixture
def engine(made: tuple[Any, ...]) -> TransformersChat:
    return made[0]


@pytest.fixture
def ids(made: tuple[Any, ...]) -> tuple[list[int], list[int]]:
    """Those of the prompt and of the text."""
    engine, _, tokenizer = made
    prompt = tokenizer(STORY[0].content).input_ids if engine.is_base else prompt_ids(tokenizer, STORY)
    return prompt, tokenizer(TEXT, add_special_tokens=False).input_ids


def plain(model: PreTrainedModel, ids: list[int], **options: Any) -> Any:
    with torch.inference_mode():
        return model(torch.tensor([ids]), **options)


def test_tokens_have_the_chances_that_plain_transformers_gives_them(made, engine, ids) -> None:
    prompt, text = ids
    chances = plain(made[1], prompt + text).logits[0, len(prompt) - 1 :].log_softmax(-1)
    found = engine.inspect(STORY, TEXT, "tokens", top=5)
    assert found["prompt"] == len(prompt)
    assert [one["id"] for one in found["tokens"]] == text
    assert b"".join(bytes(one["bytes"]) for one in found["tokens"]).decode() == TEXT
    for place, (one, row) in enumerate(zip(found["tokens"], chances, strict=False)):
        assert one["logprob"] == pytest.approx(row[text[place]].item(), **NEAR)
        assert one["rank"] == 1 + int((row > row[text[place]]).sum())
        assert one["entropy"] == pytest.approx(-(row.exp() * row).sum().item(), **NEAR)
        assert [each["logprob"] for each in one["top_logprobs"]] == pytest.approx(row.topk(5).values.tolist(), **NEAR)
    assert sum(one["logprob"] for one in found["tokens"]) == pytest.approx(sum(engine.score(STORY, [TEXT])[0]), **NEAR)


def test_a_long_text_is_read_in_parts_to_the_same_numbers(made, engine, ids) -> None:
    text = " ".join([TEXT] * 6)
    found = [one["logprob"] for one in engine.inspect(STORY, text, "tokens", top=1)["tokens"]]
    assert len(found) > 64
    assert found == pytest.approx(engine.score(STORY, [text])[0], **NEAR)


WISHES = [
    {},
    {"temperature": 0.5},
    {"temperature": 1.7, "top_k": 7},
    {"temperature": 0.9, "top_p": 0.6, "repetition_penalty": 1.4},
    {"temperature": 1.0, "frequency_penalty": 1.1, "presence_penalty": 0.4},
    {"temperature": 0.0},
]


@pytest.mark.parametrize("wishes", WISHES, ids=str)
def test_a_place_shows_the_distribution_that_is_sampled_from(made, engine, ids, wishes: dict[str, Any]) -> None:
    prompt, text = ids
    place = 7
    logits = plain(made[1], prompt + text[:place]).logits[0, -1]
    seen, said = set(prompt + text[:place]), text[:place]
    changed = logits.clone()
    for token in seen if wishes.get("repetition_penalty", 1) != 1 else ():
        changed[token] *= 1 / wishes["repetition_penalty"] if changed[token] > 0 else wishes["repetition_penalty"]
    for token in set(said):
        changed[token] -= wishes.get("frequency_penalty", 0) * said.count(token) + wishes.get("presence_penalty", 0)
    if wishes.get("temperature") == 0:
        expected = torch.nn.functional.one_hot(changed.argmax(), len(changed)).float()
    else:
        expected = (changed / wishes.get("temperature", 1)).softmax(-1)
        order = expected.argsort(descending=True)
        before = expected[order].cumsum(0) - expected[order]
        out = (before >= wishes.get("top_p", 1)) | (torch.arange(len(order)) >= wishes.get("top_k", len(order)))
        expected[order[out]] = 0
        expected /= expected.sum()
    found = engine.inspect(STORY, TEXT, "place", place=place, top=20, **wishes)
    # Of a whole distribution, the sampler's sum leaves out what rounding takes.
    if wishes.keys() & {"top_p", "top_k"} or wishes.get("temperature") == 0:
        assert found["kept"] == int((expected > 0).sum())
        assert found["mass"] == pytest.approx(logits.softmax(-1)[expected > 0].sum().item(), **NEAR)
    assert found["own"]["id"] == text[place]
    for one in found["tokens"]:
        assert one["raw"] == pytest.approx(logits.softmax(-1)[one["id"]].item(), **NEAR)
        assert one["shaped"] == pytest.approx(expected[one["id"]].item(), **NEAR)


def test_what_is_drawn_many_times_comes_as_often_as_a_place_says(made, engine) -> None:
    wishes = {"temperature": 0.4, "top_k": 3}
    found = engine.inspect(STORY, "", "place", place=0, top=20, **wishes)
    shares = {bytes(one["bytes"]): one["shaped"] for one in found["tokens"] if one["shaped"]}
    assert len(shares) == found["kept"] == 3
    drawn = []
    for seed in range(60):
        (entry,) = [
            entry
            for chunk in engine.stream(STORY, **FREE | wishes, seed=seed, max_tokens=1, logprobs=True)
            for entry in chunk.response_metadata.get("logprobs", {}).get("content", ())
        ] or [None]
        drawn.append(bytes(entry["bytes"]) if entry else None)
    drawn = [one for one in drawn if one]
    assert set(drawn) <= set(shares)
    # A quarter, at sixty draws, is more than four standard deviations.
    assert all(abs(drawn.count(letters) / len(drawn) - share) < 0.26 for letters, share in shares.items())


def test_the_lens_gives_what_norm_and_head_make_of_each_layer(made, engine, ids) -> None:
    prompt, text = ids
    model = made[1]
    first, count = 3, 5
    states = plain(model, prompt + text, output_hidden_states=True).hidden_states
    norm = model.model.norm if hasattr(model, "model") else model.transformer.ln_f
    begin = len(prompt) + first - 1
    found = engine.inspect(STORY, TEXT, "lens", first=first, count=count, top=3)
    assert [one["id"] for one in found["tokens"]] == text[first : first + count]
    assert len(found["layers"]) == len(states)
    for number, (layer, state) in enumerate(zip(found["layers"], states, strict=True)):
        rows = state[0, begin : begin + count]
        with torch.inference_mode():
            logits = model.lm_head(rows if number == len(states) - 1 else norm(rows))
        chances = logits.log_softmax(-1)
        own = [row[token].item() for row, token in zip(chances, text[first:], strict=False)]
        assert layer["own"] == pytest.approx(own, **NEAR)
        assert [[one["logprob"] for one in row] for row in layer["top"]] == [
            pytest.approx(row.topk(3).values.tolist(), **NEAR) for row in chances
        ]
    # The last layer says what the model says.
    assert found["layers"][-1]["own"] == pytest.approx(
        [one["logprob"] for one in engine.inspect(STORY, TEXT, "tokens", top=1)["tokens"][first : first + count]],
        **NEAR,
    )


@pytest.mark.parametrize(("layer", "head"), [(0, 0), (1, 3)])
def test_attention_is_that_of_plain_transformers(made, engine, ids, layer: int, head: int) -> None:
    prompt, text = ids
    model = made[1]
    model.set_attn_implementation("eager")
    expected = plain(model, prompt + text, output_attentions=True).attentions
    found = engine.inspect(STORY, TEXT, "attention", layer=layer, head=head, pair=[9, 4])
    count = len(prompt + text)
    assert [len(row) for row in found["weights"]] == list(range(1, count + 1))
    rolled = torch.eye(count)
    for each in expected:
        rolled = (each[0].mean(0) + torch.eye(count)) / 2 @ rolled
    for name, matrix in {
        "weights": expected[layer][0, head], "mean": expected[layer][0].mean(0), "rollout": rolled,
    }.items():  # fmt: skip
        for number, row in enumerate(found[name]):
            assert row == pytest.approx(matrix[number, : number + 1].tolist(), **NEAR), name
    assert found["difference"]["weights"] < 1e-5
    assert found["difference"]["output"] < 1e-5
    assert (found["layers"], found["heads"]) == (2, 4)
    assert len(found["maps"]) == 4
    pair = found["pair"]
    q, k = torch.tensor(pair["q"]), torch.tensor(pair["k"])
    assert pair["score"] == pytest.approx((q @ k).item() / len(q) ** 0.5, **NEAR)
    assert pair["weight"] == pytest.approx(expected[layer][0, head, 9, 4].item(), **NEAR)


def test_looking_changes_nothing_of_what_is_written(engine) -> None:
    before = say(engine, max_tokens=12, temperature=0)
    engine.inspect(STORY, TEXT, "attention", layer=0, head=0)
    assert say(engine, max_tokens=12, temperature=0) == before


AMISS = [
    ("attention", {"layer": 2, "head": 0}, "layer"),
    ("attention", {"layer": 0, "head": 4}, "head"),
    ("attention", {"layer": 0, "head": 0, "pair": [400, 0]}, "pair"),
    ("attention", {"layer": 0, "head": 0, "most": 8}, "text"),
    ("place", {"place": 400, "top": 1}, "place"),
    ("lens", {"first": 400, "count": 1, "top": 1}, "first"),
]


@pytest.mark.parametrize(("what", "options", "field"), AMISS, ids=str)
def test_what_there_is_not_to_look_at_is_named(engine, what: str, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        engine.inspect(STORY, TEXT, what, **options)
    assert refused.value.field == field
    assert engine.inspect(STORY, TEXT, "tokens", top=1)["tokens"]


def test_a_text_over_the_context_is_told_before_it_is_read(engine) -> None:
    with pytest.raises(InvalidInput) as refused:
        engine.inspect([HumanMessage("say")], "the cat " * tiny.CONTEXT, "tokens", top=1)
    assert refused.value.values["limit"] == tiny.CONTEXT
    assert refused.value.values["tokens"] > tiny.CONTEXT
