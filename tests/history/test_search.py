"""Searching the history: what is found, in what order, page by page, and what is marked in it."""

from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module

import pytest

from assistants.errors import InvalidInput, NotFound
from assistants.history import History
from assistants.history.snippets import excerpt, marks, pattern
from tests.store.rows import add_job, add_turn


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("退款", {"refund"}),
        ("发票", {"invoice"}),
        ("退", {"refund"}),
        ("票", {"invoice"}),
        ("c++", {"code"}),
        ("C++ temp", {"code"}),
        ("x", {"code"}),
        ("、", set()),
        ("？", {"refund"}),
        ("café", {"english"}),
        ('"; DROP TABLE jobs; --', set()),
        ("NEAR( AND OR NOT *", set()),
        ("100%", set()),
    ],
)
def test_search_finds_what_a_person_means(history: History, query: str, found: set[str]) -> None:
    ids = add_samples(history)
    assert {ids[item.id] for item in history.search("me", q=query)} == found


@pytest.mark.parametrize(
    ("question", "best"), [("How do I get an invoice for my order?", "english"), ("请问怎么才能退款呢？", "refund")]
)
def test_a_whole_question_finds_the_nearest_first(history: History, question: str, best: str) -> None:
    ids = add_samples(history)
    assert ids[history.search("me", q=question)[0].id] == best


def add_samples(history: History) -> dict[str, str]:
    invoice = "You get an invoice for each order by e-mail, at the café next to exit 4."
    return {
        add_job(history, "怎么退款？", "在订单页点击退款按钮，三天内到账。"): "refund",
        add_job(history, "如何申请开发票", "在个人中心申请电子发票。"): "invoice",
        add_job(history, "Explain C++ templates", "A template is a recipe for x types."): "code",
        add_job(history, "The invoice?", invoice): "english",
    }


def test_search_as_you_type_finds_unfinished_words(history: History) -> None:
    job = add_job(history, "About volcanoes", "Lava.")
    assert [item.id for item in history.search("me", q="volc")] == [job]


def test_search_filters_and_pages(history: History) -> None:
    ids = [add_job(history, f"question {i}", "answer", status=["done", "failed"][i % 2]) for i in range(10)]
    add_job(history, "question", "of another", owner="you")
    add_job(history, "question", "answer", assistant="writing")
    first = history.search("me", assistant="chat", limit=4)
    assert [item.id for item in first] == ids[:5:-1]
    second = history.search("me", assistant="chat", limit=4, before=first[-1].number)
    assert [item.id for item in second] == ids[5:1:-1]
    assert [item.id for item in history.search("me", status="failed")] == ids[9::-2]
    with pytest.raises(InvalidInput):
        history.search("me", limit=0)


@pytest.mark.parametrize("few", [0, 5000])
def test_the_best_match_comes_first(history: History, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(import_module("assistants.history.search"), "FEW", few)
    often = add_job(history, "volcano", "volcano volcano")
    add_job(history, "travel", f"{'sea ' * 50} volcano")
    add_job(history, "travel", "the sea")
    best, other = history.search("me", q="volcano")
    assert best.id == often and other.title == "travel"


def test_ranked_pages_are_complete_whatever_happens_between_them(history: History) -> None:
    jobs = {add_job(history, f"volcano {i}", "lava " * i) for i in range(20)}
    seen, before = [], None
    while page := history.search("me", q="volcano lava", limit=6, before=before):
        seen += [item.id for item in page]
        before = page[-1].number
        history.trash.put("me", [page[-1].id])
        add_job(history, "something else", "entirely")
    any_word = [item.id for item in history.search("me", q="volcano geyser", limit=3)]
    assert len(seen) == len(set(seen)) == 19  # one has no lava at all
    assert set(seen) < jobs and set(any_word) <= jobs


def test_of_very_many_matches_the_newest_are_ranked(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("assistants.history.search")
    monkeypatch.setattr(module, "RANKED", 3)
    monkeypatch.setattr(module, "SCANNED", 3)
    jobs = [add_job(history, "tea", "!") for _ in range(5)]
    assert {item.id for item in history.search("me", q="tea")} == set(jobs[2:])
    assert [item.id for item in history.search("me", q="!")] == jobs[:1:-1]


def test_every_filter_narrows(history: History) -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC)
    jobs = {
        name: add_job(history, "tea", "green", created=f"2026-11-{22 + place}T08:00:00.000Z", **changes)
        for place, (name, changes) in enumerate(
            {"a": {"model": "m:1"}, "b": {"request": {"template": "chat/tutor"}}, "c": {"status": "failed"}}.items()
        )
    }
    history.jobs.star(jobs["a"], "me", True)
    for filters, found in (
        ({"model": "m:1"}, "a"),
        ({"template": "chat/tutor"}, "b"),
        ({"status": "failed"}, "c"),
        ({"starred": True}, "a"),
        ({"starred": False}, "bc"),
        ({"since": day}, "bc"),
        ({"until": day}, "a"),
        ({"since": day, "until": day + timedelta(days=1)}, "b"),
        ({"since": datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=1)))}, "c"),
        ({"since": datetime(2026, 11, 24, 9)}, ""),
        ({"assistant": "", "model": ""}, "abc"),
    ):
        for q in ("", "tea", "gre"):
            assert {item.id for item in history.search("me", q=q, **filters)} == {jobs[name] for name in found}, filters
    assert history.choices("me") == {"models": ["echo:", "m:1"], "templates": ["chat/tutor"]}
    assert history.choices("you") == {"models": [], "templates": []}
    with pytest.raises(InvalidInput):
        history.search("me", until=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))))


def test_a_span_of_time_has_its_first_moment_and_not_its_last(history: History) -> None:
    noon = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
    tick = timedelta(milliseconds=1)
    names = ("before", "noon", "after")
    for name, created in zip(names, (noon - tick, noon, noon + tick), strict=True):
        at = created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        add_job(history, name, "tea", created=at)
    for q in ("", "tea"):
        for filters, found in (
            ({"until": noon}, {"before"}),
            ({"since": noon}, {"noon", "after"}),
            ({"since": noon, "until": noon}, set()),
            ({"since": noon, "until": noon + tick}, {"noon"}),
            ({"until": noon.astimezone(timezone(timedelta(hours=9)))}, {"before"}),
            # Times are kept to the millisecond: what is finer is cut off.
            ({"until": noon + tick / 2}, {"before"}),
        ):
            assert {item.title for item in history.search("me", q=q, **filters)} == found, filters


def test_stars_are_given_and_taken_by_their_owner_only(history: History) -> None:
    job = add_job(history, "tea", "green")
    for starred in (True, False):
        history.jobs.star(job, "me", starred)
        assert history.search("me")[0].starred is starred
    with pytest.raises(NotFound):
        history.jobs.star(job, "you", True)


def test_a_line_says_where_the_words_stand(history: History) -> None:
    add_job(history, "About the Volcano", f"{'Sea. ' * 100}A volcano erupts, volcanoes do.{' Sea.' * 100}")
    line = history.search("me", q="volcano")[0]
    assert [line.title[begin:end] for begin, end in line.title_marks] == ["Volcano"]
    assert [line.snippet[begin:end] for begin, end in line.snippet_marks] == ["volcano", "volcano"]
    assert line.snippet.startswith("…") and line.snippet.endswith("…") and len(line.snippet) <= 160
    assert history.search("me")[0].title_marks == []


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("如何申请退款流程", "退款流", ["退款流"]),
        ("退款、退款", "退款", ["退款", "退款"]),
        ("要退", "退", ["退"]),
        ("C++ and c#", "c++", ["C++"]),
        ("unvolcanic volcanic", "volc", ["volc"]),
        ("😀 tea 😀 tea", "tea", ["tea", "tea"]),
        ("<b>tea</b>", "b", ["b", "b"]),
        ("tea", "!", []),
    ],
)
def test_marks(text: str, q: str, marked: list[str]) -> None:
    assert [text[begin:end] for begin, end in marks(text, pattern(q))] == marked


def test_an_excerpt_is_one_line_around_the_first_word() -> None:
    text = "one\n" * 200 + "\t needle \n" + "two " * 200
    line = excerpt(text, 60, pattern("needle"))
    assert "needle" in line and "\n" not in line and len(line) <= 60
    assert excerpt("short", 60, pattern("needle")) == "short"
    assert excerpt("", 60, None) == ""


def test_an_item_of_a_conversation_names_it(history: History) -> None:
    conversation = history.conversations.create("me", "Tea")
    _, job = add_turn(history, conversation, "Which tea?", "Green tea.")
    assert [(item.id, item.conversation) for item in history.search("me", q="green")] == [(job, conversation)]
