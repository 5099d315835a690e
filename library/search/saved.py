"""The tracks of a playlist, which may be a saved search."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import QueryDict

from library.errors import InvalidSearchError
from library.models import Playlist, Track, User
from library.search.query import parse_search
from library.selectors import tag_index_of, tracks_of


def gone_tags_of(owner: User, playlist: Playlist) -> list[str]:
    """The tags that a saved search names and that there are not, such as deleted ones."""
    params = QueryDict(playlist.query if playlist.smart else "")
    named = [*params.getlist("tag"), *params.getlist("not_tag")]
    tags = tag_index_of(owner, named)
    return sorted({name for name in named if tags.get(name) is None})


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
