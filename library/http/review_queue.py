"""The page of a review queue: tracks that need a verdict, one by one, for their owner or for a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from library import selectors
from library.http.shortcuts import url_with
from library.http.types import AuthenticatedRequest
from library.models import Track
from library.text import uuid_or_nil


@dataclass(frozen=True, slots=True)
class ReviewQueueUrls:
    """Names of the URLs that the page of a review queue links to. `of_others`: whether it is a reviewer's."""

    page: str = "needs-you"
    verdict: str = "track-genre"
    undo: str = "track-genre-undo"
    track: str = "track"
    file_url_prefix: str = ""
    """The prefix of the URL names of a track's files."""
    of_others: bool = False


def review_queue_context(
    request: AuthenticatedRequest, queue: QuerySet[Track], urls: ReviewQueueUrls
) -> dict[str, Any]:
    """The template context for the next track of a queue, with the genres to answer with.

    The query string keeps the position: `after`, a cursor in the queue, and `track` for one that an undo brought
    back. Answers and undo are posted to URLs of the track, which redirect back here.
    """
    cursor = selectors.QueueCursor.parse(request.GET.get("after", ""))
    rest = selectors.queue_after_cursor(queue, cursor)
    remaining = rest.count()
    brought_back = _requested_track(request, queue)
    # Selects the id first: sorting whole rows takes a database longer.
    first = rest.values_list("pk", flat=True).first()
    # Its strip needs the timeline, which the queue leaves out.
    track = brought_back or (queue.defer(None).filter(pk=first).first() if first else None)
    current_position = selectors.QueueCursor.for_track(track) if track else None
    if brought_back and cursor and current_position and current_position <= cursor:
        remaining += 1  # the track brought back is before the cursor, so `rest` does not count it
    genres = selectors.genre_names_of(track.owner if track and urls.of_others else request.user)
    file_first = not urls.of_others and selectors.file_is_more_often_right_for(request.user)
    answers = selectors.answer_options_for(track, genres, file_first=file_first) if track else []
    last_verdict = selectors.undoable_verdict_of(request.user, of_others=urls.of_others)
    waiting = queue.count() if cursor else remaining
    start = reverse(urls.page)
    return {
        "urls": urls,
        "file_url_prefix": urls.file_url_prefix,
        "track": track,
        "answers": answers,
        "album_waiting": (
            selectors.album_in_queue(queue, track, genres) if track and not urls.of_others else None
        ),
        "suggested": selectors.suggested_own_genre(track, answers) if track else "",
        "genres": genres,
        "remaining": remaining,
        "skipped": waiting - remaining,
        "waiting": waiting,
        "last_verdict": last_verdict,
        "next_url": url_with(start, after=cursor),
        "skip_url": url_with(start, after=max(filter(None, (cursor, current_position)), default=None)),
        "undo_next_url": (url_with(start, after=cursor, track=last_verdict.track_id) if last_verdict else ""),
    }


def _requested_track(request: AuthenticatedRequest, queue: QuerySet[Track]) -> Track | None:
    track_id = uuid_or_nil(request.GET.get("track", ""))
    return queue.defer(None).filter(pk=track_id).first() if track_id.int else None
