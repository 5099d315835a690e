"""Databases of their own for benchmarks, and libraries in them as they are lived in."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from benchmarks.filling import genre_teach, library_fill
from benchmarks.lived_in import library_live_in
from benchmarks.measure import process_seconds

OWNER, PASSWORD = "bench@example.org", "a quiet listening room"


@contextmanager
def temporary_site(*, static: bool = True) -> Iterator[None]:
    """Set up Django with a data folder and a database for this run, and delete both afterwards.

    The database is SQLite, or PostgreSQL when EARMARK_DATABASE_URL names one whose role may create databases. `static`:
    pages are requested, which name static files.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EARMARK_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        django.setup()
        if static:
            call_command("collectstatic", interactive=False, verbosity=0)
        with temporary_database(folder):
            yield


@contextmanager
def temporary_database(folder: str) -> Iterator[None]:
    """Create a database for this run, and delete it afterwards."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(folder, "library.sqlite3"))
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def library_make(tracks: int, *, taught: bool = True, email: str = OWNER) -> Any:
    """Create a person with a library as it is lived in, and `taught` a genre; returns the person."""
    from library.models import User

    owner = User.objects.create_user(email, PASSWORD)
    library_fill(owner, tracks)
    library_live_in(owner)
    if taught:
        genre_teach(owner)
    statistics_gather()
    return owner


def statistics_gather() -> None:
    """Do what workers and autovacuum do within minutes; it lets PostgreSQL count rows in indexes alone."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def title_of(tracks: int) -> str:
    """The database's kind, and the size of the library."""
    from django.db import connection

    return f"{connection.display_name}, {tracks:,} tracks"


def server_seconds() -> float:
    """Return the CPU seconds of this process and of its PostgreSQL backend, if that runs on this machine."""
    from django.db import connection

    backend = getattr(getattr(connection.connection, "info", None), "backend_pid", None)
    here = backend and Path(f"/proc/{backend}/stat").exists()
    return time.process_time() + (process_seconds(backend) if here else 0)
