"""A copy of the whole database as one file, and a database from such a copy.

Made by SQLite's own backup, or by PostgreSQL's tools.

A copy is checked before it is loaded, and loading it is one transaction: a copy that was cut off changes nothing.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from library.errors import DomainError

#: How the copy is called, by kind of database.
COPY_NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def copy_name() -> str:
    """The name of a copy of this site's kind of database."""
    return COPY_NAMES[connection.vendor]


def database_copy(path: Path, query: str, on_rows: Callable[[Iterator[Any]], None]) -> None:
    """Copy the database into a file, as of one moment, and pass on the rows that a query finds at that moment."""
    connection.ensure_connection()
    path.unlink(missing_ok=True)
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as copy:
            _sqlite().backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            on_rows(iter(copy.execute(query)))
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # not in a transaction of the caller
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        _run("pg_dump", *options, "--dbname", _name(), "--file", str(path))
        cursor.execute(query)
        on_rows(iter(cursor))


def database_copy_check(path: Path) -> None:
    """Read a copy from its beginning to its end. Raises DomainError: `backup_damaged`, `no_backup`."""
    if not path.exists():
        raise DomainError(
            "no_backup", f"This backup was made from another kind of database: it has no {path.name}."
        )
    damaged = DomainError(
        "backup_damaged", f"{path} is damaged or was cut off: it cannot be read. Nothing was changed."
    )
    if connection.vendor == "sqlite":
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
                found = copy.execute("PRAGMA integrity_check").fetchone()
                copy.execute("SELECT count(*) FROM library_track")
        except sqlite3.DatabaseError:
            raise damaged from None
        if found != ("ok",):
            raise damaged
    elif subprocess.run(  # noqa: S603 - no shell
        ["pg_restore", "--file", os.devnull, str(path)],  # noqa: S607 - found on the path, as all of them
        capture_output=True,
        check=False,
    ).returncode:
        raise damaged


def database_load(path: Path) -> None:
    """Replace all tables of this site by those of a copy, in one transaction.

    Raises DomainError: `restore_failed`. Then nothing was changed.
    """
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            copy.backup(_sqlite())
    else:
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
        connection.close()  # psql needs the locks of these tables
        _load_postgres(path, tables)
    connection.close()


def _load_postgres(path: Path, tables: list[str]) -> None:
    """Only when pg_restore has written all of the copy, what psql has done so far is committed."""
    drops = "".join(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE;\n" for table in tables)
    options = ("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output", os.devnull)
    with subprocess.Popen(  # noqa: S603 - no shell
        ["psql", *options, "--dbname", _name()],  # noqa: S607
        stdin=subprocess.PIPE,
        env=_environment(),
    ) as psql:
        assert psql.stdin
        try:
            psql.stdin.write(f"BEGIN;\n{drops}".encode())
            psql.stdin.flush()
            # pg_restore writes into psql's input itself.
            _run("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(path), stdout=psql.stdin)
            psql.stdin.write(b"\nCOMMIT;\n")
        except (BrokenPipeError, subprocess.CalledProcessError):
            psql.kill()
        finally:
            try:
                psql.stdin.close()
            except BrokenPipeError:
                psql.kill()
    if psql.returncode:
        raise DomainError("restore_failed", f"{path} could not be loaded. The database is as it was.")


def _sqlite() -> sqlite3.Connection:
    found: Any = connection.connection
    return found  # type: ignore[no-any-return]


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs find this database. The password is passed by the environment."""
    settings = connection.settings_dict
    return os.environ | {
        f"PG{name}": str(settings[name]) for name in ("HOST", "PORT", "USER", "PASSWORD") if settings[name]
    }


def _run(program: str, *arguments: str, **options: Any) -> None:
    subprocess.run([program, *arguments], env=_environment(), check=True, **options)  # noqa: S603 - no shell
