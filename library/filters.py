"""Which tracks: what the library's address bar and the API's parameters say. One declaration serves both."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import QueryDict
from django_filters import rest_framework as filters

from library import selectors
from library.models import Track, User


class TrackFilter(filters.FilterSet):  # type: ignore[misc]
    genre = filters.CharFilter(help_text="The genre that counts, by its key.")
    tag = filters.CharFilter(field_name="tags__key", help_text="A tag on the track.")

    class Meta:
        model = Track
        fields: list[str] = []


def tracks_matching(owner: User, params: QueryDict) -> QuerySet[Track]:
    """The owner's tracks that a search finds, in its order. What is no valid filter is left out of account."""
    found: QuerySet[Track] = TrackFilter(params, queryset=selectors.tracks_of(owner)).qs
    return found
