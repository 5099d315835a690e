"""Copy libraries within PostgreSQL, thousands of rows per statement, which is hours faster than `library_fill`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OF_OWNER = "owner_id = {owner}"
OF_TRACKS = "track_id IN (SELECT id FROM library_track WHERE owner_id = {owner})"
OF_PLAYLISTS = "playlist_id IN (SELECT id FROM library_playlist WHERE owner_id = {owner})"
OF_ACTIONS = "action_id IN (SELECT id FROM library_bulkaction WHERE person_id = {owner})"
OF_CONCEPTS = "concept_id IN (SELECT id FROM library_concept WHERE owner_id = {owner})"
#: Tables whose rows belong to a user, with the condition that finds them.
OWNED_TABLES = {
    "library_track": OF_OWNER,
    "library_mood": OF_OWNER,
    "library_embedding": OF_OWNER,
    "library_tag": OF_OWNER,
    "library_genre": OF_OWNER,
    "library_playlist": OF_OWNER,
    "library_prediction": OF_TRACKS,
    "library_tagging": OF_TRACKS,
    "library_verdict": OF_TRACKS,
    "library_learningvector": OF_OWNER,
    "library_playlistitem": OF_PLAYLISTS,
    "library_bulkaction": "person_id = {owner}",
    "library_bulkactiontrack": OF_ACTIONS,
    "library_concept": OF_OWNER,
    "library_answer": OF_CONCEPTS,
    "library_trackdeletion": OF_OWNER,
}
#: Of these an owner has one each, however many copies of the tracks.
ONCE = {"library_tag", "library_genre", "library_playlist", "library_bulkaction", "library_concept"}
#: Distance between the ids of copies: more than there are rows in the library that is copied.
ID_OFFSET = 1_000_000
COPIED_TRACK_ID = "md5(s.track_id::text || {copy})::uuid"
#: For `str.format`: the copy's id of what an owner has once, and a new id of a table.
OF_PERSON = f"{{}} + {{{{person}}}} * {ID_OFFSET}"
UUID_OF_PERSON = "md5({}::text || {{person}})::uuid"
NEXT_ID = "nextval(pg_get_serial_sequence('{}', 'id'))"
CHANGED_COLUMNS: dict[str, dict[str, str]] = {
    "library_track": {
        "id": "md5(s.id::text || {copy})::uuid",
        "owner_id": "o.id",
        "sha256": "md5(s.sha256 || n) || md5(s.sha256)",
        "folder": "md5(s.folder || {copy})",
        "created_at": "s.created_at + n * interval '1 minute'",
        "prediction_id": f"s.prediction_id + {{copy}} * {ID_OFFSET}",
        # Albums are not copied.
        "album_entry_id": "NULL",
    },
    "library_prediction": {"id": f"s.id + {{copy}} * {ID_OFFSET}", "track_id": COPIED_TRACK_ID},
    "library_mood": {
        "id": NEXT_ID.format("library_mood"),
        "track_id": COPIED_TRACK_ID,
        "owner_id": "o.id",
    },
    "library_embedding": {"track_id": COPIED_TRACK_ID, "owner_id": "o.id"},
    "library_tagging": {
        "id": NEXT_ID.format("library_tagging"),
        "track_id": COPIED_TRACK_ID,
        "tag_id": OF_PERSON.format("s.tag_id"),
    },
    "library_tag": {"id": OF_PERSON.format("s.id"), "owner_id": "o.id"},
    "library_genre": {"id": OF_PERSON.format("s.id"), "owner_id": "o.id"},
    "library_learningvector": {"track_id": COPIED_TRACK_ID, "owner_id": "o.id"},
    "library_verdict": {
        "id": NEXT_ID.format("library_verdict"),
        "track_id": COPIED_TRACK_ID,
        "person_id": "CASE WHEN s.person_id = %(source)s THEN o.id ELSE s.person_id END",
    },
    "library_playlist": {"id": UUID_OF_PERSON.format("s.id"), "owner_id": "o.id"},
    "library_playlistitem": {
        "id": NEXT_ID.format("library_playlistitem"),
        "playlist_id": UUID_OF_PERSON.format("s.playlist_id"),
        "track_id": COPIED_TRACK_ID,
    },
    "library_bulkaction": {"id": UUID_OF_PERSON.format("s.id"), "person_id": "o.id"},
    "library_bulkactiontrack": {
        "id": NEXT_ID.format("library_bulkactiontrack"),
        "action_id": UUID_OF_PERSON.format("s.action_id"),
        "track_id": COPIED_TRACK_ID,
    },
    "library_concept": {
        "id": OF_PERSON.format("s.id"),
        "owner_id": "o.id",
        "genre_id": OF_PERSON.format("s.genre_id"),
    },
    "library_answer": {
        "id": NEXT_ID.format("library_answer"),
        "concept_id": OF_PERSON.format("s.concept_id"),
        "track_id": COPIED_TRACK_ID,
    },
    "library_trackdeletion": {
        "id": NEXT_ID.format("library_trackdeletion"),
        "track_id": COPIED_TRACK_ID,
        "owner_id": "o.id",
    },
}


def library_copy(source: Any, owners: list[Any], times: int, number: int) -> int:
    """Give each owner `times` copies of the source's library, numbered from `number`. Returns the number of copies."""
    from django.db import connection

    ids = {"owners": [owner.pk for owner in owners], "source": source.pk}
    people = "(SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM unnest(%(owners)s) AS id)"
    with connection.cursor() as cursor:
        # Switch off foreign key checks for each row: everything that a copy refers to is copied as well.
        cursor.execute("SET session_replication_role = replica")
        for table, changes in CHANGED_COLUMNS.items():
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            columns = [name for (name,) in cursor.fetchall()]
            values = ", ".join(changes.get(name, f"s.{name}") for name in columns).format(
                copy=f"({number} + o.number * {times} + n)", person=f"({number} + o.number)"
            )
            again = 1 if table in ONCE else times
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
                f"FROM (SELECT * FROM {table} WHERE {OWNED_TABLES[table].format(owner='%(source)s')}) s, "
                f"{people} o, generate_series(0, {again - 1}) n",
                ids,
            )
        cursor.execute("SET session_replication_role = DEFAULT")
    return len(owners) * times


@contextmanager
def without_indexes() -> Iterator[None]:
    """Drop the indexes that no constraint needs, and create them again afterwards, which is many times faster."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef NOT LIKE '%%UNIQUE%%'",
            [list(CHANGED_COLUMNS)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)


def sizes() -> list[tuple[str, int, int]]:
    """Return (table, bytes of its rows, bytes of its indexes) for each table that is copied."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t, pg_table_size(t::regclass), pg_indexes_size(t::regclass) FROM unnest(%s) AS t",
            [list(CHANGED_COLUMNS)],
        )
        return cursor.fetchall()
