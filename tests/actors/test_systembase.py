"""What we rely on in thespian, on its own simple base and on ours; and what ours does differently."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sitewarden.actors.base import WardenActor
from sitewarden.actors.events import ChildFailed, Undelivered
from sitewarden.actors.systembase import LocalSystem
from thespian.actors import Actor, ActorAddress, ActorExitRequest, ActorSystem, ChildActorExited


@dataclass(frozen=True)
class Open:
    """What an actor under test writes into."""

    diary: list[object]


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Fail:
    text: str


class Child(WardenActor):
    record: object = "as new"

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case Open(diary=diary):
                self.diary = diary
            case Say(text=text):
                self.diary.append(text)
                self.record = text
            case Fail(text=text):
                self.diary.append(f"failing: {text}")
                raise ValueError(text)
            case ActorExitRequest():
                self.diary.append("child exits")

    def abandon(self) -> None:
        self.diary.append("child lets go")


class Parent(WardenActor):
    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case Open(diary=diary):
                self.diary = diary
                self.child = self.createActor(Child)
                self.send(self.child, message)
            case ChildActorExited():
                self.diary.append("child has exited")
            case ChildFailed(address=address, record=record, error=error):
                self.diary.append(("child has failed", record, str(error)))
                self.decide(address)
            case Undelivered(message=message):
                self.diary.append(("not delivered", message))
            case "begin the child again":
                self.system_base.revive(self.child, Open(self.diary))
            case ActorExitRequest() | "let the child exit":
                self.send(self.child, ActorExitRequest())
            case _:
                self.send(self.child, message)

    def decide(self, address: ActorAddress) -> None:
        """Leave the child as it is."""


class Reviving(Parent):
    def decide(self, address: ActorAddress) -> None:
        self.system_base.revive(address, Open(self.diary))


class Burying(Parent):
    def decide(self, address: ActorAddress) -> None:
        self.system_base.bury(address)


class System:
    """One way to drive either base: tell, then run until nothing is queued."""

    def __init__(self, system: ActorSystem, run: Callable[[], None]) -> None:
        self.system = system
        self.run = run

    def tell(self, actor: ActorAddress, *messages: object) -> None:
        for message in messages:
            self.system.tell(actor, message)
        self.run()


@pytest.fixture(params=["thespian's", "ours"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    if request.param == "ours":
        local = LocalSystem()
        yield System(local, local.run)
        local.shutdown()
        return
    plain = ActorSystem("simpleSystemBase", transientUnique=True, logDefs=False)
    yield System(plain, lambda: None)
    plain.shutdown()


@pytest.fixture
def ours() -> Iterator[System]:
    local = LocalSystem()
    yield System(local, local.run)
    local.shutdown()


def open_parent(system: System, parent_class: type[Parent] = Parent) -> tuple[ActorAddress, list[Any]]:
    diary: list[Any] = []
    parent = system.system.createActor(parent_class)
    system.tell(parent, Open(diary))
    return parent, diary


def test_messages_from_one_actor_to_another_arrive_in_order(system: System) -> None:
    parent, diary = open_parent(system)
    system.tell(parent, *(Say(str(number)) for number in range(100)))
    assert diary == [str(number) for number in range(100)]


def test_a_parent_is_told_when_its_child_exits(system: System) -> None:
    parent, diary = open_parent(system)
    system.tell(parent, "let the child exit")
    assert diary == ["child exits", "child has exited"]


def test_an_exit_request_keeps_its_place_among_other_messages(system: System) -> None:
    parent, diary = open_parent(system)
    system.tell(parent, Say("before"), "let the child exit", Say("after"))
    assert diary[:2] == ["before", "child exits"]
    assert "after" not in diary


def test_children_exit_with_their_parent(system: System) -> None:
    parent, diary = open_parent(system)
    system.tell(parent, ActorExitRequest())
    assert "child exits" in diary


def test_a_message_to_somebody_who_is_gone_harms_nobody(system: System) -> None:
    parent, diary = open_parent(system)
    system.tell(parent, ActorExitRequest())
    system.tell(parent, Say("is anybody there?"))
    assert "is anybody there?" not in diary


def test_a_handler_that_raises_is_run_once_and_its_parent_gets_the_last_good_state(ours: System) -> None:
    parent, diary = open_parent(ours)
    ours.tell(parent, Say("good"), Fail("bad"))
    assert diary == ["good", "failing: bad", "child lets go", ("child has failed", "good", "bad")]


def queue(system: System, parent: ActorAddress, *messages: object) -> None:
    """Have messages on their way to the child before it takes the first of them."""
    assert isinstance(system.system, LocalSystem)
    for message in messages:
        system.system.base.tell(parent, message)
    system.run()


def test_an_actor_that_is_begun_again_gets_what_was_on_the_way_to_it_in_order(ours: System) -> None:
    parent, diary = open_parent(ours, Reviving)
    queue(ours, parent, Fail("bad"), Say("one"), Say("two"))
    assert diary[-2:] == ["one", "two"]
    queue(ours, parent, Say("three"))
    assert diary[-1] == "three"


def test_what_comes_for_an_actor_that_waits_goes_back_to_its_parent(ours: System) -> None:
    parent, diary = open_parent(ours)
    queue(ours, parent, Fail("bad"), Say("one"))
    queue(ours, parent, Say("two"))
    assert diary[-2:] == [("not delivered", Say("one")), ("not delivered", Say("two"))]
    queue(ours, parent, "begin the child again", Say("three"))
    assert diary[-1] == "three"


def test_an_actor_that_is_buried_is_gone_and_its_address_forgotten(ours: System) -> None:
    assert isinstance(ours.system, LocalSystem)
    before = len(ours.system.base.actorRegistry)
    parent, diary = open_parent(ours, Burying)
    queue(ours, parent, Fail("bad"), Say("one"))
    assert diary[-2:] == [("not delivered", Say("one")), "child has exited"]
    queue(ours, parent, Say("two"))
    assert diary[-1] == "child has exited"
    assert len(ours.system.base.actorRegistry) == before + 1


def test_an_actor_that_waits_exits_with_its_parent(ours: System) -> None:
    assert isinstance(ours.system, LocalSystem)
    before = len(ours.system.base.actorRegistry)
    parent, _ = open_parent(ours)
    queue(ours, parent, Fail("bad"))
    ours.tell(parent, ActorExitRequest())
    assert len(ours.system.base.actorRegistry) == before
    assert not ours.system.base.fallen


def test_a_message_that_owns_something_lets_go_of_it_if_nobody_is_there(ours: System) -> None:
    class Owning:
        is_abandoned = False

        def abandon(self) -> None:
            self.is_abandoned = True

    parent, _ = open_parent(ours)
    ours.tell(parent, ActorExitRequest())
    message = Owning()
    ours.tell(parent, message)
    assert message.is_abandoned


def test_the_failure_of_an_actor_without_a_parent_is_fatal(ours: System) -> None:
    class Loner(Actor):  # type: ignore[misc]
        def receiveMessage(self, message: object, sender: ActorAddress) -> None:
            raise ValueError(message)

        def abandon(self) -> None:
            pass

    assert isinstance(ours.system, LocalSystem)
    ours.tell(ours.system.createActor(Loner), "go")
    assert str(ours.system.base.fatal) == "go"


def test_the_addresses_of_the_dead_are_forgotten(ours: System) -> None:
    assert isinstance(ours.system, LocalSystem)
    before = len(ours.system.base.actorRegistry)
    parent, _ = open_parent(ours)
    assert len(ours.system.base.actorRegistry) == before + 2
    ours.tell(parent, ActorExitRequest())
    assert len(ours.system.base.actorRegistry) == before


def test_two_systems_stand_side_by_side() -> None:
    first, second = LocalSystem(), LocalSystem()
    diaries: list[list[object]] = [[], []]
    for system, diary in zip((first, second), diaries, strict=True):
        child = system.createActor(Child)
        system.tell(child, Open(diary))
        system.tell(child, Say("here"))
        system.run()
    assert diaries == [["here"], ["here"]]
    first.shutdown()
    second.shutdown()
