"""Topic filters to subscribe (row A3)."""

from peewee import BooleanField, CharField, Database, IntegerField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "topic",
        {
            "site_id": reference(database, "site"),
            "topic_pattern": CharField(max_length=1024),
            "qos_level": IntegerField(),
            "is_active": BooleanField(),
        },
    )
