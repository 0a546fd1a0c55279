"""Faults in what sites sent (row C7)."""

from peewee import BigIntegerField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "parsing_log",
        {
            "site_id": reference(database, "site"),
            "fault_digest": CharField(max_length=64, unique=True),
            "topic": LongTextField(),
            "parser": CharField(max_length=255),
            "error_type": CharField(max_length=32),
            "message": CharField(max_length=1000),
            "sample_payload": LongTextField(),
            "exception": LongTextField(),
            "first_at": BigIntegerField(),
            "last_at": BigIntegerField(),
            "count": BigIntegerField(),
        },
        indexes=((("site_id", "last_at"), False),),
    )
