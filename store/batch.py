"""Write what the actors learned: one batch, one transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .database import StoreDatabase
from .records import (
    Batch,
    BatchWritten,
    DataloggerRecord,
    DeviceKey,
    DeviceRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    Kind,
    SensorRecord,
)
from .reports import (
    CONNECTION_LOGS,
    DATALOGGERS,
    DELIVERIES,
    EVENTS,
    GAPS,
    GATEWAYS,
    PARSING_LOGS,
    SENSORS,
    STATES,
    TOPICS,
    WRITTEN_SPOOLS,
    Columns,
    columns_of,
    folded,
    parsing_log_columns,
    sensor_columns,
    topic_columns,
    written_spool_columns,
)
from .storable import Unstorable
from .tables import ConnectionLog, Datalogger, Delivery, DeviceEvent, Gap, Gateway, ObservedConnection
from .upsert import Row, Upsert, storable_row, upsert

R = TypeVar("R")

Written = list[tuple[Row[Any], int]]


def write_batch(database: StoreDatabase, batch: Batch) -> BatchWritten:
    """Write a batch inside a transaction; what is refused for good is left out and reported.

    States, devices, topics and deliveries may be written twice without harm; connection logs, events and gaps double
    then, and the count of a parsing log is added twice.
    """
    writing = BatchWriting(database)
    writing.put_devices(batch.devices)
    writing.put_topics(batch.topics)
    writing.put(STATES, batch.states, columns_of(ObservedConnection))
    writing.put(CONNECTION_LOGS, batch.connection_logs, columns_of(ConnectionLog))
    writing.put(PARSING_LOGS, folded(batch.parsing_logs), parsing_log_columns)
    writing.put(EVENTS, batch.events, columns_of(DeviceEvent))
    writing.put(DELIVERIES, batch.deliveries, columns_of(Delivery))
    writing.put(GAPS, batch.gaps, columns_of(Gap))
    if batch.spool_number:
        writing.put(WRITTEN_SPOOLS, (batch.spool_number,), written_spool_columns)
    return BatchWritten(writing.device_ids, writing.topic_ids, tuple(writing.refused))


class BatchWriting:
    """A batch on its way into the database, and what has come of it so far."""

    def __init__(self, database: StoreDatabase) -> None:
        self.database = database
        self.device_ids: dict[DeviceKey, int] = {}
        self.topic_ids: dict[tuple[int, str], int] = {}
        self.refused: list[tuple[object, str]] = []

    def put_devices(self, devices: Sequence[DeviceRecord]) -> None:
        dataloggers = [device for device in devices if isinstance(device, DataloggerRecord)]
        sensors = [device for device in devices if isinstance(device, SensorRecord)]
        gateways = [device for device in devices if isinstance(device, GatewayRecord)]
        # A sensor names its datalogger, which may be as new as itself.
        written = self.put_with_ids(GATEWAYS, gateways, columns_of(Gateway))
        written += self.put_with_ids(DATALOGGERS, dataloggers, columns_of(Datalogger))
        known = {row.record.key: row_id for row, row_id in written}
        written += self.put_with_ids(SENSORS, sensors, sensor_columns(known | self.find_dataloggers(sensors, known)))
        self.device_ids = {row.record.key: row_id for row, row_id in written if row.record.id is None}

    def put_topics(self, topics: Sequence[DiscoveredTopicRecord]) -> None:
        written = self.put_with_ids(TOPICS, topics, topic_columns)
        new = [(row.record, row_id) for row, row_id in written if row.record.id is None]
        self.topic_ids = {(topic.site_id, topic.topic_path): row_id for topic, row_id in new}

    def put_with_ids(self, kind: Upsert, records: Sequence[Any], columns: Callable[[Any], Columns]) -> Written:
        """Write records, those that have an id by it; return the rows that went in with their ids.

        Not by their key where there is an id: an upsert by another key uses up a new id each time.
        """
        known = [record for record in records if record.id is not None]
        new = [record for record in records if record.id is None]
        by_id = self.put(kind._replace(key=("id",)), known, lambda record: {"id": record.id, **columns(record)})
        return by_id + self.put(kind, new, columns)

    def put(self, kind: Upsert, records: Iterable[R], columns: Callable[[R], Columns]) -> Written:
        rows = []
        for record in records:
            try:
                rows.append(storable_row(kind.table, record, columns(record)))
            except Unstorable as error:
                self.refused.append((record, str(error)))
        done = upsert(self.database, kind, rows)
        self.refused += done.refused
        return done.ids

    def find_dataloggers(self, sensors: Sequence[SensorRecord], known: dict[DeviceKey, int]) -> dict[DeviceKey, int]:
        """Return the ids of dataloggers that sensors name and the batch does not hold."""
        keys = {sensor.datalogger_key for sensor in sensors if sensor.datalogger_id is None} - known.keys()
        found: dict[DeviceKey, int] = {}
        for site_id in {key.site_id for key in keys}:
            query = Datalogger.select(Datalogger.id, Datalogger.slot).where(Datalogger.site_id == site_id)
            for row_id, slot in query.tuples().execute(self.database):
                found[DeviceKey(Kind.DATALOGGER, site_id, slot)] = row_id
        return found
