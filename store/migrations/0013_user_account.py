"""Users (row A4)."""

from peewee import BigIntegerField, BooleanField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "user_account",
        {
            "name": CharField(max_length=255, unique=True),
            "password_hash": CharField(max_length=255),
            "is_superuser": BooleanField(),
            "created_at": BigIntegerField(),
        },
    )
