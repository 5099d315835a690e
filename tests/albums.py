"""Tracks that name albums, made without files, and what their rows must be according to the names."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import Any

from library import services
from library.models import Album, Artist, Track, TrackArtist, User
from library.services.album_names import title_key
from library.services.analysis import derived_names_recompute

_numbers = itertools.count(1)
#: MusicBrainz ids.
RELEASE, OTHER_RELEASE, ANN, BOB = (f"{digit * 8}-0000-4000-8000-{digit * 12}" for digit in "1234")


def make_song(owner: User, **fields: Any) -> Track:
    """A ready track of the owner, without a file; its album and artists have their rows."""
    number = next(_numbers)
    track = Track(
        **{"title": f"Song {number}", "sha256": f"{number:064}", "original_name": f"{number}.mp3"} | fields,
        owner=owner,
        kind="mp3",
        size=1,
        status=Track.Status.READY,
    )
    derived_names_recompute(track)
    track.save()
    services.albums_recompute(owner=owner, track_ids=[track.pk])
    track.refresh_from_db()
    return track


def albums(owner: User) -> dict[str, list[str]]:
    """The titles of the tracks on each album, by the album's name."""
    return {
        str(album): list(
            Track.all_objects.filter(album_entry=album)
            .order_by("disc_number", "track_number", "title")
            .values_list("title", flat=True)
        )
        for album in Album.objects.filter(owner=owner).select_related("artist")
    }


def artists(owner: User) -> list[str]:
    """The names of the artists, in their order."""
    return list(Artist.objects.filter(owner=owner).values_list("name", flat=True))


def check_rows(owner: User) -> None:
    """The rows of albums and artists are what the tracks' names say: looked at from all tracks, one by one."""
    tracks = list(Track.all_objects.filter(owner=owner))
    releases: dict[tuple[str, str], set[str]] = defaultdict(set)
    for track in tracks:
        if title_key(track.album) and (ids := track.musicbrainz.get("release")):
            releases[_named(track)].add(ids[0])
    members: dict[object, list[Track]] = defaultdict(list)
    for track in tracks:
        if not title_key(track.album):
            assert track.album_entry_id is None
            continue
        known = track.musicbrainz.get("release", [])[:1] or sorted(releases[_named(track)])
        members[known[0] if len(known) == 1 else _named(track)].append(track)
    rows = {album.pk: album for album in Album.objects.filter(owner=owner).select_related("artist")}
    of_groups = {group: {track.album_entry_id for track in some} for group, some in members.items()}
    assert all(len(ids) == 1 and None not in ids for ids in of_groups.values()), of_groups
    assert Counter(pk for (pk,) in of_groups.values()) == dict.fromkeys(rows, 1)
    for group, some in members.items():
        album = rows[some[0].album_entry_id]
        artist = album.artist.key if album.artist else ""
        if isinstance(group, tuple):
            assert (artist, album.key, album.mbid) == (*group, "")
        else:
            assert album.mbid == group
            counts = Counter(_named(track)[0] for track in some)
            assert counts[artist] == max(counts.values())
        assert album.title in {track.album for track in some}
        years = Counter(year for track in some if (year := track.original_year or track.year))
        assert years[album.year] == max(years.values()) if years else album.year is None
    names = {track.pk: track.artist_names or [track.artist] for track in tracks}
    wanted = {
        pk: list(dict.fromkeys(key for name in some if (key := title_key(name))))
        for pk, some in names.items()
    }
    there: dict[Any, list[str]] = {pk: [] for pk in wanted}
    for row in TrackArtist.objects.filter(track__owner=owner).select_related("artist").order_by("position"):
        assert row.artist.owner_id == owner.pk
        there[row.track_id].append(row.artist.key)
    assert there == wanted
    on_albums = {album.artist.key for album in rows.values() if album.artist}
    keys = Artist.objects.filter(owner=owner).values_list("key", flat=True)
    assert set(keys) == {key for some in wanted.values() for key in some} | on_albums
    spelled = {name for some in names.values() for name in some} | {track.album_artist for track in tracks}
    assert set(artists(owner)) <= spelled


def _named(track: Track) -> tuple[str, str]:
    """Album artist and title of a track, by their keys."""
    artist = title_key(track.album_artist)
    if not artist and not track.compilation:
        artist = next(filter(None, map(title_key, track.artist_names or [track.artist])), "")
    is_various = artist in ("various artists", "various", "va", "v.a.", "v/a")
    return "" if is_various else artist, title_key(track.album)
