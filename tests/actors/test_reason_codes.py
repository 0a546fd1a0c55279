"""What a broker's codes say (row B7): MQTT 5 section 2.4, and 3.1.1's as paho translates them."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from sitewarden.actors.failures import PARKING, FailureKind
from sitewarden.actors.reason_codes import MEANINGS, TAKEN_OVER, of_connack, of_disconnect, of_suback

FIRST_FAILURE = 0x80


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x80, FailureKind.REFUSED),
        (0x84, FailureKind.CONFIG),
        (0x85, FailureKind.CONFIG),
        (0x86, FailureKind.AUTH),
        (0x87, FailureKind.AUTH),
        (0x88, FailureKind.REFUSED),
        (0x89, FailureKind.REFUSED),
        (0x8A, FailureKind.AUTH),
        (0x97, FailureKind.REFUSED),
        (0x9A, FailureKind.CONFIG),
        (0x9C, FailureKind.REFUSED),
        (0x9D, FailureKind.CONFIG),
        (0x9F, FailureKind.REFUSED),
    ],
)
def test_a_refusing_connack_is_classified_by_its_code(code: int, kind: FailureKind) -> None:
    assert of_connack(code, "reason").kind is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x00, FailureKind.KICKED),
        (0x80, FailureKind.KICKED),
        (0x87, FailureKind.AUTH),
        (0x89, FailureKind.KICKED),
        (0x8B, FailureKind.KICKED),
        (0x8D, FailureKind.KEEPALIVE),
        (0x8E, FailureKind.TAKEN_OVER),
        (0x93, FailureKind.KICKED),
        (0x95, FailureKind.CONFIG),
        (0x96, FailureKind.KICKED),
        (0x97, FailureKind.KICKED),
        (0x98, FailureKind.KICKED),
        (0x9F, FailureKind.KICKED),
        (0xA0, FailureKind.KICKED),
        (0xA1, FailureKind.CONFIG),
    ],
)
def test_a_disconnect_is_classified_by_its_code(code: int, kind: FailureKind) -> None:
    assert of_disconnect(code, "reason", "us").kind is kind


def test_a_takeover_names_the_client_id() -> None:
    assert "sitewarden_north" in of_disconnect(TAKEN_OVER, "Session taken over", "sitewarden_north").message


def test_whatever_parks_says_what_to_do() -> None:
    for code, meaning in MEANINGS.items():
        if meaning.kind in PARKING:
            assert meaning.advice, hex(code)


@pytest.mark.parametrize("code", MEANINGS)
def test_every_code_in_the_table_is_one_of_mqtt(code: int) -> None:
    assert code >= FIRST_FAILURE
    packets = (PacketTypes.CONNACK, PacketTypes.DISCONNECT)
    assert any(is_known(packet, code) for packet in packets)


def is_known(packet: int, code: int) -> bool:
    try:
        ReasonCode(packet, identifier=code)
    except (KeyError, ValueError):
        return False
    return True


@pytest.mark.parametrize("reason", ["", "Not authorized"])
def test_a_refused_subscription_names_its_filter_and_the_reason_if_there_is_one(reason: str) -> None:
    failure = of_suback(("sito_001/#",), reason)
    assert failure.kind is FailureKind.ACL
    assert "sito_001/#" in failure.message
    assert reason in failure.message
