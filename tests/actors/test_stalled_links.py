"""A link that carries nothing is told from devices that say nothing (row B14)."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.echo import LONGEST_DRAIN
from sitewarden.store.records import Status

from .field import DEADLINE, Field, heartbeat

INTERVAL = 10.0  # seconds; with the multiplier of 3 a silence of 30 s is looked into
SILENCE = 3 * INTERVAL
RETRY_DELAY = 100.0

STEP = 1.0  # second of the test's clock at a time: what is on its way comes in between

EVERYTHING = "topic readwrite #\n"
NOTHING_TO_HEAR = "topic write #\n"


class Rules:
    """The file of a broker's access rules; mosquitto grants a subscription whatever they say, and then withholds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.file.write_text(EVERYTHING)

    def change(self, broker: Mosquitto, rules: str) -> None:
        """Change them, and wait until the broker has read them again."""
        self.file.write_text(rules)
        before = reloads(broker)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGHUP)
        assert wait_until(lambda: reloads(broker) > before, DEADLINE)


def reloads(broker: Mosquitto) -> int:
    return broker.log.read_text().count("Reloading config")


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return Rules(tmp_path / "acl")


@pytest.fixture
def heard(private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field], rules: Rules) -> Field:
    """A field whose site, `north`, is connected and has been heard, on a broker with rules."""
    field = make_field(private_mosquitto([f"acl_file {rules.file}"]))
    field.save("north", heartbeat_interval=INTERVAL, retry_delay=RETRY_DELAY)
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    return field


def pass_time(field: Field, until: Callable[[], bool]) -> None:
    def has_come() -> bool:
        field.clock.advance(STEP)
        return until()

    assert wait_until(has_come, DEADLINE), (field.state("north"), messages(field))


def let_pass(field: Field, seconds: float) -> None:
    end = field.clock().monotonic + seconds
    pass_time(field, lambda: field.clock().monotonic >= end)


def messages(field: Field) -> list[str]:
    return [entry.message for entry in field.connection_log("north")]


def told(field: Field, words: str) -> int:
    return sum(words in message for message in messages(field))


def connections(field: Field) -> int:
    """How often we have connected, as the broker has it."""
    return field.broker.log.read_text().count(f" as sitewarden_{field.code('north')}_{field.store.installation_id()}")


def test_a_link_over_which_nothing_comes_any_more_is_stalled_and_dialled_again(heard: Field, rules: Rules) -> None:
    rules.change(heard.broker, NOTHING_TO_HEAR)
    pass_time(heard, lambda: heard.state("north").error_kind == "stalled")
    assert heard.state("north").status is Status.BACKING_OFF
    pass_time(heard, lambda: heard.state("north").status is Status.CONNECTED)
    assert connections(heard) == 2

    # On the new link our own message never came back: nothing can be proved, and it is left as it is.
    pass_time(heard, lambda: told(heard, f"{heard.code('north')}/backend/status does not come back") == 1)
    assert heard.state("north").error_kind == "acl"
    let_pass(heard, LONGEST_DRAIN + 3 * SILENCE)
    assert told(heard, "cannot be known") == 1
    assert heard.state("north").status is Status.CONNECTED
    assert connections(heard) == 2

    rules.change(heard.broker, EVERYTHING)
    heard.publish(heartbeat(heard.code("north"), "B"))
    assert wait_until(lambda: "B" in heard.sensors("north"), DEADLINE)
    pass_time(heard, lambda: told(heard, "the devices are heard again") == 1)
    assert heard.state("north").error_kind == ""


def test_devices_that_fall_silent_leave_the_link_alone(heard: Field) -> None:
    let_pass(heard, 5 * SILENCE)
    assert wait_until(lambda: told(heard, "the devices are silent") == 1, DEADLINE), messages(heard)
    assert heard.state("north").status is Status.CONNECTED
    assert connections(heard) == 1
    heard.publish(heartbeat(heard.code("north"), "A", number=1))
    pass_time(heard, lambda: told(heard, "the devices are heard again") == 1)
    assert told(heard, "the devices are silent") == 1
