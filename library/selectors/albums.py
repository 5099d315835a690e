"""Albums and artists, and their tracks.

An album or artist is shown while it has a track outside the bin. Its row stays while there is one in the bin.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Coalesce

from library.models import Album, Artist, Track, TrackArtist, User
from library.selectors.track_artists import with_artists
from library.selectors.tracks import tracks_of


def albums_of(owner: User) -> QuerySet[Album]:
    """The owner's albums with their artists and covers, by title."""
    in_library = Track.objects.filter(album_entry=OuterRef("pk")).order_by()
    return Album.objects.filter(Exists(in_library), owner=owner).select_related("artist", "cover")


def albums_with(owner: User, tracks: QuerySet[Track]) -> QuerySet[Album]:
    """The owner's albums with at least one of these tracks, with their artists and covers, by title.

    Tracks in the bin are not to be among them.
    """
    found = tracks.exclude(album_entry=None).order_by().values("album_entry")
    return Album.objects.filter(pk__in=found, owner=owner).select_related("artist", "cover")


def with_main_genre(albums: QuerySet[Album]) -> QuerySet[Album]:
    """Albums with `genre`, the effective genre that most of their tracks have: the colour of a tile without a cover."""
    genres = Track.objects.filter(album_entry=OuterRef("pk")).exclude(genre="").order_by().values("genre")
    most = genres.annotate(n=Count("pk")).order_by("-n", "genre").values("genre")[:1]
    return albums.annotate(genre=Subquery(most))


def album_of(owner: User, pk: UUID) -> Album | None:
    """The owner's album with this id; None if there is none with a track outside the bin."""
    return albums_of(owner).filter(pk=pk).first()


def tracks_of_album(owner: User, album: Album) -> QuerySet[Track]:
    """The album's tracks with their predictions, by disc, number and title. Those without a number come last.

    A track without a disc number is on the first disc.
    """
    disc = Coalesce("disc_number", Value(1))
    return (
        tracks_of(owner)
        .filter(album_entry=album)
        .order_by(disc, F("track_number").asc(nulls_last=True), "sort_title", "pk")
    )


def artists_of(owner: User) -> QuerySet[Artist]:
    """The owner's artists by name: those of tracks and those of albums."""
    on_a_track = TrackArtist.objects.filter(artist=OuterRef("pk"), track__deleted_at=None).order_by()
    in_library = Track.objects.filter(album_entry=OuterRef("pk")).order_by()
    of_an_album = Album.objects.filter(Exists(in_library), artist=OuterRef("pk")).order_by()
    return Artist.objects.filter(Exists(on_a_track) | Exists(of_an_album), owner=owner)


def with_cover(artists: QuerySet[Artist]) -> QuerySet[Artist]:
    """Artists with `cover_id`, the cover of their first album that has one."""
    covers = Album.objects.filter(artist=OuterRef("pk"), cover__isnull=False).order_by("year", "pk")
    return artists.annotate(cover_id=Subquery(covers.values("cover")[:1], output_field=UUIDField()))


def artist_of(owner: User, pk: UUID) -> Artist | None:
    """The owner's artist with this id; None if there is none with a track outside the bin."""
    return artists_of(owner).filter(pk=pk).first()


def albums_of_artist(owner: User, artist: Artist) -> QuerySet[Album]:
    """The albums of which this is the album artist, by year and title. Those without a year come last."""
    return albums_of(owner).filter(artist=artist).order_by(F("year").asc(nulls_last=True), "sort_title", "pk")


def tracks_of_artist(owner: User, artist: Artist) -> QuerySet[Track]:
    """The artist's tracks with their predictions: album by album, then those on none.

    Tracks on an album of the artist are among them, also those of other artists.
    """
    named = TrackArtist.objects.filter(artist=artist, artist__owner=owner).order_by().values("track")
    on_albums = (
        Track.objects.filter(album_entry__artist=artist, album_entry__owner=owner).order_by().values("pk")
    )
    return (
        tracks_of(owner)
        # As a union: PostgreSQL reads all tracks where either of two conditions may hold.
        .filter(pk__in=named.union(on_albums))
        .order_by(
            F("album_entry__year").asc(nulls_last=True),
            F("album_entry__sort_title").asc(nulls_last=True),
            F("album_entry").asc(nulls_last=True),
            Coalesce("disc_number", Value(1)),
            F("track_number").asc(nulls_last=True),
            "sort_title",
            "pk",
        )
    )


def most_played_of_artist(owner: User, artist: Artist, limit: int) -> QuerySet[Track]:
    """The artist's tracks that were played most, with their predictions and artists.

    Of those played equally often, the one played last comes first.
    """
    played = tracks_of_artist(owner, artist).filter(play_count__gt=0)
    return played.order_by("-play_count", "-last_played_at", "-pk").prefetch_related(with_artists())[:limit]


def other_albums_with_artist(owner: User, artist: Artist) -> QuerySet[Album]:
    """The albums of others, or of various artists, with a track by this artist, by year and title."""
    named = TrackArtist.objects.filter(artist=artist, track__deleted_at=None).order_by()
    found = albums_of(owner).filter(pk__in=named.values("track__album_entry"))
    return found.exclude(artist=artist).order_by(F("year").asc(nulls_last=True), "sort_title", "pk")


def tracks_on_no_album(owner: User) -> QuerySet[Track]:
    """The owner's tracks that name no album."""
    return tracks_of(owner).filter(sort_album="", album="")
