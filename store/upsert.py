"""Many rows in few statements, and one bad row among them refused alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from peewee import SQL, DataError, Field, IntegrityError, Node

from .database import StoreDatabase
from .storable import Unstorable
from .tables import Table

R = TypeVar("R")

# SQLite takes 32,766 variables in a statement, PostgreSQL 65,535; our widest table has 26 columns.
ROWS_PER_STATEMENT = 500
# Characters of text in a statement: MariaDB takes 16 MiB by default, and a character may need four bytes of them.
TEXT_PER_STATEMENT = 2_000_000


class Upsert(NamedTuple):
    """Into which table rows go, and what becomes of a row that is there already.

    `key` is the unique key that tells whether it is; without one every row is new. `updated` columns take the new
    row's value, `added` ones the sum of both; the others stay.
    """

    table: type[Table]
    key: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class Row(NamedTuple, Generic[R]):
    """A record and what is to be stored of it, by column, ready for the driver."""

    record: R
    columns: dict[str, Any]

    @property
    def text_length(self) -> int:
        return sum(len(value) for value in self.columns.values() if isinstance(value, str))


class Upserted(NamedTuple, Generic[R]):
    """What came of the rows: the id of each that went in, and the reason for each that the database refused."""

    ids: list[tuple[Row[R], int]]
    refused: list[tuple[R, str]]


def storable_row(table: type[Table], record: R, columns: Mapping[str, Any]) -> Row[R]:
    """Make a row of a record; raises `Unstorable` naming the column."""
    meta: Any = table._meta
    defaults: dict[str, Any] = meta.get_default_dict()
    ready = {}
    for name, value in {**defaults, **columns}.items():
        field: Any = getattr(table, name)
        try:
            ready[name] = field.db_value(value)
        except Unstorable as error:
            raise Unstorable(f"{name}: {error}") from error
        if ready[name] is None and not field.null:
            raise Unstorable(f"{name}: {value!r} is no value")
    return Row(record, ready)


def upsert(database: StoreDatabase, kind: Upsert, rows: Sequence[Row[R]]) -> Upserted[R]:
    """Insert or update rows inside a transaction. Of two rows with one key the later one counts."""
    ids: list[tuple[Row[R], int]] = []
    refused: list[tuple[R, str]] = []
    for chunk in chunks(in_order(kind, rows)):
        try:
            with database.atomic():
                ids += zip(chunk, execute(database, kind, chunk), strict=True)
        except (IntegrityError, DataError) as error:
            if len(chunk) == 1:
                refused.append((chunk[0].record, database.explain(error)))
                continue
            for row in chunk:
                alone = upsert(database, kind, [row])
                ids += alone.ids
                refused += alone.refused
    return Upserted(ids, refused)


def in_order(kind: Upsert, rows: Sequence[Row[R]]) -> list[Row[R]]:
    """Sort by key, so that two writers take their locks in one order; PostgreSQL refuses a key twice in a statement."""
    if not kind.key:
        return list(rows)
    newest = {tuple(row.columns[name] for name in kind.key): row for row in rows}
    return [row for _, row in sorted(newest.items(), key=lambda item: item[0])]


def chunks(rows: Sequence[Row[R]]) -> Iterator[list[Row[R]]]:
    """Cut into statements that no server refuses for their size."""
    chunk: list[Row[R]] = []
    room = TEXT_PER_STATEMENT
    for row in rows:
        if chunk and (len(chunk) == ROWS_PER_STATEMENT or row.text_length > room):
            yield chunk
            chunk, room = [], TEXT_PER_STATEMENT
        chunk.append(row)
        room -= row.text_length
    if chunk:
        yield chunk


def execute(database: StoreDatabase, kind: Upsert, rows: Sequence[Row[R]]) -> list[int]:
    """Run one statement; return the rows' ids in their order."""
    table = kind.table
    names = list(rows[0].columns)
    # Not `insert_many`, which makes an object of each value and converts it again: it takes twice as long.
    marks = f"({', '.join([database.param] * len(names))})"
    values = SQL(f"VALUES {', '.join([marks] * len(rows))}", [row.columns[name] for row in rows for name in names])
    insert = table.insert_from(values, [getattr(table, name) for name in names])
    if not kind.key:
        inserted = insert.returning(table.id).tuples().execute(database)
        return [row_id for (row_id,) in inserted]
    key = [getattr(table, name) for name in kind.key]
    update: dict[Field, Node] = {}
    for name in kind.updated:
        update[getattr(table, name)] = database.excluded(getattr(table, name))
    for name in kind.added:
        column = getattr(table, name)
        update[column] = column + database.excluded(column)
    insert = insert.on_conflict(update=update, **database.conflict_target(*key))
    # By raw value: the rows are found again by what we sent, not by what the columns make of it.
    returned = database.execute(insert.returning(table.id, *key))
    ids = {tuple(values): row_id for row_id, *values in returned.fetchall()}
    keys = [tuple(row.columns[name] for name in kind.key) for row in rows]
    for wanted in keys:
        if wanted not in ids:
            # MariaDB updates a row that collides by any unique key; the others refuse it.
            raise IntegrityError(f"{kind.key} {wanted} is another row of {table._meta.table_name}")
    return [ids[wanted] for wanted in keys]
