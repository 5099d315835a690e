"""Other base models that have listened to a person's library: what each would change, using it, and going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from library import services
from library.http.shortcuts import PAGE_SIZE, get_or_gone, message_with_go_back
from library.http.types import AuthenticatedRequest
from library.models import BaseModelChange, BaseModelRow, Prediction, Track
from library.selectors.base_models import (
    GenreChange,
    base_model_changes_of,
    base_model_counts_of,
    base_model_in_use_of,
    changed_rows_in_order,
    genre_changes_of,
    tracks_to_follow,
)
from library.selectors.model_cards import learning_space, model_name_of
from library.selectors.model_comparison import verdicts_compared_for
from library.selectors.moments import segments_of
from library.selectors.tracks import tracks_by_id
from library.text import track_count_text, whole_number

GONE = "That base model is no longer there."


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A track that gets another genre, what both models predict of it, and its segments for a genre strip."""

    row: BaseModelRow
    track: Track
    old: Prediction | None
    new: Prediction | None
    segments: Sequence[Any]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change from one genre to another, and those of its rows that are on this page."""

    change: GenreChange
    rows: list[ShownRow] = field(default_factory=list)


@require_safe
def base_models(request: AuthenticatedRequest) -> HttpResponse:
    """The base models that have listened to the person's library, and the one in use."""
    context = {
        "page": Paginator(base_model_changes_of(request.user), PAGE_SIZE).get_page(request.GET.get("page")),
        "model_name": model_name_of(request.user),
        "in_use": base_model_in_use_of(request.user),
    }
    return render(request, "library/base_models.html", context)


@require_safe
def base_model(request: AuthenticatedRequest, change_id: int) -> HttpResponse:
    """What a base model changes, or would change: by change, with the tracks of one page."""
    change = _change(request, change_id)
    following = tracks_to_follow(request.user, change)  # first: the last may follow between two queries
    changes = genre_changes_of(request.user, change)
    rows = changed_rows_in_order(request.user, change, changes).select_related("prediction")
    page = Paginator(rows.defer("prediction__segments"), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = base_model_counts_of(request.user, change)
    changed = sum(each.tracks for each in changes)
    context = {
        "change": change,
        "can_go_back": base_model_in_use_of(request.user) == change,
        "following": following,
        "page": page,
        "changes": _shown_changes(request, change, changes, list(page)),
        "changed": changed,
        "staying": counts.tracks - changed,
        "counts": counts,
        "verdicts": verdicts_compared_for(request.user, change),
        "can_be_taught": bool(learning_space(change.model_name)),
        "model_name": model_name_of(request.user),
    }
    return render(request, "library/base_model.html", context)


@require_POST
def base_model_activate(request: AuthenticatedRequest, change_id: int) -> HttpResponse:
    """Put a base model to use, for as many changed tracks as were shown."""
    change = _change(request, change_id)
    expected = whole_number(request.POST.get("expected", "")) or 0
    count = services.base_model_activate(change=change, expected=expected)
    text = f"{change.model} is in use now. {track_count_text(count)} got another genre."
    message_with_go_back(request, text, reverse("base-model-back", args=[change.pk]))
    return redirect(change)


@require_POST
def base_model_go_back(request: AuthenticatedRequest, change_id: int) -> HttpResponse:
    """Use again what counted before."""
    change = _change(request, change_id)
    services.base_model_go_back(change=change)
    messages.success(request, f"{change.model} is not in use any more. Everything is as it was before.")
    return redirect(change)


def _change(request: AuthenticatedRequest, change_id: int) -> BaseModelChange:
    """The person's change with that id. Raises as `get_or_gone` does."""
    return get_or_gone(request, base_model_changes_of(request.user), GONE, "base-models", pk=change_id)


def _shown_changes(
    request: AuthenticatedRequest,
    change: BaseModelChange,
    changes: list[GenreChange],
    rows: list[Any],
) -> list[ShownChange]:
    """The rows of a page by what they change."""
    tracks = tracks_by_id(request.user, [row.track_id for row in rows])
    segments = segments_of(request.user, tracks.values())
    by_change = {(each.before, each.genre): each for each in changes}

    def shown(row: BaseModelRow) -> ShownRow:
        track = tracks[row.track_id]
        both = track.prediction, row.prediction
        new, old = both if change.status == BaseModelChange.Status.ACTIVE else reversed(both)
        return ShownRow(row, track, old, new, segments.get(track.pk, []))

    return [
        ShownChange(by_change[key], [shown(row) for row in group if row.track_id in tracks])
        for key, group in groupby(rows, key=lambda row: (row.genre_before, row.genre_after))
        if key in by_change
    ]
