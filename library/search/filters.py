"""Which tracks: what the library's address bar and the API's parameters say. One declaration serves both."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django_filters import BooleanFilter
from django_filters import rest_framework as filters

from classifier.formats import AUDIO_FORMATS
from library import selectors
from library.genres import UNSURE
from library.models import Tagging, Track, User
from library.search.form import EMPTY_VALUES, SearchForm, StrictBooleanField, TextListField
from library.text import fold, line_term

#: What a list can be sorted by, and the columns that do it. What has no value comes last either way.
ORDERING_COLUMNS = {
    "created_at": "created_at",
    "title": "sort_title",
    "artist": "sort_artist",
    "album": "sort_album",
    "duration": "duration",
    "year": "year",
    "confidence": "confidence",
    "genre": "genre",
}
NULLABLE_COLUMNS = ("duration", "year", "confidence")


class TextListFilter(filters.MultipleChoiceFilter):  # type: ignore[misc]
    field_class = TextListField


class StrictBooleanFilter(BooleanFilter):  # type: ignore[misc]
    field_class = StrictBooleanField


class BoundedNumberFilter(filters.NumberFilter):  # type: ignore[misc]
    """A number between bounds, compared with a column."""

    def __init__(self, column: str, lookup: str, bounds: tuple[int, int], help_text: str) -> None:
        super().__init__(column, lookup, min_value=bounds[0], max_value=bounds[1], help_text=help_text)


class StableOrderingFilter(filters.OrderingFilter):  # type: ignore[misc]
    """A stable order: what is equal by all that is asked for is sorted by id."""

    def filter(self, qs: QuerySet[Track], value: list[str] | None) -> QuerySet[Track]:
        return qs.order_by(*ordering_expressions(value)) if value else qs


def ordering_expressions(names: list[str]) -> list[Any]:
    """Expressions for `QuerySet.order_by`, from names of `ORDERING_COLUMNS`; "-" before a name turns it around."""
    expressions: list[Any] = []
    for name in names:
        column = ORDERING_COLUMNS[name.removeprefix("-")]
        last = True if column in NULLABLE_COLUMNS else None
        down = name.startswith("-")
        expressions.append(F(column).desc(nulls_last=last) if down else F(column).asc(nulls_last=last))
    return [*expressions, "-id" if names[0].startswith("-") else "id"]


ADDED_DATE_LIMITS = {"validators": [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9000, 1, 1))]}


class TrackFilterSet(filters.FilterSet):  # type: ignore[misc]
    """Every filter may be combined with every other; all of them must hold."""

    q = filters.CharFilter(
        method="filter_q",
        max_length=200,
        help_text="Words that all are in the title, artist, album, file name or a tag. "
        "Case and accents do not matter.",
    )
    genre = TextListFilter(
        method="filter_genre",
        help_text="The genre that counts, by its key or name, or `unsure`; several: any of them.",
    )
    not_genre = TextListFilter(method="filter_not_genre", help_text="None of these genres, or `unsure`.")
    source = filters.MultipleChoiceFilter(
        method="filter_source",
        choices=[("owner", "You"), ("model", "The model"), ("none", "Nobody")],
        help_text="Whose word the genre is; several: any of them.",
    )
    confidence_min = BoundedNumberFilter("confidence", "gte", (0, 1), "The model's confidence, at least.")
    confidence_max = BoundedNumberFilter("confidence", "lte", (0, 1), "The model's confidence, at most.")
    tag = TextListFilter(method="filter_tag", help_text="A tag on the track; several: all of them.")
    not_tag = TextListFilter(
        method="filter_not_tag", help_text="A tag that is not on the track; several: none."
    )
    mood = TextListFilter(
        method="filter_mood",
        help_text="A mood of which only a quarter of all music has more; several: all of them.",
    )
    not_mood = TextListFilter(
        method="filter_not_mood", help_text="A mood that the track has not; several: none."
    )
    status = filters.MultipleChoiceFilter(
        choices=Track.Status.choices,
        distinct=False,
        help_text="Where the analysis stands; several: any of them.",
    )
    duration_min = BoundedNumberFilter("duration", "gte", (0, 10**6), "Seconds, at least.")
    duration_max = BoundedNumberFilter("duration", "lte", (0, 10**6), "Seconds, at most.")
    year_min = BoundedNumberFilter("year", "gte", (1, 9999), "The year, at the earliest.")
    year_max = BoundedNumberFilter("year", "lte", (1, 9999), "The year, at the latest.")
    added_after = filters.DateFilter(
        method="filter_added_after", help_text="Added on that day or later.", **ADDED_DATE_LIMITS
    )
    added_before = filters.DateFilter(
        method="filter_added_before", help_text="Added on that day or earlier.", **ADDED_DATE_LIMITS
    )
    format = filters.MultipleChoiceFilter(
        "kind",
        choices=[(kind, kind.upper()) for kind in AUDIO_FORMATS],
        distinct=False,
        help_text="The file's format; several: any of them.",
    )
    needs_you = StrictBooleanFilter("needs_you", help_text="Whether the track asks for its owner's word.")
    ordering = StableOrderingFilter(
        fields=list(ORDERING_COLUMNS),
        help_text="What to sort by; `-` before it turns it around. Several, with commas between.",
    )

    class Meta:
        model = Track
        fields: list[str] = []
        form = SearchForm

    def __init__(self, *args: Any, owner: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner or self.request.user
        self._word_in_tag_cache: dict[str, bool] = {}

    def get_form_class(self) -> type[SearchForm]:
        form: type[SearchForm] = super().get_form_class()
        form.owner = self.owner
        return form

    def queryset_without(self, *names: str) -> QuerySet[Track]:
        """What would be found if some of the filters were not there, in no order."""
        found: QuerySet[Track] = self.queryset.order_by()
        for name, value in self.active_filters.items():
            if name not in {*names, "ordering"}:
                found = self.filters[name].filter(found, value)
        return found

    def takes_multiple(self, name: str) -> bool:
        """Whether a parameter that is there twice means both values, and not the last one alone."""
        return isinstance(self.filters[name], filters.MultipleChoiceFilter)

    @property
    def params(self) -> QueryDict:
        """What was asked for, with genres by their keys."""
        params: QueryDict = self.data.copy()
        for name in {"genre", "not_genre"} & set(self.active_filters):
            params.setlist(name, self.active_filters[name])
        return params

    @property
    def active_filters(self) -> dict[str, Any]:
        """The filters that are set, and valid, with their values."""
        _ = self.errors
        return {name: value for name, value in self.form.cleaned_data.items() if value not in EMPTY_VALUES}

    def filter_q(self, tracks: QuerySet[Track], name: str, value: str) -> QuerySet[Track]:
        for word in fold(value).split():
            named = Q(search_text__contains=word)
            if self._matches_tag(word):
                tagged = Tagging.objects.filter(tag__owner=self.owner, tag__key__contains=word)
                named |= Q(pk__in=tagged.values("track"))
            tracks = tracks.filter(named)
        return tracks

    def filter_genre(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.filter(_genre_condition(value))

    def filter_not_genre(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.exclude(_genre_condition(value))

    def filter_source(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.filter(genre_source__in=["" if source == "none" else source for source in value])

    def filter_tag(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        for tag in value:
            tracks = tracks.filter(pk__in=self._tagged_track_ids([tag]))
        return tracks

    def filter_not_tag(self, tracks: QuerySet[Track], name: str, value: list[str]) -> QuerySet[Track]:
        return tracks.exclude(pk__in=self._tagged_track_ids(value))

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

    def filter_added_before(self, tracks: QuerySet[Track], name: str, value: date) -> QuerySet[Track]:
        return tracks.filter(created_at__lt=_start_of(value + timedelta(days=1)))

    def _matches_tag(self, word: str) -> bool:
        """Asked first, and once: a search through names alone, as most are, takes half the time."""
        if word not in self._word_in_tag_cache:
            self._word_in_tag_cache[word] = selectors.tags_of(self.owner).filter(key__contains=word).exists()
        return self._word_in_tag_cache[word]

    def _tagged_track_ids(self, tags: list[str]) -> QuerySet[Tagging]:
        keys = [fold(tag) for tag in tags]
        return Tagging.objects.filter(tag__owner=self.owner, tag__key__in=keys).values("track")  # type: ignore[return-value]


def _genre_condition(genres: list[str]) -> Q:
    """Unsure is what has been heard and has no genre."""
    named = Q(genre__in=[genre for genre in genres if genre != UNSURE])
    return named | Q(genre="", status=Track.Status.READY) if UNSURE in genres else named


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def track_filterset(owner: User, params: QueryDict) -> TrackFilterSet:
    """The filters that an address says, over the owner's tracks. Those that are not understood have no effect."""
    return TrackFilterSet(params, queryset=selectors.tracks_of(owner), owner=owner)
