"""What we say of ourselves on a site's broker, retained: `{prefix}/backend/status` (row B13)."""

import json
from typing import NamedTuple


class Presence(NamedTuple):
    """One of ours, or of another Sitewarden's. Times are epoch seconds.

    `status` is `online`, `offline` after a goodbye, or `lost`, which the broker publishes as our last will.
    """

    status: str
    client_id: str
    running_since: float  # of the first attempt: it tells one Sitewarden from another
    dialled_at: float  # of this attempt: it tells the presence of this link from that of an older one

    def encode(self) -> bytes:
        return json.dumps(self._asdict()).encode()


def read_presence(payload: bytes) -> Presence | None:
    """Read a presence; None for what is none, for anybody may write to the topic."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    match fields:
        case {
            "status": str(status),
            "client_id": str(client_id),
            "running_since": int() | float() as since,
            "dialled_at": int() | float() as dialled_at,
        }:
            return Presence(status, client_id, since, dialled_at)
    return None
