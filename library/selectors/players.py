"""What players show of a library: songs with all that belongs to them, and what albums and artists have in sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from library.models import Album, Artist, Track, TrackArtist, User
from library.selectors.albums import albums_of
from library.selectors.tags import with_taggings
from library.selectors.track_artists import with_artists

#: Long columns that no player shows.
_UNSHOWN = ("search_text", "long_search_text", "notices", "file_label", "owner_genre", "review_rank")
_TOTALS: dict[str, Any] = {
    "tracks": Count("pk"),
    "seconds": Sum("duration"),
    "plays": Sum("play_count"),
    "played_at": Max("last_played_at"),
    "added_at": Min("created_at"),
}


@dataclass(slots=True)
class SongTotals:
    """What an album, or another group of tracks, has outside the bin."""

    tracks: int = 0
    seconds: float = 0.0
    plays: int = 0
    played_at: datetime | None = None
    added_at: datetime | None = None
    genres: dict[str, int] = field(default_factory=dict)
    """Numbers of tracks by effective genre; tracks without one are not among them."""

    @property
    def main_genre(self) -> str:
        """The genre that most of them have; "" if none has one."""
        return min(self.genres, key=lambda key: (-self.genres[key], key), default="")

    def add(self, genre: str, row: Mapping[str, Any]) -> None:
        self.tracks += row["tracks"]
        self.seconds += row["seconds"] or 0.0
        self.plays += row["plays"]
        self.played_at = max(filter(None, (self.played_at, row["played_at"])), default=None)
        self.added_at = min(filter(None, (self.added_at, row["added_at"])), default=None)
        if genre:
            self.genres[genre] = self.genres.get(genre, 0) + row["tracks"]


def as_songs(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """Tracks with their album, artists and tags, in a fixed number of queries, and without what no player shows."""
    bare = tracks.select_related(None).prefetch_related(None).defer(None)
    return (
        bare.select_related("album_entry__artist")
        .defer(*_UNSHOWN)
        .prefetch_related(with_artists(), with_taggings())
    )


def songs_of(owner: User) -> QuerySet[Track]:
    """The owner's tracks as `as_songs` fetches them, by title."""
    return as_songs(Track.objects.filter(owner=owner).order_by("sort_title", "pk"))


def songs_by_id(owner: User, ids: Iterable[UUID]) -> dict[UUID, Track]:
    """The owner's tracks among these ids.

    The owner is compared here: given both conditions, SQLite reads all tracks of the owner.
    """
    found = as_songs(Track.objects.filter(pk__in=list(ids)).order_by())
    return {track.pk: track for track in found if track.owner_id == owner.pk}


def songs_page(owner: User, offset: int, count: int) -> list[Track]:
    """Some of all of the owner's tracks, by title: the ids come from an index alone, however far on they are."""
    ordered = Track.objects.filter(owner=owner).order_by("sort_title", "pk").values_list("pk", flat=True)
    ids = list(ordered[offset : offset + count])
    found = songs_by_id(owner, ids)
    return [found[pk] for pk in ids if pk in found]


def random_songs_of(
    owner: User, count: int, *, genre: Q | None = None, years: tuple[int | None, int | None] = (None, None)
) -> list[Track]:
    """Some of the owner's tracks by chance, of a genre (`genre_named`) or of some years if they are given."""
    tracks = Track.objects.filter(owner=owner)
    if genre is not None:
        tracks = tracks.filter(genre)
    first, last = years
    if first is not None:
        tracks = tracks.filter(year__gte=first)
    if last is not None:
        tracks = tracks.filter(year__lte=last)
    ids = list(tracks.order_by("?").values_list("pk", flat=True)[:count])
    found = songs_by_id(owner, ids)
    return [found[pk] for pk in ids if pk in found]


def album_song_totals(owner: User, albums: Iterable[Album]) -> dict[UUID, SongTotals]:
    """The totals of these albums of the owner, by id; in one query."""
    ids = [album.pk for album in albums if album.owner_id == owner.pk]
    found: defaultdict[UUID, SongTotals] = defaultdict(SongTotals)
    rows = Track.objects.filter(album_entry__in=ids).order_by().values("album_entry", "genre")
    for row in rows.annotate(**_TOTALS):
        found[row["album_entry"]].add(row["genre"], row)
    return found


def loose_tracks_of(owner: User, artist: Artist | None) -> QuerySet[Track]:
    """The owner's tracks on no album whose first artist this is; None for those without an artist. By title."""
    tracks = Track.objects.filter(owner=owner, album_entry=None).order_by("sort_title", "pk")
    if artist is None:
        return tracks.filter(track_artists=None)
    first = TrackArtist.objects.filter(artist=artist, position=0).order_by()
    return tracks.filter(pk__in=first.values("track"))


def loose_song_totals(owner: User, artists: Iterable[Artist] | None = None) -> dict[UUID | None, SongTotals]:
    """The totals of tracks on no album by their first artist: of these artists, or of all and of those without any."""
    found: defaultdict[UUID | None, SongTotals] = defaultdict(SongTotals)
    tracks = Track.objects.filter(owner=owner, album_entry=None)
    named = Q(track_artists__position=0)
    if artists is None:
        named |= Q(track_artists=None)
    else:
        named &= Q(track_artists__artist__in=[artist.pk for artist in artists])
    rows = tracks.filter(named).order_by().values(first=F("track_artists__artist"), kind_of=F("genre"))
    for row in rows.annotate(**_TOTALS):
        found[row["first"]].add(row["kind_of"], row)
    return dict(found)


def album_counts_by_artist(owner: User) -> dict[UUID, int]:
    """How many albums each of the owner's artists has or is on, by id. Artists that are on none are not among them."""
    on_albums = TrackArtist.objects.filter(
        artist__owner=owner, track__deleted_at=None, track__album_entry__isnull=False
    )
    pairs = set(on_albums.order_by().values_list("artist", "track__album_entry").distinct())
    own = albums_of(owner).select_related(None).filter(artist__isnull=False)
    pairs |= set(own.order_by().values_list("artist", "pk"))
    counts: defaultdict[UUID, int] = defaultdict(int)
    for artist_id, _ in pairs:
        counts[artist_id] += 1
    return counts


def library_changed_at(owner: User) -> datetime | None:
    """When something about the owner's tracks last changed, or one came or went; None without any."""
    latest = Track.objects.filter(owner=owner).order_by("-updated_at").values_list("updated_at", flat=True)
    binned = Track.all_objects.filter(owner=owner, deleted_at__isnull=False).order_by("-deleted_at")
    moments = (latest.first(), binned.values_list("deleted_at", flat=True).first())
    return max(filter(None, moments), default=None)


def genre_counts_for_players(owner: User) -> list[dict[str, Any]]:
    """By effective genre (`genre`), else by what the file says (`file_genre`): numbers of `songs` and `albums`."""
    tracks = Track.objects.filter(owner=owner).order_by()
    counts = {"songs": Count("pk"), "albums": Count("album_entry", distinct=True)}
    effective = tracks.exclude(genre="").values("genre").annotate(**counts)
    in_files = tracks.filter(genre="").exclude(file_genre="").values("file_genre").annotate(**counts)
    return [*({"file_genre": "", **row} for row in effective), *({"genre": "", **row} for row in in_files)]
