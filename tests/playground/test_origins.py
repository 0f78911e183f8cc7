"""From everywhere: items of the history, prompt files, and what is brought along, each as a request that runs."""

from typing import Any

import pytest

from assistants import playground
from assistants.errors import InvalidInput, NotFound
from assistants.studio import Studio
from prompts.library import parse
from tests.playground.runs import OWNER, cells, run
from tests.playground.stand_ins import MODEL, scripted


def did(studio: Studio, assistant: str, **request: Any) -> str:
    job = studio.jobs.submit(assistant, request, OWNER)
    assert studio.jobs.wait(job.id, OWNER.id, 30).status == "done"
    return job.id


def exact(studio: Studio, request: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the messages that a request sends."""
    job = run(studio, **{"messages": None, **request})
    assert job.status == "done", job.error
    return [(one["role"], one["content"]) for one in playground.messages(studio, OWNER.id, job.id, 0, 0)]


def test_a_turn_of_a_chat_comes_with_all_that_was_sent(studio: Studio) -> None:
    first = did(studio, "chat", message="Hi {{you}}", system="Be {{kind}}.", params={"temperature": 0.0})
    conversation = studio.jobs.get(first, OWNER.id).result["conversation"]
    second = did(studio, "chat", message="And {{now}}?", system="Be {{kind}}.", conversation=conversation)
    request = playground.from_item(studio, OWNER.id, second)
    assert exact(studio, request) == [
        ("system", "Be {{kind}}."), ("user", "Hi {{you}}"), ("assistant", "Hi {{you}}"), ("user", "And {{now}}?"),
    ]  # fmt: skip
    assert request["models"] == ["echo:"] and request["messages"][-1]["content"] == "{{message}}"
    assert playground.from_item(studio, OWNER.id, first)["params"] == {"temperature": 0.0}
    with pytest.raises(NotFound):
        playground.from_item(studio, "other", first)


@pytest.mark.parametrize("seed", [7, -1, 2**32, 2**64 - 1])
def test_a_programs_seed_comes_along_where_a_page_can_keep_it(studio: Studio, seed: int) -> None:
    item = did(studio, "completions", messages=[{"role": "user", "content": "hi"}], params={"seed": seed, "top_p": 0.5})
    request = playground.from_item(studio, OWNER.id, item)
    assert request["params"] == {"top_p": 0.5} | ({"seed": 7} if seed == 7 else {})
    assert exact(studio, request) == [("user", "hi")]


def test_a_turn_by_a_template_keeps_its_variables(studio: Studio) -> None:
    item = did(studio, "chat", message="water", template="chat/tutor")
    request = playground.from_item(studio, OWNER.id, item)
    tutor = studio.prompts.get("chat/tutor", OWNER.id)
    assert request["messages"] == [{"role": one.role, "content": one.content} for one in tutor.messages]
    assert request["rows"] == [{"message": "water"}]
    assert exact(studio, request)[-1] == ("user", "water")


def test_a_written_section_comes_with_what_the_model_was_sent(studio: Studio) -> None:
    outline = [{"heading": "One", "words": 40, "notes": "Robins sing. Finches sing, too. Wrens are small."}]
    item = did(studio, "writing", topic="Birds", outline=outline, polish=False)
    (sent,) = (
        data["data"]["messages"]
        for _, kind, data in studio.history.jobs.events(item)
        if kind == "part" and data["name"] == "sent"
    )
    request = playground.request_from(studio, OWNER.id, item=item)
    assert exact(studio, request) == [(one["role"], one["content"]) for one in sent]


def test_an_item_of_the_playground_is_its_own_request(studio: Studio) -> None:
    job = run(studio, rows=[{"text": "a"}])
    assert playground.from_item(studio, OWNER.id, job.id) == job.request


def test_what_asked_no_model_cannot_be_tried(studio: Studio) -> None:
    item = did(studio, "completions", prompt="once upon")
    with pytest.raises(InvalidInput, match="no messages to a model"):
        playground.from_item(studio, OWNER.id, item)
    with pytest.raises(InvalidInput, match="either an item or a template"):
        playground.request_from(studio, OWNER.id)


def test_a_prompt_file_comes_apart_into_examples_and_rows(studio: Studio) -> None:
    request = playground.from_template(studio, OWNER.id, "playground/few-shot")
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert request["examples"][0] == {"input": "It broke after two days.", "output": "negative"}
    assert request["evaluators"] == [
        {"name": "Says positive", "type": "contains", "value": "positive", "ignore_case": True}
    ]
    template = studio.prompts.get("playground/few-shot", OWNER.id)
    sent = [(one.role, one.content) for one in template.messages]
    sent[-1] = ("user", sent[-1][1].replace("{{text}}", request["rows"][0]["text"]))
    assert exact(studio, request) == sent


@pytest.mark.parametrize("id", ["chat/tutor", "support/triage", "writing/article", "playground/self-consistency"])
def test_every_prompt_can_be_tried(studio: Studio, id: str) -> None:
    assert exact(studio, playground.from_template(studio, OWNER.id, id))


def test_evaluators_of_other_tools_are_read() -> None:
    source = """
name: x
messages: [{role: user, content: hi}]
evaluators:
  - name: both
    string: {startsWith: a, endsWith: b}
  - name: alike
    uses: github/similarity
  - name: fluent
    uses: github/fluency
  - name: scored
    llm:
      modelId: openai/gpt-4o
      prompt: "Is {{completion}} kind?"
      choices: [{choice: "yes", score: 1}, {choice: somewhat, score: 0.25}, {choice: "no", score: 0}]
"""
    found = playground.evaluators_of(parse(source, "chat/x"))
    assert [one["type"] for one in found] == ["starts_with", "ends_with", "similar", "judge", "judge"]
    assert found[-1]["value"] == "Is (the answer) kind?\n\nIt passes if this is: yes, somewhat"
    assert found[-1]["model"] == "openai:gpt-4o" and found[0]["ignore_case"]
    with pytest.raises(InvalidInput, match=r"x.prompt.yml, line 10: github/humour is no evaluator"):
        playground.evaluators_of(parse(source.replace("fluency", "humour"), "chat/x"))


@pytest.mark.parametrize("example", playground.EXAMPLES, ids=lambda one: one["title"])
def test_what_one_can_begin_with_runs(studio: Studio, example: dict[str, Any]) -> None:
    job = run(studio, **{"messages": None, **example["request"]})
    assert set(cells(job, "error")) == {None}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_task_has_four_classes_and_gives_nothing_away(studio: Studio, language: str) -> None:
    request = playground.DATASETS[language]["request"]
    counts = [sum(row["expected"] == label for row in request["rows"]) for label in request["evaluators"][0]["value"]]
    assert len(counts) == 4 and len(set(counts)) == 1 and sum(counts) >= (40 if language == "en" else 20)
    assert len(request["examples"]) >= (16 if language == "en" else 8)
    job = run(studio, **{"messages": None, **request, "rows": request["rows"][:3]})
    assert job.result["plan"]["warnings"] == [] and set(cells(job, "error")) == {None}
    assert len({row["headline"] for row in request["rows"]}) == len(request["rows"])


SCHEMA = """
messages: [{role: user, content: "Describe {{animal}}"}]
testData: [{animal: true}, {animal: 5}, {animal: ~}, {animal: [a, 1]}, {animal: {b: no}}]
responseFormat: json_schema
jsonSchema: '{"name": "a", "strict": true, "schema": {"type": "object", "required": ["legs"]}}'
"""


def test_a_schema_of_a_file_holds_the_answers(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.prompts.create("chat/animal", OWNER.id, SCHEMA)
    request = playground.from_template(studio, OWNER.id, "chat/animal")
    assert [row["animal"] for row in request["rows"]] == ["true", "5", "", '["a", 1]', '{"b": "no"}']
    asked = []
    scripted(monkeypatch, studio.models, lambda messages: asked.append(messages) or '{"legs": 4}')
    for wanted in (request, {"prompts": [{"template": "chat/animal"}], "rows": request["rows"]}):
        job = run(studio, **{"messages": None, **wanted, "models": [MODEL], "rows": wanted["rows"][:1]})
        assert cells(job, "output") == ['{"legs": 4}']
    scripted(monkeypatch, studio.models, lambda messages: '{"wings": 2}')
    job = run(studio, **{"messages": None, **request, "models": [MODEL], "rows": [{"animal": "owl"}]})
    assert "did not keep to" in job.result["cells"][0]["error"]["template"]
    turn = studio.jobs.submit("chat", {"message": "a dog", "template": "chat/animal", "model": MODEL}, OWNER)
    assert "did not keep to" in studio.jobs.wait(turn.id, OWNER.id, 30).error


def test_a_schema_goes_with_messages(studio: Studio) -> None:
    for request, field in (
        ({"prompts": [{"template": "chat/tutor", "json_schema": {}}]}, "prompts.0.json_schema"),
        ({"prompts": [{"template": "chat/tutor"}], "json_schema": {}}, "json_schema"),
        ({"messages": [{"role": "user", "content": "x"}], "json_schema": {"type": 5}}, "json_schema"),
    ):
        with pytest.raises(InvalidInput) as error:
            studio.jobs.submit("playground", request, OWNER)
        assert error.value.values["field"] == field
