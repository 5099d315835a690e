"""What the parts of a page need is read once for all of them, and anew for the next page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.models import User
from library.selectors.read_once import read_once, reads_once
from tests.learning import genre_of, make_heard_track, teach_genre


def test_once_for_each_page_and_key() -> None:
    read: list[str] = []

    def value(key: str) -> str:
        return read_once(key, lambda: read.append(key) or f"{key} {len(read)}")  # type: ignore[func-returns-value]

    @reads_once
    def page() -> list[str]:
        return [value("a"), value("b"), value("a")]

    assert page() == ["a 1", "b 2", "a 1"]
    assert page() == ["a 3", "b 4", "a 3"]
    # Nothing is remembered anywhere else.
    assert [value("a"), value("a")] == ["a 5", "a 6"]


def test_also_after_a_page_that_fails() -> None:
    @reads_once
    def page() -> None:
        read_once("a", lambda: 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        page()
    assert read_once("a", lambda: 2) == 2


@pytest.mark.django_db
def test_suggestions_read_examples_once(alice: User, alice_client: Client) -> None:
    tracks = [make_heard_track(alice, "dub", number) for number in range(6)]
    genre = genre_of(teach_genre(alice, "Dub", tracks[:3]))
    with CaptureQueriesContext(connection) as captured:
        page = alice_client.get(f"/labels/genres/{genre.pk}/like/")
    assert "dub 3" in page.text
    counted = [query["sql"] for query in captured if "GROUP BY" in query["sql"] and '"space"' in query["sql"]]
    assert len([sql for sql in counted if "learningvector" in sql and "deleted_at" not in sql]) == 1
