"""What a migration makes tables with."""

from collections.abc import Mapping

from peewee import SQL, BigAutoField, Database, Field, ForeignKeyField, Model, Node, TextField
from playhouse.migrate import SchemaMigrator

# Columns of an index, and whether it is unique.
Index = tuple[tuple[str, ...], bool]


class LongTextField(TextField):
    """Text that may be longer than a TEXT column of MariaDB."""

    field_type = "LONGTEXT"


def create_table(database: Database, name: str, columns: Mapping[str, Field], indexes: tuple[Index, ...] = ()) -> None:
    """Create a table and its indexes where they are not yet; every table has an `id` of 64 bits."""
    database.create_tables([model(database, name, columns, indexes)])


def add_column(migrator: SchemaMigrator, database: Database, table: str, name: str, column: Field) -> None:
    """Add a column where it is not yet. Rows that are there need a value: it is null, or has a `default_of`."""
    if name not in {known.name for known in database.get_columns(table)}:
        migrator.migrate(migrator.add_column(table, name, column, allow_not_null=True))


def default_of(value: str) -> list[Node]:
    """Return the constraints of a column whose default, in SQL, also fills the rows that are there."""
    return [SQL(f"DEFAULT {value}")]


def add_index(migrator: SchemaMigrator, database: Database, table: str, *columns: str) -> None:
    """Add an index that is not unique where it is not yet."""
    if list(columns) not in [index.columns for index in database.get_indexes(table)]:
        migrator.migrate(migrator.add_index(table, columns))


def reference(database: Database, table: str, unique: bool = False) -> Field:
    """Return a column that names a row of a table which an earlier migration made, and goes with it."""
    return ForeignKeyField(model(database, table, {}), on_delete="CASCADE", unique=unique)


def model(database: Database, name: str, columns: Mapping[str, Field], indexes: tuple[Index, ...] = ()) -> type[Model]:
    settings = getattr(database, "table_settings", ())
    meta = {"database": database, "table_name": name, "indexes": indexes, "table_settings": settings}
    return type(name, (Model,), {"id": BigAutoField(), **columns, "Meta": type("Meta", (), meta)})
