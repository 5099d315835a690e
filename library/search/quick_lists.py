"""Lists that are one click away: what was added or played lately, and what is played most."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

#: Each with its label, its search, and what is said while it is empty.
QUICK_LISTS = (
    (
        "Recently added",
        "added_within_days=30",
        "Nothing was added in the last 30 days. What you upload appears here.",
    ),
    (
        "Recently played",
        "played=true&ordering=-last_played_at",
        "What you play appears here, the latest first, once you have heard half of it, or four minutes.",
    ),
    (
        "Most played",
        "played=true&ordering=-play_count",
        "What you play most often appears here. A play counts once you have heard half of a track, or four minutes.",
    ),
)


@dataclass(frozen=True, slots=True)
class QuickList:
    """A link to a search. `is_current` is whether the list shows it now, `empty` what is said if that finds nothing."""

    label: str
    query: str
    empty: str
    is_current: bool


def quick_lists(params: QueryDict) -> list[QuickList]:
    """The lists, of which one may be that of these parameters."""
    shown = params.copy()
    shown.pop("page", None)
    return [
        QuickList(label, f"?{query}", empty, QueryDict(query) == shown) for label, query, empty in QUICK_LISTS
    ]
