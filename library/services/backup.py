"""A copy of everything in one folder, and back from it.

    database.sqlite3 or database.dump    all rows, as of one moment, while the site runs
    files/…                              every stored file, under its key; not those of the bin
    files.sha256                         their checksums, as `sha256sum --check` reads them

A key always stands for the same bytes. So a second backup into the same folder copies only what is new.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from library.errors import DomainError
from library.models import Track, User
from library.services.track_files import FILE_FIELDS

PIECE_BYTES = 2**20


def library_backup(*, folder: Path) -> tuple[int, list[str]]:
    """Write the copy; how many files are in it, and which could not be copied because they are not there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Rows first: what they name is not taken away from under them, but for tracks that are deleted meanwhile.
    began = timezone.now()
    _dump(folder)
    before = _checksums(folder)
    count, missing = 0, []
    with (folder / "files.sha256.new").open("w") as sums:
        for name in _names(began):
            copy = folder / "files" / name
            if not (copy.exists() and name in before):
                try:
                    before[name] = _copy_out(name, copy)
                except FileNotFoundError:
                    missing.append(name)
                    continue
            sums.write(f"{before[name]}  files/{name}\n")
            count += 1
    (folder / "files.sha256.new").replace(folder / "files.sha256")
    return count, missing


def library_restore(*, folder: Path, force: bool = False) -> int:
    """Put a copy in the place of an empty library; how many files are in it. Nothing else may run meanwhile.

    Raises DomainError: `not_empty` (unless `force`), `no_backup`, `backup_damaged`.
    """
    if not (folder / "files.sha256").exists():
        raise DomainError("no_backup", f"There is no backup in {folder}.")
    for name, digest in _checksums(folder).items():
        with (folder / "files" / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise DomainError(
                    "backup_damaged", f"files/{name} is not what was saved. Nothing was changed."
                )
    if not force and connection.introspection.table_names() and User.objects.exists():
        raise DomainError("not_empty", "There is a library already. With --force, it is replaced.")
    _load(folder)
    count = 0
    for name in _checksums(folder):
        if not default_storage.exists(name):
            with (folder / "files" / name).open("rb") as content:
                default_storage.save(name, File(content))
        count += 1
    return count


def _names(began: datetime) -> Iterator[str]:
    """The files of the library; also of what was deleted since the backup began, for its rows have it there."""
    tracks = Track.all_objects.filter(Q(deleted_at=None) | Q(deleted_at__gte=began)).order_by()
    for row in tracks.values_list(*FILE_FIELDS).iterator(chunk_size=1000):
        yield from filter(None, row)


def _checksums(folder: Path) -> dict[str, str]:
    path = folder / "files.sha256"
    lines = path.read_text().splitlines() if path.exists() else []
    return {
        name.removeprefix("files/"): digest for digest, _, name in (line.partition("  ") for line in lines)
    }


def _copy_out(name: str, copy: Path) -> str:
    """Copy one file out of storage; its SHA-256. Half a copy never has the name of a whole one."""
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")
        with part.open("wb") as out:
            while piece := stored.read(PIECE_BYTES):
                digest.update(piece)
                out.write(piece)
    part.replace(copy)
    return digest.hexdigest()


def _dump(folder: Path) -> None:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        part = folder / "database.part"
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as copy:
            _sqlite().backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        part.replace(folder / "database.sqlite3")
    else:
        _postgres(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--file",
            str(folder / "database.dump"),
        )


def _load(folder: Path) -> None:
    connection.ensure_connection()
    source = folder / ("database.sqlite3" if connection.vendor == "sqlite" else "database.dump")
    if not source.exists():
        raise DomainError(
            "no_backup", f"This backup is of another kind of database: it has no {source.name}."
        )
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(source)) as copy:
            copy.backup(_sqlite())
    else:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")
        _postgres(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            str(source),
        )
    connection.close()


def _sqlite() -> sqlite3.Connection:
    found: Any = connection.connection
    return found  # type: ignore[no-any-return]


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on this database. The password is in no argument."""
    settings = connection.settings_dict
    env = {
        f"PG{name}": str(settings[key])
        for name, key in [("HOST", "HOST"), ("PORT", "PORT"), ("USER", "USER"), ("PASSWORD", "PASSWORD")]
        if settings[key]
    }
    subprocess.run(  # noqa: S603 - no shell
        [program, "--dbname", str(settings["NAME"]), *arguments], env=os.environ | env, check=True
    )
