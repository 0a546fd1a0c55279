"""The demo: what it shows, as a table of snapshots, and once as a whole."""

import io
import json
import re
import urllib.request
from pathlib import Path

import pytest
from command_line import CommandLine
from rich.console import Console
from sitewarden.actors.messages import SiteReport
from sitewarden.config.settings import MqttSection
from sitewarden.shell.demo_sites import SITES, demo_devices, demo_fleet, is_silent
from sitewarden.shell.demo_table import plain_lines, render
from sitewarden.shell.demo_trends import Snapshot, Trends
from sitewarden.shell.fleet_diff import configured
from sitewarden.shell.fleet_file import parse_fleet
from sitewarden.shell.simulated_fleet import Datalogger
from sitewarden.store.records import (
    Availability,
    ConnectionState,
    DataloggerRecord,
    GatewayRecord,
    Reading,
    SensorRecord,
    Status,
)

NOON = 1_760_443_200.0


def snapshot(seconds: float, tilt: float = 0.25, dataloggers: Availability = Availability.ONLINE) -> Snapshot:
    """The demo's sites some seconds after noon, each with one sensor at the end of a heartbeat a second."""
    at = NOON + seconds
    drafts = parse_fleet(demo_fleet("127.0.0.1", 1883), "the demo")
    configurations = [configured(draft.with_defaults(MqttSection())) for draft in drafts]
    sites = [c._replace(site=c.site._replace(id=number)) for number, c in enumerate(configurations, start=1)]
    beats = {"total_heartbeats": int(seconds), "last_heartbeat": at - 2}
    reading = Reading(at, at, {"acc00": 9.0, "incli_x": tilt})
    return Snapshot(
        at=at,
        sites=tuple(SiteReport(c, ConnectionState(c.site.id, Status.CONNECTED)) for c in sites),
        gateways=tuple(
            GatewayRecord(c.site.id, "gateway", "GW-1", availability=Availability.ONLINE, **beats) for c in sites
        ),
        dataloggers=tuple(
            DataloggerRecord(c.site.id, "monstro/1", "DL-1", availability=dataloggers, **beats) for c in sites
        ),
        sensors=tuple(
            SensorRecord(c.site.id, "monstro/1", "MNA1", availability=dataloggers, readings=(reading,)) for c in sites
        ),
    )


def trends_of(*snapshots: Snapshot) -> Trends:
    trends = Trends()
    for one in snapshots:
        trends.add(one)
    return trends


def drawn(width: int, is_unicode: bool = True) -> str:
    history = [snapshot(second, tilt=0.01 * second) for second in range(60)]
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(render(history[-1], trends_of(*history), width, is_unicode))
    return console.export_text()


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_shows_every_site_and_datalogger_in_full(width: int) -> None:
    text = drawn(width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for site in SITES:
        assert f"{site.code} monstro/1" in text
        assert site.name in text
    assert "+0.590°" in text


def test_a_wider_terminal_shows_a_longer_trend() -> None:
    lengths = {width: max(map(len, re.findall("[▁▂▃▄▅▆▇█]+", drawn(width)))) for width in (80, 120)}
    assert 8 <= lengths[80] < lengths[120]


def test_a_terminal_without_unicode_gets_a_trend_in_ascii() -> None:
    assert not re.search("[▁▂▃▄▅▆▇█]", drawn(80, is_unicode=False))
    assert re.search(r"_+\.+-+=+\++\*+#+", drawn(80, is_unicode=False))


def test_messages_per_second_are_those_of_the_last_seconds() -> None:
    assert trends_of().rate(1) == 0
    assert trends_of(snapshot(5)).rate(1) == 0
    # A gateway and a datalogger, a heartbeat a second each.
    assert trends_of(*(snapshot(second) for second in range(60))).rate(1) == pytest.approx(2)
    quiet = [snapshot(60 + second)._replace(gateways=(), dataloggers=()) for second in range(15)]
    assert trends_of(*quiet).rate(1) == 0


def test_a_trend_grows_by_a_value_only_when_there_is_a_new_reading() -> None:
    one, other = snapshot(1, tilt=0.1), snapshot(2, tilt=0.2)
    assert trends_of(one, one, other, other).sparkline(other.sensors[0], 10) == "▁█"


def test_what_is_not_online_is_named_where_there_is_no_terminal() -> None:
    history = [snapshot(second) for second in range(10)]
    assert len(list(plain_lines(history[-1], trends_of(*history)))) == len(SITES)
    silent = snapshot(10, dataloggers=Availability.OFFLINE)
    lines = list(plain_lines(silent, trends_of(*history, silent)))
    assert lines[:2] == [
        "12:00:10 sito_001 connected, 1 of 3 devices online, 2.0 messages/s",
        "12:00:10 sito_001 monstro/1 offline, last heard: 2 s",
    ]


def test_one_datalogger_falls_silent_for_longer_than_it_takes_to_notice_and_comes_back() -> None:
    devices = demo_devices(NOON)
    silent = {device.serial for device in devices if any(is_silent(device, second) for second in range(300))}
    assert len(silent) == 1
    (device,) = [device for device in devices if device.serial in silent]
    assert isinstance(device, Datalogger)
    quiet = [is_silent(device, second) for second in range(200)]
    assert not any(quiet[:30])
    assert sum(quiet[:100]) > 3 * device.interval
    assert quiet[:100] == quiet[100:]


def test_the_demo_runs_by_itself_and_leaves_nothing_behind(sitewarden: CommandLine, tmp_path: Path) -> None:
    pytest.importorskip("amqtt", reason="needs the extra `demo`: pip install 'sitewarden[demo]'")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # A real installation's database is in the environment: the demo must not come near it.
    sitewarden.environment |= {"TMPDIR": str(temporary), "DATABASE_URL": "postgresql://127.0.0.1:1/production"}
    process = sitewarden.start("demo")
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if re.search(r"sito_003 connected, [1-9]\d* of [1-9]", line):
            break
    else:
        pytest.fail("".join(shown) + sitewarden.errors())

    text = "".join(shown)
    (token,) = re.findall(r"/#token=(\S+)", text)
    assert f"http://127.0.0.1:{sitewarden.port}/#token={token}" in text
    request = urllib.request.Request(
        f"http://127.0.0.1:{sitewarden.port}/api/v1/sites/", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert {site["code"] for site in json.load(answer)["results"]} == {site.code for site in SITES}

    assert sitewarden.stop(process) == 0
    assert list(temporary.iterdir()) == []
    assert not sitewarden.data_dir.exists()
    assert "Traceback" not in sitewarden.errors()


def test_the_demo_keeps_out_of_an_installation_with_sites_of_its_own(sitewarden: CommandLine) -> None:
    pytest.importorskip("amqtt", reason="needs the extra `demo`: pip install 'sitewarden[demo]'")
    fleet = sitewarden.directory / "fleet.toml"
    fleet.write_text('[[site]]\ncode = "real"\n[site.connection]\nbroker_host = "broker"\n')
    sitewarden.succeed("import", str(fleet))
    done = sitewarden("demo", "--data-dir", str(sitewarden.data_dir))
    assert done.returncode == 1
    assert "(real)" in done.stderr
    assert 'code = "sito_001"' not in sitewarden.succeed("export")
