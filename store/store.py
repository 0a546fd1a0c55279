"""The store: all that is remembered, behind one class that any thread may call."""

import secrets as randomness
import string
import time
from collections.abc import Callable, Sequence
from functools import partial

from ..config.settings import MqttSection
from .batch import write_batch
from .configuration import read_configuration, read_configurations
from .database import MIGRATING, SERVING, Patience, StoreDatabase
from .database_url import open_database
from .decisions import change_connection, change_device, change_topic
from .drafts import SiteDraft
from .fleet import save_fleet
from .logs import read_log
from .memory import read_memory
from .migrating import migrate
from .passwords import hash_password
from .records import (
    Access,
    Batch,
    BatchWritten,
    ConnectionLogRecord,
    DeviceEventRecord,
    DiscoveredTopicRecord,
    GapRecord,
    Kind,
    ParsingLogRecord,
    Pruned,
    SiteConfiguration,
    SiteMemory,
    UserRecord,
)
from .retention import ROWS_PER_TRANSACTION, prune_log
from .secrets import Secrets
from .tables import Installation, WrittenSpool
from .transactions import Transactions
from .users import (
    add_user,
    check_user_name,
    find_user,
    find_user_of_token,
    grant,
    issue_token,
    read_accesses,
)

INSTALLATION_ALPHABET = string.ascii_lowercase + string.digits
INSTALLATION_LENGTH = 8
INSTALLATION_ROW = 1  # the only one

DEFAULTS = MqttSection()


class Store:
    """The database of one installation. Every call is one transaction and may raise `StoreUnavailable`.

    `clock` gives epoch seconds. Raises `DatabaseUrlInvalid`; connects at the first call.
    """

    def __init__(
        self, url: str, secrets: Secrets, clock: Callable[[], float] = time.time, patience: Patience = SERVING
    ) -> None:
        self.url = url
        self.secrets = secrets
        self.clock = clock
        self.database: StoreDatabase = open_database(url, patience)
        self.transactions = Transactions(self.database)

    def migrate(self) -> list[str]:
        """Bring the tables to their newest form; return the names of the migrations applied. See `migrating.py`."""
        database = open_database(self.url, MIGRATING)
        try:
            return migrate(database)
        finally:
            database.close_all()

    def close(self) -> None:
        """Close all connections; call it when no thread uses the store any more."""
        self.database.close_all()

    def ping(self) -> None:
        """Ask the database for the least; raises `StoreUnavailable`."""
        self.transactions.read(lambda database: Installation.select().exists(database))

    def installation_id(self) -> str:
        """Return eight of a-z and 0-9, made at the first call and the same for ever."""
        return self.transactions.write(read_or_make_installation)

    # What people decide about sites

    def configurations(self) -> list[SiteConfiguration]:
        """Return all sites, by code."""
        return self.transactions.read(read_configurations)

    def configuration(self, site_id: int) -> SiteConfiguration | None:
        return self.transactions.read(lambda database: read_configuration(database, site_id))

    def set_connection_active(self, site_id: int, is_active: bool) -> bool:
        """Set the desired state of a site's connection; return whether it changed. Raises `SiteUnknown`."""
        return self.transactions.write(lambda database: change_connection(database, site_id, is_active))

    def save_fleet(self, drafts: Sequence[SiteDraft], mqtt: MqttSection = DEFAULTS) -> None:
        """Create or update sites by code, all or none. `mqtt` holds the defaults for what a draft leaves open.

        Raises `SiteTwice`, `PrefixOverlap` and `ClientIdTaken`.
        """
        complete = [draft.with_defaults(mqtt) for draft in drafts]
        self.transactions.write(lambda database: save_fleet(database, complete, self.secrets, self.clock()))

    # What the actors learn

    def memory(self, site_id: int) -> SiteMemory:
        """Return all that was learned of a site, deleted devices included."""
        return self.transactions.read(lambda database: read_memory(database, site_id))

    def write(self, batch: Batch) -> BatchWritten:
        """Write a batch in one transaction, but for records that are refused for good. See `batch.py`."""
        return self.transactions.write(lambda database: write_batch(database, batch))

    def spool_number(self) -> int:
        """Return the number of the newest spool whose batch is in the database; 0 if there never was one."""
        return self.transactions.read(read_spool_number)

    # What people decide about devices and topics

    def set_label(self, kind: Kind, id: int, label: str | None) -> None:
        """Name a device, or with None let it go by its serial again. Raises `DeviceUnknown`."""
        self.transactions.write(lambda database: change_device(database, kind, id, label=label))

    def set_deleted(self, kind: Kind, id: int, is_deleted: bool) -> None:
        """Delete a device softly, or restore it. Raises `DeviceUnknown`."""
        self.transactions.write(lambda database: change_device(database, kind, id, is_deleted=is_deleted))

    def set_topic_active(self, site_id: int, topic_id: int, is_active: bool) -> DiscoveredTopicRecord:
        """Resume or pause a discovered topic. Raises `TopicUnknown`."""
        return self.transactions.write(lambda database: change_topic(database, site_id, topic_id, is_active))

    # Logs, newest first: how many there are in all, and one page of them

    def connection_logs(self, site_id: int, limit: int, offset: int) -> tuple[int, list[ConnectionLogRecord]]:
        return self.transactions.read(lambda database: read_log(database, ConnectionLogRecord, site_id, limit, offset))

    def parsing_logs(self, site_id: int, limit: int, offset: int) -> tuple[int, list[ParsingLogRecord]]:
        return self.transactions.read(lambda database: read_log(database, ParsingLogRecord, site_id, limit, offset))

    def device_events(self, site_id: int, limit: int, offset: int) -> tuple[int, list[DeviceEventRecord]]:
        return self.transactions.read(lambda database: read_log(database, DeviceEventRecord, site_id, limit, offset))

    def gaps(self, site_id: int, limit: int, offset: int) -> tuple[int, list[GapRecord]]:
        return self.transactions.read(lambda database: read_log(database, GapRecord, site_id, limit, offset))

    def prune(self, now: float, oldest_age: float, most_rows: int) -> Pruned:
        """Delete lines older than `oldest_age` seconds, and of each log all but the newest `most_rows`.

        One short transaction for each log, so that nobody waits long for it: call it until `is_complete`.
        """
        before = now - oldest_age
        connection_logs, parsing_logs, device_events, gaps = counts = [
            self.transactions.write(partial(prune_log, record=log, before=before, most_rows=most_rows))
            for log in (ConnectionLogRecord, ParsingLogRecord, DeviceEventRecord, GapRecord)
        ]
        is_complete = max(counts) < ROWS_PER_TRANSACTION
        return Pruned(connection_logs, parsing_logs, device_events, gaps, is_complete)

    # Users

    def add_user(self, name: str, password: str, is_superuser: bool) -> UserRecord:
        """Raises `UserNameInvalid`, `PasswordInvalid`, `UserExists`."""
        check_user_name(name)
        password_hash = hash_password(password)  # takes long: not inside the transaction
        return self.transactions.write(
            lambda database: add_user(database, name, password_hash, is_superuser, self.clock())
        )

    def user(self, name: str) -> UserRecord | None:
        return self.transactions.read(lambda database: find_user(database, name))

    def issue_token(self, user_id: int) -> str:
        """Make a bearer token; only its digest is kept, so show it now. Raises `UserUnknown`."""
        return self.transactions.write(lambda database: issue_token(database, user_id, self.clock()))

    def user_of_token(self, token: str) -> UserRecord | None:
        return self.transactions.read(lambda database: find_user_of_token(database, token))

    def grant(self, user_id: int, site_id: int, role: str) -> None:
        """Give `viewer` or `operator` in place of an earlier role.

        Raises `RoleInvalid`, `UserUnknown`, `SiteUnknown`.
        """
        self.transactions.write(lambda database: grant(database, user_id, site_id, role))

    def accesses(self, user_id: int) -> list[Access]:
        return self.transactions.read(lambda database: read_accesses(database, user_id))


def read_or_make_installation(database: StoreDatabase) -> str:
    # The insert does nothing where another process was quicker; what is read back is the same for both.
    made = "".join(randomness.choice(INSTALLATION_ALPHABET) for _ in range(INSTALLATION_LENGTH))
    insert = Installation.insert(id=INSTALLATION_ROW, code=made)
    target = database.conflict_target(Installation.id)
    insert.on_conflict(update={Installation.id: INSTALLATION_ROW}, **target).execute(database)
    [code] = [code for (code,) in Installation.select(Installation.code).tuples().execute(database)]
    return str(code)


def read_spool_number(database: StoreDatabase) -> int:
    numbers = [number for (number,) in WrittenSpool.select(WrittenSpool.number).tuples().execute(database)]
    return max(numbers, default=0)
