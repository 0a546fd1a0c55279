"""The tables are made, and brought up to date, the same way on each database."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playhouse.migrations import Migration, Runner
from playhouse.schema_diff import diff_models
from servers.place import Place
from sitewarden.store.database import MIGRATING, StoreDatabase
from sitewarden.store.database_url import open_database
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.migrating import DIRECTORY
from sitewarden.store.records import DataloggerRecord
from sitewarden.store.reports import columns_of
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store
from sitewarden.store.tables import TABLES, Datalogger

PROCESSES = 3

MIGRATE = """
import sys
from pathlib import Path
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store
store = Store(sys.argv[1], Secrets.load(None, Path(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
print(len(store.migrate()))
"""


def names() -> list[str]:
    return [migration.name for migration in Migration.load_directory(DIRECTORY)]


def schema(database: StoreDatabase) -> dict[str, Any]:
    """Describe all tables: columns with types, indexes, foreign keys."""
    with database.connection_context():
        return {
            table: (
                [column._replace(default=None) for column in database.get_columns(table)],
                sorted((index.name, index.columns, index.unique) for index in database.get_indexes(table)),
                sorted(key[:3] for key in database.get_foreign_keys(table)),
            )
            for table in database.get_tables()
        }


@pytest.fixture
def fresh(place: Place, secrets: Secrets) -> Store:
    return Store(place.url, secrets)


def test_migrations_are_applied_once_and_in_order(fresh: Store) -> None:
    assert fresh.migrate() == names()
    assert fresh.migrate() == []
    fresh.close()


def test_the_tables_are_what_the_code_takes_them_for(store: Store) -> None:
    with store.database.connection_context():
        difference = diff_models(store.database, list(TABLES))

    assert not difference, difference


def test_a_database_before_its_first_migration_is_unavailable_and_not_an_accident(fresh: Store) -> None:
    with pytest.raises(StoreUnavailable):
        fresh.ping()
    with pytest.raises(StoreUnavailable):
        fresh.configurations()
    fresh.close()


def test_an_older_database_with_data_ends_like_a_fresh_one(
    place: Place, fresh: Store, secrets: Secrets, tmp_path: Path
) -> None:
    older = open_database(place.url, MIGRATING)
    halfway = names()[4]
    with older.connection_context():
        Runner(older, str(DIRECTORY)).up(halfway)
    draft = SiteDraft(code="a", connection=ConnectionDraft(broker_host="127.0.0.1"))
    fresh.save_fleet([draft])
    before = fresh.configurations()

    assert fresh.migrate() == names()[5:]

    other_url = f"sqlite:///{tmp_path / 'other.db'}"
    other_name = place.server and place.server.create_database()
    other = Store(place.server.url(other_name) if place.server else other_url, secrets)
    other.migrate()
    assert schema(other.database) == schema(older)
    assert fresh.configurations() == before
    for opened in (other.database, older, fresh.database):
        opened.close_all()
    if place.server:
        place.server.drop_database(other_name)


def test_every_migration_that_was_cut_short_runs_again(fresh: Store) -> None:
    fresh.migrate()
    before = schema(fresh.database)
    # As after a crash between the DDL and the note that it is done; MariaDB cannot undo the DDL.
    with fresh.database.connection_context():
        fresh.database.execute_sql("DELETE FROM schema_migration")

    assert fresh.migrate() == names()
    assert schema(fresh.database) == before
    fresh.close()


def test_a_column_that_comes_later_has_a_value_in_the_rows_that_are_there(place: Place, fresh: Store) -> None:
    older = open_database(place.url, MIGRATING)
    later = "0018_datalogger_availability_cause"
    with older.connection_context():
        Runner(older, str(DIRECTORY)).up(names()[names().index(later) - 1])
    fresh.save_fleet([SiteDraft(code="a", connection=ConnectionDraft(broker_host="127.0.0.1"))])
    [configuration] = fresh.configurations()
    logger = DataloggerRecord(configuration.site.id, "monstro/1", "DL-1", total_heartbeats=7)
    columns = columns_of(Datalogger)(logger)
    del columns["availability_cause"]
    with older.connection_context():
        logger_id = Datalogger.insert(columns).execute(older)
    older.close_all()

    fresh.migrate()

    assert fresh.memory(configuration.site.id).dataloggers == (logger._replace(id=logger_id),)
    fresh.close()


def test_processes_that_migrate_at_once_apply_everything_once(place: Place, tmp_path: Path) -> None:
    command = [sys.executable, "-c", MIGRATE, place.url, str(tmp_path / "secret.key")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(PROCESSES)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * PROCESSES
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate() for process in processes]

    assert [error for _, error in ends] == [""] * PROCESSES
    assert sorted(int(output) for output, _ in ends) == [0] * (PROCESSES - 1) + [len(names())]
