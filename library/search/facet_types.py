"""What a facet is made of (`search.facets` has all of them)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django_filters import rest_framework as django_filters

from library.search.value_names import ValueNames

if TYPE_CHECKING:
    from library.search.filters import TrackFilterSet


@dataclass(frozen=True, slots=True)
class Range:
    """Two parameters that are the lower and the upper bound of a field, both included, and how they read.

    A third one may be an upper bound that is not included. There may be a lower bound only.
    """

    params: tuple[str] | tuple[str, str] | tuple[str, str, str]
    at_least: str
    at_most: str
    show: Callable[[Any], str]
    """A bound as text."""
    name: Callable[[Any, Any], str] = lambda low, high: ""
    """What some ranges are called, such as "1970s"; "" for all others."""
    below: str = "Below {}"

    def label(self, low: Any, high: Any = None, below: Any = None) -> str:
        """The bounds in words; None means that there is no such bound."""
        if below is None and low == high:
            return self.show(low)
        if below is None and (name := self.name(low, high)):
            return name
        words = [
            text.format(self.show(bound))
            for text, bound in ((self.at_least, low), (self.at_most, high), (self.below, below))
            if bound is not None
        ]
        return ", ".join([words[0], *(word.lower() for word in words[1:])])


@dataclass(frozen=True, slots=True)
class RangeValue:
    """A value of a facet that is a range. `key` is the value in the facet's counts, `bounds` are its parameters."""

    key: Any
    label: str
    bounds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A value of a facet for the tracks that have none of its other values, by a filter that is true or false."""

    param: str
    label: str
    count: Callable[[TrackFilterSet, Counter[Any]], int]
    """How many tracks of a search, given the counts of the facet's other values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A field by which a search can be narrowed.

    Its values are either words, with `values` and `label`, or ranges, with `range` and `range_values`. They are
    counted by `count`, by `bands`, or by the values of `column`.
    """

    name: str
    """Also the parameter of its filter, if its values are words."""
    title: str
    filters: Mapping[str, django_filters.Filter]
    """Its own filters by parameter, which its counts disregard. A filter `not_<name>` excludes a value."""

    column: str = ""
    value_of: Callable[[Mapping[str, Any]], Any] | None = None
    """The value in a row of `status` and `column`, if it is not that of the column; "" for no value."""
    counted_alone: bool = False
    """Whether its column has too many values to be counted together with other columns."""
    bands: list[tuple[float | None, float | None]] = field(default_factory=list)
    """Bounds of `column`, the lower one included, counted together with the columns; a value is a band's number."""
    count: Callable[[TrackFilterSet], Mapping[Any, int]] | None = None

    values: Callable[[ValueNames, Iterable[str]], Iterable[str]] = lambda names, used: used
    """All values in their order, given those that have a count or are chosen."""
    label: Callable[[ValueNames, str], tuple[str, str]] = lambda names, value: (value, "")
    """A value's label, and the CSS class of its colour or ""."""
    range: Range | None = None
    range_values: Callable[[Counter[Any]], Iterable[RangeValue]] = lambda counts: ()
    missing: Missing | None = None
    """Comes after its other values."""

    @property
    def exclude_param(self) -> str:
        """The parameter that excludes a value; "" if values cannot be excluded."""
        return name if (name := f"not_{self.name}") in self.filters else ""
