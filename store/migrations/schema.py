"""What a migration makes tables with."""

from collections.abc import Mapping

from peewee import BigAutoField, Database, Field, ForeignKeyField, Model, TextField

# Columns of an index, and whether it is unique.
Index = tuple[tuple[str, ...], bool]


class LongTextField(TextField):
    """Text that may be longer than a TEXT column of MariaDB."""

    field_type = "LONGTEXT"


def create_table(database: Database, name: str, columns: Mapping[str, Field], indexes: tuple[Index, ...] = ()) -> None:
    """Create a table and its indexes where they are not yet; every table has an `id` of 64 bits."""
    database.create_tables([model(database, name, columns, indexes)])


def reference(database: Database, table: str, unique: bool = False) -> Field:
    """Return a column that names a row of a table which an earlier migration made, and goes with it."""
    return ForeignKeyField(model(database, table, {}), on_delete="CASCADE", unique=unique)


def model(database: Database, name: str, columns: Mapping[str, Field], indexes: tuple[Index, ...] = ()) -> type[Model]:
    settings = getattr(database, "table_settings", ())
    meta = {"database": database, "table_name": name, "indexes": indexes, "table_settings": settings}
    return type(name, (Model,), {"id": BigAutoField(), **columns, "Meta": type("Meta", (), meta)})
