"""Why a sensor is unknown or offline (row E4)."""

from peewee import CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import add_column, default_of


def up(migrator: SchemaMigrator, database: Database) -> None:
    cause = CharField(max_length=255, constraints=default_of("''"))
    add_column(migrator, database, "sensor", "availability_cause", cause)
