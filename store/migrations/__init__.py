"""Every change of the tables since the first, in order.

schema.py     what a migration makes tables with
NNNN_*.py     one change each, with `up(migrator, database)`; the number gives the order

One change each, because DDL is not transactional on MariaDB: a migration that fails half way runs again from its
beginning. They are loaded by path (`playhouse.migrations`), so they import by absolute names, and they repeat the
columns instead of importing `tables.py`, which goes on changing after them.
"""
