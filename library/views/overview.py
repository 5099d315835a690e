"""The overview: charts of a library, each bar a link to its tracks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.genres import UNSURE
from library.http.labels import LabelUrls
from library.http.types import AuthenticatedRequest
from library.models import User
from library.search.facet_links import FacetValue, facets_of
from library.search.facets import ONLY_FOR_LISTS, UNSURE_LABEL
from library.search.filters import track_filterset
from library.selectors.analysis_parts import upgrade_progress_of
from library.selectors.base_models import waiting_base_model_of
from library.selectors.keeping_up import agreement_of, could_learn_anew
from library.selectors.overview import (
    DURATION_BANDS,
    model_accuracy_of,
    seconds_by_genre,
    track_counts_by_duration,
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. `fraction` is its share of the longest bar, 0 to 1; `query` finds its tracks."""

    label: str
    count: int
    fraction: float
    query: str
    css: str = ""
    seconds: float = 0


@require_safe
def overview(request: AuthenticatedRequest) -> HttpResponse:
    genres = selectors.genre_names_of(request.user)
    everything = track_filterset(request.user, QueryDict())
    facets = {f.name: f.choices for f in facets_of(everything, genres, without=ONLY_FOR_LISTS)}
    names = {UNSURE: UNSURE_LABEL} | {genre.key: genre.name for genre in genres}
    seconds = {names.get(key, key): sum_ for key, sum_ in seconds_by_genre(request.user).items()}
    decades = [decade for decade in facets.get("year", []) if not decade.is_missing]
    return render(
        request,
        "library/overview.html",
        {
            "genres": genres,
            "usage": selectors.usage_of(request.user),
            "recompute": selectors.finished_genre_recompute_of(request.user),
            "learned_candidate": selectors.learned_candidate_of(request.user),
            "doubtful": [
                (concept, LabelUrls.of(taught))
                for concept in selectors.doubtful_concepts_of(request.user)
                if (taught := concept.genre or concept.tag)
            ],
            "base_model": waiting_base_model_of(request.user),
            "upgrade": upgrade_progress_of(request.user),
            "by_genre": bars(sorted(facets.get("genre", []), key=lambda genre: -genre.count), seconds),
            "by_mood": bars(facets.get("mood", [])),
            "by_decade": bars(sorted(decades, key=lambda decade: decade.label.zfill(5))),
            "by_length": bars(_length_choices(track_counts_by_duration(request.user))),
            "by_format": bars(sorted(facets.get("format", []), key=lambda kind: -kind.count)),
            "accuracy": model_accuracy_of(request.user),
            **_agreement(request.user),
        },
    )


@require_POST
def genre_recompute_dismiss(request: AuthenticatedRequest) -> HttpResponse:
    """Take away the notice that genres have changed."""
    services.genre_recompute_dismiss(owner=request.user)
    return redirect("overview")


def _agreement(owner: User) -> dict[str, Any]:
    """How Earmark keeps up with a person, and what can be done where it does not."""
    agreement = agreement_of(owner)
    context: dict[str, Any] = {"agreement": agreement}
    if agreement.falls and not selectors.is_learning(owner):
        context |= {"falls": agreement.falls, "could_learn": could_learn_anew(owner)}
    return context


def bars(choices: Iterable[FacetValue], seconds: dict[str, float] | None = None) -> list[Bar]:
    rows = list(choices)
    most = max((row.count for row in rows), default=0) or 1
    return [
        Bar(row.label, row.count, row.count / most, row.query, row.css, (seconds or {}).get(row.label, 0))
        for row in rows
    ]


def _length_choices(counts: list[int]) -> Iterable[FacetValue]:
    """The classes of lengths, like "3–4 min", with the search for each."""
    for (low, below), count in zip(DURATION_BANDS, counts, strict=True):
        bounds = {"duration_min": low, "duration_below": below}
        query = urlencode({name: bound for name, bound in bounds.items() if bound is not None})
        first, last = (low or 0) // 60, (below or 0) // 60
        label = (
            f"Under {last} min" if not first else f"{first}–{last} min" if last else f"{first} min and more"
        )
        yield FacetValue(label, count, f"?{query}")
