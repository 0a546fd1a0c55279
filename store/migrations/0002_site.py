"""Sites (row A1)."""

from peewee import BigIntegerField, BooleanField, CharField, Database, DoubleField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "site",
        {
            "code": CharField(max_length=50, unique=True),
            "name": CharField(max_length=255),
            "customer": CharField(max_length=255),
            "latitude": DoubleField(null=True),
            "longitude": DoubleField(null=True),
            "is_active": BooleanField(),
            "created_at": BigIntegerField(),
            "updated_at": BigIntegerField(),
        },
    )
