"""How other threads reach the actor thread: the inbox with its bell, and the workers."""

import logging
import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from servers.process import wait_until
from sitewarden.actors.inbox import Inbox
from sitewarden.actors.workers import Dialler, Post, Readers
from thespian.actors import ActorAddress

from .field import DEADLINE

SOMEBODY = ActorAddress("somebody")


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with closing(selectors.DefaultSelector()) as selector:
        yield selector


@pytest.fixture
def inbox(selector: selectors.BaseSelector) -> Iterator[Inbox]:
    with closing(Inbox(selector)) as inbox:
        yield inbox


def is_ringing(selector: selectors.BaseSelector) -> bool:
    return bool(selector.select(0))


def test_what_is_put_in_wakes_the_actor_thread_and_keeps_its_order(
    inbox: Inbox, selector: selectors.BaseSelector
) -> None:
    assert not is_ringing(selector)
    for number in range(3):
        inbox.put(SOMEBODY, number)
    assert [key.data for key, _ in selector.select(DEADLINE)] == [inbox]
    assert [message for _, message in inbox.messages] == [0, 1, 2]


def test_a_silenced_bell_rings_again_for_what_comes_later(inbox: Inbox, selector: selectors.BaseSelector) -> None:
    inbox.put(SOMEBODY, 1)
    inbox.silence()
    assert not is_ringing(selector)
    inbox.put(SOMEBODY, 2)
    assert is_ringing(selector)


def test_a_bell_that_is_full_of_rings_loses_no_message(inbox: Inbox, selector: selectors.BaseSelector) -> None:
    many = 100_000  # a socket pair holds some hundreds of single bytes
    for number in range(many):
        inbox.put(SOMEBODY, number)
    assert len(inbox.messages) == many
    inbox.silence()
    assert not is_ringing(selector)


def test_a_ring_after_the_end_harms_nobody(selector: selectors.BaseSelector) -> None:
    inbox = Inbox(selector)
    selector.unregister(inbox.bell)
    inbox.close()
    inbox.put(SOMEBODY, 1)


@pytest.mark.parametrize("make", [Readers, Dialler])
def test_a_workers_result_comes_back_as_a_message(make: Callable[[Post], Readers | Dialler]) -> None:
    posted: list[tuple[ActorAddress, object]] = []
    make(lambda to, message: posted.append((to, message))).submit(SOMEBODY, lambda: "done")
    assert wait_until(lambda: posted == [(SOMEBODY, "done")], DEADLINE)


def test_a_dial_that_hangs_keeps_no_other_from_running() -> None:
    posted: list[object] = []
    may_end = threading.Event()
    dialler = Dialler(lambda _to, message: posted.append(message))
    for _ in range(20):
        dialler.submit(SOMEBODY, lambda: may_end.wait(DEADLINE))
    dialler.submit(SOMEBODY, lambda: "quick")
    assert wait_until(lambda: posted == ["quick"], DEADLINE)
    may_end.set()
    assert wait_until(lambda: len(posted) == 21, DEADLINE)


def test_what_is_read_first_is_told_first() -> None:
    posted: list[object] = []
    may_end = threading.Event()
    readers = Readers(lambda _to, message: posted.append(message))
    readers.submit(SOMEBODY, lambda: may_end.wait(DEADLINE))
    readers.submit(SOMEBODY, lambda: "later")
    may_end.set()
    assert wait_until(lambda: posted == [True, "later"], DEADLINE)
    readers.stop()


def test_a_stop_of_the_readers_waits_for_what_runs_and_drops_the_rest() -> None:
    posted: list[object] = []
    has_begun, may_end = threading.Event(), threading.Event()

    def work() -> object:
        has_begun.set()
        return may_end.wait(DEADLINE)

    readers = Readers(lambda _to, message: posted.append(message))
    readers.submit(SOMEBODY, work)
    readers.submit(SOMEBODY, lambda: "never")
    assert has_begun.wait(DEADLINE)
    stopping = threading.Thread(target=readers.stop)
    stopping.start()
    assert stopping.is_alive()
    may_end.set()
    stopping.join(DEADLINE)
    assert posted == [True]


def test_a_fault_of_a_task_is_logged_and_ends_no_worker(caplog: pytest.LogCaptureFixture) -> None:
    posted: list[object] = []
    readers = Readers(lambda _to, message: posted.append(message))

    def fail() -> object:
        raise ArithmeticError("boom")

    with caplog.at_level(logging.ERROR):
        readers.submit(SOMEBODY, fail)
        readers.submit(SOMEBODY, lambda: "next")
        assert wait_until(lambda: posted == ["next"], DEADLINE)
    assert "a task gave no answer" in caplog.text
    readers.stop()
