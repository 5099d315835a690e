"""After very much was added, the database knows at once what its tables hold."""

from __future__ import annotations

import pytest
from django.db import connection

from library.models import Track, User
from library.services.statistics import CHANGED_ROWS, StatisticsKeeper

pytestmark = pytest.mark.django_db(transaction=True)


def tracks_add(owner: User, count: int, begin: int = 0) -> None:
    Track.objects.bulk_create(
        (
            Track(owner=owner, title="Song", sha256=f"{number:064}", size=1, kind="mp3", status="failed")
            for number in range(begin, begin + count)
        ),
        500,
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")  # else within a second


def rows_according_to_the_planner() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT max(CAST(stat AS integer)) FROM sqlite_stat1 WHERE tbl = 'library_track'")
        else:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'library_track'")
        return int(cursor.fetchone()[0] or 0)


def test_after_a_bulk_load(alice: User) -> None:
    keeper = StatisticsKeeper()
    keeper.refresh()
    keeper.refresh_if_grown()
    before = rows_according_to_the_planner()
    tracks_add(alice, 2 * CHANGED_ROWS)
    keeper.refresh_if_grown()
    assert rows_according_to_the_planner() > before + 1000  # SQLite estimates it


def test_not_again_and_again(alice: User) -> None:
    tracks_add(alice, 2 * CHANGED_ROWS)
    keeper = StatisticsKeeper()
    keeper.refresh_if_grown()
    assert not keeper.refresh_if_grown()
    tracks_add(alice, 10, begin=2 * CHANGED_ROWS)
    assert not keeper.refresh_if_grown()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL gathers them by itself")
def test_regularly_even_if_little_was_added(alice: User) -> None:
    keeper = StatisticsKeeper()
    keeper.refresh()
    tracks_add(alice, 30)
    keeper.refresh()
    assert rows_according_to_the_planner() > 0
