"""The bin for programs: deleting, restoring, and deleting for good."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from library import selectors, services
from library.models import BulkAction, Track, User
from tests.factories import upload, wav

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
TRACKS, BIN = "/api/v1/tracks/", "/api/v1/bin/"


def send(client: Client, url: str, **body: Any) -> Any:
    return client.post(url, body, content_type="application/json")


def with_scopes(owner: User, **limits: bool) -> Client:
    _, key = services.token_create(owner=owner, name="limited", **limits)
    return Client(headers={"Authorization": f"Bearer {key}"})


def binned(track: Track) -> Track:
    services.tracks_move_to_bin(owner=track.owner, track_ids=[track.pk])
    return track


class TestDeleting:
    def test_it_goes_to_the_bin_and_is_404_from_then_on(
        self, alice: User, alice_api: Client, track: Track
    ) -> None:
        url = f"{TRACKS}{track.pk}/"
        assert alice_api.delete(url).status_code == 204
        assert [alice_api.get(url).status_code, alice_api.delete(url).status_code] == [404, 404]
        assert alice_api.get(TRACKS).json()["results"] == []
        assert set(selectors.bin_of(alice)) == {track}
        assert BulkAction.objects.get().kind == BulkAction.Kind.DELETE

    @pytest.mark.parametrize("where", ["library", "bin"])
    def test_permanently(self, alice_api: Client, track: Track, where: str) -> None:
        if where == "bin":
            binned(track)
        url = f"{TRACKS}{track.pk}/?permanently=true"
        assert [alice_api.delete(url).status_code, alice_api.delete(url).status_code] == [204, 404]
        assert not Track.all_objects.exists()

    def test_permanently_must_be_true_or_false(self, alice: User, alice_api: Client, track: Track) -> None:
        answer = alice_api.delete(f"{TRACKS}{track.pk}/?permanently=perhaps")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/permanently")
        assert alice_api.delete(f"{TRACKS}{track.pk}/?permanently=false").status_code == 204
        assert set(selectors.bin_of(alice)) == {track}

    @pytest.mark.parametrize("query", ["", "?permanently=true"])
    def test_never_anothers(self, charlie_api: Client, make_track: MakeTrack, query: str) -> None:
        for track in (make_track(), binned(make_track())):
            assert charlie_api.delete(f"{TRACKS}{track.pk}/{query}").status_code == 404
        assert Track.all_objects.count() == 2
        assert charlie_api.delete(f"{TRACKS}{uuid.uuid4()}/{query}").status_code == 404

    @pytest.mark.parametrize("query", ["", "?permanently=true"])
    def test_it_needs_the_scope(self, alice: User, track: Track, query: str) -> None:
        client = with_scopes(alice, may_delete=False)
        answer = client.delete(f"{TRACKS}{track.pk}/{query}")
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


class TestRestoring:
    def test_one(self, alice: User, alice_api: Client, track: Track) -> None:
        services.track_tag(track=track, name="late")
        answer = alice_api.post(f"{TRACKS}{binned(track).pk}/restore/")
        assert answer.status_code == 200
        assert (answer.json()["id"], answer.json()["tags"]) == (str(track.pk), ["late"])
        assert not selectors.bin_of(alice).exists()

    def test_what_is_not_in_the_bin_stays_as_it_is(self, alice_api: Client, track: Track) -> None:
        before = Track.objects.values().get()
        assert alice_api.post(f"{TRACKS}{track.pk}/restore/").status_code == 200
        assert Track.objects.values().get() == before

    def test_never_anothers(self, alice: User, charlie_api: Client, track: Track) -> None:
        binned(track)
        assert charlie_api.post(f"{TRACKS}{track.pk}/restore/").status_code == 404
        assert charlie_api.post(f"{TRACKS}{uuid.uuid4()}/restore/").status_code == 404
        assert send(charlie_api, f"{BIN}restore/", ids=[str(track.pk)]).json() == {"restored": 0}
        assert charlie_api.get(BIN).json()["results"] == []
        assert set(selectors.bin_of(alice)) == {track}

    def test_many(self, alice: User, alice_api: Client, make_track: MakeTrack) -> None:
        live, one, two, three = (make_track() for _ in range(4))
        for track in (one, two, three):
            binned(track)
        ids = [str(pk) for pk in (live.pk, one.pk, one.pk, two.pk, uuid.uuid4())]
        assert send(alice_api, f"{BIN}restore/", ids=ids).json() == {"restored": 2}
        assert set(selectors.bin_of(alice)) == {three}

    @pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": "all"}])
    def test_ids_that_are_none(self, alice_api: Client, body: dict[str, Any]) -> None:
        answer = send(alice_api, f"{BIN}restore/", **body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_it_needs_the_scope_to_write(self, alice: User, track: Track) -> None:
        binned(track)
        for limits, status in (({"may_write": False}, 403), ({"may_delete": False}, 200)):
            client = with_scopes(alice, **limits)
            assert send(client, f"{BIN}restore/", ids=[str(track.pk)]).status_code == status
            assert client.post(f"{TRACKS}{track.pk}/restore/").status_code == status


class TestTheList:
    def test_says_what_goes_when(self, alice_api: Client, make_track: MakeTrack, settings: Settings) -> None:
        settings.EARMARK_BIN_DAYS = 7
        make_track()
        first, second = binned(make_track()), binned(make_track())
        rows = alice_api.get(BIN).json()["results"]
        assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]
        assert rows[0]["title"] == second.title
        deleted_at, purged_after = (
            datetime.fromisoformat(rows[0][name]) for name in ("deleted_at", "purged_after")
        )
        assert purged_after - deleted_at == timedelta(days=7)

    def test_in_pages(self, alice_api: Client, make_track: MakeTrack) -> None:
        tracks = [binned(make_track()) for _ in range(5)]
        url, ids = f"{BIN}?page_size=2&fields=id", []
        while url:
            page = alice_api.get(url).json()
            ids += [row["id"] for row in page["results"]]
            url = page["next"]
        assert ids == [str(track.pk) for track in reversed(tracks)]

    @pytest.mark.parametrize("count", [1, 10])
    def test_as_many_queries_for_one_as_for_many(
        self,
        alice_api: Client,
        make_track: MakeTrack,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(count):
            binned(make_track())
        alice_api.get(BIN)
        with django_assert_num_queries(5):  # token, tracks, tags, what was learned, artists
            alice_api.get(BIN)


def test_a_file_in_the_bin_is_missing_until_it_comes_again(alice: User, alice_api: Client) -> None:
    track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
    binned(track)
    asked = send(alice_api, f"{TRACKS}check/", sha256=[track.sha256]).json()
    assert asked == {"here": {}, "missing": [track.sha256]}
    answer = alice_api.post(TRACKS, {"file": upload(wav(7))})
    assert (answer.status_code, answer.json()["id"], answer.json()["duplicate"]) == (
        200,
        str(track.pk),
        True,
    )
    assert send(alice_api, f"{TRACKS}check/", sha256=[track.sha256]).json()["missing"] == []


def test_the_account_says_how_much_the_bin_holds(alice_api: Client, make_track: MakeTrack) -> None:
    live, track = make_track(), binned(make_track())
    usage = alice_api.get("/api/v1/account/").json()["usage"]
    assert {name: usage[name] for name in ("tracks", "bytes", "bin_tracks", "bin_bytes")} == {
        "tracks": 1, "bytes": live.size, "bin_tracks": 1, "bin_bytes": track.size,
    }  # fmt: skip
