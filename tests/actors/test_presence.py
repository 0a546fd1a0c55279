"""What we say of ourselves on a broker, and what others may write there."""

import pytest
from sitewarden.actors.presence import Presence, read_presence

OURS = Presence("online", "sitewarden_north", 1_760_450_236.25, 1_760_450_300.5)


def test_what_we_say_can_be_read_again() -> None:
    assert read_presence(OURS.encode()) == OURS


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"online", b"[]", b"{}", b"[" * 100_000, b'{"status": "online", "client_id": "us"}'],
)
def test_what_is_no_presence_is_let_pass(payload: bytes) -> None:
    assert read_presence(payload) is None
