"""What happened to the identity of devices (row C3)."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "device_event",
        {
            "site_id": reference(database, "site"),
            "at": BigIntegerField(),
            "event": CharField(max_length=255),
            "slot": CharField(max_length=150),
            "message": CharField(max_length=1000),
        },
        indexes=((("site_id", "at"), False),),
    )
