"""The columns of a list of tracks, and the links in their heads that sort by them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from library.search.chips import ORDERING_LABELS, query_with

#: The columns in their order: what may be sorted by in each, as its label and the ordering that comes first.
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "name": (("Title", "title"), ("Artist", "artist")),
    "album": (("Album", "album"),),
    "year": (("Year", "-year"),),
    "genre": (("Genre", "genre"),),
    "sure": (("Sure", "-confidence"),),
    "added": (("Added", "-created_at"),),
    "plays": (("Plays", "-play_count"),),
    "played": (("Last played", "-last_played_at"),),
    "length": (("Length", "duration"),),
}
#: The order of a list without one.
NEWEST_FIRST = "-created_at"
#: Orderings that only a click on a column's head leads to.
REVERSED_LABELS = {
    "-title": "Title, Z to A",
    "-artist": "Artist, Z to A",
    "-album": "Album, Z to A",
    "-genre": "Genre, Z to A",
    "play_count": "Least played",
    "last_played_at": "Longest not played",
}


@dataclass(frozen=True, slots=True)
class SortLink:
    """A link that sorts by a column. `direction` is how the list is sorted by it now: "up", "down" or, if not, ""."""

    label: str
    query: str
    direction: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the links in its head."""

    name: str
    links: list[SortLink]

    @property
    def label(self) -> str:
        return self.links[0].label


def columns(params: QueryDict, ordering: str) -> list[Column]:
    """The columns of the list that these parameters show, in this order."""
    return [
        Column(name, [_sort_link(params, ordering or NEWEST_FIRST, *sort) for sort in sorts])
        for name, sorts in COLUMNS.items()
    ]


def _sort_link(params: QueryDict, ordering: str, label: str, first: str) -> SortLink:
    second = first.removeprefix("-") if first.startswith("-") else f"-{first}"
    following = second if ordering == first else first
    query = query_with(params, ordering=None if following == NEWEST_FIRST else following)
    direction = "" if ordering not in (first, second) else "down" if ordering.startswith("-") else "up"
    return SortLink(label, query, direction)


def orderings(ordering: str) -> dict[str, str]:
    """The orderings to choose from, by parameter: those that are always there, and the list's own."""
    known = {"" if ordering == NEWEST_FIRST else ordering: REVERSED_LABELS.get(ordering, "In another order")}
    return ORDERING_LABELS | {value: label for value, label in known.items() if value not in ORDERING_LABELS}
