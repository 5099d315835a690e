"""Find covers without their files, and files of covers without a row, and repair that: a part of the doctor's work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction

from classifier.cover_process import COVER_SIZES
from library.models import Album, Cover, FileTags, FolderFile, Track
from library.services.album_covers import album_covers_recompute
from library.services.covers import COVERS_FOLDER, cover_file_names
from library.services.track_files import files_in, stored_sizes

#: What is wrong, what it is about, and the remedy.
Problem = tuple[str, str, str]


def covers_check(*, dry_run: bool, before: datetime) -> Iterator[Problem]:
    """Compare covers with their files, one folder of the storage at a time, and repair what differs.

    A cover that lacks a file is forgotten, and the upgrade pass looks for the picture in the music files again. Files
    without a row are deleted if they are from `before`.
    """
    folders = {name[len(COVERS_FOLDER) + 1 :].partition("/")[0] for name in _names_in_rows()}
    for folder in sorted(folders | set(files_in(COVERS_FOLDER)[0])):
        yield from _folder_check(f"{COVERS_FOLDER}/{folder}", dry_run=dry_run, before=before)


def _names_in_rows() -> Iterator[str]:
    yield from Cover.objects.values_list("small", flat=True).iterator()
    yield from FolderFile.objects.exclude(picture="").values_list("picture", flat=True).iterator()


def _folder_check(folder: str, *, dry_run: bool, before: datetime) -> Iterator[Problem]:
    # Rows first: otherwise files of new rows, stored after the listing, would seem to be missing.
    covers = Cover.objects.filter(small__startswith=f"{folder}/")
    waiting = FolderFile.objects.filter(picture__startswith=f"{folder}/")
    rows = list(covers.select_related("owner"))
    named = {*cover_file_names(covers), *waiting.values_list("picture", flat=True)}
    sizes = stored_sizes(folder)
    for cover in rows:
        names = [getattr(cover, size).name for size in COVER_SIZES]
        if any(name not in sizes and not default_storage.exists(name) for name in names):
            yield "missing cover", str(cover.pk), "look for it in the files again"
            if not dry_run:
                _forget(cover)
    for name in sorted(sizes.keys() - named):
        if _is_orphaned(name, before):
            if not dry_run:
                default_storage.delete(name)
            yield "orphaned file", name, "delete"


def _forget(cover: Cover) -> None:
    with transaction.atomic():
        tracks = Track.all_objects.filter(cover=cover)
        albums = list(Album.objects.filter(cover=cover).values_list("pk", flat=True))
        FileTags.objects.filter(track__in=tracks, picture=cover.sha256).update(picture=None)
        Album.objects.filter(pk__in=albums).update(cover_chosen=False)
        cover.delete()
    album_covers_recompute(owner=cover.owner, album_ids=albums)


def _is_orphaned(name: str, before: datetime) -> bool:
    """Whether a file that no row named a moment ago has none now either, and is old enough."""
    if name in cover_file_names(Cover.objects.filter(small__startswith=name.rpartition("/")[0] + "/")):
        return False
    if FolderFile.objects.filter(picture=name).exists():
        return False
    try:
        return default_storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False
