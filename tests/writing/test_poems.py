"""Poems: what can be counted of a form is counted, and what cannot is never ticked."""

import pytest

from assistants.principals import LOCAL
from assistants.studio import Studio
from assistants.writing import poems
from assistants.writing.brief import brief_of
from tests.engines.misbehaving import Handler, Server

HAIKU = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again"
LONG = "An old and silent pond\nA frog jumps into the pond\nSplash! Silence again"
LIMERICK = (
    "There once was a man by the sea\nWho lived on a diet of tea\n"
    "He drank it all day\nIn April and May\nAnd gave all the biscuits to me"
)
UNRHYMED = LIMERICK.replace("to me", "away")
SAME = LIMERICK.replace("of tea", "from the sea")
JUEJU = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"


def judged(form: str, text: str, language: str = "en") -> list[bool | None]:
    brief = brief_of({"kind": "poem", "topic": "t", "fields": {"form": form}, "language": language})
    return [found.ok for found in poems.judge(brief, text)]


@pytest.mark.parametrize(
    ("form", "text", "ok"),
    [
        ("haiku", HAIKU, [True, True]),
        ("haiku", LONG, [True, False]),
        ("haiku", HAIKU.replace("pond", "zzpond"), [True, None]),
        ("haiku", HAIKU + "\nOne more", [False]),
        ("haiku", "", [False]),
        ("limerick", LIMERICK, [True, True, None]),
        ("limerick", UNRHYMED, [True, False, None]),
        ("limerick", SAME, [True, False, None]),
        ("limerick", LIMERICK + "\nand so", [False, None]),
        ("jueju5", JUEJU, [True, None]),
        ("jueju7", JUEJU, [False, None]),
        ("lushi5", JUEJU, [False, None]),
        ("jueju5", JUEJU.replace("光", "光光"), [False, None]),
        ("jueju5", JUEJU + "abc", [False, None]),
    ],
)
def test_a_form_is_ticked_only_where_it_was_counted(form: str, text: str, ok: list[bool | None]) -> None:
    assert judged(form, text) == ok


def test_a_chinese_haiku_has_five_seven_and_five_characters() -> None:
    assert judged("haiku", "古池静无声\n一只青蛙跳入水\n水声响一下", "zh") == [True]
    assert judged("haiku", "古池静无声\n青蛙跳入水\n水声响一下", "zh") == [False]


@pytest.mark.parametrize(
    ("said", "text", "times"), [([LONG, HAIKU], HAIKU, None), ([LONG] * 3, LONG, 3), ([HAIKU], HAIKU, None)]
)
def test_a_poem_out_of_its_form_is_asked_for_again_and_never_dropped(
    studio: Studio, cluster: Server, said: list[str], text: str, times: int | None
) -> None:
    def answer(one: Handler) -> None:
        one.say(*said[len(one.server.asked) - 1])
        one.conclude()

    cluster.otherwise = answer
    request = {"kind": "poem", "topic": "A pond", "fields": {"form": "haiku"}, "model": "cluster:m"}
    job = studio.jobs.wait(studio.jobs.submit("writing", request, LOCAL).id, LOCAL.id, 60)
    assert (job.status, job.output) == ("done", text) and len(cluster.asked) == len(said)
    parts = [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part"]
    notes = [one["data"]["values"]["times"] for one in parts if one["name"] == "note"]
    assert notes == ([times] if times else [])
