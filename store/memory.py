"""Read what was learned of a site: where its actors begin again after a restart (row F5)."""

from typing import Any

from .database import StoreDatabase
from .records import (
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    SensorRecord,
    SiteMemory,
)
from .tables import Datalogger, Delivery, DiscoveredTopic, Gateway, ObservedConnection, Sensor


def read_memory(database: StoreDatabase, site_id: int) -> SiteMemory:
    """Return all that is known of a site, deleted devices included; a site never heard of has an empty memory."""
    states = rows(database, ObservedConnection, ConnectionState._fields, site_id)
    return SiteMemory(
        state=ConnectionState(**states[0]) if states else ConnectionState(site_id),
        gateways=tuple(GatewayRecord(**row) for row in rows(database, Gateway, GatewayRecord._fields, site_id)),
        dataloggers=tuple(
            DataloggerRecord(**row) for row in rows(database, Datalogger, DataloggerRecord._fields, site_id)
        ),
        sensors=read_sensors(database, site_id),
        topics=tuple(
            DiscoveredTopicRecord(**row)
            for row in rows(database, DiscoveredTopic, DiscoveredTopicRecord._fields, site_id)
        ),
        deliveries=tuple(DeliveryRecord(**row) for row in rows(database, Delivery, DeliveryRecord._fields, site_id)),
    )


def rows(database: StoreDatabase, table: type[Any], columns: tuple[str, ...], site_id: int) -> list[dict[str, Any]]:
    query = table.select(*(getattr(table, name) for name in columns))
    return list(query.where(table.site_id == site_id).order_by(table.id).dicts().execute(database))


def read_sensors(database: StoreDatabase, site_id: int) -> tuple[SensorRecord, ...]:
    # Its slot is its datalogger's.
    columns = [Datalogger.slot if name == "slot" else getattr(Sensor, name) for name in SensorRecord._fields]
    query = Sensor.select(*columns).join(Datalogger, on=Sensor.datalogger_id == Datalogger.id)
    found = query.where(Sensor.site_id == site_id).order_by(Sensor.id).tuples().execute(database)
    return tuple(SensorRecord(*row) for row in found)
