"""Covers: stored once per owner and picture, and deleted when nothing has shown them for a while.

A cover is made by the confined processes of `classifier`, as files in a folder. Which picture stands for a track or an
album is in `services.album_covers`, pictures beside the music are in `services.folder_pictures`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from classifier.cover_process import COVER_SIZES, cover_file_name
from library.errors import DomainError
from library.models import Album, Cover, FolderFile, Track, User
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.jobs import job_enqueue

#: The folder of the storage with all pictures, also those that wait.
COVERS_FOLDER = "covers"
#: A cover that nothing shows is kept for so long, so that whoever has replaced it can go back.
UNUSED_COVER_LIFETIME = timedelta(days=1)
_SHA256 = re.compile("[0-9a-f]{64}")
_COLOUR = re.compile("#[0-9a-f]{6}")


def cover_record(*, owner: User, made: Mapping[str, Any], folder: Path) -> Cover:
    """Store a cover that was made in a folder, unless the owner has one of the same picture.

    `made` is what `classifier.covers.make_cover` returns. Raises DomainError: `not_a_picture`, if a process that was
    taken over by a picture has answered something else; `not_found`, if the owner is gone.
    """
    sha256 = str(made.get("sha256"))
    found = made.get("colours")
    colours = found if isinstance(found, dict) else {}
    if not _SHA256.fullmatch(sha256) or not all(_COLOUR.fullmatch(str(each)) for each in colours.values()):
        raise _not_a_picture()
    same = Cover.objects.filter(owner=owner, sha256=sha256)
    # In one statement, so that it is not deleted as unused a moment later.
    if same.update(unused_since=None):
        with suppress(Cover.DoesNotExist):
            return same.get()
    known = {name: str(colours[name]) for name in ("background", "accent") if name in colours}
    cover = Cover(owner=owner, sha256=sha256, colours=known)
    try:
        for size in COVER_SIZES:
            _picture_store(cover, size, folder / cover_file_name(size))
        with transaction.atomic():
            cover.save(force_insert=True)
    except IntegrityError:  # another process was first, or the account is gone
        _pictures_delete(cover)
        if first := same.first():
            return first
        raise DomainError("not_found", "This account no longer exists.", 404) from None
    except BaseException:
        if not Cover.objects.filter(pk=cover.pk).exists():
            _pictures_delete(cover)
        raise
    return cover


def covers_expire() -> int:
    """Delete covers that no track, album or folder has shown for a day, of all owners; returns how many."""
    used = Cover.objects.exclude(_unused())
    Cover.objects.filter(_unused(), unused_since=None).update(unused_since=timezone.now())
    used.filter(unused_since__isnull=False).update(unused_since=None)
    before = timezone.now() - UNUSED_COVER_LIFETIME
    return _delete_in_batches(Cover.objects.filter(_unused(), unused_since__lt=before))


def owner_covers_delete(*, owner: User) -> int:
    """Delete all of a person's covers and waiting pictures; returns how many."""
    waiting = FolderFile.objects.filter(owner=owner)
    names = [name for name in waiting.values_list("picture", flat=True) if name]
    with transaction.atomic():
        waiting.delete()
        _files_delete_on_commit(names)
    return _delete_in_batches(Cover.objects.filter(owner=owner))


def cover_file_names(covers: QuerySet[Cover]) -> list[str]:
    """The names in storage of these covers' pictures."""
    return [name for row in covers.order_by().values_list(*COVER_SIZES) for name in row if name]


def _unused() -> Any:
    """A condition: nothing shows the cover, not even in the bin."""
    its = {"cover": OuterRef("pk")}
    return (
        ~Exists(Track.all_objects.filter(**its))
        & ~Exists(Album.objects.filter(**its))
        & ~Exists(FolderFile.objects.filter(**its))
    )


def _delete_in_batches(covers: QuerySet[Cover]) -> int:
    """Delete these covers, each batch in a transaction of its own; their files once the rows are gone."""
    deleted, pauses = 0, WritePauses()
    while True:
        with transaction.atomic():
            # Locked, so that what was used again meanwhile is seen.
            locked = covers.order_by("pk").select_for_update()[:BATCH_SIZE]
            batch = Cover.objects.filter(pk__in=[cover.pk for cover in locked])
            names = cover_file_names(batch)
            count = batch.delete()[1].get(Cover._meta.label, 0)
            _files_delete_on_commit(names)
        if not count:
            return deleted
        deleted += count
        pauses.take()


def _files_delete_on_commit(names: list[str]) -> None:
    if names:
        transaction.on_commit(lambda: job_enqueue("delete_files", names))


def _picture_store(cover: Cover, size: str, path: Path) -> None:
    try:
        with path.open("rb") as content:
            head = content.read(12)
            if head[:4] != b"RIFF" or head[8:] != b"WEBP":
                raise _not_a_picture()
            content.seek(0)
            getattr(cover, size).save("", File(content), save=False)
    except FileNotFoundError:
        raise _not_a_picture() from None


def _pictures_delete(cover: Cover) -> None:
    for size in COVER_SIZES:
        if name := getattr(cover, size).name:
            default_storage.delete(name)


def _not_a_picture() -> DomainError:
    return DomainError("not_a_picture", "This is not a picture that Earmark can read.", 415)
