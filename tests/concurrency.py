"""Runs calls at the same moment: in threads, each with a database connection of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection


@contextmanager
def shared_database(folder: Path) -> Iterator[None]:
    """Give threads in a test the database that they have on a real site.

    SQLite's in memory, which tests otherwise use, has no journal: who comes second is refused instead of waiting.
    So it is a file for as long as this lasts.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    memory, in_memory = connection.connection, connection.settings_dict["NAME"]
    with closing(sqlite3.connect(folder / "shared.sqlite3")) as copy:
        memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(folder / "shared.sqlite3")
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = memory, in_memory


def run_concurrently(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls together; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
