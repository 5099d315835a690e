"""The feed of changes has deletions: each once, in order, and restored tracks again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library import services
from library.api import changes
from library.models import Track, TrackDeletion, User
from tests.factories import with_token

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TRACKS = "/api/v1/tracks/"


def changed(track: Track, second: int) -> None:
    Track.objects.filter(pk=track.pk).update(updated_at=LONG_AGO + timedelta(seconds=second))


def deleted(track: Track, second: int) -> None:
    services.tracks_move_to_bin(owner=track.owner, track_ids=[track.pk])
    then = LONG_AGO + timedelta(seconds=second)
    TrackDeletion.objects.filter(track_id=track.pk).update(deleted_at=then)


def start(page_size: int = 50) -> str:
    return f"{TRACKS}changes/?" + urlencode({"updated_since": LONG_AGO.isoformat(), "page_size": page_size})


def pages(client: Client, url: str) -> Iterator[dict[str, Any]]:
    while url:
        body = client.get(url).json()
        yield body
        url = body["next"]


def feed_entries(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [("changed", row["id"]) for row in page["results"]] + [
        ("deleted", row["id"]) for row in page["deleted"]
    ]


def test_one_feed_in_the_order_of_time(alice_api: Client, make_track: MakeTrack) -> None:
    one, two, three, four, five = (make_track() for _ in range(5))
    for second, (track, happens) in enumerate(
        [(one, changed), (two, deleted), (three, deleted), (four, changed), (five, deleted)]
    ):
        happens(track, second)
    found = [feed_entries(page) for page in pages(alice_api, start(page_size=2))]
    assert found == [
        [("changed", str(one.pk)), ("deleted", str(two.pk))],
        [("changed", str(four.pk)), ("deleted", str(three.pk))],
        [("deleted", str(five.pk))],
    ]
    (everything,) = pages(alice_api, start())
    (row, *_) = everything["deleted"]
    assert row == {"id": str(two.pk), "deleted_at": "2020-01-01T00:00:01Z"}


def test_resumed_after_a_deletion(alice_api: Client, make_track: MakeTrack) -> None:
    one, two = make_track(), make_track()
    deleted(one, 1)
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == [("deleted", str(one.pk))]
    assert [feed_entries(page) for page in pages(alice_api, page["resume"])] == [[]]
    changed(two, 2)
    (page,) = pages(alice_api, page["resume"])
    assert feed_entries(page) == [("changed", str(two.pk))]


def test_changes_of_the_same_moment_are_all_returned(alice_api: Client, make_track: MakeTrack) -> None:
    tracks = [make_track() for _ in range(6)]
    for number, track in enumerate(tracks):
        (changed, deleted)[number % 2](track, 1)
    found = [which for page in pages(alice_api, start(page_size=1)) for which in feed_entries(page)]
    assert sorted(pk for _, pk in found) == sorted(str(track.pk) for track in tracks)
    assert [pk for _, pk in found] == sorted(str(track.pk) for track in tracks)


def test_restored_tracks_are_returned_again(
    alice: User, alice_api: Client, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted(track, 1)
    (page,) = pages(alice_api, start())
    services.tracks_restore(owner=alice, track_ids=[track.pk])
    monkeypatch.setattr(changes, "commit_horizon", lambda: datetime.now(UTC) + timedelta(seconds=1))
    (page,) = pages(alice_api, page["resume"])
    assert feed_entries(page) == [("changed", str(track.pk))]
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == [("changed", str(track.pk))]


def test_permanent_deletions_stay_in_the_feed(alice: User, alice_api: Client, make_track: MakeTrack) -> None:
    from_bin, at_once = make_track(), make_track()
    deleted(from_bin, 1)
    services.tracks_purge(owner=alice, track_ids=[from_bin.pk, at_once.pk])
    TrackDeletion.objects.filter(track_id=at_once.pk).update(deleted_at=LONG_AGO + timedelta(seconds=2))
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == [("deleted", str(from_bin.pk)), ("deleted", str(at_once.pk))]


def test_changes_wait_for_older_transactions(alice_api: Client, track: Track) -> None:
    services.tracks_move_to_bin(owner=track.owner, track_ids=[track.pk])
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == []
    before = changes.commit_horizon() - timedelta(milliseconds=1)
    TrackDeletion.objects.update(deleted_at=before)
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == [("deleted", str(track.pk))]


def test_one_horizon_for_both(
    alice_api: Client, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a deletion could appear while a change before it is skipped for ever."""
    one, two = make_track(), make_track()
    changed(one, 5)
    deleted(two, 6)
    moments = iter([LONG_AGO + timedelta(seconds=4), LONG_AGO + timedelta(seconds=7)])
    monkeypatch.setattr(changes, "commit_horizon", lambda: next(moments))
    (page,) = pages(alice_api, start())
    assert feed_entries(page) == []


def test_only_the_owners_tracks(charlie_api: Client, track: Track) -> None:
    deleted(track, 1)
    (page,) = pages(charlie_api, start())
    assert feed_entries(page) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    page_size=st.integers(1, 4),
    steps=st.lists(
        st.tuples(st.sampled_from(["page", "change", "delete", "restore", "purge"]), st.integers(0, 5)),
        max_size=25,
    ),
)
def test_a_copy_ends_up_as_the_library_is(alice: User, page_size: int, steps: list[tuple[str, int]]) -> None:
    """A program that follows page by page, while tracks change, go and come back, has in the end what is there."""
    Track.all_objects.all().delete()
    TrackDeletion.objects.all().delete()
    ids = [
        Track.objects.create(owner=alice, sha256=f"{number:064}", size=1, title="").pk for number in range(6)
    ]
    clock = 0
    for pk in ids:
        Track.objects.filter(pk=pk).update(updated_at=LONG_AGO + timedelta(seconds=(clock := clock + 1)))
    client, url, copy = with_token(alice), start(page_size), {}

    def page() -> str:
        body = client.get(url).json()
        assert len(body["results"]) + len(body["deleted"]) <= page_size
        copy.update({row["id"]: row["updated_at"] for row in body["results"]})
        for row in body["deleted"]:
            copy.pop(row["id"], None)
        return str(body["next"] or body["resume"])

    for step, number in steps:
        if step == "page":
            url = page()
            continue
        pk, clock = ids[number], clock + 1
        then = LONG_AGO + timedelta(seconds=clock)
        gone_before = set(TrackDeletion.objects.values_list("track_id", flat=True))
        if step == "delete":
            services.tracks_move_to_bin(owner=alice, track_ids=[pk])
        elif step == "purge":
            services.tracks_purge(owner=alice, track_ids=[pk])
        elif step == "restore" and not services.tracks_restore(owner=alice, track_ids=[pk]):
            continue
        if pk not in gone_before:
            TrackDeletion.objects.filter(track_id=pk).update(deleted_at=then)
        Track.objects.filter(pk=pk).update(updated_at=then)
    for _ in range(2 * len(ids) + 1):
        url = page()
    there = {str(track.pk): track.updated_at for track in Track.objects.all()}
    assert {pk: datetime.fromisoformat(when) for pk, when in copy.items()} == there
