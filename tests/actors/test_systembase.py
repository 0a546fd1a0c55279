"""What we rely on in thespian, on its own simple base and on ours; and what ours does differently."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sitewarden.actors.base import WardenActor
from sitewarden.actors.events import ChildFailed
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
            case ChildFailed(record=record, error=error):
                self.diary.append(("child has failed", record, str(error)))
            case ActorExitRequest() | "let the child exit":
                self.send(self.child, ActorExitRequest())
            case _:
                self.send(self.child, message)


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


def open_parent(system: System) -> tuple[ActorAddress, list[Any]]:
    diary: list[Any] = []
    parent = system.system.createActor(Parent)
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
    ours.tell(parent, Say("good"), Fail("bad"), Say("too late"))
    assert diary == [
        "good",
        "failing: bad",
        "child lets go",
        ("child has failed", "good", "bad"),
        "child has exited",
    ]


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
