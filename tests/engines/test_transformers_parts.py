"""The parts of the transformers program that can be tried without a process: batches of many kinds, memory, texts."""

import queue
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedModel

from assistants.engines.transformers_chat import TransformersChat
from tests.engines import tiny

END = 2
SMALL = {
    "vocab_size": 200,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "pad_token_id": 0,
    "eos_token_id": END,
}
WINDOW = {
    "intermediate_size": 48,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "initializer_range": 0.3,
    "max_position_embeddings": 128,
    "sliding_window": 8,
}
KINDS: dict[str, Callable[[], Any]] = {
    "sliding window": lambda: transformers.MistralConfig(**SMALL, **WINDOW),
    "two kinds of layers": lambda: transformers.Gemma3TextConfig(
        **SMALL, **WINDOW, layer_types=["sliding_attention", "full_attention"]
    ),
    "layers that share keys": lambda: transformers.Gemma4TextConfig(
        **SMALL | WINDOW | {"num_hidden_layers": 4},
        layer_types=["sliding_attention", "full_attention"] * 2,
        num_kv_shared_layers=2,
        vocab_size_per_layer_input=200,
        hidden_size_per_layer_input=8,
    ),
    "places learned": lambda: transformers.OPTConfig(**SMALL, ffn_dim=48, init_std=0.3, word_embed_proj_dim=32),
    "no places but a bias": lambda: transformers.BloomConfig(**SMALL, initializer_range=0.3),
}


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import from the folder of the program, as it does itself."""
    before = set(sys.modules)
    tiny.take_one_thread()
    monkeypatch.syspath_prepend(TransformersChat.program)
    yield
    for name in ("batch", "loading", "sampling", "tasks", "text", "worker"):
        if name not in before:
            sys.modules.pop(name, None)


def pick(logits: torch.Tensor) -> list[int]:
    logits[:, END] = float("-inf")
    return logits.argmax(-1).tolist()


def generate(model: PreTrainedModel, prompt: list[int], tokens: int) -> list[int]:
    limits = {"max_new_tokens": tokens, "min_new_tokens": tokens, "suppress_tokens": [END]}
    output = model.generate(torch.tensor([prompt]), do_sample=False, **limits)
    return output[0, len(prompt) :].tolist()


def write_together(model: PreTrainedModel, prompts: list[list[int]], tokens: int) -> list[list[int]]:
    """Return what is written when each joins two tokens after the last one, and leaves when it has its tokens."""
    from batch import Batch
    from loading import Network

    network = Network(model)
    batch, rows, written = Batch(network.layers), [], [[] for _ in prompts]
    waiting = list(range(len(prompts)))
    for step in range(len(prompts) * tokens):
        if waiting and step % 2 == 0:
            number = waiting.pop(0)
            alone = Batch(network.layers)
            alone.join({}, 0)
            for place in range(0, len(prompts[number]), 10):
                logits = alone.read(network, torch.tensor([prompts[number][place : place + 10]]))
            written[number] += pick(logits[:, -1])
            batch.join(alone.piece(0), alone.length(0))
            rows.append(number)
        for row in reversed(range(len(rows))):
            if len(written[rows[row]]) == tokens:
                batch.leave(row)
                rows[row] = rows[-1]
                rows.pop()
        if not rows:
            break
        last = torch.tensor([[written[number][-1]] for number in rows])
        for number, token in zip(rows, pick(batch.read(network, last)[:, -1]), strict=True):
            written[number].append(token)
    return written


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_changes_nothing_for_any_kind_of_model(kind: str) -> None:
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(KINDS[kind](), dtype=torch.float32).eval()
    chance = random.Random(2)
    prompts = [[chance.randrange(5, 200) for _ in range(length)] for length in (5, 23, 12, 30)]
    with torch.inference_mode():
        together = write_together(model, prompts, 12)
    assert together == [generate(model, prompt, 12) for prompt in prompts]


def test_a_model_that_remembers_otherwise_is_refused() -> None:
    from loading import own_layers

    config = transformers.Lfm2Config(**SMALL, num_key_value_heads=2, layer_types=["conv", "full_attention"])
    with pytest.raises(ValueError, match="lfm2 has layers that remember without keys and values"):
        own_layers(AutoModelForCausalLM.from_config(config))


def test_what_is_kept_of_the_past_is_bounded() -> None:
    from batch import Past, size

    def piece(tokens: int) -> Any:
        return {0: (torch.ones(1, 2, tokens, 4), torch.ones(1, 2, tokens, 4))}

    past = Past(size(piece(10)))
    past.keep([1, 2, 3, 4], piece(4))
    past.keep([7, 8, 9], piece(3))
    assert past.find([1, 2, 3, 5])[0] == 3
    past.keep([5, 5, 5, 5, 5], piece(5))
    assert past.find([7, 8, 9])[0] == 0, "the one that was used longest ago makes room"
    past.keep([1, 2, 3, 4, 6], piece(5))
    assert [past.find(ids)[0] for ids in ([1, 2, 3, 4, 6, 7], [5, 5])] == [5, 2], "what it goes on from is not kept"
    past.keep(list(range(50)), piece(50))
    assert past.find([0, 1])[0] == 0, "one that is larger than all that may be kept is not kept"


def test_a_batch_that_is_empty_has_no_memory() -> None:
    from batch import Batch

    batch = Batch([True])
    for _ in range(2):
        batch.join({0: (torch.ones(1, 2, 6, 4), torch.ones(1, 2, 6, 4))}, 6)
        assert batch.piece(0)[0][0].shape == (1, 2, 6, 4)
        batch.leave(0)
        assert (len(batch), batch.layers[0].keys) == (0, None)


@pytest.mark.parametrize("text", ["退款 😀 the cat €", "é" * 9, "\N{COMBINING ACUTE ACCENT}a"])
def test_characters_come_whole(text: str) -> None:
    from text import Text

    tokenizer = tiny.make_tokenizer()
    prompt, ids = tokenizer("the dog").input_ids, tokenizer(text).input_ids
    said = Text(tokenizer, prompt)
    pieces = [said.push(token) for token in ids]
    assert "".join(pieces) == text
    broken = Text(tokenizer, prompt)
    assert "".join(broken.push(token) for token in [*ids[:1], *tokenizer("\N{BLACK SQUARE}").input_ids[:1] * 9, *ids])


def test_a_template_without_a_system_prompt_says_it_with_the_first_message() -> None:
    from text import Prompts

    tokenizer = tiny.make_tokenizer()
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    tokenizer.chat_template = strict + tiny.TEMPLATE
    prompts = Prompts(tokenizer)
    question = {"role": "user", "content": "the cat?"}
    ids = prompts.encode([{"role": "system", "content": "Be kind."}, question])
    assert tokenizer.decode(ids) == ("<|im_start|>user\nBe kind.\n\nthe cat?<|im_end|>\n<|im_start|>assistant\n")


def test_a_model_that_can_think_first_is_asked_to_answer_at_once() -> None:
    from text import Prompts

    tokenizer = tiny.make_tokenizer()
    # As Qwen3's own has it.
    tokenizer.chat_template = tiny.TEMPLATE + (
        "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    )
    ids = Prompts(tokenizer).encode([{"role": "user", "content": "the cat?"}, {"role": "assistant", "content": "the"}])
    assert tokenizer.decode(ids).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\nthe")


def serve(model: PreTrainedModel, memory: int, requests: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Return what the loop says to requests that come at once, by number."""
    from worker import Worker

    commands: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    said: dict[int, list[dict[str, Any]]] = {request["id"]: [] for request in requests}
    ended: set[int] = set()

    def say(*events: dict[str, Any]) -> None:
        for event in events:
            said[event["id"]].append(event)
            if event.get("finish") or "error" in event:
                ended.add(event["id"])
        if len(ended) == len(requests):
            commands.put(None)

    worker = Worker(model, tiny.make_tokenizer(), memory, say)
    for request in requests:
        commands.put(request)
    with torch.inference_mode():
        worker.run(commands)
    return said


def wish(number: int, text: str, tokens: int) -> dict[str, Any]:
    options = {"temperature": 0, "max_tokens": tokens, "min_tokens": tokens}
    return {"id": number, "messages": [{"role": "user", "content": text}], "options": options}


def test_replies_that_do_not_fit_into_memory_take_turns(tmp_path: Path) -> None:
    model = tiny.make_llama(tmp_path / "tiny")
    weights = sum(one.nbytes for one in model.parameters())
    requests = [wish(number, f"{number} cats", 120 + 10 * number) for number in range(6)]
    plenty = serve(model, weights + 10**9, requests)
    # A quarter of it is for 1,000 tokens, of two layers with keys and values of 32 numbers.
    little = serve(model, weights + 4 * 1000 * 2 * 2 * 32 * 4, requests)
    for number, events in plenty.items():
        assert "".join(one.get("text", "") for one in events) == "".join(one.get("text", "") for one in little[number])
        assert events[-1]["tokens"] == little[number][-1]["tokens"] == 120 + 10 * number


def test_memory_that_runs_out_ends_what_needed_it(tmp_path: Path) -> None:
    model = tiny.make_llama(tmp_path / "tiny")
    failing = iter([False] * 6 + [True])

    def run_out(*_: Any) -> None:
        if next(failing, False):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nSee the documentation.")

    model.register_forward_pre_hook(run_out)
    said = serve(model, 10**9, [wish(1, "the cat", 30)])
    assert said[1][-1] == {"id": 1, "error": "out of memory"}
    assert len(said[1]) > 2
    assert serve(model, 10**9, [wish(1, "the cat", 5)])[1][-1]["finish"] == "length"


def test_where_no_memory_is_left_for_texts_the_model_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(MemoryError, match="out of memory"):
        serve(tiny.make_llama(tmp_path / "tiny"), 0, [])


def test_a_grammar_that_breaks_at_a_token_ends_its_reply_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sampling

    # As if the library had let through what it does not go on with.
    monkeypatch.setattr(sampling.Constraint, "apply", lambda self, logits: None)
    strict = wish(1, "the cat", 60)
    strict["options"]["regex"] = "[0-9]{50}"
    said = serve(tiny.make_llama(tmp_path / "tiny"), 10**9, [strict, wish(2, "the dog", 30)])
    assert "doesn't satisfy the grammar" in said[1][-1]["error"]
    assert said[2][-1]["tokens"] == 30


def test_the_tags_of_reasoning_end_no_reply() -> None:
    from worker import end_tokens

    class Model:
        generation_config = type("Config", (), {"eos_token_id": None})

    tokenizer = tiny.make_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": [tiny.START, tiny.CUT, "<think>", "</think>"]})
    ends = end_tokens(Model, tokenizer)
    assert tokenizer.convert_tokens_to_ids(tiny.START) in ends
    assert not ends & set(tokenizer.convert_tokens_to_ids(["<think>", "</think>"]))
