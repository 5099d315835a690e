"""Albums and artists for tests."""

from __future__ import annotations

from typing import Any

from library.models import Album, Artist, Track, TrackArtist, User
from library.text.folding import name_key, search_text
from tests.factories import TrackFactory


def make_artist(owner: User, name: str) -> Artist:
    """The owner's artist of that name, made if need be."""
    return Artist.objects.get_or_create(
        owner=owner, key=name_key(name), defaults={"name": name, "sort_name": search_text(name)[:60]}
    )[0]


def make_album(owner: User, title: str, artist: str = "", **fields: Any) -> Album:
    """An album without tracks; of various artists if no artist is named."""
    row = make_artist(owner, artist) if artist else None
    names = {
        "title": title,
        "key": name_key(title),
        "sort_title": search_text(title)[:60],
        "compilation": row is None,
    }
    return Album.objects.create(owner=owner, artist=row, **names | fields)


def make_track_on(album: Album, title: str, artist: str = "", **fields: Any) -> Track:
    """A track on an album, by the album's artist if no other is named."""
    name = artist or (album.artist.name if album.artist else "")
    return make_track_by(album.owner, title, name, album=album.title, album_entry=album, **fields)


def make_track_by(owner: User, title: str, *artists: str, **fields: Any) -> Track:
    """A track of these artists, on no album unless the fields name one."""
    names = [name for name in artists if name]
    track = TrackFactory(owner=owner, title=title, artist=", ".join(names), **fields)
    for position, name in enumerate(names):
        TrackArtist.objects.create(track=track, artist=make_artist(owner, name), position=position)
    return track
