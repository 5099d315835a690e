"""The database becomes unavailable during an analysis and during an upload, and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2

from tests import sounds
from tests.live import LOST
from tests.reliability.installation import Place, serving, wait_for

IMPATIENT = {"DJANGO_SETTINGS_MODULE": "tests.reliability.short_lock_settings"}


@contextmanager
def away(place: Place) -> Iterator[None]:
    """PostgreSQL closes all connections of the site and accepts none; SQLite is locked."""
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
        database = place.folder / "earmark.sqlite3"
        with closing(sqlite3.connect(database, timeout=LOST, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield


def said(place: Place, words: str) -> bool:
    return words in (place.folder / "log").read_text()


def test_a_worker_outlives_it(place: Place) -> None:
    place.add(sounds.write(place.folder / "song.wav", seconds=5))
    with ExitStack() as meanwhile:
        with place.worker_at_the_gate("decoding", **IMPATIENT) as worker:
            meanwhile.enter_context(away(place))
        wait_for(lambda: said(place, "The database is away"))
    assert worker.poll() is None

    place.add(sounds.write(place.folder / "next.wav", seconds=3.5))
    wait_for(lambda: place.status()["next.wav"][0] == "ready")  # the same worker, by itself
    worker.terminate()
    assert worker.wait(LOST) == 0
    place.time_passes()
    place.worker(**IMPATIENT)  # another one's sweep at its start; the first one's comes within a minute
    wait_for(place.all_ended)
    place.stop()
    assert {status for status, _, _ in place.status().values()} == {"ready"}
    assert place.sql("SELECT count(*) FROM library_prediction") == [(2,)]
    assert place.stored() == place.named()


def test_an_upload_is_refused_and_leaves_nothing(place: Place) -> None:
    song = sounds.write(place.folder / "upload.wav", seconds=4).read_bytes()
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="upload.wav"\r\n\r\n'
    token, before = place.site.token("alice@example.org"), place.stored()

    with serving(place, token, **IMPATIENT) as (client, _), ExitStack() as meanwhile:

        def form() -> Iterator[bytes]:
            yield head + song[: len(song) // 2]
            incoming = place.folder / "incoming"
            wait_for(lambda: any(path.stat().st_size for path in incoming.glob("*.upload*")))
            meanwhile.enter_context(away(place))
            yield song[len(song) // 2 :] + b"\r\n--b--\r\n"

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        length = {"Content-Length": str(len(head) + len(song) + len(b"\r\n--b--\r\n"))}
        assert client.post("/tracks/", content=form(), headers=headers | length).status_code == 500
        meanwhile.close()  # it is back
        assert place.stored() == before == place.named()
        assert not list((place.folder / "incoming").glob("*.upload*"))
        assert client.post("/tracks/", files={"file": ("upload.wav", song)}).status_code == 202
    assert place.stored() == place.named()
    assert place.originals()["upload.wav"]
