"""When a link was last known to end (row C10)."""

from peewee import BigIntegerField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import add_column


def up(migrator: SchemaMigrator, database: Database) -> None:
    add_column(migrator, database, "observed_connection", "disconnected_at", BigIntegerField(null=True))
