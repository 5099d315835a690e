"""Uploads: whole, in pieces, or many in a ZIP archive. Each leaves a row that tells how it fared."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Sum
from django.utils import timezone

from classifier.errors import AudioError
from classifier.formats import HEAD_BYTES, sniff
from library.errors import DomainError
from library.incoming import archives
from library.incoming.handler import DISK_FULL_ERRNOS, OnDiskUploadedFile, disk_full_check, write_all
from library.models import PartialUpload, User
from library.models.uploads import LIFETIME
from library.services.archives import archive_unpack
from library.services.tracks import clean_file_name, quota_check, size_check, track_add

#: Said of a file that was found in the bin.
RESTORED_MESSAGE = "It was in your bin: it is back."


class Checksum(NamedTuple):
    """What the bytes of one request should hash to."""

    algorithm: str
    digest: bytes


def upload_receive(*, owner: User, file: UploadedFile) -> PartialUpload:
    """Take a file that came whole. A refusal is not raised; the row tells of it."""
    size = file.size or 0
    upload = PartialUpload.objects.create(
        owner=owner, name=clean_file_name(file.name or ""), length=size, offset=size
    )
    _ingest(upload, file)
    return upload


def upload_begin(*, owner: User, name: str, length: int) -> PartialUpload:
    """Expect a file in pieces. Raises AudioError: `empty`, `too_large`, `over_quota`; that too leaves a row."""
    upload = PartialUpload(owner=owner, name=clean_file_name(name), length=length)
    coming = PartialUpload.objects.filter(owner=owner, finished_at=None).aggregate(total=Sum("length"))
    try:
        size_check(size=length)
        quota_check(owner=owner, size=length + (coming["total"] or 0))
    except AudioError as error:
        _mark_failed(upload, error)
        raise
    upload.path.parent.mkdir(mode=0o700, exist_ok=True)
    upload.path.touch(mode=0o600)
    upload.save()
    return upload


def upload_offset(*, upload: PartialUpload) -> int:
    """How many bytes are here. While they come, the file itself is the truth: a process may have been killed.

    Raises DomainError: `upload_gone`.
    """
    if upload.finished_at:
        return upload.offset
    with _open_partial_file(upload) as file:
        return os.fstat(file).st_size


def upload_append(
    *, upload: PartialUpload, offset: int, pieces: Iterable[bytes], checksum: Checksum | None = None
) -> None:
    """Put bytes at the end of what is here; the last one completes the upload.

    When `pieces` ends early, what has come is kept, unless there is a checksum. Raises DomainError
    (`offset_conflict`, `upload_busy`, `upload_gone`, `checksum_mismatch`, `storage_full`), or AudioError for
    a file that is not taken: then nothing of it is left.
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
            for piece in pieces:
                if checksum:
                    digest.update(piece)
                before, offset = offset, _append(file, offset, piece[: upload.length - offset])
                if before < HEAD_BYTES <= offset:
                    _check_head(upload, file)
            if checksum and digest.digest() != checksum.digest:
                with _exclusive_lock(file):
                    os.ftruncate(file, start)
                offset = start
                raise DomainError("checksum_mismatch", "These are not the bytes the checksum is of.", 460)
        finally:
            upload.offset, upload.updated_at = offset, timezone.now()
            PartialUpload.objects.filter(pk=upload.pk, finished_at=None).update(
                offset=offset, updated_at=upload.updated_at
            )
        if offset == upload.length:
            _complete(upload, file)
    if upload.error_code:
        raise AudioError(upload.error_code, upload.error)


def upload_abort(*, upload: PartialUpload) -> None:
    """Forget an upload, with what has come of it. A track that came of it stays."""
    upload.path.unlink(missing_ok=True)
    upload.delete()


def uploads_expire() -> int:
    """Forget uploads that nothing was heard of for a day, and files that killed processes left behind."""
    before = timezone.now() - LIFETIME
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
        raise DomainError("upload_gone", "This upload is no longer here. Begin it anew.", 410) from error
    try:
        yield file
    finally:
        os.close(file)


@contextlib.contextmanager
def _exclusive_lock(file: int) -> Iterator[None]:
    """Nobody else writes meanwhile. The lock goes with the process that holds it, however that ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DomainError("upload_busy", "Another request is at work on this upload.", 423) from error
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _append(file: int, offset: int, piece: bytes) -> int:
    """Write one piece. Locked piece by piece, so that a request whose client is gone holds up nobody:
    whoever comes next carries on from where it was, and the old one finds the file longer than it left it."""
    with _exclusive_lock(file):
        if (size := os.fstat(file).st_size) != offset:
            raise _offset_conflict(size)
        try:
            write_all(file, piece)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise
            raise DomainError("storage_full", "The server's disk is full. Try again later.", 507) from error
    return offset + len(piece)


def _offset_conflict(offset: int) -> DomainError:
    return DomainError("offset_conflict", f"The upload goes on at byte {offset}.")


def _check_head(upload: PartialUpload, file: int) -> None:
    """Say no to what is no sound as soon as its first bytes tell."""
    head = os.pread(file, HEAD_BYTES, 0)
    if sniff(head) is None and not archives.is_archive(head):
        upload.path.unlink(missing_ok=True)
        _mark_failed(upload, AudioError("not_audio"))
        raise AudioError("not_audio")


def _complete(upload: PartialUpload, file: int) -> None:
    with _exclusive_lock(file):
        upload.refresh_from_db()
        if not upload.finished_at:
            with OnDiskUploadedFile(upload.path, upload.name) as whole:
                _ingest(upload, whole)
            upload.path.unlink(missing_ok=True)


def _ingest(upload: PartialUpload, file: UploadedFile) -> None:
    """All bytes are here: make a track of them, or many."""
    try:
        disk_full_check(file)
        size_check(size=file.size)
        file.seek(0)
        if archives.is_archive(file.read(HEAD_BYTES)):
            _unpack(upload, Path(file.temporary_file_path()))  # type: ignore[attr-defined]
        else:
            upload.track, created = track_add(owner=upload.owner, upload=file)
            upload.duplicate = not created
            upload.error = RESTORED_MESSAGE if upload.track.was_in_bin else ""
    except AudioError as error:
        _mark_failed(upload, error)
        return
    upload.finished_at = timezone.now()
    upload.save()


def _mark_failed(upload: PartialUpload, error: AudioError) -> None:
    upload.error_code, upload.error, upload.finished_at = error.code, error.message, timezone.now()
    upload.save()


def _unpack(upload: PartialUpload, path: Path) -> None:
    # A process that was killed at it may have left rows; its tracks will be found to be here already.
    upload.entries.all().delete()
    contents = {"added": 0, "known": 0, "refused": 0}
    for entry in archive_unpack(owner=upload.owner, path=path):
        row = PartialUpload(
            owner=upload.owner, archive=upload, name=entry.name, length=entry.size, offset=entry.size,
            track=entry.track, duplicate=entry.duplicate,
        )  # fmt: skip
        if entry.error:
            _mark_failed(row, entry.error)
        else:
            row.error = RESTORED_MESSAGE if entry.track and entry.track.was_in_bin else ""
            row.finished_at = timezone.now()
            row.save()
        contents["refused" if entry.error else "known" if entry.duplicate else "added"] += 1
    upload.contents = contents
