"""The database connection, after the database was unavailable."""

from __future__ import annotations

from django.db import connection


def connection_close_if_unusable() -> None:
    """Close a connection that is broken or has been open for too long; the next query opens another.

    Inside a transaction it is left alone, since closing it would silently roll back what was done there.
    """
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
