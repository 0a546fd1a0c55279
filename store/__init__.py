"""What is remembered: the database, behind frozen records.

    Store ── Transactions ── StoreDatabase ── SqliteFile | PostgresqlServer | MariadbServer
      │           └ one unit of work: configuration, fleet, batch, memory, decisions, logs, users
    Writer        the thread that calls Store.write; SpoolWriter, which keeps what that could not

records.py        what is known, as immutable records: all that leaves this folder
errors.py         what can go wrong, as one tree
store.py          the store: what other folders call
writer.py         the thread that writes batches
spool.py          a file for what the database does not take
spool_lines.py    a batch as lines of JSON

configuration.py  read what people decided about sites
fleet.py          write it
drafts.py         what people may write down about a site
mqtt_names.py     the syntax of prefixes, filters and hosts
decisions.py      people's decisions on devices, topics and connections
batch.py          write what the actors learned
reports.py        which columns are the actors', and how records become rows
upsert.py         many rows in few statements
memory.py         read what was learned, after a restart
logs.py           read the logs
retention.py      delete their oldest lines
users.py          users, tokens, access
passwords.py      Argon2 hashes
secrets.py        what must be readable again: encryption at rest
private_files.py  files that only their owner can read

tables.py         the tables
fields.py         column types that make storable what they are given
storable.py       what every database takes and gives back unchanged
digests.py        digests in place of long keys
migrations/       every change of the tables
migrating.py      apply them

transactions.py   a connection, a transaction, another try, errors in our words
database.py       what we need of a database beyond peewee
database_url.py   a URL, and the database that it names
sqlite.py, postgresql.py, mariadb.py
"""
