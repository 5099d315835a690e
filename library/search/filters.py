"""The filters of a search. One declaration serves the library's URLs and the API's parameters."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django_filters import rest_framework as filters

from library import selectors
from library.models import Tagging, Track, TrackArtist, User
from library.models.tracks import MAX_RATING
from library.search.facets import FACETS
from library.search.filter_types import (
    ORDERING_COLUMNS,
    BoundedNumberFilter,
    PresenceFilter,
    StableOrderingFilter,
    StrictBooleanFilter,
    genre_condition,
)
from library.search.form import EMPTY_VALUES, NONE, SearchForm
from library.search.typed import field_condition, typed_terms
from library.search.words import phrase_condition, word_condition
from library.text import line_term, uuids_in
from library.text.folding import search_text, without_signs

ADDED_DATE_LIMITS = {"validators": [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9000, 1, 1))]}


class TrackFilterSet(filters.FilterSet):  # type: ignore[misc]
    """The filters of a search, those of the facets included. A track is found if it passes all of them."""

    q = filters.CharFilter(
        method="filter_q",
        max_length=200,
        help_text="Words in the title, artist, album, file name or tags; all of them must be there. "
        "Case and accents do not matter.",
    )
    search = filters.CharFilter(
        method="filter_search",
        max_length=200,
        help_text='What the site\'s search field takes: words as in `q`, "words together" in quotes, and words for one '
        'field: `artist:abba`, `album:"dark side"`, `genre:jazz`, `tag:live`, `year:1990`, `year:1990-1999`.',
    )
    duration_min = BoundedNumberFilter("duration", "gte", (0, 10**6), "Seconds, at least.")
    duration_max = BoundedNumberFilter("duration", "lte", (0, 10**6), "Seconds, at most.")
    duration_below = BoundedNumberFilter("duration", "lt", (0, 10**6), "Seconds, less than.")
    added_after = filters.DateFilter(
        method="filter_added_after", help_text="Added on that day or later.", **ADDED_DATE_LIMITS
    )
    added_before = filters.DateFilter(
        method="filter_added_before", help_text="Added on that day or earlier.", **ADDED_DATE_LIMITS
    )
    needs_you = StrictBooleanFilter(
        "needs_you", help_text="Whether the track needs a verdict from its owner."
    )
    starred = PresenceFilter("starred_at", help_text="Whether the track has a star.")
    rating_min = BoundedNumberFilter("rating", "gte", (1, MAX_RATING), "The rating, at least; 1 to 5.")
    rating_max = BoundedNumberFilter("rating", "lte", (1, MAX_RATING), "The rating, at most; 1 to 5.")
    ordering = StableOrderingFilter(
        fields=list(ORDERING_COLUMNS),
        help_text="What to sort by; `-` before a name reverses it. Separate several by commas.",
    )

    class Meta:
        model = Track
        fields: list[str] = []
        form = SearchForm

    def __init__(self, *args: Any, owner: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner or self.request.user
        self._word_in_tag_cache: dict[str, bool] = {}
        self._word_condition_cache: dict[str, Q] = {}

    @classmethod
    def get_filters(cls) -> dict[str, filters.Filter]:
        own: dict[str, filters.Filter] = super().get_filters()
        of_facets = {name: filter_ for facet in FACETS for name, filter_ in facet.filters.items()}
        for name, filter_ in of_facets.items():
            # As the metaclass does for filters declared on the class.
            filter_.field_name = filter_.field_name or name
        return {name: own.pop(name) for name in ("q", "search")} | of_facets | own

    def get_form_class(self) -> type[SearchForm]:
        form: type[SearchForm] = super().get_form_class()
        form.owner = self.owner
        return form

    def queryset_without(self, *names: str) -> QuerySet[Track]:
        """The tracks that the search would find without these filters, unordered."""
        found: QuerySet[Track] = self.queryset.order_by()
        for name, value in self.active_filters.items():
            if name not in {*names, "ordering"}:
                found = self.filters[name].filter(found, value)
        return found

    def takes_multiple(self, name: str) -> bool:
        """Whether all values of a repeated parameter count, and not only the last."""
        return isinstance(self.filters[name], filters.MultipleChoiceFilter)

    @property
    def params(self) -> QueryDict:
        """The parameters as they were given, but genres, tags and moods by their keys."""
        params: QueryDict = self.data.copy()
        for name in SearchForm.KEYED & set(self.active_filters):
            params.setlist(name, self.active_filters[name])
        return params

    @property
    def active_filters(self) -> dict[str, Any]:
        """The filters that are set to a valid value, with their values."""
        _ = self.errors
        return {name: value for name, value in self.form.cleaned_data.items() if value not in EMPTY_VALUES}

    def filter_q(self, tracks: QuerySet[Track], name: str, value: str) -> QuerySet[Track]:
        words = search_text(value).split()
        # A sign between words, such as &, need not be there.
        for word in list(filter(without_signs, words)) or words:
            tracks = tracks.filter(self._found_or_tagged(self._word_condition(word), word))
        return tracks

    def filter_search(self, tracks: QuerySet[Track], name: str, value: str) -> QuerySet[Track]:
        for term in typed_terms(value):
            if term.field:
                found = field_condition(self.owner, term)
            elif term.is_phrase:
                found = self._found_or_tagged(phrase_condition(self.owner, term.text), term.text)
            else:
                found = self._found_or_tagged(self._word_condition(term.text), term.text)
            tracks = tracks.filter(found)
        return tracks

    def filter_genre(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.filter(genre_condition(value))

    def filter_not_genre(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.exclude(genre_condition(value))

    def filter_source(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.filter(genre_source__in=["" if source == NONE else source for source in value])

    def filter_tag(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        for tag in value:
            tracks = tracks.filter(pk__in=self._tagged_track_ids([tag]))
        return tracks

    def filter_not_tag(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.exclude(pk__in=self._tagged_track_ids(value))

    def filter_artist(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        named = TrackArtist.objects.filter(artist__owner=self.owner, artist__in=_ids(value)).order_by()
        found = Q(pk__in=named.values("track"))
        return tracks.filter(found | Q(sort_artist="", artist="") if NONE in value else found)

    def filter_album(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        found = Q(album_entry__in=_ids(value))
        return tracks.filter(found | Q(sort_album="", album="") if NONE in value else found)

    def filter_mood(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        for mood in value:
            tracks = tracks.filter(mood_lines__icontains=line_term(mood))
        return tracks

    def filter_not_mood(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        for mood in value:
            tracks = tracks.exclude(mood_lines__icontains=line_term(mood))
        return tracks

    def filter_added_after(self, tracks: QuerySet[Track], name: str, value: date) -> QuerySet[Track]:
        return tracks.filter(created_at__gte=_start_of(value))

    def filter_added_within_days(self, tracks: QuerySet[Track], name: str, value: int) -> QuerySet[Track]:
        return tracks.filter(created_at__gte=timezone.now() - timedelta(days=value))

    def filter_played_within_days(self, tracks: QuerySet[Track], name: str, value: int) -> QuerySet[Track]:
        return tracks.filter(last_played_at__gte=timezone.now() - timedelta(days=value))

    def filter_added_before(self, tracks: QuerySet[Track], name: str, value: date) -> QuerySet[Track]:
        return tracks.filter(created_at__lt=_start_of(value + timedelta(days=1)))

    def _found_or_tagged(self, found: Q, text: str) -> Q:
        """The tracks found, and those with a tag that has this text in its name."""
        if self._matches_tag(text):
            tagged = Tagging.objects.filter(tag__owner=self.owner, tag__search_text__contains=text)
            found |= Q(pk__in=tagged.values("track"))
        return found

    def _word_condition(self, word: str) -> Q:
        """Cached: it asks the database whether names are long."""
        if word not in self._word_condition_cache:
            self._word_condition_cache[word] = word_condition(self.owner, word)
        return self._word_condition_cache[word]

    def _matches_tag(self, word: str) -> bool:
        """Cached. Most words match no tag, and a search without the subquery takes half the time."""
        if word not in self._word_in_tag_cache:
            self._word_in_tag_cache[word] = (
                selectors.tags_of(self.owner).filter(search_text__contains=word).exists()
            )
        return self._word_in_tag_cache[word]

    def _tagged_track_ids(self, keys: list[str]) -> QuerySet[Tagging]:
        return Tagging.objects.filter(tag__owner=self.owner, tag__key__in=keys).values("track")  # type: ignore[return-value]


def _ids(values: list[str]) -> list[UUID]:
    return uuids_in(value for value in values if value != NONE)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def track_filterset(owner: User, params: QueryDict) -> TrackFilterSet:
    """The filters in these parameters, over the owner's tracks. Invalid ones have no effect."""
    return TrackFilterSet(params, queryset=selectors.tracks_of(owner), owner=owner)
