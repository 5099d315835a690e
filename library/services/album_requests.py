"""Merging, renaming and editing artists and albums: bulk actions on their tracks, which can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from library.errors import DomainError
from library.models import Album, Artist, BulkAction, Track, User
from library.models.albums import TITLE_LENGTH
from library.services.album_names import VARIOUS_ARTISTS, title_key
from library.services.bulk_actions import DEFAULT_OPTIONS, BulkActionOptions, bulk_action_start
from library.services.edits import edit_clean

#: The fields of tracks by what `album_edit` calls them.
ALBUM_FIELDS = {
    "title": "album",
    "artist": "album_artist",
    "year": "original_year",
    "compilation": "compilation",
}


def artists_merge(
    *, owner: User, into: Artist, artists: Iterable[Artist], options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Call the artists of tracks and albums as `into` is called. The others vanish; their albums move or join its own.

    Tracks whose file names several artists keep the others. Raises DomainError: `same_artist`, `not_found`.
    """
    merged = [artist for artist in artists if artist.pk != into.pk]
    if not merged:
        raise DomainError("same_artist", "An artist cannot be merged into itself.")
    _check_owner(owner, into, *merged)
    names = ", ".join(f"“{artist.name}”" for artist in merged[:3]) + (
        " and others" if len(merged) > 3 else ""
    )
    return _artists_rename(into, [artist.key for artist in merged], into.name, f"Merged {names}", options)


def artist_rename(*, artist: Artist, name: str, options: BulkActionOptions = DEFAULT_OPTIONS) -> BulkAction:
    """Call an artist otherwise, on every track and album. It stays the same row, but joins another that is called so.

    Raises DomainError: `bad_name`.
    """
    name = _clean_name(name)
    there = Artist.objects.filter(owner=artist.owner, key=title_key(name)).exclude(pk=artist.pk).first()
    done = f"Renamed “{artist.name}”"
    return _artists_rename(there or artist, [artist.key], name, done, options)


def _artists_rename(
    into: Artist, keys: list[str], name: str, summary: str, options: BulkActionOptions
) -> BulkAction:
    artists = Artist.objects.filter(owner=into.owner, key__in=keys)
    return bulk_action_start(
        BulkAction.Kind.NAMES,
        Track.all_objects.filter(
            Q(pk__in=artists.values("track_artists__track")) | Q(album_entry__artist__in=artists)
        )
        .filter(owner=into.owner)
        .order_by("album_entry_id", "pk"),
        into.owner,
        f"{summary} to “{name}”" if summary.startswith("Renamed") else f"{summary} into “{name}”",
        {"artists": keys, "name": name, "into": str(into.pk)},
        options,
    )


def albums_merge(
    *, owner: User, into: Album, albums: Iterable[Album], options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Put the tracks of other albums on `into`, by giving them its title, album artist and release.

    The others vanish, and leave it star and cover where it has none. Raises DomainError: `same_album`, `not_found`.
    """
    merged = [album for album in albums if album.pk != into.pk]
    if not merged:
        raise DomainError("same_album", "An album cannot be merged into itself.")
    _check_owner(owner, into, *merged)
    values = {"album": into.title, "album_artist": into.artist.name if into.artist else VARIOUS_ARTISTS}
    return bulk_action_start(
        BulkAction.Kind.NAMES,
        Track.all_objects.filter(owner=owner, album_entry__in=merged).order_by("album_entry_id", "pk"),
        owner,
        f"Merged “{merged[0].title}”{' and others' if len(merged) > 1 else ''} into “{into.title}”",
        {
            "album": values,
            "release": into.mbid,
            "into": str(into.pk),
            "albums": [str(album.pk) for album in (into, *merged)],
        },
        options,
    )


def album_edit(*, album: Album, options: BulkActionOptions = DEFAULT_OPTIONS, **changes: Any) -> BulkAction:
    """Change `title`, `artist` (the album artist's name), `year` or `compilation` of an album, on all of its tracks.

    `year` is the year of the first release; None clears both years. The album stays the same row, but joins another of
    that title and artist. Raises DomainError: `bad_value`.
    """
    values = {ALBUM_FIELDS[name]: edit_clean(ALBUM_FIELDS[name], value) for name, value in changes.items()}
    if "album" in values and not title_key(values["album"]):
        raise DomainError("bad_value", f"A title has 1 to {TITLE_LENGTH} characters.", 422)
    if "original_year" in values and values["original_year"] is None:
        values["year"] = None
    return bulk_action_start(
        BulkAction.Kind.NAMES,
        Track.all_objects.filter(album_entry=album).order_by("pk"),
        album.owner,
        f"Edited “{album.title}”",
        {"album": values, "release": None, "into": None, "albums": [str(album.pk)]},
        options,
    )


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= TITLE_LENGTH or not name.isprintable() or not title_key(name):
        raise DomainError("bad_name", f"A name has 1 to {TITLE_LENGTH} characters.", 422)
    return name


def _check_owner(owner: User, *rows: Artist | Album) -> None:
    if any(row.owner_id != owner.pk for row in rows):
        raise DomainError("not_found", "This no longer exists.", 404)
