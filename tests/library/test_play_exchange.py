"""Plays in exports, and imported where they are not there yet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from library import services
from library.errors import DomainError
from library.exchange.export_writer import export_as_csv
from library.models import Play, Track, User
from library.services import play_imports, plays
from tests.library.test_star_exchange import copies, exported, imported

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
THEN = datetime(2026, 3, 1, 18, 20, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def tracks(make_track: MakeTrack) -> list[Track]:
    """One that was played three times, one once, one never."""
    made = [make_track(title=title) for title in "abc"]
    for track, days in zip(made, ([0, 1, 2], [9], []), strict=True):
        for ago in days:
            services.play_add(track=track, played_at=THEN - ago * DAY)
    return made


def played(owner: User) -> list[tuple[int, datetime | None, int]]:
    """By title: the count, when last, and how many rows there are."""
    return [
        (track.play_count, track.last_played_at, track.plays.count())
        for track in Track.objects.filter(owner=owner).order_by("title")
    ]


def test_nothing_is_lost_and_nothing_doubled(alice: User, charlie: User, tracks: list[Track]) -> None:
    first, *_ = copies(tracks, charlie)
    before = list(Track.objects.filter(owner=charlie).order_by("pk").values_list("updated_at", flat=True))
    document = exported(alice)
    assert imported(charlie, document) == {"plays": 4}
    assert played(charlie) == played(alice) == [(3, THEN, 3), (1, THEN - 9 * DAY, 1), (0, None, 0)]
    assert {play.owner for play in Play.objects.filter(track=first)} == {charlie}
    # A play is no change of a track.
    after = list(Track.objects.filter(owner=charlie).order_by("pk").values_list("updated_at", flat=True))
    assert after == before
    assert imported(charlie, document) == {}
    assert imported(alice, document) == {}
    assert played(charlie) == played(alice)


def test_what_is_here_stays_and_is_counted_together(alice: User, charlie: User, tracks: list[Track]) -> None:
    first, second, third = copies(tracks, charlie)
    services.play_add(track=first, played_at=THEN)
    services.play_add(track=second, played_at=THEN)
    services.play_add(track=third, played_at=THEN)
    assert imported(charlie, exported(alice)) == {"plays": 3}
    assert played(charlie) == [(3, THEN, 3), (2, THEN, 2), (1, THEN, 1)]


def test_in_batches_of_any_size(
    alice: User, charlie: User, tracks: list[Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies(tracks, charlie)
    monkeypatch.setattr(play_imports, "PLAYS_BATCH", 2)
    monkeypatch.setattr(play_imports, "BATCH_SIZE", 1)
    assert imported(charlie, exported(alice)) == {"plays": 4}
    assert played(charlie) == played(alice)


def test_moments_are_brought_to_the_second(alice: User, charlie: User, tracks: list[Track]) -> None:
    copies(tracks, charlie)
    document = exported(alice)
    document["tracks"] = [
        row | {"plays": ["2026-03-01T19:20:05.1+01:00", "2026-03-01T18:20:05.9Z"]}
        for row in document["tracks"]
    ]
    assert imported(charlie, document) == {"plays": 3}
    assert played(charlie) == [(1, THEN, 1)] * 3


def test_no_more_than_are_kept(
    alice: User, charlie: User, tracks: list[Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = copies(tracks, charlie)
    for module in (play_imports, plays):
        monkeypatch.setattr(module, "MAX_PLAYS", 2)
    assert imported(charlie, exported(alice)) == {"plays": 3}
    assert played(charlie) == [(2, THEN, 2), (1, THEN - 9 * DAY, 1), (0, None, 0)]
    with pytest.raises(DomainError) as refused:
        services.play_add(track=first)
    assert refused.value.code == "too_many_plays"
    services.play_add(track=first, played_at=THEN)
    assert played(charlie)[0] == (2, THEN, 2)


@pytest.mark.parametrize("change", [lambda row: row.pop("plays"), lambda row: row.update(plays=None)])
def test_documents_of_before(
    change: Callable[[Any], Any], alice: User, charlie: User, tracks: list[Track]
) -> None:
    copies(tracks, charlie)
    document = exported(alice)
    for row in document["tracks"]:
        change(row)
    assert imported(charlie, document) == {}
    assert played(charlie) == [(0, None, 0)] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-03-01T18:20:05+00:00",
        [None],
        [12],
        ["yesterday"],
        ["2026-03-01T18:20:05"],
        ["2999-01-01T00:00:00+00:00"],
        ["1999-12-31T23:59:59+00:00"],
        {"at": "2026-03-01T18:20:05+00:00"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(wrong: Any, alice: User, charlie: User, tracks: list[Track]) -> None:
    copies(tracks, charlie)
    document = exported(alice)
    document["tracks"][2]["plays"] = wrong
    with pytest.raises(DomainError) as refused:
        imported(charlie, document)
    assert refused.value.code == "bad_export"
    assert "plays" in refused.value.message
    assert not Play.objects.filter(owner=charlie).exists()


def test_those_in_the_bin_are_left_out(alice: User, charlie: User, tracks: list[Track]) -> None:
    copied = copies(tracks, charlie)
    document = exported(alice)
    services.track_delete(track=copied[0])
    assert imported(charlie, document) == {"plays": 1}
    services.track_delete(track=tracks[0])
    assert sum(len(row["plays"]) for row in exported(alice)["tracks"]) == 1


def test_the_table_has_them(alice: User, tracks: list[Track]) -> None:
    text = "".join(export_as_csv(alice)).removeprefix("\ufeff")
    rows = {row["title"]: (row["plays"], row["last_played"]) for row in csv.DictReader(io.StringIO(text))}
    assert rows == {"a": ("3", THEN.isoformat()), "b": ("1", (THEN - 9 * DAY).isoformat()), "c": ("0", "")}


def test_as_few_queries_for_many_plays_as_for_one(
    alice: User, tracks: list[Track], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    document = exported(alice)
    document["tracks"][0]["plays"] = [
        (THEN - minutes * timedelta(minutes=5)).isoformat() for minutes in range(500)
    ]
    with django_assert_max_num_queries(60):
        imported(alice, document)
