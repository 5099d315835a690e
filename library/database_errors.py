"""What an error of the database means for whoever sent the request, and how long a request waits for the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created

RETRY_SECONDS = 5
_BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
#: A full disk also shows up as a file of SQLite's own that cannot grow.
_FULL_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
#: PostgreSQL's codes: a lock was not available, a deadlock; and a disk that is full.
_BUSY_STATES, _FULL_STATES = ("55P03", "40P01"), ("53100",)


class DatabaseProblem(NamedTuple):
    """An HTTP status, a code for programs, and a sentence for people."""

    status: int
    code: str
    message: str


BUSY = DatabaseProblem(
    503, "database_busy", "The library is busy with something else. Try again in a moment."
)
FULL = DatabaseProblem(
    507,
    "storage_full",
    "The server's disk is full, so nothing can be saved. Deleting tracks and emptying the bin makes room; or tell "
    "whoever runs this site.",
)


def database_problem(error: BaseException | None) -> DatabaseProblem | None:
    """What a database's error says: it is locked, or its disk is full. None for any other error."""
    while error and not isinstance(error, DatabaseError):
        error = error.__cause__ or error.__context__
    cause = error.__cause__ if error else None
    # The lowest byte of SQLite's code is its kind.
    code, state = getattr(cause, "sqlite_errorcode", 0), getattr(cause, "pgcode", "")
    if code & 0xFF in _BUSY_CODES or state in _BUSY_STATES:
        return BUSY
    return FULL if code in _FULL_CODES or state in _FULL_STATES else None


def requests_wait_briefly() -> None:
    """In this process, wait for locks of the database for EARMARK_DATABASE_WAIT_SECONDS at most.

    For processes that answer requests. Workers wait longer, as nobody waits for them.
    """
    connection_created.connect(_limit_waiting, dispatch_uid="requests wait briefly")


def _limit_waiting(*, connection: Any, **_: Any) -> None:
    milliseconds = int(settings.EARMARK_DATABASE_WAIT_SECONDS * 1000)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
        else:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{milliseconds}ms"])


@contextmanager
def without_waiting() -> Iterator[None]:
    """Inside, a write to SQLite fails at once while another process writes. PostgreSQL locks rows only."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        [milliseconds] = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
