"""The demo's live table, and the plain lines that stand for it where there is no terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..actors.messages import SiteReport
from ..store.records import Availability, DataloggerRecord, Status
from .demo_trends import ASCII_BLOCKS, BLOCKS, TREND_LENGTH, Snapshot, Trends, shown_channel

STATUS_STYLES = {
    Status.CONNECTED: "green",
    Status.CONNECTING: "yellow",
    Status.BACKING_OFF: "yellow",
    Status.ERROR: "bold red",
    Status.PARKED: "bold red",
}
AVAILABILITY_STYLES = {
    Availability.ONLINE: "green",
    Availability.OFFLINE: "bold red",
    Availability.UNKNOWN: "yellow",
    Availability.NEVER_SEEN: "dim",
}


# Columns that the datalogger table takes beside its sparklines, and the fewest that these are drawn in.
BESIDE_TREND = 62
SHORTEST_TREND = 8


def render(snapshot: Snapshot, trends: Trends, width: int, is_unicode: bool) -> RenderableType:
    """The fleet at this moment: a line a site, then a line a datalogger. Fits 80 columns and uses more."""
    length = min(TREND_LENGTH, max(SHORTEST_TREND, width - BESIDE_TREND))
    return Group(
        site_table(snapshot, trends),
        datalogger_table(snapshot, trends, length, BLOCKS if is_unicode else ASCII_BLOCKS),
    )


def new_table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def site_table(snapshot: Snapshot, trends: Trends) -> Table:
    table = new_table()
    for title in ("SITE", "NAME", "STATUS", "GATEWAY"):
        table.add_column(title, no_wrap=True)
    table.add_column("ONLINE", justify="right", no_wrap=True)
    table.add_column("MSG/S", justify="right", no_wrap=True)
    for report in in_order(snapshot):
        site = report.configuration.site
        gateway = next((g.availability for g in snapshot.gateways if g.site_id == site.id), Availability.NEVER_SEEN)
        online, devices = snapshot.devices(site.id)
        table.add_row(
            Text(site.code),
            Text(site.name),
            Text(report.state.status, STATUS_STYLES.get(report.state.status, "")),
            Text(gateway, AVAILABILITY_STYLES[gateway]),
            f"{online}/{devices}",
            f"{trends.rate(site.id):.1f}",
        )
    return table


def datalogger_table(snapshot: Snapshot, trends: Trends, length: int, blocks: str) -> Table:
    table = new_table()
    for title in ("DATALOGGER", "IS"):
        table.add_column(title, no_wrap=True)
    table.add_column("HEARD", justify="right", no_wrap=True)
    table.add_column("SENSOR", no_wrap=True)
    table.add_column("TILT X", justify="right", no_wrap=True)
    table.add_column("TREND", no_wrap=True)
    for report in in_order(snapshot):
        for datalogger in in_place(snapshot, report.configuration.site.id):
            table.add_row(
                Text(f"{report.configuration.site.code} {datalogger.slot}"),
                Text(datalogger.availability, AVAILABILITY_STYLES[datalogger.availability]),
                heard(datalogger, snapshot.at),
                *newest_value(snapshot, trends, datalogger, length, blocks),
            )
    return table


def newest_value(
    snapshot: Snapshot, trends: Trends, datalogger: DataloggerRecord, length: int, blocks: str
) -> tuple[Text, ...]:
    """Serial number, newest value and sparkline of the sensor that stands for a datalogger."""
    sensor = snapshot.shown_sensor(datalogger)
    if sensor is None:
        return Text("-", "dim"), Text(""), Text("")
    value = sensor.readings[0].channels[shown_channel(sensor)]
    return Text(sensor.serial_number), Text(f"{value:+.3f}°"), Text(trends.sparkline(sensor, length, blocks), "cyan")


def heard(datalogger: DataloggerRecord, now: float) -> str:
    if datalogger.last_heartbeat is None:
        return "never"
    return f"{max(0.0, now - datalogger.last_heartbeat):.0f} s"


def in_order(snapshot: Snapshot) -> list[SiteReport]:
    return sorted(snapshot.sites, key=lambda report: report.configuration.site.code)


def in_place(snapshot: Snapshot, site_id: int) -> list[DataloggerRecord]:
    return sorted((d for d in snapshot.dataloggers if d.site_id == site_id), key=lambda datalogger: datalogger.slot)


def plain_lines(snapshot: Snapshot, trends: Trends) -> Iterator[str]:
    """A line a site, and one for each datalogger that is not online: for a pipe or a log."""
    time = datetime.fromtimestamp(snapshot.at, UTC).strftime("%H:%M:%S")
    for report in in_order(snapshot):
        site = report.configuration.site
        online, devices = snapshot.devices(site.id)
        yield (
            f"{time} {site.code} {report.state.status}, {online} of {devices} devices online,"
            f" {trends.rate(site.id):.1f} messages/s"
        )
        for datalogger in in_place(snapshot, site.id):
            if datalogger.availability is not Availability.ONLINE:
                yield (
                    f"{time} {site.code} {datalogger.slot} {datalogger.availability},"
                    f" last heard: {heard(datalogger, snapshot.at)}"
                )
