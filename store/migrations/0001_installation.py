"""Who we are towards the brokers."""

from peewee import CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "installation",
        {
            "code": CharField(max_length=8),
        },
    )
