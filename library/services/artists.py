"""Rows of artists, and of which tracks name them: what `services.albums` needs, in its transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef

from library.models import Album, Artist, Track, TrackArtist, User
from library.services.album_names import TrackNames, most_common, sort_key, title_key
from library.services.batches import BATCH_SIZE


def artists_get_or_create(*, owner: User, names: Mapping[str, str]) -> tuple[dict[str, Artist], int]:
    """The owner's artists by key, from names by key, and how many of them are new. An empty key is left out."""
    keys = set(names) - {""}
    found = {artist.key: artist for artist in Artist.objects.filter(owner=owner, key__in=keys).order_by()}
    new = [
        Artist(owner=owner, key=key, name=names[key], sort_name=sort_key(names[key]))
        for key in sorted(keys - set(found))
    ]
    Artist.objects.bulk_create(new, BATCH_SIZE)
    return found | {artist.key: artist for artist in new}, len(new)


def track_artists_sync(
    *, tracks: Mapping[UUID, TrackNames], artists: Mapping[str, Artist]
) -> tuple[set[UUID], int]:
    """Give tracks the artists that they name, in their order; returns which artists lost a track, and the changes."""
    wanted = {
        (pk, artists[key].pk): position
        for pk, names in tracks.items()
        for position, key in enumerate(names.artists or ())
    }
    there = {(row.track_id, row.artist_id): row for row in TrackArtist.objects.filter(track__in=list(tracks))}
    gone = [row for pair, row in there.items() if pair not in wanted]
    moved = [row for pair, row in there.items() if wanted.get(pair, row.position) != row.position]
    for row in moved:
        row.position = wanted[row.track_id, row.artist_id]
    new = [
        TrackArtist(track_id=track, artist_id=artist, position=position)
        for (track, artist), position in wanted.items()
        if (track, artist) not in there
    ]
    TrackArtist.objects.filter(pk__in=[row.pk for row in gone]).delete()
    TrackArtist.objects.bulk_update(moved, ["position"], BATCH_SIZE)
    TrackArtist.objects.bulk_create(new, BATCH_SIZE)
    return {row.artist_id for row in gone}, len(gone) + len(moved) + len(new)


def artists_settle(
    *, owner: User, tracks: Mapping[UUID, TrackNames], artists: Mapping[str, Artist], lost: Iterable[UUID]
) -> int:
    """Delete those of the artists that `lost` something and have nothing left, and see to the names of the others.

    An artist is spelled as most tracks spell it, and has the first MusicBrainz id that a track gave it. Returns how
    many rows were changed.
    """
    lost = set(lost)
    of_it = {"artist": OuterRef("pk")}
    idle = Artist.objects.filter(owner=owner, pk__in=lost).exclude(
        Exists(TrackArtist.objects.filter(**of_it))
    )
    idle = idle.exclude(Exists(Album.objects.filter(**of_it)))
    deleted: int = idle.delete()[1].get(Artist._meta.label, 0)
    spelled: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, str] = {}
    for names in tracks.values():
        for key, name in {**(names.artists or {}), names.artist_key: names.artist}.items():
            spelled[key].add(name)
        ids = dict(names.artist_ids or {}) | ids
    doubtful = {artist.pk for key, artist in artists.items() if spelled[key] - {artist.name}} | lost
    by_id = Artist.objects.filter(owner=owner).in_bulk(
        [*doubtful, *(artists[key].pk for key in ids if key in artists)]
    )
    spellings = _spellings({pk for pk in doubtful if pk in by_id}, by_id)
    due = []
    for artist in by_id.values():
        name = most_common(spellings[artist.pk].elements()) if spellings.get(artist.pk) else artist.name
        mbid = artist.mbid or ids.get(artist.key, "")
        if (name, mbid) != (artist.name, artist.mbid):
            artist.name, artist.sort_name, artist.mbid = name, sort_key(name), mbid
            due.append(artist)
    Artist.objects.bulk_update(due, ["name", "sort_name", "mbid"], BATCH_SIZE)
    return deleted + len(due)


def _spellings(ids: set[UUID], artists: Mapping[UUID, Artist]) -> dict[UUID, Counter[str]]:
    """How tracks spell these artists, and how often each spelling is used: the first one on each track."""
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    on_tracks = TrackArtist.objects.filter(artist__in=ids).order_by()
    for pk, name, names in on_tracks.values_list("artist", "track__artist", "track__artist_names"):
        counts[pk].update([one for one in (names or [name]) if title_key(one) == artists[pk].key][:1])
    on_albums = Track.all_objects.filter(album_entry__artist__in=ids).order_by()
    for pk, name in on_albums.values_list("album_entry__artist", "album_artist"):
        if title_key(name) == artists[pk].key:
            counts[pk][name] += 1
    return counts
