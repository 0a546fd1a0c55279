"""An actor that raises on demand, for tests: nothing of the product imports it.

Saboteurs stand in a line, each the parent of the next, and begin their child again as the actors of devices do. What
one was told it keeps in a diary that outlives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from thespian.actors import ActorAddress

from .base import WardenActor
from .children import Children, Trouble
from .events import ChildFailed, Tick, Undelivered
from .messages import Now
from .restarts import RestartPolicy

Diary = list[tuple[str, object]]  # who, and what it was told


@dataclass(frozen=True, slots=True)
class OpenSaboteur:
    """A saboteur's first message. The first of `names` is its own, the others are those of the line below it.

    One that is named in `fails_to_open` raises at once.
    """

    names: tuple[str, ...]
    diary: Diary
    recorder: ActorAddress
    policy: RestartPolicy
    now: Now
    fails_to_open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be noted by the saboteur of that name; passed on down the line."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Have the saboteur of that name raise; passed on down the line."""

    name: str
    error: Exception


class SaboteurActor(WardenActor):
    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case OpenSaboteur():
                self.open(message)
            case Sabotage(name=name, error=error) if name == self.opening.names[0]:
                raise error
            case Note(name=name, text=text) if name == self.opening.names[0]:
                self.opening.diary.append((name, text))
            case Note() | Sabotage():
                self.send(self.child, message)
            case Tick(now=now):
                self.tick(message, now)
            case ChildFailed():
                trouble = self.children.take_failure("saboteur", self.opening.names[1], message, self.now)
                if trouble is not None:
                    self.begin_again(trouble)
            case Undelivered():
                self.children.take_undelivered(message)
                self.opening.diary.append((self.opening.names[0], message))
            case _:
                super().receiveMessage(message, sender)

    @property
    def name(self) -> str:
        return self.opening.names[0]

    def troubles(self) -> Mapping[str, Trouble]:
        return self.children.troubles

    def open(self, message: OpenSaboteur) -> None:
        self.opening = message
        self.now = message.now
        message.diary.append((message.names[0], "opened"))
        if message.names[0] in message.fails_to_open:
            raise ValueError("it does not open")
        self.children = Children(self, message.recorder, message.policy, site_id=1)
        if len(message.names) > 1:
            self.child = self.createActor(SaboteurActor)
            self.send(self.child, self.opening_below())

    def opening_below(self) -> OpenSaboteur:
        return replace(self.opening, names=self.opening.names[1:], now=self.now)

    def tick(self, message: Tick, now: Now) -> None:
        self.now = now
        for trouble in self.children.due(now):
            self.begin_again(trouble)
        if len(self.opening.names) > 1:
            self.send(self.child, message)

    def begin_again(self, trouble: Trouble) -> None:
        self.children.revive(trouble, self.opening_below())
