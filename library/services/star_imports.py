"""The import of stars and ratings: those that are here already stay."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from library.exchange.import_reader import AlbumEntry, ArtistEntry, TrackEntry
from library.models import Album, Artist, Track, User
from library.services.album_names import title_key
from library.services.batches import BATCH_SIZE


def track_stars_import(*, pairs: Iterable[tuple[Track, TrackEntry]]) -> Counter[str]:
    """Give locked tracks the stars and ratings that they lack; returns how many of each kind."""
    done: Counter[str] = Counter()
    changed = {}
    for track, entry in pairs:
        if entry.starred_at and track.starred_at is None:
            track.starred_at = entry.starred_at
            done["stars"] += 1
            changed[track.pk] = track
        if entry.rating and track.rating is None:
            track.rating = entry.rating
            done["ratings"] += 1
            changed[track.pk] = track
    for track in changed.values():
        track.updated_at = timezone.now()
    Track.objects.bulk_update(changed.values(), ["starred_at", "rating", "updated_at"], BATCH_SIZE)
    return done


def album_stars_import(*, owner: User, entries: Iterable[AlbumEntry]) -> int:
    """Star the albums of these MusicBrainz ids, or else of these artists and titles; returns how many had no star."""
    count = 0
    for batch in itertools.batched(entries, BATCH_SIZE):
        by_mbid = {entry.mbid: entry.starred_at for entry in batch if entry.mbid}
        by_name = {
            (title_key(entry.artist), title_key(entry.title)): entry.starred_at
            for entry in batch
            if not entry.mbid
        }
        named = Q(mbid__in=by_mbid) | Q(mbid="", key__in={title for _, title in by_name})
        with transaction.atomic():
            # Only these rows are locked: an album may have no artist.
            found = Album.objects.select_for_update(of=("self",)).filter(named, owner=owner, starred_at=None)
            starred = []
            for album in found.select_related("artist"):
                name = (album.artist.key if album.artist else "", album.key)
                album.starred_at = by_mbid.get(album.mbid) if album.mbid else by_name.get(name)
                if album.starred_at:
                    starred.append(album)
            Album.objects.bulk_update(starred, ["starred_at"], BATCH_SIZE)
        count += len(starred)
    return count


def artist_stars_import(*, owner: User, entries: Iterable[ArtistEntry]) -> int:
    """Star the artists of these names; returns how many had no star."""
    count = 0
    for batch in itertools.batched(entries, BATCH_SIZE):
        dates = {title_key(entry.name): entry.starred_at for entry in batch}
        with transaction.atomic():
            found = Artist.objects.select_for_update().filter(owner=owner, key__in=dates, starred_at=None)
            starred = list(found)
            for artist in starred:
                artist.starred_at = dates[artist.key]
            Artist.objects.bulk_update(starred, ["starred_at"], BATCH_SIZE)
        count += len(starred)
    return count
