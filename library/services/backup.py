"""Back up everything into one folder, and restore it.

    database.sqlite3 or database.dump    all rows, as of one moment; the site may run meanwhile
    files/…                              every stored file under its name, except those of tracks in the bin
    files.sha256                         their checksums, for `sha256sum --check`

A name always stands for the same bytes, so a second backup into the same folder copies only new files.
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

CHUNK_BYTES = 2**20


def library_backup(*, folder: Path) -> tuple[int, list[str]]:
    """Write a backup; returns the number of files in it, and the names of files missing from the storage."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Rows first: the files they name are deleted only with their tracks.
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
    """Replace an empty library by a backup; returns the number of files in it. The site must not run meanwhile.

    Raises DomainError: `not_empty` (unless `force`), `no_backup`, `backup_damaged`. Then nothing was changed.
    """
    if not (folder / "files.sha256").exists():
        raise DomainError("no_backup", f"There is no backup in {folder}.")
    for name, digest in _checksums(folder).items():
        _check(folder / "files" / name, digest)
    if not force and connection.introspection.table_names() and User.objects.exists():
        raise DomainError("not_empty", "There is a library already. Use --force to replace it.")
    _load(folder)
    count = 0
    for name in _checksums(folder):
        if not default_storage.exists(name):
            with (folder / "files" / name).open("rb") as content:
                default_storage.save(name, File(content))
        count += 1
    return count


def _check(file: Path, digest: str) -> None:
    """Raises DomainError: `backup_damaged`."""
    try:
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() == digest:
                return
        problem = "has changed since the backup was made"
    except FileNotFoundError:
        problem = "is missing from the backup"
    raise DomainError("backup_damaged", f"{file} {problem}. Nothing was changed.")


def _names(began: datetime) -> Iterator[str]:
    """Names of the library's files, with those of tracks deleted since `began`: the dump has them as not deleted."""
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
    """Copy one file out of storage; returns its SHA-256. An incomplete copy is named `….part`."""
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")
        with part.open("wb") as out:
            while chunk := stored.read(CHUNK_BYTES):
                digest.update(chunk)
                out.write(chunk)
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
            "no_backup", f"This backup was made from another kind of database: it has no {source.name}."
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
    """Run one of PostgreSQL's own programs on this database. The password is passed by the environment."""
    settings = connection.settings_dict
    env = {
        f"PG{name}": str(settings[key])
        for name, key in [("HOST", "HOST"), ("PORT", "PORT"), ("USER", "USER"), ("PASSWORD", "PASSWORD")]
        if settings[key]
    }
    subprocess.run(  # noqa: S603 - no shell
        [program, "--dbname", str(settings["NAME"]), *arguments], env=os.environ | env, check=True
    )
