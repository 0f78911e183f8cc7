"""Drafts: every version stays, nothing newer is overwritten, and what is undone comes back to the byte."""

from datetime import timedelta

import pytest

from assistants.bounded import Budget
from assistants.diffs import pieces
from assistants.errors import Conflict, InvalidInput, NotFound
from assistants.history import History
from assistants.store import documents, draft_rows
from assistants.store.draft_rows import Draft

BRIEF = {"kind": "article", "topic": "Tea 茶"}
MODEL = "echo:"


@pytest.fixture
def draft(history: History) -> str:
    """A draft of two sections, "one" and "two", as a job outlined it."""
    made = history.drafts.create("me", "Tea", BRIEF)
    sections = [documents.new_section(heading, 100) for heading in ("one", "two")]
    history.drafts.outline(made, "me", "On tea", sections, "job-0", MODEL)
    return made


def opened(history: History, draft: str) -> Draft:
    return history.drafts.open(draft, "me")


def ids(history: History, draft: str) -> list[str]:
    return [section["id"] for section in opened(history, draft).document["sections"]]


def revision(history: History, draft: str, section: str) -> str:
    return documents.section_of(opened(history, draft).document, section)["revision"]


def texts(history: History, draft: str) -> list[str]:
    return [section["text"] for section in opened(history, draft).document["sections"]]


def write(history: History, draft: str, section: str, text: str, job: str = "job-1", cause: str = "draft") -> Draft:
    based_on = revision(history, draft, section)
    return history.drafts.write(draft, "me", section, text, based_on, cause, job, MODEL)


def save(history: History, draft: str, section: str, text: str) -> Draft:
    return history.drafts.save(draft, "me", section, text, revision(history, draft, section))


def test_a_draft_is_listed_found_renamed_and_brought_back_from_the_trash(history: History, draft: str) -> None:
    save(history, draft, ids(history, draft)[0], "Green leaves in 龙井 water.")
    [line] = history.drafts.list("me")
    assert (line.id, line.name, line.kind, line.topic, line.words) == (draft, "Tea", "article", "Tea 茶", 6)
    for q, found in [
        ("leaves", 1),
        ("龙井", 1),
        ("茶", 1),
        ("tea", 1),
        ("100%", 0),
        ("heading", 0),
        ("echo", 0),
        ("coffee", 0),
    ]:
        assert len(history.drafts.list("me", q)) == found, q
    history.drafts.rename(draft, "me", "  My\ntea ")
    assert opened(history, draft).name == "My tea"
    with pytest.raises(InvalidInput, match="name is empty"):
        history.drafts.rename(draft, "me", " ")
    history.drafts.delete(draft, "me")
    assert history.drafts.list("me") == []
    [trashed] = history.trash.list("me")
    assert (trashed.kind, trashed.title) == ("draft", "My tea")
    history.trash.restore("me", trashed.id)
    assert texts(history, draft)[0].startswith("Green")
    history.drafts.delete(draft, "me")
    assert history.trash.empty("you") == 0 and history.trash.empty("me") == 1
    assert history.trash.list("me") == []
    with history.store.read() as db:
        assert db.execute("SELECT count(*) FROM draft_versions").fetchone()[0] == 0


def test_strangers_find_nothing(history: History, draft: str) -> None:
    one, version = ids(history, draft)[0], opened(history, draft).version
    store = history.drafts
    assert store.list("you") == []
    for call in [
        lambda: store.open(draft, "you"),
        lambda: store.rename(draft, "you", "x"),
        lambda: store.set_brief(draft, "you", {}),
        lambda: store.delete(draft, "you"),
        lambda: store.save(draft, "you", one, "x", "0"),
        lambda: store.replace(draft, "you", one, 0, 0, "x", "0"),
        lambda: store.write(draft, "you", one, "x", "0", "draft", "job", None),
        lambda: store.outline(draft, "you", "", [], "job", None),
        lambda: store.arrange(draft, "you", [], based_on=version),
        lambda: store.lock(draft, "you", one, True),
        lambda: store.versions(draft, "you"),
        lambda: store.version(draft, version, "you"),
        lambda: store.compare(draft, "you", version),
        lambda: store.restore(draft, "you", version),
        lambda: store.branch(draft, "you"),
        lambda: store.undo(draft, "you"),
        lambda: store.redo(draft, "you"),
        lambda: store.alternates(draft, "you", one),
        lambda: store.choose(draft, "you", one, version, "0"),
        lambda: history.trash.restore("you", draft),
    ]:
        with pytest.raises(NotFound):
            call()


def test_typing_shares_a_version_for_some_minutes(
    history: History, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = ids(history, draft)
    before = len(history.drafts.versions(draft, "me"))
    save(history, draft, one, "a")
    save(history, draft, one, "a b")
    save(history, draft, two, "c")
    assert save(history, draft, two, "c").words == 3
    [typed, *_] = history.drafts.versions(draft, "me")
    assert len(history.drafts.versions(draft, "me")) == before + 1
    assert (typed.cause, set(typed.changed), typed.words, typed.current) == ("typing", {one, two}, 3, True)
    monkeypatch.setattr(draft_rows, "TYPING", timedelta(0))
    save(history, draft, one, "later")
    assert len(history.drafts.versions(draft, "me")) == before + 2


def test_a_stale_page_overwrites_nothing_and_loses_nothing(history: History, draft: str) -> None:
    one, two = ids(history, draft)
    known = revision(history, draft, one)
    save(history, draft, one, "newer")
    with pytest.raises(Conflict, match="changed meanwhile") as error:
        history.drafts.save(draft, "me", one, "from a stale page", known)
    assert texts(history, draft)[0] == "newer"
    kept = history.drafts.version(draft, error.value.kept, "me")
    assert documents.section_of(kept.document, one)["text"] == "from a stale page"
    assert (kept.cause, kept.current) == ("conflict", False)
    # Another section is another matter.
    history.drafts.save(draft, "me", two, "fine", documents.revision(documents.section_of(kept.document, two)))
    assert texts(history, draft) == ["newer", "fine"]


def test_no_job_changes_a_locked_section(history: History, draft: str) -> None:
    one = ids(history, draft)[0]
    save(history, draft, one, "Mine.\n\nTo the byte \u2028.")
    history.drafts.lock(draft, "me", one, True)
    with pytest.raises(Conflict, match="locked"):
        write(history, draft, one, "the job's")
    [alternate] = history.drafts.alternates(draft, "me", one)
    assert (alternate.text, alternate.job) == ("the job's", "job-1")
    history.drafts.outline(draft, "me", "New", [documents.new_section(name) for name in "abc"], "job-2", MODEL)
    document = opened(history, draft).document
    assert [section["heading"] for section in document["sections"]] == ["one", "a", "b", "c"]
    assert document["sections"][0]["text"] == "Mine.\n\nTo the byte \u2028."
    history.drafts.lock(draft, "me", one, False)
    assert texts(history, draft)[0].startswith("Mine.")
    write(history, draft, one, "the job's")
    assert texts(history, draft)[0] == "the job's"


def test_each_paragraph_keeps_its_author(history: History, draft: str) -> None:
    one = ids(history, draft)[0]
    job = {"job": "job-1", "model": MODEL}
    write(history, draft, one, "first\n\nsecond\n\nthird")
    save(history, draft, one, "new\n\nfirst\n\nsecond, changed\n\nthird")
    assert opened(history, draft).document["sections"][0]["by"] == [None, job, None, job]
    save(history, draft, one, "")
    assert opened(history, draft).document["sections"][0]["by"] == []


def test_paragraphs_that_repeat_themselves_keep_theirs_and_nobody_waits(history: History, draft: str) -> None:
    # 4 KB of these took 77 seconds, in which nothing else was saved, and ten times as much more than half a day.
    one, job = ids(history, draft)[0], {"job": "job-1", "model": MODEL}
    write(history, draft, one, "a\n\nb\n\n" * 20_000)
    by = save(history, draft, one, "a\n\nc\n\n" * 20_000).document["sections"][0]["by"]
    assert by == [job, None] * 20_000 + [job]
    moved = save(history, draft, one, "c\n\na\n\nz\n\na\n\n").document["sections"][0]["by"]
    assert moved == [None, job, None, job, job]


def test_versions_that_repeat_themselves_are_compared_as_a_whole(
    history: History, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pieces.__globals__, "BUDGET", Budget(0.2, 300, "checks"))
    one = ids(history, draft)[0]
    old = write(history, draft, one, "a b " * 700).version
    new = write(history, draft, one, "a c " * 700, job="job-2").version
    found = history.drafts.compare(draft, "me", old, new)
    for kind, version in (("added", old), ("removed", new)):
        text = documents.markdown(history.drafts.version(draft, version, "me").document)
        assert "".join(piece.text for piece in found if piece.kind != kind) == text


def test_undo_takes_back_a_job_as_a_whole_and_redo_repeats_it(history: History, draft: str) -> None:
    one, two = ids(history, draft)
    save(history, draft, one, "typed \r\n\u3000exactly ")
    before = opened(history, draft)
    write(history, draft, one, "drafted one")
    write(history, draft, two, "drafted two")
    write(history, draft, two, "repaired two", cause="repair")
    store = history.drafts
    assert [one["text"] for one in store.undo(draft, "me").document["sections"]] == ["drafted one", "drafted two"]
    undone = store.undo(draft, "me")
    assert (undone.document, undone.version) == (before.document, before.version) and undone.can_redo
    assert store.redo(draft, "me").document["sections"][1]["text"] == "drafted two"
    assert store.redo(draft, "me").document["sections"][1]["text"] == "repaired two"
    with pytest.raises(InvalidInput, match="nothing to redo"):
        store.redo(draft, "me")
    for _ in range(3):
        last = store.undo(draft, "me")
    assert last.document["sections"] == [] and not last.can_undo
    with pytest.raises(InvalidInput, match="nothing to undo"):
        store.undo(draft, "me")


def test_undo_keeps_what_was_typed_elsewhere_since(history: History, draft: str) -> None:
    one, two = ids(history, draft)
    write(history, draft, one, "drafted one")
    save(history, draft, two, "typed after")
    undone = history.drafts.undo(draft, "me")
    assert [section["text"] for section in undone.document["sections"]] == ["", "typed after"]
    assert history.drafts.redo(draft, "me").document["sections"][0]["text"] == "drafted one"
    history.drafts.undo(draft, "me")
    save(history, draft, two, "another way")
    assert not opened(history, draft).can_redo


def test_versions_are_compared_restored_and_branched(history: History, draft: str) -> None:
    one = ids(history, draft)[0]
    write(history, draft, one, "old words")
    old = opened(history, draft).version
    write(history, draft, one, "new words", job="job-2")
    found = history.drafts.compare(draft, "me", old)
    assert [(piece.kind, piece.text) for piece in found if piece.kind != "same"] == [
        ("removed", "old"),
        ("added", "new"),
    ]
    assert history.drafts.restore(draft, "me", old).document["sections"][0]["text"] == "old words"
    assert history.drafts.versions(draft, "me")[0].parent == old
    branch = history.drafts.branch(draft, "me", old, "Branch")
    save(history, branch, one, "on the branch")
    assert texts(history, draft)[0] == "old words"
    assert {line.name for line in history.drafts.list("me")} == {"Tea", "Branch"}
    with pytest.raises(NotFound, match="no such version"):
        history.drafts.restore(branch, "me", old)


def test_alternates_are_all_that_was_generated(history: History, draft: str) -> None:
    one, two = ids(history, draft)
    for number, text in enumerate(["first", "second", "first", "third"]):
        write(history, draft, one, text, f"job-{number}")
    write(history, draft, two, "elsewhere")
    found = history.drafts.alternates(draft, "me", one)
    assert [alternate.text for alternate in found] == ["third", "first", "second"]
    based_on = revision(history, draft, one)
    chosen = history.drafts.choose(draft, "me", one, found[2].version, based_on)
    assert chosen.document["sections"][0]["text"] == "second"
    assert chosen.document["sections"][0]["by"] == [{"job": "job-1", "model": MODEL}]
    assert history.drafts.written_by(draft, "job-1", "draft") == {one, two}


def test_sections_are_arranged_in_one_go(history: History, draft: str) -> None:
    one, two = ids(history, draft)
    save(history, draft, one, "text of one")
    version = opened(history, draft).version
    wanted = [{"id": two, "heading": "Two", "words": 50}, {"heading": "New"}, {"id": one, "locked": True}]
    arranged = history.drafts.arrange(draft, "me", wanted, "Title", based_on=version)
    kept = [(section["heading"], section["words"], section["locked"]) for section in arranged.document["sections"]]
    assert kept == [("Two", 50, False), ("New", None, False), ("one", 100, True)]
    assert arranged.document["sections"][2]["text"] == "text of one" and arranged.document["title"] == "Title"
    with pytest.raises(Conflict, match="Look at it again"):
        history.drafts.arrange(draft, "me", [], based_on=version)
    for wrong in ([{"id": "nobody"}], [{"id": one}, {"id": one}]):
        with pytest.raises(NotFound, match="no such section"):
            history.drafts.arrange(draft, "me", wrong, based_on=arranged.version)
    with pytest.raises(InvalidInput, match="at most 100"):
        history.drafts.arrange(draft, "me", [{}] * 101, based_on=arranged.version)


def test_a_proposal_is_put_where_it_was_asked_for(history: History, draft: str) -> None:
    one = ids(history, draft)[0]
    save(history, draft, one, "A good 茶 day.")
    based_on = revision(history, draft, one)
    for start, end in [(-1, 2), (5, 3), (0, 99)]:
        with pytest.raises(InvalidInput, match="does not lie in"):
            history.drafts.replace(draft, "me", one, start, end, "x", based_on)
    changed = history.drafts.replace(draft, "me", one, 2, 6, "splendid", based_on)
    assert changed.document["sections"][0]["text"] == "A splendid 茶 day."
    with pytest.raises(NotFound, match="no such item"):
        history.drafts.replace(draft, "me", one, 0, 1, "x", based_on, job="not-mine")


@pytest.mark.parametrize("text", ["x" * 200_001, "a\0b", "\ud800", 7])
def test_what_is_no_text_is_refused(history: History, draft: str, text: object) -> None:
    with pytest.raises(InvalidInput, match="text"):
        history.drafts.save(draft, "me", ids(history, draft)[0], text, "0")


@pytest.mark.parametrize(("text", "number"), [("one two-three it's 4", 4), ("喝茶 and 水。", 4), ("", 0), ("—…", 0)])
def test_words_are_counted_in_both_scripts(text: str, number: int) -> None:
    assert documents.count(text) == number
