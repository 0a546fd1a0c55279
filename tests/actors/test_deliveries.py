"""Which message is new, and which may be acknowledged (row C10)."""

from collections.abc import Sequence

from sitewarden.actors.deliveries import MARKS_OF_A_PART, PARTS, Deliveries
from sitewarden.actors.events import Arrived
from sitewarden.actors.messages import Now

NOW = Now(1_700_000_000.0, 5.0)
SITE_ID = 7
# Whatever part they begin in, as many are remembered at least.
REMEMBERED = range(1, (PARTS - 1) * MARKS_OF_A_PART)
MORE = range(REMEMBERED.stop, 3 * REMEMBERED.stop)


def arrived(packet_id: int = 1, payload: bytes = b"{}", dup: bool = False, attempt: int = 1) -> Arrived:
    return Arrived("s/x", payload, qos=1, retain=False, dup=dup, now=NOW, packet_id=packet_id, attempt=attempt)


def acknowledged(deliveries: Deliveries, number: int) -> Sequence[tuple[int, int]]:
    return [(receipt.attempt, receipt.packet_id) for receipt in deliveries.commit(number)]


def test_a_message_that_is_sent_again_is_new_once() -> None:
    deliveries = Deliveries(SITE_ID)
    assert deliveries.take(arrived())
    assert not deliveries.take(arrived(dup=True))


def test_a_message_marked_as_sent_again_that_never_came_is_new() -> None:
    assert Deliveries(SITE_ID).take(arrived(dup=True))


def test_a_message_sent_again_that_only_reads_like_one_we_had_is_new() -> None:
    """A heartbeat without a time is the same bytes each time; its packet id tells it (MQTT 3.1.1 section 4.4)."""
    deliveries = Deliveries(SITE_ID)
    assert deliveries.take(arrived(packet_id=1))
    assert deliveries.take(arrived(packet_id=2, dup=True))


def test_equal_messages_with_one_packet_id_are_new_unless_marked_as_sent_again() -> None:
    """A broker uses an identifier again once it has our acknowledgement."""
    deliveries = Deliveries(SITE_ID)
    assert deliveries.take(arrived())
    assert deliveries.take(arrived())


def test_what_was_counted_before_a_restart_is_not_new_after_it() -> None:
    deliveries = Deliveries(SITE_ID)
    deliveries.take(arrived(packet_id=7))

    assert not Deliveries(SITE_ID, deliveries.hand_on()).take(arrived(packet_id=7, dup=True))


def test_a_message_is_acknowledged_once_and_not_before_its_number_is_committed() -> None:
    deliveries = Deliveries(SITE_ID)
    for packet_id in (1, 2, 3):
        deliveries.take(arrived(packet_id, payload=b"%d" % packet_id))

    second = deliveries.number - 1
    assert acknowledged(deliveries, second) == [(1, 1), (1, 2)]
    assert acknowledged(deliveries, second) == []
    assert acknowledged(deliveries, deliveries.number) == [(1, 3)]


def test_a_message_sent_again_over_a_new_link_is_acknowledged_there() -> None:
    deliveries = Deliveries(SITE_ID)
    deliveries.take(arrived(attempt=1))
    deliveries.take(arrived(attempt=2, dup=True))

    assert acknowledged(deliveries, deliveries.number) == [(2, 1)]


def test_a_message_sent_again_after_its_commit_is_acknowledged_with_the_next() -> None:
    deliveries = Deliveries(SITE_ID)
    deliveries.take(arrived(attempt=1))
    assert acknowledged(deliveries, deliveries.number) == [(1, 1)]
    deliveries.take(arrived(attempt=2, dup=True))

    assert acknowledged(deliveries, deliveries.number) == [(2, 1)]


def test_a_session_that_the_broker_has_lost_leaves_nothing_to_be_sent_again() -> None:
    deliveries = Deliveries(SITE_ID)
    deliveries.take(arrived())
    deliveries.forget()

    assert deliveries.take(arrived(dup=True))


def test_as_many_are_remembered_as_a_broker_may_have_under_way() -> None:
    deliveries = Deliveries(SITE_ID)
    for packet_id in REMEMBERED:
        deliveries.take(arrived(packet_id))

    assert not any(deliveries.take(arrived(packet_id, dup=True)) for packet_id in REMEMBERED)


def test_no_more_are_remembered_than_have_room() -> None:
    deliveries = Deliveries(SITE_ID)
    for packet_id in MORE:
        deliveries.take(arrived(packet_id))

    assert sum(len(record.marks) for record in deliveries.records()) <= PARTS * MARKS_OF_A_PART
    assert deliveries.take(arrived(MORE.start, dup=True))


def test_a_message_that_came_again_is_remembered_as_long_as_its_newest_copy() -> None:
    deliveries = Deliveries(SITE_ID)
    deliveries.take(arrived(1))
    for packet_id in REMEMBERED[1:]:
        deliveries.take(arrived(packet_id))
    deliveries.take(arrived(1, dup=True))
    for packet_id in REMEMBERED[1:]:
        deliveries.take(arrived(packet_id))

    assert not deliveries.take(arrived(1, dup=True))


def test_of_many_messages_only_the_parts_that_changed_are_handed_on_and_all_come_back() -> None:
    deliveries, stored = Deliveries(SITE_ID), {}
    for packet_id in REMEMBERED:
        deliveries.take(arrived(packet_id))
        [*records] = deliveries.hand_on()
        assert len(records) == 1
        stored.update({record.part: record for record in records})
    assert deliveries.hand_on() == ()

    again = Deliveries(SITE_ID, stored.values())
    assert not any(again.take(arrived(packet_id, dup=True)) for packet_id in REMEMBERED)


def test_after_a_restart_the_oldest_part_makes_room_first() -> None:
    deliveries = Deliveries(SITE_ID)
    for packet_id in MORE:
        deliveries.take(arrived(packet_id))
    newest = MORE[-1]

    again = Deliveries(SITE_ID, deliveries.records())
    for packet_id in range(1, MARKS_OF_A_PART):
        again.take(arrived(packet_id, b"after the restart"))

    assert not again.take(arrived(newest, dup=True))


def test_a_message_that_waits_for_longer_than_between_two_questions_is_held_up() -> None:
    deliveries = Deliveries(SITE_ID)
    assert not deliveries.is_held_up()
    deliveries.take(arrived(1))
    assert not deliveries.is_held_up()
    assert deliveries.is_held_up()
    deliveries.commit(deliveries.number)
    deliveries.take(arrived(2))
    assert not deliveries.is_held_up()
