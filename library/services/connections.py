"""The connection to the database, when the database has been away."""

from __future__ import annotations

from django.db import connection


def connection_close_if_unusable() -> None:
    """Drop a connection that is broken or has been open for too long: the next query opens another.

    Within a transaction it is left alone, because what was done there would be lost without a word.
    """
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
