"""The database goes away while a worker listens and while a file comes in, and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

from tests import sounds
from tests.reliability.place import Place, wait_for

IMPATIENT = {"DJANGO_SETTINGS_MODULE": "tests.reliability.impatient"}


@contextmanager
def away(place: Place) -> Iterator[None]:
    """PostgreSQL ends every connection of the site and takes no new one; SQLite is locked."""
    if url := place.env.get("EARMARK_DATABASE_URL"):
        name = url.rpartition("/")[2]
        with closing(psycopg2.connect(url.replace(f"/{name}", "/template1"))) as server:
            server.autocommit = True
            with closing(server.cursor()) as cursor:
                cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
                )
                try:
                    yield
                finally:
                    cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    else:
        with closing(sqlite3.connect(place.folder / "earmark.sqlite3", isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield


def said(place: Place, words: str) -> bool:
    return words in (place.folder / "log").read_text()


def test_a_worker_outlives_it(place: Place) -> None:
    place.add(sounds.write(place.folder / "song.wav", seconds=90))
    worker = place.worker(**IMPATIENT)
    wait_for(lambda: place.sql("SELECT 1 FROM library_track WHERE stage = 'decoding'"))
    with away(place):
        wait_for(lambda: said(place, "The database is away"))
    assert worker.poll() is None

    place.add(sounds.write(place.folder / "next.wav", seconds=3.5))
    wait_for(lambda: place.status()["next.wav"][0] == "ready")  # the same worker, by itself
    place.time_passes()
    place.worker(**IMPATIENT)  # another one's sweep at its start; the first one's comes within a minute
    wait_for(place.all_ended)
    assert {status for status, _, _ in place.status().values()} == {"ready"}
    assert place.sql("SELECT count(*) FROM library_prediction") == [(2,)]
    assert place.stored() == place.named()
