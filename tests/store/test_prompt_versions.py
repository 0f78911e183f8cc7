"""The prompts of several owners: versions kept and put in use, what chat sends, and what is refused whole."""

import io
import sqlite3
import zipfile
from contextlib import closing
from typing import Any

import pytest

from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.prompts import MAX_NOTE
from assistants.settings import Settings
from assistants.studio import Studio
from tests.test_chat import Heard, ask, heard  # noqa: F401 (a fixture)
from tests.test_packing import SMALL, fifty, zipped

TUTOR = "chat/tutor"


@pytest.fixture
def tutor(studio: Studio) -> str:
    """The built-in text of a template."""
    return studio.prompts.get(TUTOR, "me").source


def ids(studio: Studio, owner: str = "me", q: str = "", **wanted: Any) -> list[str]:
    return [card.id for card in studio.prompts.list(owner, q, **wanted)]


def notes(studio: Studio, id: str = TUTOR) -> list[str]:
    return [version.note for version in studio.prompts.versions(id, "me")]


def test_a_saved_version_is_in_use_for_its_owner_alone(studio: Studio, tutor: str) -> None:
    louder = tutor.replace("patient tutor", "LOUD tutor")
    saved = studio.prompts.save(TUTOR, "me", louder, "louder")
    assert studio.prompts.get(TUTOR, "me").source == louder
    assert studio.prompts.get(TUTOR, "you").source == tutor
    assert [version.is_shipped for version in studio.prompts.versions(TUTOR, "me")] == [False, True]
    [card] = [card for card in studio.prompts.list("me") if card.id == TUTOR]
    assert (card.version, card.is_own, card.is_changed) == (saved.version, False, True)
    with pytest.raises(NotFound):
        studio.prompts.get(TUTOR, "you", saved.version)


def test_a_version_can_be_kept_aside_and_put_in_use_later(studio: Studio, tutor: str) -> None:
    first = studio.prompts.save(TUTOR, "me", tutor + "# one\n", "one")
    second = studio.prompts.save(TUTOR, "me", tutor + "# two\n", "two", use=False)
    assert studio.prompts.get(TUTOR, "me").version == first.version
    studio.prompts.use(TUTOR, "me", second.version)
    assert studio.prompts.get(TUTOR, "me").source.endswith("# two\n")
    studio.prompts.use(TUTOR, "me", studio.prompts.get(TUTOR, "you").version)
    assert studio.prompts.get(TUTOR, "me").source == tutor
    assert notes(studio) == ["two", "one", ""]


def test_the_same_text_is_no_new_version(studio: Studio, tutor: str) -> None:
    with pytest.raises(InvalidInput, match="has a version with this text already"):
        studio.prompts.save(TUTOR, "me", tutor)
    assert notes(studio) == [""]


def test_fifty_texts_are_kept_to_the_letter(studio: Studio) -> None:
    files = fifty()
    for id, text in files.items():
        studio.prompts.create(id, "me", text)
    assert {id: studio.prompts.get(id, "me").source for id in files} == files
    packed = studio.prompts.pack("me", files)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            f"{id}.prompt.yml": text for id, text in files.items()
        }
    assert studio.prompts.take_in("you", "all.zip", packed).added == sorted(files)
    assert studio.prompts.pack("you", files) == packed


def test_templates_are_found_by_assistant_language_tag_and_words(studio: Studio) -> None:
    source = SMALL + "description: Greets in Klingon\nmetadata: {tags: [greeting], language: tlh}\n"
    studio.prompts.create("chat/klingon", "me", source)
    for wanted in ({"language": "tlh"}, {"tag": "greeting"}, {"q": "KLINGON small"}, {"q": "greeting"}):
        assert ids(studio, **wanted) == ["chat/klingon"], wanted
    assert ids(studio, "you", q="klingon") == []
    assert "chat/klingon" in ids(studio, assistant="chat")
    assert ids(studio, q="klingon nowhere") == ids(studio, assistant="nobody") == []


def test_a_copy_has_a_name_of_its_own(studio: Studio) -> None:
    id, source = studio.prompts.copy(TUTOR, "me")
    assert id == "chat/tutor-2"
    assert studio.prompts.create(id, "me", source).name == "Patient tutor (2)"
    assert studio.prompts.copy(TUTOR, "me")[0] == "chat/tutor-3"
    # Its place is found in one go: by the square of so many spaces, the studio would stand still for ten minutes.
    wide = SMALL.replace("Small", f"Small{' ' * 250_000}one")
    studio.prompts.create("chat/wide", "me", wide)
    assert "one (2)\n" in studio.prompts.copy("chat/wide", "me")[1]


def test_what_was_deleted_comes_back_from_the_trash(studio: Studio, tutor: str) -> None:
    studio.prompts.create("chat/mine", "me", SMALL)
    studio.prompts.save(TUTOR, "me", tutor + "# changed\n")
    kept = [studio.prompts.delete(id, "me") for id in ("chat/mine", TUTOR)]
    assert "chat/mine" not in ids(studio)
    assert studio.prompts.get(TUTOR, "me").source == tutor
    assert {line.kind for line in studio.history.trash.list("me")} == {"prompt"}
    with pytest.raises(NotFound):
        studio.history.trash.restore("you", kept[0])
    for id in kept:
        studio.history.trash.restore("me", id)
    assert "chat/mine" in ids(studio)
    assert studio.prompts.get(TUTOR, "me").source == tutor + "# changed\n"


def test_what_took_its_name_keeps_a_template_in_the_trash(studio: Studio) -> None:
    studio.prompts.create("chat/mine", "me", SMALL)
    old = studio.prompts.delete("chat/mine", "me")
    studio.prompts.create("chat/mine", "me", SMALL + "# new\n")
    with pytest.raises(InvalidInput, match="There is a prompt named chat/mine again"):
        studio.history.trash.restore("me", old)
    assert len(studio.prompts.versions("chat/mine", "me")) == 1
    studio.history.trash.empty("me")
    assert studio.history.trash.list("me") == []
    assert studio.prompts.get("chat/mine", "me").source.endswith("# new\n")


# Chat sends what is in use, and its items say which that was


def test_chat_sends_the_version_in_use_and_records_it(studio: Studio, tutor: str, heard: Heard) -> None:  # noqa: F811
    ask(studio, message="hi", template=TUTOR)
    saved = studio.prompts.save(TUTOR, "local", tutor.replace("patient tutor", "LOUD tutor"))
    job = ask(studio, message="hi", template=TUTOR)
    assert ["LOUD" in messages[0][1] for messages, _ in heard] == [False, True]
    assert job.request["template_version"] == saved.version
    assert studio.prompts.uses(TUTOR, "local")[saved.version] == 1
    [item, _] = studio.history.search("local", template=TUTOR)
    assert (item.template, item.template_version) == (TUTOR, saved.version)


def test_running_again_sends_the_recorded_version(studio: Studio, tutor: str, heard: Heard) -> None:  # noqa: F811
    studio.prompts.create("chat/mine", "local", SMALL.replace("Say", "First: say"))
    first = ask(studio, message="hi", template="chat/mine")
    studio.prompts.save("chat/mine", "local", SMALL.replace("Say", "Then: say"))
    studio.prompts.delete("chat/mine", "local")
    again = studio.jobs.again(first.id, LOCAL)
    studio.jobs.wait(again.id, "local", 10)
    assert [messages[-1][1] for messages, _ in heard] == ["First: say hi."] * 2


def test_an_older_studios_built_in_text_can_be_sent_again(settings: Settings) -> None:
    with closing(open_studio(settings)) as studio:
        shipped = studio.prompts.get(TUTOR, "local").version
    with closing(sqlite3.connect(settings.home / "studio.db")) as db, db:
        db.execute(
            "UPDATE prompt_versions SET version = 'old', source = replace(source, 'patient', 'OLD') WHERE version = ?",
            (shipped,),
        )
    with closing(open_studio(settings)) as studio:
        assert studio.prompts.get(TUTOR, "local").version == shipped
        assert "OLD tutor" in studio.prompts.get(TUTOR, "local", "old").source
        assert [one.version for one in studio.prompts.versions(TUTOR, "local")] == [shipped, "old"]


def test_a_person_fills_what_the_message_does_not(studio: Studio, heard: Heard) -> None:  # noqa: F811
    source = """\
name: Translator
messages:
  - {role: system, content: "You translate into {{language}}."}
  - {role: user, content: "Into {{language}}:\\n{{text}}"}
"""
    studio.prompts.create("chat/translate", "local", source)
    values = {"language": "Swahili & <b>{{text}}"}
    job = ask(studio, message="hello", template="chat/translate", values=values)
    ask(studio, message="bye", template="chat/translate", values=values, conversation=job.result["conversation"])
    messages = heard[-1][0]
    assert messages[0] == ("system", "You translate into Swahili & <b>{{text}}.")
    assert [text.partition("\n")[2] for kind, text in messages if kind == "human"] == ["hello", "bye"]
    for wrong, field in (({}, "language"), ({**values, "colour": "red"}, "colour")):
        with pytest.raises(InvalidInput, match=field):
            ask(studio, message="hello", template="chat/translate", values=wrong)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"values": {"a": "b"}}, "values"),
        ({"template_version": "abc"}, "template_version"),
        ({"template": TUTOR, "template_version": "abc"}, "template"),
        ({"template": TUTOR, "values": {"a": 1}}, "values.a"),
        ({"template": "chat/silent"}, "template"),
    ],
)
def test_a_request_that_fits_no_template_is_refused(studio: Studio, request_: dict, field: str) -> None:
    studio.prompts.create("chat/silent", "local", SMALL.replace("{{word}}", "nothing"))
    with pytest.raises(InvalidInput) as caught:
        ask(studio, message="hi", **request_)
    assert caught.value.field == field


# Bad input: one sentence, nothing changed


@pytest.mark.parametrize(
    ("id", "source", "words"),
    [
        (TUTOR, SMALL, "There is a prompt named chat/tutor already"),
        ("chat/../x", SMALL, "is no name for a prompt"),
        ("chat", SMALL, "is no name for a prompt"),
        ("", SMALL, "is no name for a prompt"),
        ("chat/" + "x" * 81, SMALL, "is no name for a prompt"),
        ("nobody/x", SMALL, "must be one of"),
        ("chat/x", "", "chat/x.prompt.yml is empty"),
        ("chat/x", SMALL + "colour: red\n", "line 5: 'colour' is not a key"),
        ("chat/x", SMALL.replace("{{word}}", "{{ word }}"), "line 4: {{ word }} is not a variable"),
        ("chat/x", SMALL + "name: Twice\n", "line 5: 'name' stands here a second time"),
        ("chat/x", SMALL + "#" * 300_000, "larger than 256 KB"),
    ],
)
def test_a_wrong_template_is_refused(studio: Studio, id: str, source: str, words: str) -> None:
    before = ids(studio)
    with pytest.raises(InvalidInput) as caught:
        studio.prompts.create(id, "me", source)
    assert words in str(caught.value)
    assert ids(studio) == before


def test_a_zip_with_a_taken_name_changes_nothing_unless_versions_are_wanted(studio: Studio, tutor: str) -> None:
    content = zipped(**{"chat/new.prompt.yml": SMALL, f"{TUTOR}.prompt.yml": tutor + "# edited elsewhere\n"})
    before = ids(studio)
    with pytest.raises(InvalidInput, match="names already, with another text: chat/tutor"):
        studio.prompts.take_in("me", "edited.zip", content)
    assert ids(studio) == before
    taken = studio.prompts.take_in("me", "edited.zip", content, as_versions=True)
    assert (taken.added, taken.changed) == (["chat/new"], [TUTOR])
    assert notes(studio) == ["edited.zip", ""]
    assert studio.prompts.take_in("me", "edited.zip", content).unchanged == ["chat/new", TUTOR]


def test_a_zip_for_an_unknown_assistant_changes_nothing(studio: Studio) -> None:
    before = ids(studio)
    for name in ("nobody/x", "chat/!?"):
        with pytest.raises(InvalidInput):
            studio.prompts.take_in("me", "x.zip", zipped(**{"chat/a.prompt.yml": SMALL, f"{name}.prompt.yml": SMALL}))
    assert ids(studio) == before


@pytest.mark.parametrize(
    "further", ['jsonSchema: "{}"\n', "responseFormat: json_schema\n", "evaluators: [{name: none}]\n"]
)
def test_what_was_kept_before_is_still_there_though_it_would_not_come_in_now(studio: Studio, further: str) -> None:
    with pytest.raises(InvalidInput):
        studio.prompts.create("chat/old", "me", SMALL + further)
    studio.prompts.create("chat/old", "me", SMALL)
    with studio.history.store.write() as db:
        db.execute("UPDATE prompt_versions SET source = source || ?", (further,))
    assert "chat/old" in ids(studio)
    assert studio.prompts.get("chat/old", "me").source == SMALL + further
    assert studio.prompts.get("chat/old", "me").answer_schema is None


def test_what_is_not_there_is_said(studio: Studio, tutor: str) -> None:
    for call in (
        lambda: studio.prompts.get("chat/absent", "me"),
        lambda: studio.prompts.save("chat/absent", "me", SMALL),
        lambda: studio.prompts.use(TUTOR, "me", "0123456789ab"),
        lambda: studio.prompts.use("chat/absent", "me", "0123456789ab"),
        lambda: studio.prompts.delete(TUTOR, "me"),
        lambda: studio.prompts.versions("chat/absent", "me"),
        lambda: studio.prompts.pack("me", ["chat/absent"]),
        lambda: studio.prompts.copy("chat/absent", "me"),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(StudioError, match=f"at most {MAX_NOTE}"):
        studio.prompts.save(TUTOR, "me", tutor + "# x\n", "n" * (MAX_NOTE + 1))
    assert notes(studio) == [""]
