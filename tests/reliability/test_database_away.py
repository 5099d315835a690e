"""The database becomes unavailable during an analysis and during an upload, and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2

from tests import sounds
from tests.live import DEADLINE
from tests.reliability.installation import Installation, receives_into, serving, wait_for

IMPATIENT = {"DJANGO_SETTINGS_MODULE": "tests.reliability.short_lock_settings"}


@contextmanager
def away(installation: Installation) -> Iterator[None]:
    """PostgreSQL closes all connections of the site and accepts none; SQLite is locked."""
    if url := installation.env.get("EARMARK_DATABASE_URL"):
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
        database = installation.folder / "earmark.sqlite3"
        with closing(sqlite3.connect(database, timeout=DEADLINE, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield


def log_contains(installation: Installation, words: str) -> bool:
    return words in (installation.folder / "log").read_text()


def test_a_worker_outlives_it(installation: Installation) -> None:
    installation.upload(sounds.write(installation.folder / "song.wav", seconds=5))
    with ExitStack() as meanwhile:
        with installation.worker_paused_at("decoding", **IMPATIENT) as worker:
            meanwhile.enter_context(away(installation))
        wait_for(lambda: log_contains(installation, "The database is unavailable"))
    assert worker.poll() is None

    installation.upload(sounds.write(installation.folder / "next.wav", seconds=3.5))
    wait_for(lambda: installation.status()["next.wav"][0] == "ready")  # the same worker, by itself
    worker.terminate()
    assert worker.wait(DEADLINE) == 0
    installation.expire_leases()
    # Another worker sweeps when it starts; the first one would do so within a minute.
    installation.worker(**IMPATIENT)
    wait_for(installation.all_finished)
    installation.stop()
    assert {status for status, _, _ in installation.status().values()} == {"ready"}
    assert installation.sql("SELECT count(*) FROM library_prediction") == [(2,)]
    assert installation.stored_files() == installation.referenced_files()


def test_an_upload_is_refused_and_leaves_nothing(installation: Installation) -> None:
    song = sounds.write(installation.folder / "upload.wav", seconds=4).read_bytes()
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="upload.wav"\r\n\r\n'
    token, before = installation.site.token("alice@example.org"), installation.stored_files()

    with serving(installation, token, **IMPATIENT) as (client, pid), ExitStack() as meanwhile:

        def form() -> Iterator[bytes]:
            yield head + song[: len(song) // 2]
            wait_for(lambda: receives_into(installation.folder / "incoming", pid))
            meanwhile.enter_context(away(installation))
            yield song[len(song) // 2 :] + b"\r\n--b--\r\n"

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        length = {"Content-Length": str(len(head) + len(song) + len(b"\r\n--b--\r\n"))}
        assert client.post("/tracks/", content=form(), headers=headers | length).status_code in (500, 503)
        meanwhile.close()  # it is back
        assert installation.stored_files() == before == installation.referenced_files()
        assert not list((installation.folder / "incoming").glob("*.upload*"))
        assert client.post("/tracks/", files={"file": ("upload.wav", song)}).status_code == 202
    assert installation.stored_files() == installation.referenced_files()
    assert installation.originals()["upload.wav"]
