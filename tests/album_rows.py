"""Albums and artists for tests."""

from __future__ import annotations

from typing import Any

from library.models import Album, Artist, Track, User
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
    by = album.artist.name if album.artist else ""
    place: dict[str, Any] = {
        "album": album.title,
        "album_artist": by,
        "compilation": album.compilation,
        "year": album.year,
        "musicbrainz": {"release": [album.mbid]} if album.mbid else {},
    }
    return make_track_by(album.owner, title, artist or by, **place | fields)


def make_track_by(owner: User, title: str, *artists: str, **fields: Any) -> Track:
    """A track of these artists, on no album unless the fields name one."""
    names = [name for name in artists if name]
    several = names if len(names) > 1 else []
    return TrackFactory(owner=owner, title=title, artist=", ".join(names), artist_names=several, **fields)
