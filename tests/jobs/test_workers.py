"""The threads that run jobs: none before there is something to do, as many as can work at once, and no more."""

import threading
from collections.abc import Iterator

import pytest

from assistants.jobs.workers import Workers

MOST = 3


class Bench:
    """Work that lies there until a thread takes it, and then takes until it is ``let`` end."""

    def __init__(self, most: int = MOST) -> None:
        self.changed = threading.Condition()
        self.waiting = self.under_way = self.done = 0
        self.at_work = threading.Semaphore(0)
        self.let = threading.Semaphore(0)
        self.is_over = False
        self.workers = Workers(self.changed, most, self._work)

    def _work(self) -> None:
        while True:
            with self.changed:
                while not self.waiting and not self.is_over:
                    self.workers.rest()
                if self.is_over:
                    return
                self.waiting -= 1
                if self.waiting:
                    self.workers.call()
            self.at_work.release()
            assert self.let.acquire(timeout=10)
            with self.changed:
                self.done += 1

    def put(self, count: int) -> None:
        """Put some work there, and call once."""
        with self.changed:
            self.waiting += count
            self.workers.call()

    def begun(self, count: int) -> bool:
        """Say whether so many more are at work within a second, and no further one."""
        is_so = all(self.at_work.acquire(timeout=1) for _ in range(count))
        return is_so and not self.at_work.acquire(timeout=0.05)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    with bench.changed:
        bench.is_over = True
        bench.changed.notify_all()
    bench.let.release(100)
    for thread in bench.workers.threads:
        thread.join(5)
        assert not thread.is_alive()


def test_a_thread_is_begun_when_there_is_something_to_do(bench: Bench) -> None:
    assert bench.workers.threads == []
    bench.put(1)
    assert bench.begun(1) and len(bench.workers.threads) == 1


def test_one_call_brings_as_many_as_there_is_work_for(bench: Bench) -> None:
    bench.put(MOST + 2)
    assert bench.begun(MOST) and len(bench.workers.threads) == MOST
    bench.let.release()
    assert bench.begun(1), "the next one is taken up by whoever is free"


def test_two_calls_before_an_idle_one_wakes_are_for_two(bench: Bench) -> None:
    bench.put(1)
    assert bench.begun(1)
    bench.let.release()
    while True:
        with bench.changed:
            if bench.done:
                break
    with bench.changed:
        for _ in range(2):
            bench.waiting += 1
            bench.workers.call()
    assert bench.begun(2)


def test_whoever_is_idle_is_called_before_another_is_begun(bench: Bench) -> None:
    for _ in range(5):
        bench.put(1)
        assert bench.begun(1)
        bench.let.release()
        # Back at its place.
        while True:
            with bench.changed:
                if bench.workers._idle:
                    break
    assert len(bench.workers.threads) == 1
