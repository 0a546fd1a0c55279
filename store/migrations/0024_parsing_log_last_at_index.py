"""To find the oldest faults of all sites (row F7)."""

from peewee import Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import add_index


def up(migrator: SchemaMigrator, database: Database) -> None:
    add_index(migrator, database, "parsing_log", "last_at")
