"""How to reach brokers and read devices: what people decide (row A2)."""

from peewee import BooleanField, CharField, Database, DoubleField, IntegerField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "connection",
        {
            "site_id": reference(database, "site", unique=True),
            "broker_host": CharField(max_length=255),
            "broker_port": IntegerField(),
            "username": CharField(max_length=255),
            "sealed_password": LongTextField(),
            "client_id_prefix": CharField(max_length=255),
            "topic_prefix": CharField(max_length=255),
            "tls_mode": CharField(max_length=20),
            "tls_ca_file": CharField(max_length=1024),
            "tls_certificate_file": CharField(max_length=1024),
            "tls_key_file": CharField(max_length=1024),
            "keep_alive_interval": IntegerField(),
            "protocol": CharField(max_length=20),
            "heartbeat_interval": DoubleField(),
            "heartbeat_timeout_multiplier": DoubleField(),
            "retry_delay": DoubleField(),
            "max_retry_delay": DoubleField(),
            "max_retries": IntegerField(),
            "rolling_readings": IntegerField(),
            "device_timezone": CharField(max_length=255),
            "discovery_mode": CharField(max_length=20),
            "is_active": BooleanField(),
        },
    )
