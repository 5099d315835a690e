"""Libraries copied within PostgreSQL, thousands of rows in a statement: `fill` of a million tracks would take hours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OF_OWNER = "owner_id = {owner}"
OF_TRACKS = "track_id IN (SELECT id FROM library_track WHERE owner_id = {owner})"
#: Tables whose rows are somebody's, and how to find them.
OWN = {
    "library_track": OF_OWNER,
    "library_mood": OF_OWNER,
    "library_embedding": OF_OWNER,
    "library_tag": OF_OWNER,
    "library_genre": OF_OWNER,
    "library_playlist": OF_OWNER,
    "library_prediction": OF_TRACKS,
    "library_tagging": OF_TRACKS,
    "library_verdict": OF_TRACKS,
}
#: More than there are of anything in one library that is copied: numbers of copies are so far apart.
STEP = 1_000_000
TRACK = "md5(s.track_id::text || {copy})::uuid"
TABLES: dict[str, dict[str, str]] = {
    "library_track": {
        "id": "md5(s.id::text || {copy})::uuid",
        "owner_id": "o.id",
        "sha256": "md5(s.sha256 || n) || md5(s.sha256)",
        "folder": "md5(s.folder || {copy})",
        "created_at": "s.created_at + n * interval '1 minute'",
        "prediction_id": f"s.prediction_id + {{copy}} * {STEP}",
    },
    "library_prediction": {"id": f"s.id + {{copy}} * {STEP}", "track_id": TRACK},
    "library_mood": {
        "id": "nextval(pg_get_serial_sequence('library_mood', 'id'))",
        "track_id": TRACK,
        "owner_id": "o.id",
    },
    "library_embedding": {"track_id": TRACK, "owner_id": "o.id"},
    "library_tagging": {
        "id": "nextval(pg_get_serial_sequence('library_tagging', 'id'))",
        "track_id": TRACK,
        "tag_id": f"s.tag_id + {{person}} * {STEP}",
    },
    "library_tag": {"id": f"s.id + {{person}} * {STEP}", "owner_id": "o.id"},
}


def copy(source: Any, owners: list[Any], times: int, number: int) -> int:
    """Give each of the owners so many copies of the source's library, numbered from `number`; how many that were."""
    from django.db import connection

    ids = {"owners": [owner.pk for owner in owners], "source": source.pk}
    people = "(SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM unnest(%(owners)s) AS id)"
    with connection.cursor() as cursor:
        # No checks of references, row by row: what a copy refers to is copied, too.
        cursor.execute("SET session_replication_role = replica")
        for table, changes in TABLES.items():
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            columns = [name for (name,) in cursor.fetchall()]
            values = ", ".join(changes.get(name, f"s.{name}") for name in columns).format(
                copy=f"({number} + o.number * {times} + n)", person=f"({number} + o.number)"
            )
            # Tags are the person's, who has them once.
            again = 1 if table == "library_tag" else times
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
                f"FROM (SELECT * FROM {table} WHERE {OWN[table].format(owner='%(source)s')}) s, "
                f"{people} o, generate_series(0, {again - 1}) n",
                ids,
            )
        cursor.execute("SET session_replication_role = DEFAULT")
    return len(owners) * times


@contextmanager
def without_indexes() -> Iterator[None]:
    """Indexes that no constraint needs are made when all rows are there: many times faster."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef NOT LIKE '%%UNIQUE%%'",
            [list(TABLES)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)


def sizes() -> list[tuple[str, int, int]]:
    """Tables with the bytes of their rows and of their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t, pg_table_size(t::regclass), pg_indexes_size(t::regclass) FROM unnest(%s) AS t",
            [list(TABLES)],
        )
        return cursor.fetchall()
