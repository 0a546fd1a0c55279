"""Which spool is in the database already (row F4)."""

from peewee import BigIntegerField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "written_spool",
        {
            "number": BigIntegerField(),
        },
    )
