"""Chat templates that insist on something: what both engines say to them, and what becomes of a conversation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_template import ChatTemplate, Refused, render
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, MistralConfig, MistralForCausalLM

from assistants.engines.process import ProcessChat
from assistants.errors import InvalidInput
from assistants.principals import LOCAL
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.engines import tiny, tiny_gguf
from tests.engines.opening import opened_file

# As Mistral's and Gemma's own have it, with the control tokens of the tiny tokenizer.
MISTRAL = (
    "{%- if messages[0].role == 'system' %}{%- set system = messages[0].content %}{%- set turns = messages[1:] %}"
    "{%- else %}{%- set turns = messages %}{%- endif %}{{- bos_token }}"
    "{%- for message in turns %}{%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{- raise_exception('After the optional system message, conversation roles must alternate user/assistant/...') }}"
    "{%- endif %}{%- if message.role == 'user' %}"
    "{{- '[INST] ' + (system + '\n\n' if loop.first and system is defined else '') + message.content + ' [/INST]' }}"
    "{%- elif message.role == 'assistant' %}{{- ' ' + message.content + eos_token }}"
    "{%- else %}{{- raise_exception('Only user and assistant roles are supported!') }}{%- endif %}{%- endfor %}"
)
GEMMA = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "<|im_start|>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
NOTHING_EMPTY = (
    "{% for message in messages %}{% if not message.content %}{{ raise_exception('empty content') }}{% endif %}"
    "{% endfor %}"
) + tiny.TEMPLATE
NO_PLACE_FOR_SYSTEM = (
    "{% for message in messages if message.role != 'system' %}[{{ message.role }}] {{ message.content }}{% endfor %}"
)
KINDS = {"mistral": MISTRAL, "gemma": GEMMA, "lenient": tiny.TEMPLATE, "nothing empty": NOTHING_EMPTY}
SHORT = {"temperature": 0, "max_tokens": 4, "min_tokens": 4}


def rendered(source: str, *turns: tuple[str, str]) -> str:
    template = ChatTemplate(source, {"bos_token": "<s>", "eos_token": "</s>"})
    return render(template, [{"role": role, "content": text} for role, text in turns])


@pytest.mark.parametrize("source", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(
    "turns",
    [
        [("user", "one"), ("user", "two")],
        [("system", "be brief"), ("user", "one"), ("assistant", "yes"), ("user", "two"), ("user", "three")],
        [("system", "be brief"), ("system", "be kind"), ("user", "one")],
        [("user", "one"), ("system", "be brief"), ("user", "two")],
        [("user", "one"), ("system", "be brief"), ("assistant", "yes"), ("user", "two")],
        [("user", "one"), ("assistant", ""), ("user", "two")],
        [("user", "one"), ("assistant", "yes"), ("assistant", "and no"), ("user", "two"), ("system", "be brief")],
        [("system", ""), ("user", "one")],
        [("system", "be brief")],
    ],
)
def test_every_word_reaches_every_kind_of_template(source: str, turns: list[tuple[str, str]]) -> None:
    text = rendered(source, *turns)
    places = [text.index(content) for _, content in turns if content]
    assert places == sorted(places)
    assert [text.count(content) for _, content in turns if content] == [1] * len(places)


def test_what_a_template_takes_is_said_as_it_is() -> None:
    turns = [("system", "be brief"), ("user", "one"), ("assistant", "yes"), ("user", "two")]
    assert rendered(MISTRAL, *turns) == "<s>[INST] be brief\n\none [/INST] yes</s>[INST] two [/INST]"
    # An empty system prompt is one: without it, some templates bring one of their own.
    assert "system\n<|im_end|>" in rendered(tiny.TEMPLATE, ("system", ""), ("user", "one"))
    assert rendered(NO_PLACE_FOR_SYSTEM, ("system", "be brief"), ("user", "one")) == "[user] be brief\n\none"


@pytest.mark.parametrize(
    ("source", "turns", "reason"),
    [
        (MISTRAL, [("assistant", "hello"), ("user", "one")], "After the optional system message, conversation roles"),
        (GEMMA, [("assistant", "hello"), ("user", "one")], r"must alternate user/assistant/user/assistant/\.\.\.$"),
        (NOTHING_EMPTY, [("user", "")], "empty content"),
        ("{{ messages[3].content.more }}", [("user", "one")], "list object has no element 3"),
        ("{{ 'a' + 1 }}", [("user", "one")], "can only concatenate str"),
        ("{{ ''.__class__.mro() }}", [("user", "one")], "access to attribute '__class__' of 'str' object is unsafe"),
    ],
)
def test_where_no_way_is_left_the_templates_reason_is_the_answer(
    source: str, turns: list[tuple[str, str]], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        rendered(source, *turns)


def test_templates_are_read_as_transformers_reads_them() -> None:
    tokenizer = tiny.make_tokenizer()
    source = (
        "{% set ns = namespace(count=0) %}\n{% for message in messages %}\n"
        "  {% if loop.index > 3 %}{% break %}{% endif %}\n  {% set ns.count = ns.count + 1 %}\n"
        "{{ message | tojson }} {{ ['<', '中'] | tojson(indent=1) }} {{ ns.count }}\n"
        "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}{% endgeneration %}{% endif %}\n"
        "{% endfor %}{{ tools is none }} {{ eos_token }} {{ strftime_now('%Y') }} {{ enable_thinking }}"
    )
    tokenizer.chat_template = source
    messages = [{"role": role, "content": f"<{role}>"} for role in ("system", "user", "assistant", "user")]
    expected = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    assert render(ChatTemplate(source, {"eos_token": tiny.END}), messages) == expected


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for OpenVINO with a template of Mistral's kind."""
    folder = tmp_path_factory.mktemp("strict")
    tiny.take_one_thread()
    model = tiny.make_llama(folder / "source")
    tiny_gguf.write(folder / "strict.gguf", model, template=MISTRAL)
    return folder / "strict.gguf"


def make_folder(folder: Path, kind: str) -> Path:
    """Write a model for transformers, of Mistral's or Gemma's architecture."""
    tokenizer = tiny.make_tokenizer()
    tokenizer.chat_template = KINDS[kind]
    shape = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 256,
        "bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None,
    }  # fmt: skip
    config, model = {
        "mistral": (MistralConfig, MistralForCausalLM),
        "gemma": (Gemma3TextConfig, Gemma3ForCausalLM),
    }[kind]
    tiny.write(model, config(**shape), tokenizer, folder)
    return folder


@pytest.fixture(scope="module", params=["openvino, mistral", "transformers, mistral", "transformers, gemma"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessChat]:
    """A model whose template insists on turns in alternation, on each engine."""
    runner, kind = request.param.split(", ")
    if runner == "openvino":
        path = request.getfixturevalue("gguf_file")
    else:
        path = make_folder(tmp_path_factory.mktemp("strict") / kind, kind)
    engine = opened_file("local:strict", path)
    assert runner in type(engine).__name__.lower()
    yield engine
    engine.close()


def test_both_engines_read_what_their_templates_refuse_at_first(engine: ProcessChat) -> None:
    conversations: list[list[BaseMessage]] = [
        [HumanMessage("the cat"), HumanMessage("the dog")],
        [SystemMessage("say"), HumanMessage("the cat"), AIMessage("sat"), SystemMessage("a"), HumanMessage("the dog")],
        [HumanMessage("the cat"), AIMessage(""), HumanMessage("the dog"), AIMessage("ran to")],
    ]
    for messages in conversations:
        last = [*engine.stream(messages, **SHORT)][-1]
        assert last.usage_metadata["output_tokens"] == 4
        assert last.usage_metadata["input_tokens"] == engine.get_num_tokens_from_messages(messages)
    one = engine.get_num_tokens_from_messages([HumanMessage("the cat\n\nthe dog")])
    assert engine.get_num_tokens_from_messages(conversations[0]) == one


def test_both_engines_say_the_templates_reason(engine: ProcessChat) -> None:
    refused: list[BaseMessage] = [AIMessage("hello"), HumanMessage("the cat")]
    for ask in (engine.get_num_tokens_from_messages, engine.invoke):
        with pytest.raises(InvalidInput, match=r"The chat template of strict refuses .*roles must alternate"):
            ask(refused)
    assert engine.invoke([HumanMessage("the cat")], **SHORT).usage_metadata["output_tokens"] == 4


def test_a_conversation_with_a_strict_model_goes_on_and_forgets_its_oldest_turns(
    studio: Studio, gguf_file: Path
) -> None:
    name = f"local:{studio.models.installer.install(str(gguf_file), LOCAL)}"

    def ask(message: str, **more: Any) -> JobRow:
        params = {"max_tokens": 24, "temperature": 0, "repetition_penalty": 1.0}
        job = studio.jobs.submit("chat", {"message": message, "model": name, "params": params, **more}, LOCAL)
        return studio.jobs.wait(job.id, LOCAL.id, 60)

    job = ask("the cat " * 60, system="say a story")
    for turn in range(4):
        job = ask(f"{turn}" + " the dog" * 60, conversation=job.result["conversation"], system="say a story")
        assert job.status == "done", job.error
    last = studio.history.conversations.window(job.result["conversation"], LOCAL.id).turns[-1]
    assert any("left out" in note["template"] for note in last.notes)
    # A reply that ended before its first word leaves two questions in a row.
    studio.history.conversations.append(job.result["conversation"], last.id, "user", "the river")
    assert ask("the mat", conversation=job.result["conversation"]).status == "done"
