"""A line of actors that fail when they are told to (row B9): what each parent does, level by level."""

from collections.abc import Callable, Iterator

import pytest
from sitewarden.actors.base import WardenActor
from sitewarden.actors.children import RestartsExceeded
from sitewarden.actors.events import Tick, Undelivered
from sitewarden.actors.messages import Now
from sitewarden.actors.record_events import DeviceStored
from sitewarden.actors.restarts import RestartPolicy
from sitewarden.actors.saboteur import Diary, Note, OpenSaboteur, Sabotage, SaboteurActor
from sitewarden.actors.systembase import LocalSystem
from thespian.actors import ActorAddress

POLICY = RestartPolicy(limit=2, period=60, delay=1)
NAMES = ("top", "middle", "bottom")


class Deaf(WardenActor):
    """Takes what is meant for the recorder."""

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        pass


class Line:
    """A line of saboteurs, and a clock."""

    def __init__(self, system: LocalSystem, fails_to_open: frozenset[str] = frozenset()) -> None:
        self.system = system
        self.diary: Diary = []
        self.at = 1000.0
        self.top = system.createActor(SaboteurActor)
        recorder = system.createActor(Deaf)
        self.tell(OpenSaboteur(NAMES, self.diary, recorder, POLICY, self.now, fails_to_open))

    @property
    def now(self) -> Now:
        return Now(self.at, self.at)

    def tell(self, *messages: object) -> None:
        """Have these on their way together."""
        for message in messages:
            self.system.base.tell(self.top, message)
        self.system.run()

    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.tell(Tick(self.now))

    def fail(self, name: str) -> None:
        self.tell(Sabotage(name, ValueError("boom")))

    def opened(self) -> list[str]:
        return [who for who, what in self.diary if what == "opened"]


@pytest.fixture
def make_line() -> Iterator[Callable[..., Line]]:
    systems: list[LocalSystem] = []

    def make(**options: frozenset[str]) -> Line:
        systems.append(LocalSystem())
        return Line(systems[-1], **options)

    yield make
    for system in systems:
        system.shutdown()


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    return make_line()


def test_a_child_that_fails_is_begun_again_at_once_and_loses_nothing_but_what_it_failed_of(line: Line) -> None:
    line.tell(Sabotage("bottom", ValueError("boom")), Note("bottom", "one"), Note("bottom", "two"))
    assert line.opened() == [*NAMES, "bottom"]
    assert line.diary[-2:] == [("bottom", "one"), ("bottom", "two")]


def test_the_children_of_one_that_fails_are_begun_again_with_it(line: Line) -> None:
    line.tell(Note("bottom", "before"), Sabotage("middle", ValueError("boom")), Note("bottom", "after"))
    assert line.opened() == [*NAMES, "middle", "bottom"]
    assert [what for who, what in line.diary if who == "bottom"] == ["opened", "before", "opened", "after"]


def test_a_child_that_fails_again_waits_and_what_comes_meanwhile_is_refused(line: Line) -> None:
    line.fail("bottom")
    line.fail("bottom")
    line.tell(Note("bottom", "refused"))
    assert isinstance(line.diary[-1][1], Undelivered)
    assert line.diary[-1][1].message == Note("bottom", "refused")
    line.wait(POLICY.delay)
    line.tell(Note("bottom", "taken"))
    assert line.diary[-1] == ("bottom", "taken")


def test_what_the_database_has_said_is_kept_for_a_child_that_waits(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.fail("bottom")
    line.fail("bottom")
    bottom = list(line.system.base.actorRegistry.values())[-1].address
    line.system.base.tell(bottom, DeviceStored(7))
    line.system.run()
    line.wait(POLICY.delay)
    assert "does not know DeviceStored" in caplog.text, "it was not given to the one that was begun again"


def test_past_its_budget_the_failure_is_its_parents_and_goes_up_level_by_level(line: Line) -> None:
    for _ in range(POLICY.limit):
        line.fail("bottom")
        line.wait(POLICY.delay)
    assert line.opened().count("middle") == 1
    line.fail("bottom")
    assert line.opened().count("middle") == 2
    assert line.opened()[-2:] == ["middle", "bottom"]
    assert line.system.base.fatal is None
    # The middle has its own budget: it takes as many again, then the top ends, which has nobody above it.
    for _ in range(2 * (POLICY.limit + 1)):
        line.fail("bottom")
        line.wait(POLICY.delay)
    assert isinstance(line.system.base.fatal, RestartsExceeded)
    assert "saboteur middle has failed more than 2 times within 60 s" in str(line.system.base.fatal)


def test_a_failure_now_and_then_never_goes_up(line: Line) -> None:
    for _ in range(10):
        line.fail("bottom")
        line.wait(POLICY.period)
    assert line.opened().count("bottom") == 11
    assert line.opened().count("middle") == 1


def test_one_that_cannot_be_opened_is_not_tried_for_ever_in_one_turn(make_line: Callable[..., Line]) -> None:
    line = make_line(fails_to_open=frozenset({"bottom"}))
    assert line.opened() == ["top", "middle", "bottom", "bottom"]
    line.wait(POLICY.delay)
    # That was its last: the middle is begun again, with a child that fails as often.
    assert line.opened() == ["top", "middle", *["bottom"] * 3, "middle", *["bottom"] * 2]
