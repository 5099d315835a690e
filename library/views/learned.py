"""What Earmark has learned from a person's answers: the versions, and what each of them changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import PAGE_SIZE, get_or_gone, message_with_go_back, redirect_back
from library.http.types import AuthenticatedRequest
from library.models import LearnedModel, LearnedRow, Track
from library.selectors.learned import LEAST_ANSWERS, LearnedChange
from library.selectors.moments import segments_of
from library.selectors.tracks import tracks_by_id
from library.text import track_count_text, uuid_or_nil, whole_number

#: How many of the answers that speak for a row are shown.
SHOWN_ANSWERS = 2
GONE = "That version is no longer there."


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a version with its track, the track's segments for a genre strip, and the answers that speak for it."""

    row: LearnedRow
    track: Track
    segments: Sequence[Any]
    nearest: list[Track]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change from one genre to another, and those of its rows that are on this page."""

    change: LearnedChange
    rows: list[ShownRow] = field(default_factory=list)


@require_safe
def learned(request: AuthenticatedRequest) -> HttpResponse:
    """The versions. While one is being learned, the page fetches itself from time to time."""
    is_learning = selectors.is_learning(request.user)  # first: a version may be finished between two queries
    versions = selectors.learned_models_of(request.user)
    context = {
        "page": Paginator(versions, PAGE_SIZE).get_page(request.GET.get("page")),
        "candidate": selectors.learned_candidate_of(request.user),
        "is_learning": is_learning,
        "answer_count": selectors.learnable_verdicts_of(request.user).count(),
        "least_answers": LEAST_ANSWERS,
    }
    return render(request, "library/learned.html", context)


@require_POST
def learned_fit(request: AuthenticatedRequest) -> HttpResponse:
    """Have a worker learn from the person's answers."""
    if not services.learned_model_fit_request(owner=request.user):
        messages.info(request, "Earmark is learning already.")
    return redirect("learned")


@require_POST
def learned_off(request: AuthenticatedRequest) -> HttpResponse:
    """Use nothing of what was learned."""
    services.learned_models_off(owner=request.user)
    messages.success(request, "Nothing that Earmark has learned is in use now.")
    return redirect_back(request, "learned")


@require_safe
def learned_version(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """What a version changes, or would change: by change, with the tracks of one page."""
    version = _version(request, number)
    changes = selectors.learned_changes_of(request.user, version)
    page = Paginator(selectors.open_rows_by_change(request.user, version, changes), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    unchanged = selectors.unchanged_counts_of(request.user, version)
    proposed = sum(each.proposed for each in changes)
    tracks = unchanged.tracks + sum(each.tracks for each in changes)
    context = {
        "version": version,
        "is_open": selectors.learned_model_is_open(request.user, version),
        "page": page,
        "changes": _shown_changes(request, changes, list(page)),
        "proposed": proposed,
        "accepted": sum(each.accepted for each in changes),
        "skipped": sum(each.skipped for each in changes),
        "tracks": tracks,
        "staying": tracks - proposed,
        "with_verdict": unchanged.with_verdict,
    }
    return render(request, "library/learned_version.html", context)


@require_POST
def learned_accept(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """Accept what a version would change: see `_chosen`."""
    version = _version(request, number)
    in_use = selectors.learned_models_of(request.user).filter(status=LearnedModel.Status.ACTIVE).first()
    count = services.learned_rows_accept(model=version, **_chosen(request))
    text = f"Accepted for {track_count_text(count)}."
    if in_use == version:
        messages.success(request, text)
    else:
        back = reverse("learned-activate", args=[in_use.number]) if in_use else reverse("learned-off")
        message_with_go_back(request, text, back)
    return redirect_back(request, "learned")


@require_POST
def learned_skip(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """Leave tracks as they are: see `_chosen`."""
    count = services.learned_rows_skip(model=_version(request, number), **_chosen(request))
    stay = "stays" if count == 1 else "stay"
    messages.success(request, f"{track_count_text(count)} {stay} as before.")
    return redirect_back(request, "learned")


@require_POST
def learned_activate(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """Go back to a version that was in use before."""
    version = _version(request, number)
    services.learned_model_activate(model=version)
    messages.success(request, f"Version {version.number} is in use now.")
    return redirect_back(request, "learned")


def _version(request: AuthenticatedRequest, number: int) -> LearnedModel:
    """The person's version with that number. Raises as `get_or_gone` does."""
    return get_or_gone(request, selectors.learned_models_of(request.user), GONE, "learned", number=number)


def _chosen(request: AuthenticatedRequest) -> dict[str, Any]:
    """What a form is about: a `track`, or the change from the genre `before` to `genre`, or else everything.

    The last two are about as many tracks as were shown, `expected`.
    """
    if "track" in request.POST:
        return {"track_ids": [uuid_or_nil(request.POST["track"])]}
    chosen: dict[str, Any] = {"expected": whole_number(request.POST.get("expected", "")) or 0}
    if "genre" in request.POST:
        chosen["change"] = (request.POST.get("before", ""), request.POST["genre"])
    return chosen


def _shown_changes(
    request: AuthenticatedRequest, changes: list[LearnedChange], rows: list[LearnedRow]
) -> list[ShownChange]:
    """The rows of a page by what they change."""
    tracks: dict[UUID, Track] = tracks_by_id(request.user, [row.track_id for row in rows])
    segments = segments_of(request.user, tracks.values())
    nearest = selectors.nearest_answers_of(request.user, rows)
    by_change = {(each.before, each.genre): each for each in changes}
    return [
        ShownChange(
            by_change[key],
            [
                ShownRow(
                    row, tracks[row.track_id], segments.get(row.track_id, []), nearest[row.pk][:SHOWN_ANSWERS]
                )
                for row in group
                if row.track_id in tracks
            ],
        )
        for key, group in groupby(rows, key=lambda row: (row.before, row.genre))
        if key in by_change
    ]
