"""The tracks of a playlist, which may be a saved search."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import QueryDict

from library.errors import InvalidSearchError
from library.models import Playlist, Track, User
from library.search.chips import chips
from library.search.filters import track_filterset
from library.search.query import parse_search
from library.selectors import GenreNames, albums_of, artists_of, tag_index_of, tracks_of
from library.text import uuids_in


def gone_tags_of(owner: User, playlist: Playlist) -> list[str]:
    """The tags that a saved search names and that there are not, such as deleted ones."""
    params = _named_by(playlist)
    named = [*params.getlist("tag"), *params.getlist("not_tag")]
    tags = tag_index_of(owner, named)
    return sorted({name for name in named if tags.get(name) is None})


def gone_rows_of(owner: User, playlist: Playlist) -> list[str]:
    """What else a saved search names and there is not: "artist" or "album", once for each."""
    params, gone = _named_by(playlist), []
    for name, rows in (("artist", artists_of(owner)), ("album", albums_of(owner))):
        named = set(uuids_in(params.getlist(name)))
        missing = len(named) - rows.filter(pk__in=named).count() if named else 0
        gone += [name] * missing
    return gone


def words_of(owner: User, playlist: Playlist, genres: GenreNames) -> list[str]:
    """What a saved search looks for, as its chips say it."""
    return [chip.text for chip in chips(track_filterset(owner, _named_by(playlist)), genres)]


def _named_by(playlist: Playlist) -> QueryDict:
    """The parameters of a saved search; none of a playlist."""
    return QueryDict(playlist.query if playlist.smart else "")


def playlist_tracks_of(owner: User, playlist: Playlist) -> QuerySet[Track]:
    """The tracks of a playlist in its order, or those that a saved search finds now.

    A saved search that has become invalid, for example because its genre was deleted, finds nothing.
    """
    if playlist.smart:
        try:
            found: QuerySet[Track] = parse_search(owner, playlist.query).qs
        except InvalidSearchError:
            return tracks_of(owner).none()
        return found
    tracks = tracks_of(owner).filter(playlist_items__playlist=playlist)
    return tracks.order_by("playlist_items__position", "playlist_items__id")
