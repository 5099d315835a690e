"""Context for every page, evaluated only by pages that use it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from library import selectors

#: The number beside "Needs you" is counted up to here, and shown as "99+" beyond.
MAX_NEEDS_YOU_COUNT = 99


def library(request: HttpRequest) -> dict[str, Any]:
    """`genres`: the person's genres by key. `needs_you_count`: how many tracks need their verdict, 100 at most.

    `rail_playlists`: their newest playlists.
    """
    user = request.user
    if not user.is_authenticated:
        return {}
    return {
        "genres": SimpleLazyObject(lambda: selectors.genre_names_of(user)),
        "needs_you_count": SimpleLazyObject(
            lambda: selectors.needs_you_of(user)[: MAX_NEEDS_YOU_COUNT + 1].count()
        ),
        "rail_playlists": SimpleLazyObject(lambda: list(selectors.newest_playlists_of(user))),
    }
