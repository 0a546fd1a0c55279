"""What a link was last dialled with (row B4)."""

from peewee import CharField, Database
from playhouse.migrate import SchemaMigrator
from sitewarden.store.migrations.schema import add_column, default_of


def up(migrator: SchemaMigrator, database: Database) -> None:
    digest = CharField(max_length=64, constraints=default_of("''"))
    add_column(migrator, database, "observed_connection", "link_digest", digest)
