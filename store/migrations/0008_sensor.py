"""Sensors (rows D3 and D4)."""

from peewee import BigIntegerField, BooleanField, CharField, Database, DoubleField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "sensor",
        {
            "site_id": reference(database, "site"),
            "datalogger_id": reference(database, "datalogger"),
            "serial_number": CharField(max_length=100),
            "label": CharField(max_length=255, null=True),
            "is_deleted": BooleanField(),
            "sensor_type": CharField(max_length=255),
            "unit_of_measure": CharField(max_length=255),
            "availability": CharField(max_length=32),
            "readings": LongTextField(),
            "channels": LongTextField(),
            "total_messages": BigIntegerField(),
            "total_readings": BigIntegerField(),
            "first_seen_at": BigIntegerField(),
            "last_seen_at": BigIntegerField(null=True),
            "online_seconds": DoubleField(),
            "observed_seconds": DoubleField(),
            "consecutive_misses": BigIntegerField(),
            "clock_skew_seconds": DoubleField(null=True),
        },
        indexes=((("datalogger_id", "serial_number"), True),),
    )
