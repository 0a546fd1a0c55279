"""What users may do with sites (row A4)."""

from peewee import CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "site_access",
        {
            "user_id": reference(database, "user_account"),
            "site_id": reference(database, "site"),
            "role": CharField(max_length=20),
        },
        indexes=((("user_id", "site_id"), True),),
    )
