"""The bench of the playground over /api: what is answered, and to whom."""

from typing import Any

import pytest

from assistants.principals import LOCAL, Principal, of_owner
from assistants.studio import Studio
from tests.api.door import Door
from webapp.api.palette import find

VISITOR = of_owner("v-1")
SAY = [{"role": "user", "content": "Say {{word}}"}]
ROWS = [{"word": "one", "expected": "Say one"}, {"word": "two", "expected": "two"}]
BENCH = {"prompts": [{"messages": SAY}], "rows": ROWS, "evaluators": [{"type": "equals"}]}


@pytest.fixture
def door(studio: Studio) -> Door:
    return Door(studio)


def ran(studio: Studio, door: Door, request: dict[str, Any], who: Principal = LOCAL) -> str:
    job = door.ask("POST", "jobs", {"assistant": "playground", "request": request}, who)["id"]
    assert studio.jobs.wait(job, who.id, 20).status == "done"
    return job


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_examples_and_the_data_set_run_as_they_are(studio: Studio, door: Door, lang: str) -> None:
    home = door.ask("GET", "playground", lang=lang)
    assert len(home["examples"]) >= 3 and studio.models.resolve(None) in home["models"]
    for example in home["examples"]:
        ran(studio, door, example["request"])
    ran(studio, door, door.ask("GET", "playground/dataset", lang=lang))


def test_a_job_opens_with_what_it_was_asked_and_a_cell_with_what_was_sent(studio: Studio, door: Door) -> None:
    job = ran(studio, door, BENCH)
    assert door.ask("GET", f"playground/runs/{job}")["request"]["rows"] == ROWS
    sent = door.ask("GET", f"playground/runs/{job}/messages?variant=0&row=1")
    assert sent == [{"role": "user", "content": "Say two"}]


def test_a_template_comes_with_its_messages_its_cases_and_its_checks(studio: Studio, door: Door) -> None:
    prompt = door.ask("GET", "playground/prompt?template=playground/few-shot")
    assert prompt["name"] == "Few-shot" and prompt["messages"][0]["role"] == "system"
    assert prompt["rows"][0]["expected"] == "positive" and prompt["evaluators"][0]["type"] == "contains"
    job = ran(studio, door, {"prompts": [{"template": "playground/few-shot"}], "rows": prompt["rows"]})
    assert door.ask("GET", f"playground/runs/{job}")["request"]["prompts"][0]["messages"] == prompt["messages"]


@pytest.mark.parametrize("tab", [",", "\t"])
def test_a_pasted_table_becomes_rows_or_examples(door: Door, tab: str) -> None:
    words = f"word{tab}other{tab}expected\none{tab}x{tab}1\n"
    assert door.ask("POST", "playground/table", {"text": words}) == [{"word": "one", "other": "x", "expected": "1"}]
    assert door.ask("POST", "playground/table", {"text": words, "pairs": True}) == [{"input": "one", "output": "1"}]
    named = f"output{tab}input\nb{tab}a\n"
    assert door.ask("POST", "playground/table", {"text": named, "pairs": True}) == [{"input": "a", "output": "b"}]


@pytest.mark.parametrize("column", ["__expected", "__expected2", "__prefix", "__metadata:tag"])
def test_promptfoos_columns_are_no_rows_of_a_page(door: Door, column: str) -> None:
    for pairs in (False, True):
        table = {"text": f"word,{column}\none,contains: x\n", "pairs": pairs}
        status, sentence = door.refusal("POST", "playground/table", table)
        assert status == 422 and sentence.startswith(f"Column {column} is one of promptfoo's tables")


def test_a_template_brings_its_schema_and_its_cases(studio: Studio, door: Door) -> None:
    prompt = door.ask("GET", "playground/prompt?template=playground/structured-output")
    assert prompt["json_schema"]["required"] == ["title", "date", "place", "people"]
    assert prompt["evaluators"][0]["ignore_case"] is True


def test_a_table_of_one_column_is_no_examples(studio: Studio, door: Door) -> None:
    assert door.refusal("POST", "playground/table", {"text": "word\none\n", "pairs": True})[0] == 422


def test_two_texts_are_compared(studio: Studio, door: Door) -> None:
    pieces = door.ask("POST", "playground/compare", {"left": "a b c", "right": "a x c"})
    assert {"kind": "removed", "text": "b"} in pieces and {"kind": "added", "text": "x"} in pieces


def test_experiments_are_saved_renamed_found_and_deleted_by_their_owner_alone(studio: Studio, door: Door) -> None:
    draft = {"prompts": [{"messages": SAY}], "examples": [{"input": "a", "output": "b", "use": False}]}
    id = door.ask("POST", "experiments", {"name": "greetings", "request": draft}, VISITOR)["id"]
    assert [one["name"] for one in door.ask("GET", "experiments", who=VISITOR)] == ["greetings"]
    assert door.ask("PUT", f"experiments/{id}", {"name": "greetings", "request": BENCH}, VISITOR)["id"] == id
    assert door.ask("PATCH", f"experiments/{id}", {"name": "hellos"}, VISITOR)["name"] == "hellos"
    opened = door.ask("GET", f"experiments/{id}?messages=true", who=VISITOR)
    assert opened["name"] == "hellos" and opened["request"]["rows"] == ROWS
    assert door.ask("GET", "experiments") == []
    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        assert door.refusal(method, f"experiments/{id}", body)[0] == 404
    assert door.refusal("PUT", f"experiments/{id}", {"name": "mine", "request": BENCH})[0] == 404
    found = [find(studio, owner, "hello").hits for owner in (VISITOR, LOCAL)]
    assert [[hit.id for hit in hits if hit.kind == "experiment"] for hits in found] == [[id], []]
    door.ask("DELETE", f"experiments/{id}", who=VISITOR)
    assert door.ask("GET", "experiments", who=VISITOR) == []


def test_a_template_that_an_experiment_names_comes_with_its_messages(door: Door) -> None:
    request = {"prompts": [{"template": "playground/few-shot"}]}
    id = door.ask("POST", "experiments", {"name": "few", "request": request})["id"]
    assert door.ask("GET", f"experiments/{id}")["request"] == request
    [prompt] = door.ask("GET", f"experiments/{id}?messages=true")["request"]["prompts"]
    assert prompt["name"] == "Few-shot" and prompt["messages"][0]["role"] == "system"


@pytest.mark.parametrize("name", ["", " ", "x" * 1000])
def test_an_experiment_needs_a_name(door: Door, name: str) -> None:
    assert door.refusal("POST", "experiments", {"name": name, "request": BENCH})[0] == 422
    id = door.ask("POST", "experiments", {"name": "a name", "request": BENCH})["id"]
    assert door.refusal("PATCH", f"experiments/{id}", {"name": name})[0] == 422


def test_a_variant_becomes_the_version_of_a_prompt_that_is_in_use(studio: Studio, door: Door) -> None:
    job = ran(studio, door, BENCH | {"examples": [{"input": "three", "output": "3"}]})
    wanted = {"job": job, "variant": 0, "template": "chat/tutor", "note": "shorter"}
    version = door.ask("POST", "playground/promote", wanted)["version"]
    template = studio.prompts.get("chat/tutor", LOCAL.id)
    assert template.version == version and template.messages[-1].content == "Say {{word}}"
    assert [one.role for one in template.messages] == ["user", "assistant", "user"]
    assert studio.prompts.get("chat/tutor", VISITOR.id).version != version
    assert door.ask("POST", "playground/promote", wanted | {"template": "playground/mine"})["version"]


def test_an_item_of_the_history_comes_with_its_exact_messages(studio: Studio, door: Door) -> None:
    job = studio.jobs.submit("chat", {"message": "hello", "system": "Be brief."}, LOCAL)
    studio.jobs.wait(job.id, LOCAL.id, 20)
    request = door.ask("GET", f"playground/request?item={job.id}")
    assert [one["content"] for one in request["messages"]] == ["Be brief.", "{{message}}"]
    assert request["rows"] == [{"message": "hello"}]
    ran(studio, door, request)


def test_nobody_reaches_what_is_anothers(studio: Studio, door: Door) -> None:
    job = ran(studio, door, BENCH)
    for path in (f"playground/runs/{job}", f"playground/runs/{job}/messages", f"playground/request?item={job}"):
        assert door.refusal("GET", path, who=VISITOR)[0] == 404
    assert door.refusal("POST", f"jobs/{job}/stop", who=VISITOR)[0] == 404
    wanted = {"job": job, "variant": 0, "template": "chat/tutor"}
    assert door.refusal("POST", "playground/promote", wanted, VISITOR)[0] == 404
    talk = studio.jobs.submit("chat", {"message": "hello"}, LOCAL)
    studio.jobs.wait(talk.id, LOCAL.id, 20)
    assert door.refusal("GET", f"playground/runs/{talk.id}")[0] == 404


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": SAY},
        {"messages": SAY, "rows": [{"other": "x"}]},
    ],
)
def test_what_cannot_be_run_is_refused(door: Door, request_: dict[str, Any]) -> None:
    assert door.refusal("POST", "jobs", {"assistant": "playground", "request": request_})[0] == 422
