"""The door to the tree: other threads' questions and commands come in here, answers go out."""

from concurrent.futures import Future
from dataclasses import dataclass

from thespian.actors import ActorAddress

from .base import WardenActor
from .events import Answered, Asked, Tick
from .messages import (
    GetCounters,
    GetDevice,
    ListDevices,
    MarkDevice,
    RelabelDevice,
)

FOR_THE_BOARD = (GetCounters, GetDevice, ListDevices, MarkDevice, RelabelDevice)


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """The door's first message."""

    board: ActorAddress
    supervisor: ActorAddress


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of another thread; the future takes its answer."""

    question: object
    future: Future[object]


class DoorActor(WardenActor):
    """Answers carry their question's id: which thread waits for which is known here alone."""

    board: ActorAddress
    supervisor: ActorAddress
    count: int
    futures: dict[int, Future[object]]

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case Ask(question=question, future=future):
                self.count += 1
                self.futures[self.count] = future
                target = self.board if isinstance(question, FOR_THE_BOARD) else self.supervisor
                self.send(target, Asked(self.count, question, self.myAddress))
            case Answered(id=id, answer=answer):
                waiting = self.futures.pop(id, None)
                if waiting is not None and waiting.set_running_or_notify_cancel():
                    waiting.set_result(answer)
            case Tick():
                # Whoever gave up waiting has cancelled; nobody may ever answer that question.
                self.futures = {id: future for id, future in self.futures.items() if not future.cancelled()}
            case RelabelDevice() | MarkDevice():
                self.send(self.board, message)
            case OpenDoor(board=board, supervisor=supervisor):
                self.board = board
                self.supervisor = supervisor
                self.count = 0
                self.futures = {}
            case _:  # commands
                self.send(self.supervisor, message)
