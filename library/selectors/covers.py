"""Covers: who may see which, and which one stands for a track."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import Coalesce, RowNumber

from library.models import Cover, Playlist, PlaylistItem, Track, User
from library.selectors.reviewing import visible_to

#: A mosaic has so many covers, of so many first tracks of a playlist.
MOSAIC_COVERS, MOSAIC_TRACKS = 4, 24


def cover_of(owner: User, pk: UUID) -> Cover | None:
    """The owner's cover with this id."""
    return Cover.objects.filter(owner=owner, pk=pk).first()


def cover_visible_to(reviewer: User, pk: UUID) -> Cover | None:
    """The cover with this id, if this reviewer may see a track that it stands for, or has it in the own library."""
    cover = Cover.objects.filter(visible_to(reviewer), pk=pk).first()
    if cover is None or cover.owner_id == reviewer.pk:
        return cover
    shown = Track.objects.filter(Q(cover=cover) | Q(album_entry__cover=cover), owner=cover.owner_id)
    return cover if shown.exists() else None


def cover_id_for(track: Track) -> UUID | None:
    """The id of the cover that stands for a track, without a query; None if there is none.

    Its own, or else the album's; where the owner has chosen the album's, always that. An album counts only if it has
    been loaded with the track (`select_related("album_entry")`).
    """
    album = track.album_entry if Track.album_entry.is_cached(track) else None
    if album is not None and (album.cover_chosen or not track.cover_id):
        return album.cover_id
    return track.cover_id


def mosaics_of(owner: User, playlists: Iterable[Playlist]) -> dict[UUID, list[UUID]]:
    """The ids of up to four different covers among the first tracks of each of the owner's playlists.

    Saved searches have none here.
    """
    items = PlaylistItem.objects.filter(
        playlist__in=[playlist.pk for playlist in playlists], playlist__owner=owner, track__deleted_at=None
    )
    place = Window(RowNumber(), partition_by=F("playlist"), order_by=["position", "pk"])
    album = "track__album_entry__cover"
    # The rule of `cover_id_for`.
    shown = Case(
        When(track__album_entry__cover_chosen=True, then=F(album)), default=Coalesce("track__cover", album)
    )
    first = items.order_by().annotate(place=place, shown=shown).filter(place__lte=MOSAIC_TRACKS)
    covers: dict[UUID, dict[UUID, None]] = {}
    for playlist_id, cover_id in first.order_by("playlist", "place").values_list("playlist", "shown"):
        if cover_id:
            covers.setdefault(playlist_id, {})[cover_id] = None
    return {playlist_id: list(found)[:MOSAIC_COVERS] for playlist_id, found in covers.items()}
