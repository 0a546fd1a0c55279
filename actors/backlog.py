"""What waits for the database: the newest state of each thing, folded, so that it stays bounded (row F4)."""

from collections.abc import Iterable

from ..store.records import (
    Batch,
    ConnectionLogRecord,
    ConnectionState,
    DeliveryRecord,
    DeviceEventRecord,
    DeviceKey,
    DeviceRecord,
    DiscoveredTopicRecord,
    GapRecord,
    ParsingLogRecord,
)

# Log lines are not states: each is one more. While the database is gone the oldest go first, and are counted.
MOST_LOG_LINES = 10_000

# Different faults of one site, told apart by topic and message. A site that invents topics would make one of each;
# what is past this is folded by its kind alone.
MOST_FAULTS_OF_A_SITE = 200
ANY_TOPIC = "*"

FaultKey = tuple[int, str, str, str, str]


class Backlog:
    """Changes that are not in the database yet."""

    def __init__(self, dropped: int = 0) -> None:
        self.dropped = dropped
        self.devices: dict[DeviceKey, DeviceRecord] = {}
        self.topics: dict[tuple[int, str], DiscoveredTopicRecord] = {}
        self.states: dict[int, ConnectionState] = {}
        self.deliveries: dict[tuple[int, int], DeliveryRecord] = {}
        self.connection_logs: list[ConnectionLogRecord] = []
        self.events: list[DeviceEventRecord] = []
        self.gaps: list[GapRecord] = []
        self.faults: dict[FaultKey, ParsingLogRecord] = {}
        self.faults_of_site: dict[int, int] = {}

    def __len__(self) -> int:
        states = len(self.devices) + len(self.topics) + len(self.states) + len(self.deliveries) + len(self.faults)
        return states + len(self.connection_logs) + len(self.events) + len(self.gaps)

    def add_devices(self, records: Iterable[DeviceRecord]) -> None:
        for record in records:
            self.devices[record.key] = record

    def add_topics(self, records: Iterable[DiscoveredTopicRecord]) -> None:
        for record in records:
            self.topics[record.site_id, record.topic_path] = record

    def add_state(self, state: ConnectionState) -> None:
        self.states[state.site_id] = state

    def add_deliveries(self, records: Iterable[DeliveryRecord]) -> None:
        for record in records:
            self.deliveries[record.site_id, record.part] = record

    def add_connection_log(self, record: ConnectionLogRecord) -> None:
        self.connection_logs.append(record)
        self.dropped += drop_oldest(self.connection_logs)

    def add_event(self, record: DeviceEventRecord) -> None:
        self.events.append(record)
        self.dropped += drop_oldest(self.events)

    def add_gap(self, record: GapRecord) -> None:
        self.gaps.append(record)
        self.dropped += drop_oldest(self.gaps)

    def add_fault(self, record: ParsingLogRecord) -> None:
        """Fold a refused message into its like: one row with a count, the newest sample."""
        key = fault_key(record)
        known = self.faults.get(key)
        if known is None:
            of_site = self.faults_of_site.get(record.site_id, 0)
            if of_site >= MOST_FAULTS_OF_A_SITE:
                record = record._replace(topic=ANY_TOPIC, message=record.error_type)
                key = fault_key(record)
                known = self.faults.get(key)
            else:
                self.faults_of_site[record.site_id] = of_site + 1
        if known is not None:
            newest = max(known, record, key=lambda fault: fault.last_at)
            first_at = min(known.first_at, record.first_at)
            record = newest._replace(count=known.count + record.count, first_at=first_at)
        self.faults[key] = record

    def batch(self, spool_number: int) -> Batch:
        """Give all that waits; the batch takes the place of the spool with this number."""
        return Batch(
            devices=tuple(self.devices.values()),
            topics=tuple(self.topics.values()),
            states=tuple(self.states.values()),
            connection_logs=tuple(self.connection_logs),
            parsing_logs=tuple(self.faults.values()),
            events=tuple(self.events),
            deliveries=tuple(self.deliveries.values()),
            gaps=tuple(self.gaps),
            spool_number=spool_number,
        )

    def put_back(self, batch: Batch) -> None:
        """Take back a batch that could not be written; what has changed since then is newer and stays."""
        for device in batch.devices:
            self.devices.setdefault(device.key, device)
        for topic in batch.topics:
            self.topics.setdefault((topic.site_id, topic.topic_path), topic)
        for state in batch.states:
            self.states.setdefault(state.site_id, state)
        for delivery in batch.deliveries:
            self.deliveries.setdefault((delivery.site_id, delivery.part), delivery)
        self.connection_logs[:0] = batch.connection_logs
        self.events[:0] = batch.events
        self.gaps[:0] = batch.gaps
        self.dropped += drop_oldest(self.connection_logs) + drop_oldest(self.events) + drop_oldest(self.gaps)
        for fault in batch.parsing_logs:
            self.add_fault(fault)


def fault_key(record: ParsingLogRecord) -> FaultKey:
    return record.site_id, record.topic, record.parser, record.error_type, record.message


def drop_oldest(lines: list[ConnectionLogRecord] | list[DeviceEventRecord] | list[GapRecord]) -> int:
    over = max(0, len(lines) - MOST_LOG_LINES)
    del lines[:over]
    return over
