"""Topics that sites were heard to use (row C2)."""

from peewee import BigIntegerField, BooleanField, CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "discovered_topic",
        {
            "site_id": reference(database, "site"),
            "path_digest": CharField(max_length=64),
            "topic_path": LongTextField(),
            "topic_pattern": LongTextField(),
            "first_seen_at": BigIntegerField(),
            "last_seen_at": BigIntegerField(),
            "message_count": BigIntegerField(),
            "sample_payload": LongTextField(),
            "is_processable": BooleanField(),
            "processor_name": CharField(max_length=255),
            "is_active": BooleanField(),
        },
        indexes=((("site_id", "path_digest"), True),),
    )
