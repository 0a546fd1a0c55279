"""Questions to the tree, from any thread."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from servers.process import wait_until
from sitewarden.actors.errors import ActorsUnavailable, AskTimeout, RuntimeStopped
from sitewarden.actors.messages import GetSite, ListSites, Now, SiteReport, Unknown
from sitewarden.store.records import Status

from .field import ASK_SECONDS, DEADLINE, Clock, Field

SITES = 8
THREADS = 8
QUESTIONS = 50
IMPATIENT_SECONDS = 0.05


def test_of_many_threads_that_ask_at_once_each_gets_its_own_answer(field: Field) -> None:
    for number in range(SITES):
        field.save(f"site{number}", is_active=False)
    field.start()
    assert wait_until(lambda: len(field.ask(ListSites(), tuple)) == SITES, DEADLINE)
    ids = [field.id(f"site{number}") for number in range(SITES)]

    def ask_often(first: int) -> list[bool]:
        asked = [ids[(first + number) % SITES] for number in range(QUESTIONS)]
        return [field.ask(GetSite(id), SiteReport).state.site_id == id for id in asked]

    with ThreadPoolExecutor(THREADS) as threads:
        for answers in threads.map(ask_often, range(THREADS)):
            assert all(answers)


def test_a_question_about_a_site_that_is_not_there_has_an_answer_too(field: Field) -> None:
    field.start()
    assert field.ask(GetSite(12345), Unknown) == Unknown("site 12345")


class StuckClock(Clock):
    """The actor thread reads the clock at each turn: a clock that does not answer keeps it from all else."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self) -> Now:
        self.may_go_on.wait(DEADLINE)
        return super().__call__()


def test_a_question_that_is_not_answered_in_time_is_given_up_and_disturbs_no_later_one(
    make_field: Callable[..., Field],
) -> None:
    clock = StuckClock()
    field = make_field(clock=clock)
    field.save("north", is_active=False)
    field.start()
    field.wait_for_status("north", Status.DISCONNECTED)
    clock.may_go_on.clear()

    def ask_thrice() -> None:
        # The turn that is under way may still answer one.
        for _ in range(3):
            field.runtime.ask(ListSites(), IMPATIENT_SECONDS)

    with pytest.raises(AskTimeout, match=r"no answer to ListSites within 0.05 s"):
        ask_thrice()
    clock.may_go_on.set()
    assert field.state("north").site_id == field.id("north")


def test_after_the_stop_a_question_is_refused_at_once(field: Field) -> None:
    with pytest.raises(RuntimeStopped):
        field.runtime.ask(ListSites(), ASK_SECONDS)
    field.start()
    field.stop()
    with pytest.raises(RuntimeStopped):
        field.runtime.ask(ListSites(), ASK_SECONDS)
    with pytest.raises(RuntimeStopped):
        field.runtime.tell(ListSites())


def test_whoever_asks_while_the_actors_stop_is_answered_or_told(field: Field) -> None:
    field.start()
    outcomes: Future[list[str]] = Future()

    def ask_to_the_end() -> None:
        seen = []
        while "RuntimeStopped" not in seen:
            try:
                seen.append(type(field.runtime.ask(ListSites(), ASK_SECONDS)).__name__)
            except ActorsUnavailable as error:
                seen.append(type(error).__name__)
        outcomes.set_result(seen)

    thread = threading.Thread(target=ask_to_the_end)
    thread.start()
    field.stop()
    assert set(outcomes.result(DEADLINE)) <= {"tuple", "RuntimeStopped"}
    thread.join()
