"""Telling: a model that does as it is told goes on with one text, and nothing that it writes is left out."""

from typing import Any

import pytest

from assistants.principals import LOCAL
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.writing.sentences import SentenceFilter
from assistants.writing.telling import Taken
from tests.engines.misbehaving import Handler, Server

# Sentences that a filter for small models would leave out.
HARMLESS = (
    "In this section of the park the oaks are oldest. Use metaphors sparingly, the poet said. This article of the"
    " treaty was signed in Bern. Note: the gate closes at nine. The story is told by the ferryman."
    "\n\n- bring water\n- bring bread"
)


def taken(text: str, target: int = 100, limit: int | None = None, step: int = 3) -> tuple[str, Taken]:
    """Return what is taken of a text that comes a few letters at a time."""
    filtered = SentenceFilter("", limit=limit)
    one = Taken(filtered, target)
    said = ""
    for start in range(0, len(text), step):
        if one.is_over:
            break
        said += one.push(text[start : start + step])
    said += one.rest()
    assert said == filtered.text
    return said, one


def test_nothing_is_left_out_or_changed() -> None:
    assert taken(HARMLESS)[0] == HARMLESS
    chinese = "本节的橡树最老。请用到这些词，诗人说。\n\n他说：“走吧。”然后走了"
    assert taken(chinese)[0] == chinese


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_a_section_ends_with_a_paragraph_once_it_is_long_enough(step: int) -> None:
    first, second = "One two three four five six.", "Seven eight nine ten eleven twelve."
    assert taken(f"{first}\n\n{second}\n\nMore.", 10, step=step)[0] == first
    assert taken(f"{first}\n\n{second}\n\nMore.", 11, step=step)[0] == f"{first}\n\n{second}"


def test_and_with_a_sentence_where_the_paragraph_never_ends() -> None:
    text = " ".join(f"This is number {place}." for place in range(100))
    said, one = taken(text, 20)
    assert one.is_over and said == " ".join(f"This is number {place}." for place in range(8))


@pytest.mark.parametrize("heading", ["## Next", "### 3. Then", "**Next part**", "**Next:**", "---"])
def test_the_next_heading_is_none_of_it(heading: str) -> None:
    said, one = taken(f"It rained.\n\n{heading}\n\nIt snowed.")
    assert said == "It rained." and one.is_over
    # One that the model puts before its first word is the section's own.
    assert taken(f"{heading}\n\nIt snowed.")[0] == "It snowed."


def test_words_in_bold_and_hashes_within_a_line_are_text() -> None:
    text = "**Never** go alone. Take the #4 bus."
    assert taken(text)[0] == text


def test_a_limit_of_characters_is_kept_to_at_a_sentence() -> None:
    said, one = taken("One two. Three four. Five six.", limit=21)
    assert said == "One two. Three four." and one.is_over


def run(studio: Studio, **request: Any) -> JobRow:
    row = studio.jobs.submit("writing", {"model": "cluster:m", "polish": False, **request}, LOCAL)
    return studio.jobs.wait(row.id, LOCAL.id, 60)


def test_each_section_goes_on_with_what_was_said(studio: Studio, cluster: Server) -> None:
    def answer(one: Handler) -> None:
        number = len(one.server.asked)
        one.say(*f"This is what part {number} says about the doors of the town. In this article we will explore more.")
        one.conclude()

    outline = [{"heading": "Ada", "words": 20}, {"heading": "Bo", "words": 20}]
    cluster.otherwise = answer
    row = run(studio, topic="Doors", outline=outline, keywords=["hinge"])
    asked = [one.body["messages"] for one in cluster.asked]
    assert row.status == "done", row.error
    first = row.result["sections"][0]["text"]
    assert first.endswith("In this article we will explore more."), "a capable model's words stay"
    assert [message["role"] for message in asked[0]] == ["system", "user", "assistant"]
    assert asked[0][2]["content"] == "## Ada\n\n"
    assert asked[1][2] == {"role": "assistant", "content": f"## Ada\n\n{first}\n\n## Bo\n\n"}


@pytest.mark.parametrize("guard", [False, True])
def test_what_is_said_again_is_left_out_where_a_person_wants_that(studio: Studio, cluster: Server, guard: bool) -> None:
    def answer(one: Handler) -> None:
        one.say(*"The red door of the old town hall opens at nine. " * 2)
        one.conclude()

    cluster.otherwise = answer
    row = run(studio, topic="Doors", outline=[{"heading": "Ada", "words": 20}], guard=guard)
    assert row.status == "done", row.error
    assert row.result["sections"][0]["text"].count("The red door") == (1 if guard else 2)


def test_a_part_about_which_nothing_is_known_stays_empty_and_says_so(studio: Studio, cluster: Server) -> None:
    def answer(one: Handler) -> None:
        one.say(*("The library opens on Saturday." if len(one.server.asked) == 1 else " "))
        one.conclude()

    cluster.otherwise = answer
    row = run(studio, kind="news", topic="The library opens")
    events = [data for _, kind, data in studio.history.jobs.events(row.id) if kind == "part" and data["name"] == "note"]
    assert [section["text"] for section in row.result["sections"]] == ["The library opens on Saturday.", "", "", ""]
    assert {note["data"]["values"]["heading"] for note in events} == {"Details", "Background", "What comes next"}
