"""Rewriting: what cannot be proposed is said at the door, with what to do next."""

import pytest

from assistants import writing
from assistants.errors import InvalidInput
from assistants.models import Models
from assistants.principals import LOCAL
from assistants.studio import Studio


def propose(studio: Studio, operation: str, instruction: str = "") -> None:
    draft = writing.take_in(studio, LOCAL.id, "a.md", b"# Doors\n\nOne door is open.\n").id
    section = studio.history.drafts.open(draft, LOCAL.id).document["sections"][0]["id"]
    place = {"draft": draft, "section": section, "selection": {"start": 0, "end": 8}}
    request = {"action": "rewrite", "operation": operation, "instruction": instruction, "model": "echo:", **place}
    studio.jobs.submit("writing", request, LOCAL)


def test_a_model_is_not_asked_for_a_language_that_it_does_not_know(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(studio, "translate", "zh")  # nobody knows what this model knows
    monkeypatch.setattr(Models, "languages", lambda _, name: ("en",))
    propose(studio, "translate", "en")
    propose(studio, "translate", "Plain English, please")
    with pytest.raises(InvalidInput, match="echo: does not write this language"):
        propose(studio, "translate", "zh")


def test_nothing_is_written_like_a_sample_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="no sample to go by"):
        propose(studio, "sample")
