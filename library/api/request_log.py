"""When requests that have a limit came, in a file that all processes of the site on this machine share.

Not in the database, where every request that only reads would have to wait for whoever writes. Where several machines
serve a site, each counts for itself. The file holds digests instead of ids and internet addresses.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

#: Seconds to wait for another process that writes. Then the request is let through, and not counted.
BUSY_SECONDS = 1.0
#: What has expired of others is deleted at one in so many requests.
PRUNE_EVERY = 1000

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS requests (key TEXT, at REAL, expires REAL);
CREATE INDEX IF NOT EXISTS requests_by_key ON requests (key, at);
CREATE INDEX IF NOT EXISTS requests_by_expiry ON requests (expires);
"""

_lock = threading.Lock()
_open: dict[Path, sqlite3.Connection] = {}


class RequestLog:
    """What DRF's throttles use of a cache: the times of the requests of one key, newest first."""

    def get(self, key: str, default: list[float]) -> list[float]:
        try:
            with _connection() as connection:
                sql = "SELECT at FROM requests WHERE key = ? ORDER BY at DESC"
                return [at for (at,) in connection.execute(sql, [_digest(key)]).fetchall()]
        except sqlite3.Error as error:
            logger.error("Requests cannot be counted: %s", error)
            return default

    def set(self, key: str, history: list[float], seconds: float) -> None:
        """Add the newest request, the first of `history`. The others are there already."""
        key, at = _digest(key), history[0]
        try:
            with _connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    connection.execute("DELETE FROM requests WHERE key = ? AND expires <= ?", [key, at])
                    if random.randrange(PRUNE_EVERY) == 0:  # noqa: S311 - not a secret
                        connection.execute("DELETE FROM requests WHERE expires <= ?", [at])
                    connection.execute("INSERT INTO requests VALUES (?, ?, ?)", [key, at, at + seconds])
                finally:
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            logger.error("Requests cannot be counted: %s", error)


def _digest(key: str) -> str:
    return salted_hmac("earmark.requests", key, algorithm="sha256").hexdigest()


@contextmanager
def _connection() -> Iterator[sqlite3.Connection]:
    """This process's connection to the file, for one thread at a time, so that only processes wait for each other."""
    path: Path = settings.EARMARK_REQUEST_LOG
    with _lock:
        if path not in _open:
            while _open:
                _open.popitem()[1].close()
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, autocommit=True, check_same_thread=False)
            connection.executescript(SCHEMA)
            _open[path] = connection
        yield _open[path]
