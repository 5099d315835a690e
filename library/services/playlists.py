"""Playlists, and searches that are kept as such."""

from __future__ import annotations

from django.http import QueryDict

from library.errors import Refused
from library.filters import canonical
from library.models import Playlist, User
from library.models.playlists import QUERY_LENGTH


def search_save(*, owner: User, name: str, query: str) -> Playlist:
    """Keep a search as a playlist of whatever it finds. Raises Refused: `bad_name`, `no_search`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Refused("bad_name", "A name has 1 to 80 characters.", 422)
    query = canonical(QueryDict(query))
    if not 1 <= len(query) <= QUERY_LENGTH:
        raise Refused(
            "no_search", "Only a search can be saved: choose a filter or search for words first.", 422
        )
    return Playlist.objects.create(owner=owner, name=name, smart=True, query=query)
