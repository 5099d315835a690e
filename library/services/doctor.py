"""Find rows without their files, files without a row, damaged files, and what else crashes leave, and repair it.

Works on any storage that can list folders. The library is checked in 256 parts, by the first two digits of the tracks'
folders, so that a large one never has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from library.errors import DomainError
from library.models import FileCheck, PartialUpload, Track
from library.models.uploads import UPLOAD_LIFETIME
from library.services.album_checks import albums_check
from library.services.analysis_queue import (
    ANALYSIS_LEASE,
    NO_LEASE,
    track_enqueue,
    tracks_requeue,
    tracks_sweep,
)
from library.services.cover_checks import covers_check
from library.services.file_checks import Pace, original_check_record, original_damage
from library.services.file_repair import BackupOriginals, original_mend
from library.services.track_files import (
    DERIVED_FILE_FIELDS,
    FILE_FIELDS,
    TRACKS_FOLDER,
    storage_is_empty,
    stored_size,
    stored_sizes,
)
from library.services.uploads import uploads_expire

FOLDER_PREFIXES = [f"{number:02x}" for number in range(256)]
COLUMNS = ("status", "error_code", "folder", "deleted_at", "size", "sha256", "file_check")
#: An original that was read within this time is not read again by `verify`.
VERIFIED_RECENTLY = timedelta(days=1)
#: A younger file may belong to an upload whose row is just being written.
MIN_ORPHAN_AGE = timedelta(hours=1)


class Finding(NamedTuple):
    """A problem: its kind, what it is about, and the remedy. `is_damage`: it is still there, and needs a backup."""

    kind: str
    subject: str
    remedy: str
    is_damage: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor is asked to do. `pace`: read originals as a whole that have not been read since `read_since`."""

    dry_run: bool
    pace: Pace | None = None
    read_since: datetime | None = None
    backup: BackupOriginals | None = None

    def reads(self, check: FileCheck | None) -> bool:
        """Whether an original is to be read. A damaged one is, as somebody may have mended it."""
        if check and check.damage:
            return True
        if not self.pace:
            return False
        read_at = check.checked_at if check else None
        return self.read_since is None or read_at is None or read_at < self.read_since


def library_repair(
    *, dry_run: bool, verify: bool = False, again: bool = False, backup: Path | None = None
) -> Iterator[Finding]:
    """Find problems and repair them one by one; with `dry_run`, only find them.

    Compares the size of every original with its row; with `verify`, also the SHA-256 of those that were not read
    within a day, so that a run that was stopped goes on where it was; with `again`, of all. Damaged originals are
    replaced from `backup`, a folder written by `library_backup`, where it has the file that was uploaded.

    Raises DomainError: `no_backup`; `storage_empty`, when there are tracks and no files at all. Then a disk is not
    mounted or the bucket is the wrong one, and no track may be marked failed for that.
    """
    examination = Examination(
        dry_run,
        pace=Pace() if verify else None,
        read_since=None if again else timezone.now() - VERIFIED_RECENTLY,
        backup=BackupOriginals(backup) if backup else None,
    )
    if Track.all_objects.exists() and storage_is_empty():
        raise DomainError("storage_empty", "The storage is empty. Is it the right one, and is it mounted?")
    for prefix in FOLDER_PREFIXES:
        yield from _check_folders(prefix, examination, before=timezone.now() - MIN_ORPHAN_AGE)
    before = timezone.now() - MIN_ORPHAN_AGE
    yield from (Finding(*found) for found in covers_check(dry_run=dry_run, before=before))
    yield from _check_unfinished_uploads(dry_run=dry_run)
    yield from _check_stuck_tracks(dry_run=dry_run)
    for owner, rows in albums_check(dry_run=dry_run):
        yield Finding("albums out of date", f"account {owner.pk}, {rows} rows", "recompute")


def _check_folders(prefix: str, examination: Examination, before: datetime) -> Iterator[Finding]:
    # Rows first: otherwise files of new rows, stored after the listing, would seem to be missing.
    rows = list(
        Track.all_objects.filter(folder__startswith=prefix)
        .order_by()
        .select_related("file_check")
        .only(*COLUMNS, *FILE_FIELDS)
    )
    sizes = stored_sizes(f"{TRACKS_FOLDER}/{prefix}")
    for track in rows:
        damage = yield from _check_original(track, sizes, examination)
        # Missing files of tracks in the bin are not made again; but their files are no orphans.
        if track.deleted_at is None and not damage:
            yield from _check_derived_files(track, sizes, dry_run=examination.dry_run)
    named = {getattr(track, field).name for track in rows for field in FILE_FIELDS}
    for name in sorted(sizes.keys() - named):
        if _is_orphaned(name, before):
            if not examination.dry_run:
                default_storage.delete(name)
            yield Finding("orphaned file", name, "delete")


def _check_original(
    track: Track, sizes: dict[str, int], examination: Examination
) -> Generator[Finding, None, str]:
    """Compare an original with its row, and mend it from the backup if it is damaged; returns what is wrong with it."""
    check: FileCheck | None = getattr(track, "file_check", None)
    name = str(track.original.name)
    reads = examination.reads(check)
    size = sizes[name] if name in sizes else stored_size(name)
    if size is None and track.deleted_at:
        return FileCheck.Damage.MISSING  # as after restoring a backup, which has no files of the bin
    pace = (examination.pace or Pace()) if reads else None
    damage = original_damage(track=track, size=size, pace=pace)
    known = check.damage if check else ""
    if not damage:
        if not examination.dry_run and (reads or known):
            original_check_record(track=track, damage="", read=reads)
        if known and known != FileCheck.Damage.MISSING:
            yield Finding("mended original", str(track.pk), "note that it is whole")
        if track.error_code == "file_missing":
            if not examination.dry_run:
                _analyse_again(track)
            yield Finding("upload is back", str(track.pk), "analyse again")
        return ""
    kind = "missing upload" if damage == FileCheck.Damage.MISSING else "damaged original"
    subject = f"{track.pk} ({damage})" if damage != FileCheck.Damage.MISSING else str(track.pk)
    copy = examination.backup.find(track.sha256) if examination.backup else None
    if not examination.dry_run:
        if copy:
            with copy.open("rb") as content:
                original_mend(track=track, content=File(content))
        else:
            original_check_record(track=track, damage=damage, read=reads)
            if damage == FileCheck.Damage.MISSING:
                _mark_missing(track)
    if copy:
        yield Finding(kind, subject, "copy from the backup")
    else:
        remedy = "not in the backup" if examination.backup else "--repair-from BACKUP, or upload it again"
        yield Finding(kind, subject, remedy, is_damage=True)
    return damage


def _mark_missing(track: Track) -> None:
    """Mark a track as failed because its upload is missing, unless another file has taken its place."""
    _unchanged(track).exclude(error_code="file_missing").update(
        **NO_LEASE, status=Track.Status.FAILED, error_code="file_missing", updated_at=timezone.now()
    )


def _unchanged(track: Track) -> QuerySet[Track]:
    return Track.objects.filter(pk=track.pk, **{field: getattr(track, field).name for field in FILE_FIELDS})


def _check_derived_files(track: Track, sizes: dict[str, int], *, dry_run: bool) -> Iterator[Finding]:
    """Have pictures and playable copies made again that are missing."""
    names = [getattr(track, field).name for field in DERIVED_FILE_FIELDS]
    gone = [name for name in names if name and name not in sizes and not default_storage.exists(name)]
    if gone and track.is_finished:
        if not dry_run:
            _analyse_again(track)
        yield Finding("missing derived file", str(track.pk), "analyse again")


def _analyse_again(track: Track) -> None:
    with transaction.atomic():
        for track_id in tracks_requeue(_unchanged(track)):
            transaction.on_commit(lambda pk=track_id: track_enqueue(track_id=pk, low_priority=True))  # type: ignore[misc]


def _is_orphaned(name: str, before: datetime) -> bool:
    """Whether a file that no row named a moment ago has none now either, and is old enough."""
    folder = name.split("/")[2]
    for track in Track.all_objects.filter(folder=folder).only(*FILE_FIELDS):
        if name in {getattr(track, field).name for field in FILE_FIELDS}:
            return False
    try:
        return default_storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False


def _check_unfinished_uploads(*, dry_run: bool) -> Iterator[Finding]:
    """Left-overs of unfinished uploads and analyses. Workers, too, delete them after a day."""
    before = timezone.now() - UPLOAD_LIFETIME
    for path in sorted(Path(settings.FILE_UPLOAD_TEMP_DIR).rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < before.timestamp():
                yield Finding("unfinished upload", path.name, "delete")
    for upload in PartialUpload.objects.filter(updated_at__lt=before, finished_at=None).iterator():
        yield Finding("unfinished upload", f"row {upload.pk}", "delete")
    if not dry_run:
        uploads_expire()


def _check_stuck_tracks(*, dry_run: bool) -> Iterator[Finding]:
    """Tracks of dead workers that no other worker has taken over."""
    stuck = Track.objects.filter(status=Track.Status.ANALYSING, leased_until__lt=Now() - ANALYSIS_LEASE)
    for track in stuck.only("pk").iterator():
        yield Finding("stuck track", str(track.pk), "queue again")
    if not dry_run:
        tracks_sweep()
