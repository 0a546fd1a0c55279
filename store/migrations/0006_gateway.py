"""Gateways (row D1)."""

from peewee import BigIntegerField, BooleanField, CharField, Database, DoubleField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "gateway",
        {
            "site_id": reference(database, "site"),
            "slot": CharField(max_length=150),
            "serial_number": CharField(max_length=100),
            "label": CharField(max_length=255, null=True),
            "is_deleted": BooleanField(),
            "firmware_version": CharField(max_length=255),
            "ip_address": CharField(max_length=255),
            "availability": CharField(max_length=32),
            "interval_seconds": DoubleField(null=True),
            "last_heartbeat": BigIntegerField(null=True),
            "last_communication": BigIntegerField(null=True),
            "total_heartbeats": BigIntegerField(),
            "missed_heartbeats": BigIntegerField(),
            "online_seconds": DoubleField(),
            "observed_seconds": DoubleField(),
            "last_downtime_start": BigIntegerField(null=True),
            "clock_skew_seconds": DoubleField(null=True),
            "first_seen_at": BigIntegerField(),
            "raw_metadata": LongTextField(),
            "hostname": CharField(max_length=255),
            "cpu_usage_percent": DoubleField(null=True),
            "memory_usage_percent": DoubleField(null=True),
            "disk_usage_percent": DoubleField(null=True),
            "uptime_seconds": DoubleField(null=True),
        },
        indexes=((("site_id", "slot"), True),),
    )
