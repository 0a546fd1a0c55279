"""Bearer tokens, as digests."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "api_token",
        {
            "user_id": reference(database, "user_account"),
            "digest": CharField(max_length=64, unique=True),
            "created_at": BigIntegerField(),
        },
    )
