"""A queue of tracks that ask for a verdict, answered one by one: the owner's own, or a reviewer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from library import selectors
from library.http.types import Request
from library.models import Track


@dataclass(frozen=True, slots=True)
class ReviewQueueUrls:
    """The names of the URLs that the page of a queue leads to."""

    page: str = "needs-you"
    say: str = "track-genre"
    undo: str = "track-genre-undo"
    about: str = "track"
    files: str = ""
    """The prefix of the URL names of a track's files."""
    of_others: bool = False


def review_queue_context(request: Request, queue: QuerySet[Track], urls: ReviewQueueUrls) -> dict[str, Any]:
    """The next track of a queue, and what one can say of it.

    The address keeps where one is: `after` a place in the queue, and `track` for one that an undo brought back.
    Answers and undo go to addresses of the track, which lead back here.
    """
    place = selectors.Place.read(request.GET.get("after", ""))
    rest = selectors.left_after(queue, place)
    left = rest.count()
    brought_back = _asked(request, queue)
    # Its id is asked for first: to sort whole rows takes a database longer.
    first = rest.values_list("pk", flat=True).first()
    track = brought_back or (queue.filter(pk=first).first() if first else None)
    here = selectors.Place.of(track) if track else None
    if brought_back and place and here and here <= place:
        left += 1  # it lies behind, and is answered first
    genres = selectors.genre_names_of(track.owner if track and urls.of_others else request.user)
    answers = selectors.answers_for(track, genres) if track else []
    last = selectors.last_word_of(request.user, of_others=urls.of_others)
    waiting = queue.count() if place else left
    start = reverse(urls.page)
    return {
        "desk": urls,
        "files": urls.files,
        "track": track,
        "answers": answers,
        "suggested": selectors.new_genre_for(track, answers) if track else "",
        "genres": genres,
        "left": left,
        "skipped": waiting - left,
        "waiting": waiting,
        "last": last,
        "on": _address(start, after=place),
        "skip": _address(start, after=max(filter(None, (place, here)), default=None)),
        "undone": _address(start, after=place, track=last.track_id) if last else "",
    }


def _asked(request: Request, queue: QuerySet[Track]) -> Track | None:
    try:
        track_id = UUID(request.GET.get("track", ""))
    except ValueError:
        return None
    return queue.filter(pk=track_id).first()


def _address(start: str, **parameters: object) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return start + (f"?{urlencode(given)}" if given else "")
