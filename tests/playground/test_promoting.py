"""A winner becomes a version of a prompt that the other assistants use, and its note says what it gained."""

import pytest

from assistants import playground
from assistants.errors import InvalidInput, NotFound
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from prompts.library import Library
from tests.playground.runs import OWNER, run

EXAMPLES = [{"input": "in", "output": "out"}, {"input": "more", "output": "yes: 'no' #1\n- {x}"}]
PROMPTS = [
    {"name": "loud", "messages": [{"role": "user", "content": "Say {{message}}"}]},
    {
        "name": "plain",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{message}}"}],
    },
]


@pytest.fixture
def job(studio: Studio) -> JobRow:
    rows = [{"message": word, "expected": word} for word in ("one", "two", "three", "four", "five", "six", "seven")]
    checks = [{"type": "equals"}]
    return run(
        studio,
        messages=None,
        prompts=PROMPTS,
        examples=EXAMPLES,
        rows=rows,
        evaluators=checks,
        params={"max_tokens": 9},
    )


def test_the_winner_is_what_is_used_from_now_on(studio: Studio, job: JobRow) -> None:
    version = playground.promote(studio, OWNER.id, job.id, 1, "chat/mine", "It wins.")
    template = studio.prompts.get("chat/mine", OWNER.id)
    assert template.version == version and template.name == "plain"
    assert Library.render(template, {"message": "hello"}) == [
        ("system", "Be kind."),
        *[(role, text) for one in EXAMPLES for role, text in (("user", one["input"]), ("assistant", one["output"]))],
        ("user", "hello"),
    ]
    (kept,) = studio.prompts.versions("chat/mine", OWNER.id)
    assert kept.note == "It wins. [100% (65%–100%), n = 7; +100% (+100% – +100%)]"
    assert template.model_parameters.max_tokens == 9 and template.test_data[0] == {"message": "one", "expected": "one"}
    chat = studio.jobs.submit("chat", {"message": "hello", "template": "chat/mine"}, OWNER)
    assert studio.jobs.wait(chat.id, OWNER.id, 20).output == "hello"


def test_a_prompt_that_is_there_keeps_its_name_and_tags(studio: Studio, job: JobRow) -> None:
    before = studio.prompts.get("chat/tutor", OWNER.id)
    playground.promote(studio, OWNER.id, job.id, 1, "chat/tutor")
    after = studio.prompts.get("chat/tutor", OWNER.id)
    assert (after.name, after.metadata, after.test_data) == (before.name, before.metadata, before.test_data)
    assert [one.name for one in after.evaluators] == [one.name for one in before.evaluators]
    assert after.messages[0].content == "Be kind."
    assert studio.prompts.get("chat/tutor", "other").version == before.version


def test_a_promoted_prompt_comes_back_as_it_was(studio: Studio, job: JobRow) -> None:
    playground.promote(studio, OWNER.id, job.id, 1, "chat/mine")
    request = playground.from_template(studio, OWNER.id, "chat/mine")
    assert [{"input": one["input"], "output": one["output"]} for one in request["examples"]] == EXAMPLES


def test_what_cannot_be_kept_is_said(studio: Studio, job: JobRow) -> None:
    for owner, variant, error in (("other", 0, NotFound), (OWNER.id, 9, NotFound)):
        with pytest.raises(error):
            playground.promote(studio, owner, job.id, variant, "chat/mine")
    with pytest.raises(InvalidInput, match="must be one of"):
        playground.promote(studio, OWNER.id, job.id, 0, "nobody/mine")
    near = run(studio, rows=[{"text": "a"}], examples=EXAMPLES, shots={"k": 1, "choose": "length"})
    with pytest.raises(InvalidInput, match="chosen anew for each row"):
        playground.promote(studio, OWNER.id, near.id, 0, "chat/mine")
    holds = run(studio, rows=[{"text": "a"}], examples=[{"input": "{{text}}", "output": "b"}])
    with pytest.raises(InvalidInput, match="An example holds a variable"):
        playground.promote(studio, OWNER.id, holds.id, 0, "chat/mine")
    chat = studio.jobs.submit("chat", {"message": "hello"}, OWNER)
    with pytest.raises(InvalidInput, match="not one of the playground"):
        playground.promote(studio, OWNER.id, chat.id, 0, "chat/mine")
