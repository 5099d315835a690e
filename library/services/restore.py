"""Replace a library by a backup that `services.backup` has written, also by an earlier version of Earmark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q

from library.errors import DomainError
from library.models import Cover, FileCheck, Track, User
from library.services.analysis_queue import tracks_enqueue, tracks_requeue
from library.services.backup import DATABASE_CHECKSUM, GONE
from library.services.batches import in_batches
from library.services.bin import tracks_purge
from library.services.covers import COVERS_FOLDER
from library.services.database_copies import copy_name, database_copy_check, database_load
from library.services.file_checks import original_check_record, sha256_of_file, sha256_of_stored
from library.services.file_repair import read_checksums
from library.services.track_files import DERIVED_FILE_FIELDS, file_replace, stored_size


def library_restore(*, folder: Path, force: bool = False) -> int:
    """Replace an empty library by a backup; returns the number of files in it. The site must not run meanwhile.

    All of the backup is read first. Stored files that differ from it are replaced. `restored_library_settle` follows,
    once the database has been migrated.

    Raises DomainError: `not_empty` (unless `force`), `no_backup`, `backup_damaged`. Then nothing was changed.
    """
    files = list(_files(folder))
    for path, digest in files:
        _check(folder / path, digest)
    database = folder / copy_name()
    if (folder / DATABASE_CHECKSUM).exists():  # since 0.2
        digest, _, name = (folder / DATABASE_CHECKSUM).read_text().strip().partition("  ")
        if name == database.name:
            _check(database, digest)
    database_copy_check(database)
    if not force and connection.introspection.table_names() and User.objects.exists():
        raise DomainError("not_empty", "There is a library already. Use --force to replace it.")
    # Files first: a disk that is too small for them leaves the library as it was.
    for path, digest in files:
        _put_back(path.removeprefix("files/"), folder / path, digest)
    database_load(database)
    return len(files)


def restored_library_settle(*, folder: Path) -> None:
    """Bring the rows of a restored library into line with what was copied beside them.

    While the backup was made, tracks and covers may have been deleted for good, which are forgotten, and tracks
    analysed again, which then lack pictures and are analysed again here. Originals that were damaged already are marked
    as such.
    """
    gone = set((folder / GONE).read_text().splitlines()) if (folder / GONE).exists() else set()
    for names in in_batches(name for name in gone if "/original" in name):
        for track in Track.objects.filter(original__in=names).select_related("owner"):
            if not default_storage.exists(str(track.original.name)):
                tracks_purge(owner=track.owner, track_ids=[track.pk])
    for names in in_batches(name for name in gone if name.startswith(f"{COVERS_FOLDER}/")):
        Cover.objects.filter(Q(small__in=names) | Q(medium__in=names) | Q(large__in=names)).delete()
    for field in DERIVED_FILE_FIELDS:
        for names in in_batches(name for name in gone if f"/{field}" in name):
            ids = tracks_requeue(Track.objects.filter(**{f"{field}__in": names}))
            tracks_enqueue(track_ids=map(str, ids))
    for batch in in_batches(row for row in _files(folder) if "/original" in row[0]):
        digests = {path.removeprefix("files/"): digest for path, digest in batch}
        for track in Track.objects.filter(original__in=digests):
            if digests[str(track.original.name)] != track.sha256:
                same_size = stored_size(str(track.original.name)) == track.size
                damage = FileCheck.Damage.CONTENT if same_size else FileCheck.Damage.SIZE
                original_check_record(track=track, damage=damage, read=True)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of each file in the backup. Raises DomainError: `no_backup`."""
    return ((path, digest) for digest, path in read_checksums(folder))


def _check(file: Path, digest: str) -> None:
    """Raises DomainError: `backup_damaged`."""
    try:
        if sha256_of_file(file) == digest:
            return
        problem = "has changed since the backup was made"
    except FileNotFoundError:
        problem = "is missing from the backup"
    raise DomainError("backup_damaged", f"{file} {problem}. Nothing was changed.")


def _put_back(name: str, copy: Path, digest: str) -> None:
    """Store a file of the backup unless the same bytes are stored already."""
    if stored_size(name) == copy.stat().st_size and sha256_of_stored(name) == digest:
        return
    with copy.open("rb") as content:
        file_replace(name=name, content=File(content))
