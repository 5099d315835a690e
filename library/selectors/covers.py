"""Covers: who may see which, and which one stands for a track."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from library.models import Cover, Track, User
from library.selectors.reviewing import visible_to


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
