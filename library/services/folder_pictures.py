"""Pictures that lie beside the music, as `cover.jpg`, for the tracks of their folder that have none of their own.

Files of a folder arrive one by one, in any order and perhaps hours apart. So both tracks and pictures leave a
`FolderFile` for a day, and whichever comes later finds the other. A worker makes the cover: the web process opens no
pictures.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from classifier.cover_process import PictureError, make_cover_from_file
from library.errors import DomainError
from library.incoming.handler import disk_full_as_audio_error
from library.models import FolderFile, Track, User
from library.models.folder_files import FOLDER_FILE_LIFETIME
from library.services.album_covers import MAX_CHOSEN_PICTURE_BYTES, album_covers_recompute
from library.services.batches import in_batches
from library.services.covers import cover_record
from library.services.jobs import job_enqueue
from library.services.track_files import local_copy

#: How pictures are called that are covers: what most players look for.
_COVER_NAME = re.compile(r"(cover|folder|front)\.(jpe?g|png|webp)", re.IGNORECASE)
#: Folders with the discs of one album: what lies beside them is for all of them.
_DISC_NAME = re.compile(r"(cd|dis[ck])[ _.-]*\d{1,2}", re.IGNORECASE)
_PICTURE_HEADS = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|GIF8[79]a", re.DOTALL)
#: Pictures of one person that may wait for a worker. More are passed over.
MAX_WAITING_PICTURES = 2000


def folder_key(relative_path: str, upload: str = "") -> str:
    """Identify the folder of a file by its path within an upload; "" if the path names no folder.

    `upload` tells folders of the same name apart. Folders of discs ("CD 2") are one with the folder they are in.
    """
    *folders, _ = [part for part in relative_path.replace("\\", "/").split("/") if part not in ("", ".")] or [
        ""
    ]
    if folders and _DISC_NAME.fullmatch(folders[-1]):
        folders.pop()
    if not folders and not upload:
        return ""
    return hashlib.sha256("/".join([upload, *folders]).encode(errors="replace")).hexdigest()


def is_picture(head: bytes) -> bool:
    """Whether a file that starts with `head` is a picture of a known kind."""
    return bool(_PICTURE_HEADS.match(head))


def is_folder_picture(name: str, head: bytes) -> bool:
    """Whether a file is called like a cover, and is a picture by its first bytes."""
    return bool(_COVER_NAME.fullmatch(name)) and is_picture(head)


def folder_track_note(*, track: Track, folder: str) -> None:
    """Note the folder in which a track came, if it is known, and give it the cover that came before."""
    if not folder:
        return
    FolderFile.objects.update_or_create(
        track=track, defaults={"owner": track.owner, "folder": folder, "created_at": timezone.now()}
    )
    _cover_apply(track.owner, folder)


def folder_picture_receive(*, owner: User, upload: UploadedFile, folder: str) -> bool:
    """Keep a picture for the tracks of its folder; a worker makes the cover.

    False if it is passed over, as it is too large or one too many. Raises AudioError: `storage_full`.
    """
    waiting = FolderFile.objects.filter(owner=owner, track=None).exclude(picture="")
    if (upload.size or 0) > MAX_CHOSEN_PICTURE_BYTES or waiting.count() >= MAX_WAITING_PICTURES:
        return False
    row = FolderFile(owner=owner, folder=folder)
    upload.seek(0)
    with disk_full_as_audio_error():
        row.picture.save("", upload, save=False)
    try:
        with transaction.atomic():
            row.save()
            transaction.on_commit(lambda: job_enqueue("take_folder_picture", row.pk))
    except BaseException:
        default_storage.delete(str(row.picture.name))
        raise
    return True


def folder_picture_take(*, file_id: int) -> None:
    """Make a cover of a waiting picture, and give it to the tracks of its folder. What is no picture is deleted."""
    row = FolderFile.objects.select_related("owner").filter(pk=file_id).exclude(picture="").first()
    if row is None:
        return
    name = str(row.picture.name)
    with tempfile.TemporaryDirectory(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        try:
            with local_copy(row.picture) as path:
                made = make_cover_from_file(path, Path(folder))
            cover = cover_record(owner=row.owner, made=made, folder=Path(folder))
        except (PictureError, DomainError, FileNotFoundError):
            row.delete()
        else:
            FolderFile.objects.filter(pk=row.pk).update(cover=cover, picture="")
            _cover_apply(row.owner, row.folder)
    default_storage.delete(name)


def folder_files_expire() -> int:
    """Forget what came in which folder more than a day ago, of all owners; returns how many files."""
    expired = FolderFile.objects.filter(created_at__lt=timezone.now() - FOLDER_FILE_LIFETIME).order_by()
    count = 0
    for batch in in_batches(list(expired.values_list("pk", flat=True))):
        rows = FolderFile.objects.filter(pk__in=batch)
        names = [name for name in rows.values_list("picture", flat=True) if name]
        with transaction.atomic():
            count += rows.delete()[0]
            if names:
                transaction.on_commit(lambda names=names: job_enqueue("delete_files", names))  # type: ignore[misc]
    return count


def _cover_apply(owner: User, folder: str) -> None:
    """Let the first cover of a folder stand for the tracks of the folder that have none."""
    files = FolderFile.objects.filter(owner=owner, folder=folder)
    first = files.exclude(cover=None).order_by("pk").first()
    if first is None:
        return
    albums: set[UUID] = set()
    with transaction.atomic():
        tracks = Track.all_objects.filter(
            owner=owner, cover=None, pk__in=files.exclude(track=None).values("track")
        )
        found = dict(tracks.order_by("pk").select_for_update().values_list("pk", "album_entry"))
        Track.all_objects.filter(pk__in=found).update(cover=first.cover_id, updated_at=timezone.now())
        albums = {album for album in found.values() if album}
    album_covers_recompute(owner=owner, album_ids=sorted(albums))
