"""A profile is told to models only while it is on, in its person's own chats and drafts, and goes with their data."""

import io
import json
import zipfile
from typing import Any

from assistants.principals import LOCAL, of_owner
from assistants.profile import Profile, knowing, read, write
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.test_chat import Heard, heard  # noqa: F401 (a fixture)

ANN = of_owner("v-ann")
OWN = Profile(is_on=True, name="Ann", tone="brisk", facts="I keep bees.")


def ask(studio: Studio, who: Any = ANN, assistant: str = "chat", **request: Any) -> JobRow:
    job = studio.jobs.submit(assistant, request, who)
    return studio.jobs.wait(job.id, who.id, 30)


def test_it_is_off_and_empty_until_its_person_says_otherwise(studio: Studio) -> None:
    assert read(studio, ANN.id) == Profile() and not read(studio, ANN.id).is_on
    write(studio, ANN.id, OWN.model_copy(update={"is_on": False}))
    assert "profile" not in ask(studio, message="hi").request


def test_the_chat_tells_it_and_records_what_it_told(studio: Studio, heard: Heard) -> None:  # noqa: F811 (the fixture)
    write(studio, ANN.id, OWN)
    job = ask(studio, message="hi", system="Sing.")
    role, system = heard[0][0][0]
    assert role == "system" and system.startswith("Sing.") and "Name: Ann" in system and "I keep bees." in system
    assert "Ann" in job.request["profile"]
    # What it says may change: the item is made again with what was told.
    write(studio, ANN.id, OWN.model_copy(update={"name": "Anne"}))
    again = studio.jobs.wait(studio.jobs.again(job.id, ANN).id, ANN.id, 30)
    assert again.request["profile"] == job.request["profile"]
    # A request may tell nothing.
    assert not ask(studio, message="hi", profile="").request.get("profile")


def test_nobody_elses_requests_tell_it(studio: Studio, heard: Heard) -> None:  # noqa: F811 (the fixture)
    write(studio, ANN.id, OWN)
    assert "profile" not in ask(studio, of_owner("v-bob"), message="hi").request
    assert [role for role, _ in heard[0][0]] == ["human"]


def test_writing_tells_it(studio: Studio) -> None:
    write(studio, LOCAL.id, OWN)
    request = {"topic": "Bees", "words": 40, "action": "draft", "polish": False}
    job = ask(studio, LOCAL, "writing", **request)
    assert "I keep bees." in job.request["profile"]
    sent = [data["data"] for _, kind, data in studio.history.jobs.events(job.id) if data.get("name") == "sent"]
    assert sent and all("I keep bees." in one["messages"][0]["content"] for one in sent)


def test_it_is_exported_and_erased_with_its_persons_data(studio: Studio) -> None:
    write(studio, ANN.id, OWN)
    write(studio, "v-bob", OWN.model_copy(update={"name": "Bob"}))
    target = io.BytesIO()
    studio.history.export(ANN.id, target)
    lines = zipfile.ZipFile(target).read("profile.jsonl").decode().splitlines()
    assert [json.loads(line).get("name") for line in lines][-1] == "Ann" and "Bob" not in str(lines)
    with studio.history.store.write() as db:
        studio.history.kinds.erase(db, ANN.id)
    assert read(studio, ANN.id) == Profile() and read(studio, "v-bob").name == "Bob"


def test_where_there_is_no_system_prompt_it_is_one() -> None:
    assert knowing([("user", "hi")], "Ann") == [("system", "Ann"), ("user", "hi")]
    assert knowing([("user", "hi")], "") == [("user", "hi")]
