"""The History tab, asked as its script asks it."""

from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.requests import validated
from assistants.studio import Studio
from webapp.tabs.history import Asked, act


def ask(studio: Studio, do: str, owner: str = "local", **details: Any) -> dict[str, Any]:
    return act(studio, owner, validated(Asked, {"do": do, **details}), "en")


def say(studio: Studio, message: str, owner: str = "local", **request: Any) -> str:
    job = studio.jobs.submit("chat", {"message": message, **request}, owner)
    return studio.jobs.wait(job.id, owner, 10).id


def test_a_search_brings_marks_and_choices_once(studio: Studio) -> None:
    say(studio, "green tea", template="chat/tutor")
    found = ask(studio, "search", q="tea")
    assert (found["items"][0]["title_marks"], found["items"][0]["snippet_marks"]) == ([(6, 9)], [(6, 9)])
    assert (found["models"], found["templates"], found["is_operator"]) == (["echo:"], ["chat/tutor"], True)
    assert ask(studio, "search", "visitor")["is_operator"] is False
    assert set(ask(studio, "search", before=found["items"][0]["number"])) == {"items", "more"}


def test_filters_of_the_page_narrow(studio: Studio) -> None:
    job = say(studio, "green tea")
    ask(studio, "star", ids=[job], starred=True)
    for filters, count in (
        ({"starred": True}, 1),
        ({"model": "echo:"}, 1),
        ({"template": "none"}, 0),
        ({"since": "2020-01-01T00:00:00.000Z"}, 1),
        ({"until": "2020-01-01T00:00:00.000Z"}, 0),
    ):
        assert len(ask(studio, "search", **filters)["items"]) == count, filters
    ask(studio, "star", ids=[job], starred=False)
    assert ask(studio, "search", starred=True)["items"] == []
    with pytest.raises(InvalidInput, match="until"):
        ask(studio, "search", until="yesterday")


def test_an_item_runs_again(studio: Studio) -> None:
    job = say(studio, "green tea", params={"seed": 7})
    again = studio.jobs.wait(ask(studio, "again", ids=[job])["job"], "local", 10)
    assert again.request["params"] == {"seed": 7} and again.output == "green tea"


def test_two_items_lie_side_by_side(studio: Studio) -> None:
    jobs = [say(studio, "green tea", params={"seed": seed}) for seed in (7, 8)]
    compared = ask(studio, "compare", ids=jobs)
    assert {one["name"]: one["same"] for one in compared["inputs"]} == {
        "model": True,
        "message": True,
        "params.seed": False,
    }
    assert compared["output"] == [["same", "green tea"]] and [item["id"] for item in compared["items"]] == jobs
    for ids in (jobs[:1], [*jobs, jobs[0]]):
        with pytest.raises(InvalidInput, match="ids"):
            ask(studio, "compare", ids=ids)


def test_deleted_restored_emptied_counted(studio: Studio) -> None:
    job = say(studio, "green tea")
    assert ask(studio, "stats")["counts"][0]["items"] == 1
    trashed = ask(studio, "delete", ids=[job])["trashed"]
    assert [line["id"] for line in ask(studio, "trash")["trash"]] == trashed
    assert ask(studio, "trash", "visitor")["trash"] == []
    assert ask(studio, "restore", ids=trashed)["trash"] == []
    ask(studio, "delete", ids=[job])
    assert ask(studio, "empty")["trash"] == []
    with pytest.raises(NotFound):
        ask(studio, "open", ids=[job])
    assert ask(studio, "stats", days=7)["counts"] == []
