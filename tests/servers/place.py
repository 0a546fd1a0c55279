"""An empty database on one of the three kinds."""

from typing import NamedTuple

from servers.mariadb import Mariadb
from servers.postgresql import Postgresql


class Place(NamedTuple):
    """Where a store can be opened."""

    kind: str  # sqlite, postgresql, mariadb
    url: str
    server: Postgresql | Mariadb | None  # SQLite has none
