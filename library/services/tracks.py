"""Adding and deleting tracks, and the checks of their files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from classifier.errors import AudioError, not_audio_error
from classifier.formats import HEAD_BYTES, sniff_file
from library.errors import DomainError
from library.incoming.handler import disk_full_as_audio_error, disk_full_check, sha256_of
from library.models import BulkAction, Track, User
from library.selectors import quota_of
from library.services.analysis import derived_names_recompute
from library.services.analysis_queue import track_enqueue
from library.services.bin import tracks_move_to_bin, tracks_restore
from library.services.bulk_action_records import bulk_action_record
from library.services.connections import connection_close_if_unusable
from library.services.edit_conflicts import owner_lock
from library.services.file_repair import original_mend_if_damaged
from library.services.track_files import orphaned_files_delete
from library.text import file_size, title_from_filename, without_control_characters


def track_add(*, owner: User, upload: UploadedFile) -> tuple[Track, bool]:
    """Store an uploaded file and queue its analysis.

    Returns the track and whether it is new: the same bytes uploaded twice by one owner are one track. If that is in
    the bin, it is restored, and its attribute `was_in_bin` is true. If its file is damaged, it is mended, and
    `was_damaged` is true.
    Raises AudioError: `empty`, `too_large`, `not_audio`, `over_quota`, `storage_full`. Then nothing was stored.
    """
    kind = upload_check(upload=upload)
    digest = sha256_of(upload)
    if duplicate := _duplicate_of(owner, digest):
        duplicate.was_damaged = original_mend_if_damaged(track=duplicate, content=upload)
        return duplicate, False
    try:
        quota_check(owner=owner, size=upload.size or 0)
    except AudioError:
        # Another request may just have stored the same file, which then fills the quota.
        if duplicate := _duplicate_of(owner, digest):
            return duplicate, False
        raise

    name = clean_file_name(upload.name or "")
    track = Track(
        owner=owner,
        original_name=name,
        title=title_from_filename(name),
        kind=kind,
        size=upload.size or 0,
        sha256=digest,
    )
    derived_names_recompute(track)
    try:
        with disk_full_as_audio_error():
            track.original.save(name, upload, save=False)
        with transaction.atomic():
            # Simultaneous uploads together might exceed the quota.
            owner_lock(owner=owner)
            track.save()
            quota_check(owner=owner, size=0)
            # Works without the job queue, too: the sweep finds tracks that have no task.
            transaction.on_commit(lambda: track_enqueue(track_id=track.pk), robust=True)
    except IntegrityError:
        # The same file was uploaded twice at the same time, and the other was first.
        track.original.delete(save=False)
        if duplicate := _duplicate_of(owner, digest):
            return duplicate, False
        raise
    except BaseException:
        connection_close_if_unusable()
        # The connection may have broken after the commit. Then the file stays, and will be analysed.
        if not Track.all_objects.filter(pk=track.pk).exists():
            track.original = None
            orphaned_files_delete(track=track)  # including the incomplete file that a full disk leaves
        raise
    return track, True


def track_delete(*, track: Track) -> BulkAction:
    """Put a track in its owner's bin, as a bulk action that can be undone.

    Raises DomainError: `not_found`, when it is in the bin or gone already.
    """
    with transaction.atomic():
        if not tracks_move_to_bin(owner=track.owner, track_ids=[track.pk]):
            raise DomainError("not_found", f"“{track.title}” is no longer in your library.", 404)
        return bulk_action_record(
            person=track.owner,
            kind=BulkAction.Kind.DELETE,
            summary=f"Deleted “{track.title}”",
            data={},
            tracks=[(track.pk, None)],
        )


def clean_file_name(name: str) -> str:
    """A file name that is safe to show and to offer for download: a single path segment, no control characters."""
    name = without_control_characters(name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    suffix = PurePosixPath(name).suffix[:20]
    return (name[: 255 - len(suffix)].removesuffix(suffix) + suffix) or "untitled"


def upload_check(*, upload: UploadedFile) -> str:
    """The upload's kind, a key of `classifier.formats.AUDIO_FORMATS`, detected by its bytes.

    Raises AudioError: `empty`, `too_large`, `not_audio`, `storage_full`.
    """
    disk_full_check(upload)
    size_check(size=upload.size)
    kind = sniff_file(cast(BinaryIO, upload.file))
    upload.seek(0)
    if kind is None:
        head = upload.read(HEAD_BYTES)
        upload.seek(0)
        raise not_audio_error(head)
    return kind


def size_check(*, size: int | None) -> None:
    """Raises AudioError: `empty`, `too_large`."""
    if not size:
        raise AudioError("empty")
    if size > settings.EARMARK_MAX_UPLOAD_BYTES:
        limit = file_size(settings.EARMARK_MAX_UPLOAD_BYTES)
        raise AudioError("too_large", f"The file is larger than the limit of {limit}.")


def quota_check(*, owner: User, size: int) -> None:
    """Raises AudioError: `over_quota`, unless `size` more bytes fit into the quota. Tracks in the bin count.

    The quota is read again: staff may have changed it while the upload was on its way.
    """
    quota = quota_of(User.objects.filter(pk=owner.pk).only("quota_bytes").first() or owner)
    in_bin = Sum("size", filter=Q(deleted_at__isnull=False))
    used = Track.all_objects.filter(owner=owner).aggregate(total=Sum("size"), in_bin=in_bin)
    if (used["total"] or 0) + size <= quota:
        return
    full = f"Your library is full ({file_size(quota)})."
    if used["in_bin"]:
        in_bin_size = file_size(used["in_bin"])
        raise AudioError("over_quota", f"{full} {in_bin_size} of that is in the bin: empty it to make room.")
    raise AudioError("over_quota", f"{full} Delete a few tracks to make room.")


def _duplicate_of(owner: User, digest: str) -> Track | None:
    """The owner's track with this SHA-256; one in the bin is restored."""
    duplicate = Track.all_objects.filter(owner=owner, sha256=digest).first()
    if duplicate is None or duplicate.deleted_at is None:
        return duplicate
    restored = tracks_restore(owner=owner, track_ids=[duplicate.pk])
    # It may have been deleted for good a moment ago, or restored by another request.
    duplicate = Track.objects.filter(owner=owner, sha256=digest).first()
    if duplicate:
        duplicate.was_in_bin = bool(restored)
    return duplicate
