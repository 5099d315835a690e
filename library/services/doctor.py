"""Find rows without their files, files without a row, and what else crashes leave behind, and repair it.

Works on any storage that can list folders. The library is checked in 256 parts, by the first two digits of the tracks'
folders, so that a large one never has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from library.errors import DomainError
from library.models import PartialUpload, Track
from library.models.uploads import UPLOAD_LIFETIME
from library.services.analysis_queue import (
    ANALYSIS_LEASE,
    NO_LEASE,
    track_enqueue,
    tracks_requeue,
    tracks_sweep,
)
from library.services.track_files import FILE_FIELDS, TRACKS_FOLDER, files_in, storage_is_empty
from library.services.uploads import uploads_expire

FOLDER_PREFIXES = [f"{number:02x}" for number in range(256)]
#: A younger file may belong to an upload whose row is just being written.
MIN_ORPHAN_AGE = timedelta(hours=1)


class Finding(NamedTuple):
    """A problem: its kind, what it is about, and the remedy."""

    kind: str
    subject: str
    remedy: str


def library_repair(*, dry_run: bool) -> Iterator[Finding]:
    """Find problems and repair them one by one; with `dry_run`, only find them.

    Raises DomainError: `storage_empty`, when there are tracks and no files at all. Then a disk is not mounted or the
    bucket is the wrong one, and no track may be marked failed for that.
    """
    if Track.all_objects.exists() and storage_is_empty():
        raise DomainError("storage_empty", "The storage is empty. Is it the right one, and is it mounted?")
    for prefix in FOLDER_PREFIXES:
        yield from _check_folders(prefix, dry_run=dry_run, before=timezone.now() - MIN_ORPHAN_AGE)
    yield from _check_unfinished_uploads(dry_run=dry_run)
    yield from _check_stuck_tracks(dry_run=dry_run)


def _check_folders(prefix: str, *, dry_run: bool, before: datetime) -> Iterator[Finding]:
    # Rows first: otherwise files of new rows, stored after the listing, would seem to be missing.
    rows = list(
        Track.all_objects.filter(folder__startswith=prefix)
        .order_by()
        .only("status", "error_code", "folder", "deleted_at", *FILE_FIELDS)
    )
    stored = set(_walk(f"{TRACKS_FOLDER}/{prefix}"))
    # Missing files of tracks in the bin are not made again; but their files are no orphans.
    for track in (row for row in rows if row.deleted_at is None):
        yield from _check_missing_files(track, stored, dry_run=dry_run)
    named = {getattr(track, field).name for track in rows for field in FILE_FIELDS}
    for name in sorted(stored - named):
        if _is_orphaned(name, before):
            if not dry_run:
                default_storage.delete(name)
            yield Finding("orphaned file", name, "delete")


def _check_missing_files(track: Track, stored: set[str], *, dry_run: bool) -> Iterator[Finding]:
    gone = [
        field
        for field in FILE_FIELDS
        if (name := getattr(track, field).name) and name not in stored and not default_storage.exists(name)
    ]
    is_given_up = track.error_code == "file_missing"
    unchanged_track = Track.objects.filter(
        pk=track.pk, **{field: getattr(track, field).name for field in FILE_FIELDS}
    )
    if "original" in gone:
        if not is_given_up:
            if not dry_run:
                unchanged_track.update(
                    **NO_LEASE,
                    status=Track.Status.FAILED,
                    error_code="file_missing",
                    updated_at=timezone.now(),
                )
            yield Finding("missing upload", str(track.pk), "mark as failed")
    elif is_given_up or (gone and track.is_finished):
        if not dry_run:
            with transaction.atomic():
                for track_id in tracks_requeue(unchanged_track):
                    transaction.on_commit(lambda pk=track_id: track_enqueue(track_id=pk, low_priority=True))  # type: ignore[misc]
        yield Finding(
            "upload is back" if is_given_up else "missing derived file", str(track.pk), "analyse again"
        )


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


def _walk(folder: str) -> Iterator[str]:
    folders, files = files_in(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk(f"{folder}/{name}")
