"""The Playground tab without a browser: what its handler answers, and to whom."""

import json
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.principals import LOCAL, Principal, of_owner
from assistants.requests import validated
from assistants.studio import Studio
from webapp.api.palette import find
from webapp.tabs.playground.actions import Asked, act

VISITOR = of_owner("v-1")
SAY = [{"role": "user", "content": "Say {{word}}"}]
ROWS = [{"word": "one", "expected": "Say one"}, {"word": "two", "expected": "two"}]
BENCH = {"prompts": [{"messages": SAY}], "rows": ROWS, "evaluators": [{"type": "equals"}]}


def ask(studio: Studio, owner: Principal = LOCAL, lang: str = "en", **data: Any) -> dict[str, Any]:
    answer = act(studio, owner, validated(Asked, data), lang)
    json.dumps(answer)
    return answer


def ran(studio: Studio, request: dict[str, Any], owner: Principal = LOCAL) -> str:
    job = ask(studio, owner, do="run", request=request)["job"]
    assert studio.jobs.wait(job, owner.id, 20).status == "done"
    return job


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_examples_and_the_data_set_run_as_they_are(studio: Studio, lang: str) -> None:
    home = ask(studio, lang=lang, do="home")
    assert len(home["examples"]) >= 3 and studio.models.resolve(None) in home["models"]
    for example in home["examples"]:
        ran(studio, example["request"])
    ran(studio, ask(studio, lang=lang, do="dataset")["request"])


def test_a_job_opens_with_what_it_was_asked_and_a_cell_with_what_was_sent(studio: Studio) -> None:
    job = ran(studio, BENCH)
    assert ask(studio, do="open", job=job)["request"]["rows"] == ROWS
    sent = ask(studio, do="messages", job=job, variant=0, row=1)["messages"]
    assert sent == [{"role": "user", "content": "Say two"}]


def test_a_template_comes_with_its_messages_its_cases_and_its_checks(studio: Studio) -> None:
    prompt = ask(studio, do="template", id="playground/few-shot")["prompt"]
    assert prompt["name"] == "Few-shot" and prompt["messages"][0]["role"] == "system"
    assert prompt["rows"][0]["expected"] == "positive" and prompt["evaluators"][0]["type"] == "contains"
    job = ran(studio, {"prompts": [{"template": "playground/few-shot"}], "rows": prompt["rows"]})
    assert ask(studio, do="open", job=job)["request"]["prompts"][0]["messages"] == prompt["messages"]


@pytest.mark.parametrize("tab", [",", "\t"])
def test_a_pasted_table_becomes_rows_or_examples(studio: Studio, tab: str) -> None:
    words = f"word{tab}other{tab}expected\none{tab}x{tab}1\n"
    assert ask(studio, do="table", text=words)["rows"] == [{"word": "one", "other": "x", "expected": "1"}]
    assert ask(studio, do="table", text=words, pairs=True)["rows"] == [{"input": "one", "output": "1"}]
    named = f"output{tab}input\nb{tab}a\n"
    assert ask(studio, do="table", text=named, pairs=True)["rows"] == [{"input": "a", "output": "b"}]


@pytest.mark.parametrize("column", ["__expected", "__expected2", "__prefix", "__metadata:tag"])
def test_promptfoos_columns_are_no_rows_of_a_page(studio: Studio, column: str) -> None:
    for pairs in (False, True):
        with pytest.raises(InvalidInput, match=f"Column {column} is one of promptfoo's tables"):
            ask(studio, do="table", text=f"word,{column}\none,contains: x\n", pairs=pairs)


def test_a_template_brings_its_schema_and_its_cases(studio: Studio) -> None:
    prompt = ask(studio, do="template", id="playground/structured-output")["prompt"]
    assert prompt["json_schema"]["required"] == ["title", "date", "place", "people"]
    assert prompt["evaluators"][0]["ignore_case"] is True


def test_a_table_of_one_column_is_no_examples(studio: Studio) -> None:
    with pytest.raises(InvalidInput):
        ask(studio, do="table", text="word\none\n", pairs=True)


def test_two_texts_are_compared(studio: Studio) -> None:
    pieces = ask(studio, do="compare", left="a b c", right="a x c")["pieces"]
    assert ["removed", "b"] in pieces and ["added", "x"] in pieces


def test_experiments_are_saved_renamed_found_and_deleted_by_their_owner_alone(studio: Studio) -> None:
    draft = {"prompts": [{"messages": SAY}], "examples": [{"input": "a", "output": "b", "use": False}]}
    saved = ask(studio, VISITOR, do="save", name="greetings", request=draft)
    assert [one["name"] for one in saved["experiments"]] == ["greetings"]
    id = saved["id"]
    assert ask(studio, VISITOR, do="save", name="greetings", request=BENCH, id=id)["id"] == id
    assert ask(studio, VISITOR, do="rename", name="hellos", id=id)["experiments"][0]["name"] == "hellos"
    opened = ask(studio, VISITOR, do="experiment", id=id)
    assert opened["experiment"] == {"id": id, "name": "hellos"} and opened["request"]["rows"] == ROWS
    assert ask(studio, do="experiments")["experiments"] == []
    for do in ("experiment", "rename", "delete"):
        with pytest.raises(NotFound):
            ask(studio, do=do, id=id, name="mine")
    with pytest.raises(NotFound):
        ask(studio, do="save", id=id, name="mine", request=BENCH)
    found = [find(studio, owner, "hello").hits for owner in (VISITOR, LOCAL)]
    assert [[hit.id for hit in hits if hit.kind == "experiment"] for hits in found] == [[id], []]
    assert ask(studio, VISITOR, do="delete", id=id)["experiments"] == []


@pytest.mark.parametrize("name", ["", " ", "x" * 1000])
def test_an_experiment_needs_a_name(studio: Studio, name: str) -> None:
    with pytest.raises(InvalidInput):
        ask(studio, do="save", name=name, request=BENCH)


def test_a_variant_becomes_the_version_of_a_prompt_that_is_in_use(studio: Studio) -> None:
    job = ran(studio, BENCH | {"examples": [{"input": "three", "output": "3"}]})
    targets = {one["id"]: one for one in ask(studio, do="targets")["targets"]}
    assert targets["chat/tutor"]["assistant"] == "chat"
    version = ask(studio, do="promote", job=job, variant=0, id="chat/tutor", note="shorter")["version"]
    template = studio.prompts.get("chat/tutor", LOCAL.id)
    assert template.version == version and template.messages[-1].content == "Say {{word}}"
    assert [one.role for one in template.messages] == ["user", "assistant", "user"]
    assert studio.prompts.get("chat/tutor", VISITOR.id).version != version
    assert ask(studio, do="promote", job=job, variant=0, id="playground/mine", note="")["version"]


def test_an_item_of_the_history_comes_with_its_exact_messages(studio: Studio) -> None:
    job = studio.jobs.submit("chat", {"message": "hello", "system": "Be brief."}, LOCAL)
    studio.jobs.wait(job.id, LOCAL.id, 20)
    request = ask(studio, do="from", job=job.id)["request"]
    assert [one["content"] for one in request["messages"]] == ["Be brief.", "{{message}}"]
    assert request["rows"] == [{"message": "hello"}]
    ran(studio, request)


def test_nobody_reaches_what_is_anothers(studio: Studio) -> None:
    job = ran(studio, BENCH)
    for do in ("open", "messages", "stop", "from", "promote"):
        with pytest.raises(NotFound):
            ask(studio, VISITOR, do=do, job=job, id="chat/tutor")
    talk = studio.jobs.submit("chat", {"message": "hello"}, LOCAL)
    studio.jobs.wait(talk.id, LOCAL.id, 20)
    with pytest.raises(NotFound):
        ask(studio, do="open", job=talk.id)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": SAY},
        {"messages": SAY, "rows": [{"other": "x"}]},
    ],
)
def test_what_cannot_be_run_is_refused(studio: Studio, request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ask(studio, do="run", request=request_)
