"""How connections are doing: what the actors observe (row A2)."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "observed_connection",
        {
            "site_id": reference(database, "site", unique=True),
            "status": CharField(max_length=32),
            "reason": CharField(max_length=1000),
            "retry_count": BigIntegerField(),
            "next_retry_at": BigIntegerField(null=True),
            "last_connected_at": BigIntegerField(null=True),
            "last_message_at": BigIntegerField(null=True),
            "error_kind": CharField(max_length=255),
            "error_message": CharField(max_length=1000),
            "connection_errors": BigIntegerField(),
        },
    )
