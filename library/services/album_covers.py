"""The covers of tracks and albums.

A track shows the picture in its file or, without one, the picture beside it. An album shows what most of its tracks
show, unless its owner has chosen.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.fields import UUIDField
from django.db.models.functions import Coalesce
from django.utils import timezone

from classifier.cover_process import PictureError, make_cover_from_file
from library.errors import DomainError
from library.incoming.handler import disk_full_as_audio_error, disk_full_check, write_all
from library.models import Album, Cover, FileTags, Track, User
from library.services.batches import in_batches
from library.services.covers import cover_record
from library.services.edit_conflicts import locked_row
from library.text import file_size

#: The largest picture file that may be chosen for an album, or lie beside the music.
MAX_CHOSEN_PICTURE_BYTES = 10 * 2**20


class CoverChoice(NamedTuple):
    """What an album shows: the id of a cover, and whether its owner has chosen it (None is a choice, too)."""

    cover_id: UUID | None
    chosen: bool


def track_cover_record(*, track: Track, made: Mapping[str, Any] | None, folder: Path) -> None:
    """Note which picture a track's file has, if any, and let it stand for the track.

    Nothing is written when another process has the track's lease by now. A picture in the file takes the place of one
    beside it; a file without a picture takes nothing away.
    """
    cover = None
    if made is not None:
        with suppress(DomainError):
            cover = cover_record(owner=track.owner, made=made, folder=folder)
    with transaction.atomic():
        current = Track.objects.select_for_update().filter(pk=track.pk, lease=track.lease).first()
        if current is None:
            return
        FileTags.objects.filter(track=current).update(picture=cover.sha256 if cover else "")
        if cover is None or current.cover_id == cover.pk:
            return
        Track.objects.filter(pk=current.pk).update(cover=cover, updated_at=timezone.now())
    if current.album_entry_id:
        album_covers_recompute(owner=track.owner, album_ids=[current.album_entry_id])


def album_covers_recompute(*, owner: User, album_ids: Iterable[UUID]) -> None:
    """Give albums the cover that most of their tracks have; of several, the one that comes first on the album.

    Albums whose cover was chosen, and those whose tracks are all in the bin, keep what they have.
    """
    for batch in in_batches(album_ids):
        with transaction.atomic():
            # Locked before the tracks are read, so that the last one to write has seen all of them.
            albums = Album.objects.filter(owner=owner, pk__in=batch, cover_chosen=False)
            current = dict(albums.order_by("pk").select_for_update().values_list("pk", "cover_id"))
            changed = {
                pk: cover_id
                for pk, cover_id in _covers_of_most_tracks(owner, current).items()
                if current[pk] != cover_id
            }
            if changed:
                whens = [When(pk=pk, then=Value(cover_id)) for pk, cover_id in changed.items()]
                Album.objects.filter(pk__in=changed).update(cover=Case(*whens, output_field=UUIDField()))


def album_cover_set(*, album: Album, upload: UploadedFile) -> CoverChoice:
    """Make a picture file the cover of an album, whatever its tracks have; returns what was shown before.

    Raises DomainError: `not_a_picture`, `picture_too_large`, `not_found`; AudioError: `storage_full`.
    """
    if (upload.size or 0) > MAX_CHOSEN_PICTURE_BYTES:
        raise picture_error("picture_too_large")
    disk_full_check(upload)
    with tempfile.TemporaryDirectory(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as name:
        folder = Path(name)
        with (folder / "picture").open("xb", buffering=0) as copy, disk_full_as_audio_error():
            for chunk in upload.chunks():
                write_all(copy.fileno(), chunk)
        try:
            made = make_cover_from_file(folder / "picture", folder)
        except PictureError as error:
            raise picture_error(error.code) from None
        cover = cover_record(owner=album.owner, made=made, folder=folder)
    return album_cover_choose(album=album, choice=CoverChoice(cover.pk, True))


def album_cover_clear(*, album: Album) -> CoverChoice:
    """Show no cover, whatever the tracks have; returns what was shown before. Raises DomainError: `not_found`."""
    return album_cover_choose(album=album, choice=CoverChoice(None, True))


def album_cover_reset(*, album: Album) -> CoverChoice:
    """Show what the album's files say again; returns what was shown before. Raises DomainError: `not_found`."""
    return album_cover_choose(album=album, choice=CoverChoice(None, False))


def album_cover_choose(*, album: Album, choice: CoverChoice) -> CoverChoice:
    """Show one of the owner's covers, none, or, if nothing is chosen, what the files say.

    Returns what was shown before. Raises DomainError: `not_found`, when the album or the cover is gone.
    """
    with transaction.atomic():
        current = locked_row(album)
        before = CoverChoice(current.cover_id, current.cover_chosen)
        if choice.chosen:
            if choice.cover_id is None:
                current.cover = None
            else:
                cover = Cover.objects.filter(owner=album.owner, pk=choice.cover_id).first()
                if cover is None:
                    raise DomainError("not_found", "That picture is no longer there.", 404)
                current.cover = cover
        current.cover_chosen = choice.chosen
        current.save(update_fields=["cover", "cover_chosen"])
        if not choice.chosen:
            album_covers_recompute(owner=album.owner, album_ids=[album.pk])
    album.refresh_from_db(fields=["cover", "cover_chosen"])
    return before


def picture_error(code: str) -> DomainError:
    """The error for a picture file that is refused."""
    if code == "picture_too_large":
        limit = file_size(MAX_CHOSEN_PICTURE_BYTES)
        return DomainError(
            code, f"This picture is too large. Choose one of up to {limit} and 36 megapixels.", 413
        )
    return DomainError(
        "not_a_picture",
        "This is not a picture that Earmark can read. Choose a JPEG, PNG, WebP or GIF file.",
        415,
    )


def _covers_of_most_tracks(owner: User, album_ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """The cover that most tracks of each of these albums have, for albums with a track in the library."""
    tracks = (
        Track.objects.filter(owner=owner, album_entry__in=list(album_ids))
        .order_by(
            Coalesce("disc_number", Value(1)), F("track_number").asc(nulls_last=True), "sort_title", "pk"
        )
        .values_list("album_entry", "cover")
    )
    counts: dict[UUID, Counter[UUID]] = defaultdict(Counter)
    for album_id, cover_id in tracks:
        counts[album_id].update([cover_id] if cover_id else [])
    # Counter keeps the order of the tracks among equals.
    return {pk: count.most_common(1)[0][0] if count else None for pk, count in counts.items()}
