"""One track after the other that asks for its owner's word."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library import selectors
from library.models import Track
from library.requests import Request


@require_safe
def needs_you(request: Request) -> HttpResponse:
    """The next track of the queue, and what one can say of it.

    The address keeps where one is: `after` a place in the queue, and `track` for one that an undo brought back.
    Answers and undo go to the track's own addresses, which lead back here.
    """
    place = selectors.Place.read(request.GET.get("after", ""))
    rest = selectors.needs_you_after(request.user, place)
    left = rest.count()
    brought_back = _asked(request)
    track = brought_back or rest.first()
    here = selectors.Place.of(track) if track else None
    if brought_back and place and here and here <= place:
        left += 1  # it lies behind, and is answered first
    genres = selectors.genre_names_of(request.user)
    answers = selectors.answers_for(track, genres) if track else []
    last = selectors.last_word_of(request.user)
    total = selectors.needs_you_of(request.user).count()
    return render(
        request,
        "library/needs_you.html",
        {
            "track": track,
            "answers": answers,
            "suggested": selectors.new_genre_for(track, answers) if track else "",
            "genres": genres,
            "left": left,
            "skipped": total - left,
            "needs_you_count": total,
            "last": last,
            "on": _address(after=place),
            "skip": _address(after=max(filter(None, (place, here)), default=None)),
            "undone": _address(after=place, track=last.track_id) if last else "",
        },
    )


def _asked(request: Request) -> Track | None:
    try:
        track_id = UUID(request.GET.get("track", ""))
    except ValueError:
        return None
    return selectors.needs_you_of(request.user).filter(pk=track_id).first()


def _address(**parameters: object) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return reverse("needs-you") + (f"?{urlencode(given)}" if given else "")
