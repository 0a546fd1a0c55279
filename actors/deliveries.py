"""Which messages of a site are counted, and which of them the broker does not know to be (row C10).

A message at QoS 1 is acknowledged once what it changed is committed. Until the broker has the acknowledgement it may
send the message again, marked as such (MQTT's DUP), after a reconnect and after a restart of ours: the newest marks are
committed together with what the messages changed, so that the second copy is acknowledged and not counted.
"""

from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from ..store.records import DeliveryRecord, Mark
from .events import Arrived

# A broker holds back after so many unacknowledged messages (its in-flight window), and sends no older one again.
# Windows are 10 to 32 by default, but Mosquitto 2.0 was seen to go beyond its own by 400: so a thousand are remembered,
# in parts of which a commit writes one or two.
PARTS = 8
MARKS_OF_A_PART = 128


class Receipt(NamedTuple):
    """A message that waits for its acknowledgement. `number` is its place among all that came."""

    number: int
    attempt: int  # of the link it came over: an acknowledgement belongs to its connection
    packet_id: int
    qos: int


class Part:
    """Some of the newest messages, one after the other."""

    def __init__(self, first_number: int, marks: Iterable[Mark] = ()) -> None:
        self.first_number = first_number
        self.marks = list(marks)


class Deliveries:
    """The newest messages of one site at QoS 1 and above. The oldest part makes room for the next."""

    def __init__(self, site_id: int, records: Iterable[DeliveryRecord] = ()) -> None:
        self.site_id = site_id
        self.parts = {record.part: Part(record.first_number, record.marks) for record in records}
        self.counted = {mark: part for part in self.parts for mark in self.parts[part].marks}
        self.changed: set[int] = set()
        self.waiting: dict[Mark, Receipt] = {}
        self.oldest_waiting = 0
        newest = max((part.first_number for part in self.parts.values()), default=0)
        self.number = (newest // MARKS_OF_A_PART + 1) * MARKS_OF_A_PART - 1  # the next one begins a part

    def take(self, arrived: Arrived) -> bool:
        """Enter a message that is to be acknowledged; whether it is new, and so to be counted."""
        mark = mark_of(arrived)
        is_new = not (arrived.dup and mark in self.counted)
        self.number += 1
        self.remember(mark)
        # Also one that is counted already: it is acknowledged after the next commit, which holds all before it.
        self.waiting.pop(mark, None)
        self.waiting[mark] = Receipt(self.number, arrived.attempt, arrived.packet_id, arrived.qos)
        return is_new

    def remember(self, mark: Mark) -> None:
        part = self.number // MARKS_OF_A_PART % PARTS
        if self.number % MARKS_OF_A_PART == 0:
            self.empty(part)
            self.parts[part] = Part(self.number)
        self.parts[part].marks.append(mark)
        self.counted[mark] = part
        self.changed.add(part)

    def empty(self, part: int) -> None:
        for mark in self.parts[part].marks if part in self.parts else ():
            if self.counted.get(mark) == part:  # it may have come again since
                del self.counted[mark]

    def hand_on(self) -> tuple[DeliveryRecord, ...]:
        """Give the parts that changed since the last time."""
        records = tuple(record for record in self.records() if record.part in self.changed)
        self.changed.clear()
        return records

    def records(self) -> tuple[DeliveryRecord, ...]:
        return tuple(
            DeliveryRecord(self.site_id, number, part.first_number, tuple(part.marks))
            for number, part in self.parts.items()
        )

    def commit(self, number: int) -> list[Receipt]:
        """Take the word that all up to this number is committed; give what may be acknowledged now."""
        committed = []
        for mark, receipt in self.waiting.items():
            if receipt.number > number:
                break
            committed.append((mark, receipt))
        for mark, _ in committed:
            del self.waiting[mark]
        return [receipt for _, receipt in committed]

    def forget(self) -> None:
        """The broker has no session of ours any more: it sends nothing again."""
        for part in self.parts.values():
            part.marks.clear()
        self.changed.update(self.parts)
        self.counted.clear()
        self.waiting.clear()

    def is_held_up(self) -> bool:
        """Whether the oldest that waits has waited since the last such question: the database is in trouble."""
        before = self.oldest_waiting
        self.oldest_waiting = next(iter(self.waiting.values())).number if self.waiting else 0
        return 0 < self.oldest_waiting == before


def mark_of(arrived: Arrived) -> Mark:
    """What tells one message from another: a broker uses a packet's identifier again once it was acknowledged."""
    return arrived.packet_id, crc32(arrived.payload, crc32((arrived.topic or "").encode()))
