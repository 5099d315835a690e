"""Uploads: whole, in pieces, or many files in a ZIP archive. Each has a row with its outcome."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from classifier.errors import MESSAGES, AudioError, not_audio_error
from classifier.formats import HEAD_BYTES, SEARCH_BYTES, locate, may_be_audio
from library.errors import DomainError
from library.incoming import archives
from library.incoming.handler import DISK_FULL_ERRNOS, OnDiskUploadedFile, disk_full_check, write_all
from library.models import PartialUpload, Track, User
from library.models.uploads import UPLOAD_LIFETIME
from library.services.archives import archive_unpack
from library.services.edit_conflicts import owner_lock
from library.services.folder_pictures import folder_picture_receive, folder_track_note, is_folder_picture
from library.services.tracks import clean_file_name, quota_check, size_check, track_add

#: Shown for a file whose track was in the bin.
RESTORED_MESSAGE = "This was in your bin and has been restored."
#: When so much of a file is here, it is clear whether sound begins in it, unless its tags are longer.
SEARCHED_BYTES = 2 * SEARCH_BYTES
#: The columns of an upload that say what came of it.
OUTCOME_FIELDS = ("track", "duplicate", "contents", "error_code", "error", "finished_at", "updated_at")
#: Shown for a picture that is named like a cover.
PICTURE_MESSAGE = "A cover for the tracks of its folder."
PASSED_OVER_MESSAGE = "This picture is too large for a cover, and was passed over."
#: Shown for a file whose track had a damaged file.
MENDED_MESSAGE = "The stored file was damaged; it has been replaced by this one."


class Checksum(NamedTuple):
    """The expected hash of the bytes of one request."""

    algorithm: str
    digest: bytes


def upload_receive(*, owner: User, file: UploadedFile, folder: str = "") -> PartialUpload:
    """Add a file that came in one request. Errors of the file are not raised, but recorded on the row.

    `folder` is where it came from, if that is known (see `folder_pictures.folder_key`).
    """
    size = file.size or 0
    upload = PartialUpload.objects.create(
        owner=owner, name=clean_file_name(file.name or ""), folder=folder, length=size, offset=size
    )
    _ingest(upload, file)
    return upload


def upload_begin(*, owner: User, name: str, length: int, folder: str = "") -> PartialUpload:
    """Begin an upload in pieces. Raises AudioError: `empty`, `too_large`, `over_quota`; these, too, leave a row."""
    upload = PartialUpload(owner=owner, name=clean_file_name(name), folder=folder, length=length)
    try:
        size_check(size=length)
        with transaction.atomic():
            # Uploads that begin at the same time must not be promised the same room.
            owner_lock(owner=owner)
            coming = PartialUpload.objects.filter(owner=owner, finished_at=None).aggregate(
                total=Sum("length")
            )
            quota_check(owner=owner, size=length + (coming["total"] or 0))
            upload.path.parent.mkdir(mode=0o700, exist_ok=True)
            upload.path.touch(mode=0o600)
            upload.save()
    except AudioError as error:
        _mark_failed(upload, error)
        raise
    return upload


def upload_offset(*, upload: PartialUpload) -> int:
    """How many bytes have arrived. Until the end, that is the file's size: the row may be out of date.

    Raises DomainError: `upload_gone`.
    """
    if upload.finished_at:
        return upload.offset
    with _open_partial_file(upload) as file:
        return os.fstat(file).st_size


def upload_append(
    *, upload: PartialUpload, offset: int, chunks: Iterable[bytes], checksum: Checksum | None = None
) -> None:
    """Append bytes to an upload; the last byte completes it.

    When `chunks` ends early, what has arrived is kept, unless there is a checksum. Raises DomainError:
    `offset_conflict`, `upload_busy`, `upload_gone`, `checksum_mismatch`, `storage_full`; or AudioError for a file that
    is refused, and then deleted.
    """
    if upload.error_code:
        raise AudioError(upload.error_code, upload.error)
    if upload.finished_at:
        if offset != upload.length:
            raise _offset_conflict(upload.length)
        return
    with _open_partial_file(upload) as file:
        start, digest = (
            offset,
            hashlib.new(checksum.algorithm if checksum else "sha256", usedforsecurity=False),
        )
        try:
            if os.fstat(file).st_size != offset:
                raise _offset_conflict(os.fstat(file).st_size)
            for chunk in chunks:
                if checksum:
                    digest.update(chunk)
                before, offset = offset, _append(file, offset, chunk[: upload.length - offset])
                if before < HEAD_BYTES <= offset:
                    with _deleted_as_upload_gone(upload):
                        _check_head(upload, file)
                if before < SEARCHED_BYTES <= offset:
                    with _deleted_as_upload_gone(upload):
                        _check_beginning(upload)
            if checksum and digest.digest() != checksum.digest:
                with _exclusive_lock(file):
                    os.ftruncate(file, start)
                offset = start
                raise DomainError("checksum_mismatch", "The checksum does not match these bytes.", 460)
        finally:
            upload.offset, upload.updated_at = offset, timezone.now()
            PartialUpload.objects.filter(pk=upload.pk, finished_at=None).update(
                offset=offset, updated_at=upload.updated_at
            )
        if offset == upload.length:
            with _deleted_as_upload_gone(upload):
                _complete(upload, file)
    if upload.error_code:
        raise AudioError(upload.error_code, upload.error)


def upload_abort(*, upload: PartialUpload) -> None:
    """Delete an upload with the bytes that have arrived. A track that was made of it stays."""
    upload.path.unlink(missing_ok=True)
    upload.delete()


def uploads_expire() -> int:
    """Delete uploads that have not changed for a day, and temporary files that killed processes left behind."""
    before = timezone.now() - UPLOAD_LIFETIME
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                if path.is_file():
                    path.unlink()
                elif path.name.startswith("earmark-"):
                    shutil.rmtree(path)
    return PartialUpload.objects.filter(updated_at__lt=before).delete()[0]


@contextlib.contextmanager
def _open_partial_file(upload: PartialUpload) -> Iterator[int]:
    try:
        file = os.open(upload.path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError as error:
        raise _upload_gone() from error
    try:
        yield file
    finally:
        os.close(file)


@contextlib.contextmanager
def _deleted_as_upload_gone(upload: PartialUpload) -> Iterator[None]:
    """Turn errors into DomainError: `upload_gone`, if the upload was deleted meanwhile, or its owner's account."""
    try:
        yield
    except (DomainError, AudioError):
        raise
    except Exception as error:
        if PartialUpload.objects.filter(pk=upload.pk).exists():
            raise
        raise _upload_gone() from error


@contextlib.contextmanager
def _exclusive_lock(file: int) -> Iterator[None]:
    """Lock the file against other writers. The system releases the lock when the process ends, however it does."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DomainError("upload_busy", "Another request is writing to this upload.", 423) from error
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _append(file: int, offset: int, chunk: bytes) -> int:
    """Write one chunk; returns the new offset. Raises DomainError: `offset_conflict`, `upload_busy`, `storage_full`.

    Locked chunk by chunk, so that a stalled request blocks nobody: the next one continues where it stopped, and the
    stalled one then finds the file longer than it left it.
    """
    with _exclusive_lock(file):
        if (size := os.fstat(file).st_size) != offset:
            raise _offset_conflict(size)
        try:
            write_all(file, chunk)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise
            raise DomainError("storage_full", MESSAGES["storage_full"], 507) from error
    return offset + len(chunk)


def _upload_gone() -> DomainError:
    return DomainError("upload_gone", "This upload no longer exists. Start again.", 410)


def _offset_conflict(offset: int) -> DomainError:
    return DomainError("offset_conflict", f"The upload continues at byte {offset}.")


def _check_head(upload: PartialUpload, file: int) -> None:
    """Refuse a file that is not audio as soon as its first bytes are here."""
    head = os.pread(file, HEAD_BYTES, 0)
    picture = upload.folder and is_folder_picture(upload.name, head)
    if not may_be_audio(head) and not archives.is_archive(head) and not picture:
        _refuse(upload, head)


def _check_beginning(upload: PartialUpload) -> None:
    """Refuse a file in which no sound begins as far as it is looked for: tags may be longer than what is here."""
    with upload.path.open("rb") as file:
        kind, start = locate(file)
        file.seek(0)
        head = file.read(HEAD_BYTES)
    picture = upload.folder and is_folder_picture(upload.name, head)
    if not kind and start + SEARCH_BYTES <= SEARCHED_BYTES and not archives.is_archive(head) and not picture:
        _refuse(upload, head)


def _refuse(upload: PartialUpload, head: bytes) -> NoReturn:
    error = not_audio_error(head)
    upload.path.unlink(missing_ok=True)
    _mark_failed(upload, error)
    raise error


def _complete(upload: PartialUpload, file: int) -> None:
    with _exclusive_lock(file):
        upload.refresh_from_db()
        if not upload.finished_at:
            with OnDiskUploadedFile(upload.path, upload.name) as whole:
                _ingest(upload, whole)
            upload.path.unlink(missing_ok=True)


def _ingest(upload: PartialUpload, file: UploadedFile) -> None:
    """Make a track of a complete file, or several of an archive, and record the outcome."""
    try:
        disk_full_check(file)
        size_check(size=file.size)
        file.seek(0)
        head = file.read(HEAD_BYTES)
        if archives.is_archive(head):
            _unpack(upload, Path(file.temporary_file_path()))  # type: ignore[attr-defined]
        elif upload.folder and is_folder_picture(upload.name, head):
            taken = folder_picture_receive(owner=upload.owner, upload=file, folder=upload.folder)
            upload.error = PICTURE_MESSAGE if taken else PASSED_OVER_MESSAGE
        else:
            upload.track, created = track_add(owner=upload.owner, upload=file)
            folder_track_note(track=upload.track, folder=upload.folder)
            upload.duplicate = not created
            upload.error = _notice(upload.track)
    except AudioError as error:
        _mark_failed(upload, error)
        return
    upload.finished_at = timezone.now()
    _save(upload)


def _notice(track: Track | None) -> str:
    """What happened to a track that was there already."""
    if track and track.was_damaged:
        return MENDED_MESSAGE
    return RESTORED_MESSAGE if track and track.was_in_bin else ""


def _mark_failed(upload: PartialUpload, error: AudioError) -> None:
    upload.error_code, upload.error, upload.finished_at = error.code, error.message, timezone.now()
    _save(upload)


def _save(upload: PartialUpload) -> None:
    """Save a row with its outcome. One that was deleted meanwhile is not added again: DomainError, `upload_gone`."""
    if upload._state.adding:
        upload.save()
        return
    upload.updated_at = timezone.now()
    outcome = {name: getattr(upload, name) for name in OUTCOME_FIELDS}
    if not PartialUpload.objects.filter(pk=upload.pk).update(**outcome):
        raise _upload_gone()


def _unpack(upload: PartialUpload, path: Path) -> None:
    # A process that was killed here may have left rows; tracks that it added are now found as duplicates.
    upload.entries.all().delete()
    contents = {"added": 0, "known": 0, "refused": 0}
    for entry in archive_unpack(owner=upload.owner, path=path, upload=str(upload.pk)):
        if entry.picture or entry.not_music:
            what = "pictures" if entry.picture else "not_music"
            contents[what] = contents.get(what, 0) + 1
            continue
        row = PartialUpload(
            owner=upload.owner, archive=upload, name=entry.name, length=entry.size, offset=entry.size,
            track=entry.track, duplicate=entry.duplicate,
        )  # fmt: skip
        if entry.error:
            _mark_failed(row, entry.error)
        else:
            row.error = _notice(entry.track)
            row.finished_at = timezone.now()
            row.save()
        contents["refused" if entry.error else "known" if entry.duplicate else "added"] += 1
    upload.contents = contents
