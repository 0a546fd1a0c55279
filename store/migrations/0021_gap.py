"""When messages of a site may have been missed (row C10)."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "gap",
        {
            "site_id": reference(database, "site"),
            "started_at": BigIntegerField(),
            "ended_at": BigIntegerField(),
            "reason": CharField(max_length=1000),
        },
        indexes=((("site_id", "started_at"), False),),
    )
