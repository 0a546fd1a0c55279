"""The history of connections (row F7)."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "connection_log",
        {
            "site_id": reference(database, "site"),
            "at": BigIntegerField(),
            "level": CharField(max_length=20),
            "message": CharField(max_length=1000),
            "status": CharField(max_length=32),
            "exception_type": CharField(max_length=255),
            "traceback": LongTextField(),
            "broker_host": CharField(max_length=255),
            "retry_attempt": BigIntegerField(),
        },
        indexes=((("site_id", "at"), False),),
    )
