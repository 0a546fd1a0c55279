"""Which messages of a site are counted already (row C10)."""

from peewee import BigIntegerField, Database, IntegerField
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import LongTextField, create_table, reference


def up(_: SchemaMigrator, database: Database) -> None:
    create_table(
        database,
        "delivery",
        {
            "site_id": reference(database, "site"),
            "part": IntegerField(),
            "first_number": BigIntegerField(),
            "marks": LongTextField(),
        },
        indexes=((("site_id", "part"), True),),
    )
