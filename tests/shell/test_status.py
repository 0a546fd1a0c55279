"""`sitewarden status` in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sitewarden.shell.status import in_words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WIDTH = 60  # columns


def site(code: str, status: str, reason: str, waits: float | None = None) -> dict[str, Any]:
    at = None if waits is None else (NOW + timedelta(seconds=waits)).isoformat()
    return {"code": code, "name": f"name of {code}", "status": status, "reason": reason, "next_retry": at}


def told(*sites: dict[str, Any]) -> list[str]:
    connections = {"total": len(sites), "by_status": {}}
    report = {"pid": 1, "started_at": "2026-03-01T11:00:00Z", "connections": connections, "sites": list(sites)}
    words = in_words(report, NOW, WIDTH)
    return words.partition("sites:\n")[2].splitlines()


def test_what_waits_is_retried_and_what_is_parked_is_probed() -> None:
    lines = told(site("a", "backing_off", "refused", 8), site("b", "parked", "refused", 790), site("c", "parked", "x"))
    assert [line.split(maxsplit=2)[2] for line in lines] == ["refused; retry in 8 s", "refused; probe in 790 s", "x"]


def test_a_site_that_is_well_is_told_by_its_name() -> None:
    assert told(site("a", "connected", "")) == ["  a  connected     name of a"]


def test_a_long_reason_is_folded_to_the_width_and_nothing_of_it_is_lost() -> None:
    reason = "the broker closed the connection while it was being opened; " * 5 + "see /etc/mosquitto/conf.d/site.conf"
    lines = told(site("sito_001", "parked", reason, 790), site("sito_002", "connected", ""))
    assert len(lines) > 2
    assert all(len(line) <= WIDTH for line in lines)
    assert [line[:10] for line in lines if not line.startswith("   ")] == ["  sito_001", "  sito_002"]
    assert " ".join(line.strip() for line in lines[:-1]).endswith(f"{reason}; probe in 790 s")


def test_what_is_there_to_be_copied_is_not_broken() -> None:
    name = "broker." + "a-long-label." * 8 + "example"
    assert any(name in line for line in told(site("a", "backing_off", f"no address for {name}")))
