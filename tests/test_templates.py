"""The templates that come with the studio: each is whole, and passes its own checks on the stand-in or the starter."""

import re
from collections import Counter
from pathlib import Path

import pytest

from assistants.engines import open_chat
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from prompts.library import Library, Messages, Template
from webapp.i18n import LANGUAGES

PROMPTS = Library(Path(__file__).parent.parent / "prompts")
TEMPLATES = PROMPTS.list()
# The stand-in says the last message back, which is not enough for these.
STARTER = ("chat/plain-assistant",)
SOURCE = re.compile(r"(Source: .+ \d{4}, |出处：.+，\d{4}，)arXiv:\d{4}\.\d{5}[.。]$")


def by_id(template: Template) -> str:
    return template.id


def cases(template: Template) -> list[Messages]:
    """Return what is sent in each test case."""
    return [
        Library.render(template, {name: str(case[name]) for name in template.variables}) for case in template.test_data
    ]


def check(template: Template, answer: str) -> None:
    failed = [one.name for one in template.evaluators if one.string and not one.string.passes(answer)]
    assert not failed, answer


@pytest.mark.parametrize("template", TEMPLATES, ids=by_id)
def test_a_template_is_whole(template: Template) -> None:
    assert template.description and "\n" not in template.description
    assert template.metadata.assistant == template.assistant
    assert template.metadata.language in LANGUAGES and template.metadata.tags
    assert template.question, "a person's words must have a place"
    assert len(template.test_data) >= 2
    assert all(set(case) - {"expected"} == {*template.variables} for case in template.test_data)
    assert any(one.string for one in template.evaluators)
    if (template.response_format or "") == "json_schema":
        assert template.json_schema["schema"]["required"] == list(template.json_schema["schema"]["properties"])


@pytest.mark.parametrize("template", PROMPTS.list("playground"), ids=by_id)
def test_a_technique_names_its_source(template: Template) -> None:
    assert SOURCE.search(template.description)


@pytest.mark.parametrize("template", [one for one in TEMPLATES if one.id not in STARTER], ids=by_id)
def test_its_checks_pass_on_the_stand_in(template: Template) -> None:
    engine = open_chat("echo:")
    for messages in cases(template):
        check(template, engine.invoke(messages).text)


@pytest.mark.slow
@pytest.mark.parametrize("id", STARTER)
def test_its_checks_pass_on_the_starter(id: str, settings: Settings, starter_folder: Path) -> None:
    studio = open_studio(settings.model_copy(update={"models": starter_folder, "text_model": "starter"}))
    try:
        for case in PROMPTS.get(id).test_data:
            request = {"message": case["message"], "template": id, "params": {"temperature": 0.0, "max_tokens": 60}}
            job = studio.jobs.submit("chat", request, LOCAL)
            check(PROMPTS.get(id), studio.jobs.wait(job.id, "local", 100).output)
    finally:
        studio.close()


def test_there_are_enough_for_every_assistant_and_language() -> None:
    own = [one for one in TEMPLATES if one.assistant != "writing"]
    assert len(own) >= 24
    for assistant in PROMPTS.assistants:
        languages = Counter(one.metadata.language for one in PROMPTS.list(assistant))
        assert set(languages) >= set(LANGUAGES), assistant
    assert len({one.name for one in own}) == len(own)
