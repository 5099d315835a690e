"""The heads of columns: where each leads, and what a list is sorted by."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from library.search.columns import columns, orderings
from library.search.filter_types import ORDERING_COLUMNS


def links(query: str, ordering: str) -> dict[str, tuple[str, str]]:
    found = columns(QueryDict(query), ordering)
    return {link.label: (link.query, link.direction) for column in found for link in column.links}


def test_newest_first_needs_no_ordering() -> None:
    heads = links("q=x&page=3", "")
    assert heads["Added"] == ("?q=x&ordering=created_at", "down")
    assert heads["Title"] == ("?q=x&ordering=title", "")
    assert links("ordering=title", "title")["Added"] == ("?", "")
    assert links("ordering=-created_at", "-created_at")["Added"] == ("?ordering=created_at", "down")


@pytest.mark.parametrize(
    ("label", "ordering", "query", "direction"),
    [
        ("Title", "title", "?ordering=-title", "up"),
        ("Title", "-title", "?ordering=title", "down"),
        ("Year", "-year", "?ordering=year", "down"),
        ("Year", "year", "?ordering=-year", "up"),
        ("Added", "created_at", "?", "up"),
        ("Sure", "", "?ordering=-confidence", ""),
        ("Length", "duration", "?ordering=-duration", "up"),
        ("Plays", "", "?ordering=-play_count", ""),
        ("Last played", "-last_played_at", "?ordering=last_played_at", "down"),
        ("Length", "duration,title", "?ordering=duration", ""),
    ],
)
def test_once_more_is_the_other_way_round(label: str, ordering: str, query: str, direction: str) -> None:
    assert links(f"ordering={ordering}" if ordering else "", ordering)[label] == (query, direction)


def test_each_can_be_sorted_by() -> None:
    for query, _ in links("", "").values():
        assert QueryDict(query[1:]).get("ordering", "created_at").removeprefix("-") in ORDERING_COLUMNS


def test_the_menu_has_the_order_of_the_list() -> None:
    assert "-title" not in orderings("")
    assert orderings("-title")["-title"] == "Title, Z to A"
    assert orderings("title,-year")["title,-year"] == "In another order"
    assert orderings("-created_at") == orderings("")
