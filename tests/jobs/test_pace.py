"""How often somebody may do something, and how little is kept of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assistants.jobs import pace
from assistants.jobs.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("assistants.jobs.pace.time.monotonic", lambda: now[0])
    return now


def test_so_many_in_a_minute_and_no_more(clock: list[float]) -> None:
    times = Pace()
    assert [times.take("a", 3) for _ in range(5)] == [True] * 3 + [False] * 2
    assert times.take("b", 3), "what one does counts for nobody else"
    clock[0] = 30.0
    assert times.take("b", 2) and not times.take("a", 3)
    clock[0] = 59.9
    assert not times.take("a", 3) and not times.take("b", 2)
    clock[0] = 60.0
    assert [times.take("a", 3) for _ in range(4)] == [True] * 3 + [False], "those refused count for nothing"
    assert [times.take("b", 2) for _ in range(2)] == [True, False]


def test_what_is_kept_of_many_has_an_end_and_who_goes_on_is_not_forgotten(clock: list[float]) -> None:
    times = Pace()
    assert times.take("guesser", 1)
    for number in range(3 * pace.KEYS):
        assert times.take(f"key-{number}", 1)
        assert not times.take("guesser", 1)
    assert len(times._times) == pace.KEYS


def test_from_many_threads_it_counts_each() -> None:
    times = Pace()
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: times.take("a", 500), range(2000))) == 500
