"""Write what people decide about devices, topics and connections (row F2)."""

from typing import Any

from .database import StoreDatabase
from .errors import DeviceUnknown, SiteUnknown, TopicUnknown
from .records import DiscoveredTopicRecord, Kind
from .tables import Connection, Datalogger, DiscoveredTopic, Gateway, Sensor, Table

DEVICES: dict[Kind, type[Table]] = {Kind.GATEWAY: Gateway, Kind.DATALOGGER: Datalogger, Kind.SENSOR: Sensor}


def change_device(database: StoreDatabase, kind: Kind, device_id: int, **decision: Any) -> None:
    """Set columns of a device; raises `DeviceUnknown`."""
    table = DEVICES[kind]
    if not table.update(**decision).where(table.id == device_id).execute(database):
        raise DeviceUnknown(f"there is no {kind} {device_id}")


def change_topic(database: StoreDatabase, site_id: int, topic_id: int, is_active: bool) -> DiscoveredTopicRecord:
    """Pause or resume a discovered topic and return it; raises `TopicUnknown`."""
    is_it = (DiscoveredTopic.site_id == site_id) & (DiscoveredTopic.id == topic_id)
    if not DiscoveredTopic.update(is_active=is_active).where(is_it).execute(database):
        raise TopicUnknown(f"there is no discovered topic {topic_id} on site {site_id}")
    columns = [getattr(DiscoveredTopic, name) for name in DiscoveredTopicRecord._fields]
    [row] = DiscoveredTopic.select(*columns).where(is_it).tuples().execute(database)
    return DiscoveredTopicRecord(*row)


def change_connection(database: StoreDatabase, site_id: int, is_active: bool) -> bool:
    """Set the desired state; return whether that changed it. Raises `SiteUnknown`."""
    is_its = Connection.site_id == site_id
    if Connection.update(is_active=is_active).where(is_its & (Connection.is_active != is_active)).execute(database):
        return True
    if not Connection.select().where(is_its).exists(database):
        raise SiteUnknown(f"there is no site {site_id}")
    return False
