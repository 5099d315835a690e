"""Saved searches follow the tags, genres, artists and albums that they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal
from uuid import UUID

from django.http import QueryDict

from library.models import Genre, Playlist, Tag, User
from library.models.playlists import QUERY_LENGTH
from library.selectors import tag_index_of
from library.services.batches import BATCH_SIZE

TAG_PARAMETERS, GENRE_PARAMETERS = ("tag", "not_tag"), ("genre", "not_genre")
#: A saved search: its id, and its query before and after it followed.
Followed = list[str]


def saved_searches_follow_tag(*, tag: Tag, key: str) -> list[Followed]:
    """Have saved searches that name a tag name what has this key, or will have it; returns what an undo needs.

    To be called before the tag changes, in the same transaction.
    """
    searches = _searches_naming(tag.owner, TAG_PARAMETERS)
    values = {value for _, params in searches for name in TAG_PARAMETERS for value in params.getlist(name)}
    named = tag_index_of(tag.owner, values)
    return _rename(searches, TAG_PARAMETERS, {value for value in values if named.get(value) == tag}, key)


def saved_searches_follow_genre(*, genre: Genre, key: str) -> list[Followed]:
    """Have saved searches that name an own genre name the one with this key; returns what an undo needs."""
    return _rename(_searches_naming(genre.owner, GENRE_PARAMETERS), GENRE_PARAMETERS, {genre.key}, key)


def saved_searches_follow_rows(
    *, owner: User, parameter: Literal["artist", "album"], joined: Mapping[UUID, UUID]
) -> list[Followed]:
    """Have saved searches that name an artist or album name the one that it has joined; returns what an undo needs."""
    followed: list[Followed] = []
    if not joined:
        return followed
    searches = _searches_naming(owner, (parameter,))
    for old, new in joined.items():
        followed += _rename(searches, (parameter,), {str(old)}, str(new))
    return followed


def saved_searches_restore(*, owner: User, followed: Sequence[Followed]) -> None:
    """Undo changes of saved searches, the last ones first, except for those that have changed since."""
    searches = {
        str(playlist.pk): playlist
        for playlist in Playlist.objects.select_for_update().filter(
            owner=owner, pk__in={pk for pk, _, _ in followed}
        )
    }
    for pk, before, after in reversed(followed):
        if pk in searches and searches[pk].query == after:
            searches[pk].query = before
    Playlist.objects.bulk_update(searches.values(), ["query"], BATCH_SIZE)


def _searches_naming(owner: User, names: tuple[str, ...]) -> list[tuple[Playlist, QueryDict]]:
    """The saved searches with one of these parameters, whose names all end with the first one."""
    searches = Playlist.objects.select_for_update().filter(
        owner=owner, smart=True, query__contains=f"{names[0]}="
    )
    found = [(playlist, QueryDict(playlist.query, mutable=True)) for playlist in searches.order_by("pk")]
    return [(playlist, params) for playlist, params in found if not params.keys().isdisjoint(names)]


def _rename(
    searches: list[tuple[Playlist, QueryDict]], names: Collection[str], values: set[str], key: str
) -> list[Followed]:
    """Replace values of parameters, each once. A search that would become too long to be stored stays as it is."""
    changed, followed = [], []
    for playlist, params in searches:
        given = {name: params.getlist(name) for name in names}
        if values.isdisjoint(value for some in given.values() for value in some):
            continue
        for name, some in given.items():
            if not values.isdisjoint(some):
                params.setlist(name, sorted({key if value in values else value for value in some}))
        query = params.urlencode()
        if len(query) <= QUERY_LENGTH:
            followed.append([str(playlist.pk), playlist.query, query])
            playlist.query = query
            changed.append(playlist)
    Playlist.objects.bulk_update(changed, ["query"], BATCH_SIZE)
    return followed
