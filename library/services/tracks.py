"""Tracks come and go."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat

from classifier.errors import AudioError
from classifier.kinds import sniff_file
from library.connections import connection_mend
from library.errors import Refused
from library.models import Track, User
from library.models.tracks import EDITABLE
from library.services.analysis import names_settle
from library.services.assets import FILES, strays_delete
from library.services.queue import track_enqueue
from library.uploads import arrival_check, full_disk_refused, sha256_of


def track_add(*, owner: User, upload: UploadedFile) -> tuple[Track, bool]:
    """Store an uploaded file and queue its analysis.

    Returns the track and whether it is new: the same bytes uploaded twice by one owner are one track.
    Raises AudioError: `empty`, `too_large`, `not_audio`, `over_quota`, `storage_full`. Then nothing was stored.
    """
    kind = upload_check(upload=upload)
    digest = sha256_of(upload)
    if twin := Track.objects.filter(owner=owner, sha256=digest).first():
        return twin, False
    quota_check(owner=owner, size=upload.size or 0)

    name = clean_name(upload.name or "")
    track = Track(
        owner=owner,
        original_name=name,
        title=title_from(name),
        kind=kind,
        size=upload.size or 0,
        sha256=digest,
    )
    names_settle(track)
    try:
        with full_disk_refused():
            track.original.save(name, upload, save=False)
        with transaction.atomic():
            track.save()
            # A queue that is away is no reason to refuse: the sweep finds who waits without a task.
            transaction.on_commit(lambda: track_enqueue(track_id=track.pk), robust=True)
    except IntegrityError:
        # The same file arrived twice at the same moment, and the other was first.
        track.original.delete(save=False)
        return Track.objects.get(owner=owner, sha256=digest), False
    except BaseException:
        connection_mend()
        # The row may be there although nobody could say so any more. Then the file stays, and it is heard.
        if not Track.objects.filter(pk=track.pk).exists():
            track.original = None
            strays_delete(track=track)  # with the half of a file that a full disk leaves
        raise
    return track, True


def track_edit(*, track: Track, **changes: Any) -> None:
    """Change title, artist, album or year. What is set by hand is not overwritten by a later analysis.

    Raises Refused: `bad_value`.
    """
    for field, value in changes.items():
        if field not in EDITABLE:
            raise ValueError(field)
        if field == "year":
            if value is not None and not 1 <= value <= 9999:
                raise Refused("bad_value", "A year has one to four digits.", 422)
        else:
            value = " ".join(value.split())
            if len(value) > 255 or not value.isprintable() or (field == "title" and not value):
                raise Refused("bad_value", f"The {field} must be 1 to 255 characters of text.", 422)
        if getattr(track, field) != value:
            setattr(track, field, value)
            track.edited = sorted({*track.edited, field})
    track.save(update_fields=[*EDITABLE, "edited", *names_settle(track), "updated_at"])


def track_delete(*, track: Track) -> None:
    """Delete a track with all its files and predictions."""
    storage = track.original.storage
    names = [getattr(track, field).name for field in FILES]

    def delete_files() -> None:
        for name in filter(None, names):
            storage.delete(name)

    with transaction.atomic():
        track.delete()
        # Files last: a row without its file would be broken, a file without a row is only litter.
        transaction.on_commit(delete_files)


def clean_name(name: str) -> str:
    """A file name that is safe to show and to offer for download: one path segment, no control characters."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C").strip(
        " ."
    )
    suffix = PurePosixPath(name).suffix[:20]
    return (name[: 255 - len(suffix)].removesuffix(suffix) + suffix) or "untitled"


def title_from(name: str) -> str:
    """What to call a track whose file carries no title."""
    return PurePosixPath(name).stem.replace("_", " ").strip() or name


def upload_check(*, upload: UploadedFile) -> str:
    """The upload's kind, told from its bytes.

    Raises AudioError: `empty`, `too_large`, `not_audio`, `storage_full`.
    """
    arrival_check(upload)
    size_check(size=upload.size)
    kind = sniff_file(cast(BinaryIO, upload.file))
    upload.seek(0)
    if kind is None:
        raise AudioError("not_audio")
    return kind


def size_check(*, size: int | None) -> None:
    """Raises AudioError: `empty`, `too_large`."""
    if not size:
        raise AudioError("empty")
    if size > settings.EARMARK_MAX_UPLOAD_BYTES:
        limit = filesizeformat(settings.EARMARK_MAX_UPLOAD_BYTES)
        raise AudioError("too_large", f"The file is larger than the limit of {limit}.")


def quota_check(*, owner: User, size: int) -> None:
    """Whether that much more fits. Raises AudioError: `over_quota`."""
    used = Track.objects.filter(owner=owner).aggregate(total=Sum("size"))["total"] or 0
    if used + size > settings.EARMARK_QUOTA_BYTES:
        limit = filesizeformat(settings.EARMARK_QUOTA_BYTES)
        raise AudioError("over_quota", f"Your library is full ({limit}). Delete a few tracks to make room.")
