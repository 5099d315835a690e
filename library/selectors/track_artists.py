"""The artists of tracks, and how many tracks albums and artists have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Sum

from library.models import Album, Artist, Track, TrackArtist, User


@dataclass(frozen=True, slots=True)
class AlbumTotals:
    """What an album has outside the bin."""

    tracks: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ArtistTotals:
    """What an artist has outside the bin: tracks by the artist or on the artist's albums, and these albums."""

    tracks: int = 0
    albums: int = 0


def with_artists(path: str = "track_artists") -> Prefetch[Any]:
    """For `prefetch_related`: what `artists_on` returns. `path` leads from the rows to the artists of tracks."""
    return Prefetch(
        path, TrackArtist.objects.select_related("artist").order_by("position"), to_attr="shown_artists"
    )


def artists_on(track: Track) -> list[Artist]:
    """The artists of a track of which the caller knows that its reader may see it, in their order. Asks once."""
    rows: list[TrackArtist] | None = getattr(track, "shown_artists", None)
    if rows is None:
        rows = list(TrackArtist.objects.filter(track=track).select_related("artist").order_by("position"))
        track.shown_artists = rows  # type: ignore[attr-defined]
    return [row.artist for row in rows]


def album_totals(owner: User, albums: Iterable[Album]) -> dict[UUID, AlbumTotals]:
    """The totals of these albums of the owner, by id; in one query."""
    rows = (
        Track.objects.filter(owner=owner, album_entry__in=[album.pk for album in albums])
        .order_by()
        .values_list("album_entry")
        .annotate(tracks=Count("pk"), seconds=Sum("duration"))
    )
    return {pk: AlbumTotals(tracks, seconds or 0.0) for pk, tracks, seconds in rows}


def artist_totals(owner: User, artists: Iterable[Artist]) -> dict[UUID, ArtistTotals]:
    """The totals of these artists of the owner, by id; in two queries."""
    ids = [artist.pk for artist in artists]
    tracks: defaultdict[UUID, set[UUID]] = defaultdict(set)
    albums: defaultdict[UUID, set[UUID]] = defaultdict(set)
    named = TrackArtist.objects.filter(artist__in=ids, artist__owner=owner, track__deleted_at=None)
    for artist_id, track_id in named.order_by().values_list("artist", "track"):
        tracks[artist_id].add(track_id)
    on_albums = Track.objects.filter(owner=owner, album_entry__artist__in=ids).order_by()
    for artist_id, album_id, track_id in on_albums.values_list("album_entry__artist", "album_entry", "pk"):
        tracks[artist_id].add(track_id)
        albums[artist_id].add(album_id)
    return {pk: ArtistTotals(len(tracks[pk]), len(albums[pk])) for pk in ids}
