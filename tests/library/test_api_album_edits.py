"""Albums and artists edited, renamed and merged by the API, with an undo."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from library.models import Album, Artist, Track, User
from library.services.albums import albums_recompute
from tests.factories import TrackFactory

pytestmark = pytest.mark.django_db
ALBUMS, ARTISTS, ACTS = "/api/v1/albums/", "/api/v1/artists/", "/api/v1/acts/"


def make(owner: User, title: str, album: str, artist: str, **fields: Any) -> Track:
    track: Track = TrackFactory(owner=owner, title=title, album=album, artist=artist, **fields)
    albums_recompute(owner=owner, track_ids=[track.pk])
    track.refresh_from_db()
    return track


def get(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.json()


def patch(client: Client, address: str, **body: Any) -> Any:
    return client.patch(address, body, content_type="application/json")


def post(client: Client, address: str, body: Any = None) -> Any:
    return client.post(address, body or {}, content_type="application/json")


def names(client: Client) -> list[str]:
    return [row["name"] for row in get(client, ARTISTS)["results"]]


@pytest.fixture
def slag(alice: User) -> Track:
    return make(alice, "Slag", "Foundry", "The Gravel Kings", year=1999)


class TestAlbum:
    def test_an_edit_changes_its_tracks_and_can_be_undone(self, alice_api: Client, slag: Track) -> None:
        address = f"{ALBUMS}{slag.album_entry_id}/"
        body = patch(alice_api, address, title="Smelter", artist="Ann", year=1987, starred=True).json()
        assert (body["title"], body["artist"]["name"], body["year"]) == ("Smelter", "Ann", 1987)
        assert (body["id"], body["starred"], body["tracks"]) == (
            str(slag.album_entry_id),
            True,
            [str(slag.pk)],
        )
        slag.refresh_from_db()
        assert (slag.album, slag.album_artist, slag.artist) == ("Smelter", "Ann", "The Gravel Kings")
        (act,) = get(alice_api, ACTS)["results"]
        assert (act["kind"], act["can_be_undone"]) == ("names", True)
        assert post(alice_api, f"{ACTS}{act['id']}/undo/").status_code == 200
        body = get(alice_api, address)
        assert (body["title"], body["artist"]["name"], body["year"]) == ("Foundry", "The Gravel Kings", 1999)

    def test_one_that_is_called_like_another_joins_it(
        self, alice: User, alice_api: Client, slag: Track
    ) -> None:
        other = make(alice, "Ore", "Quarry", "The Gravel Kings")
        body = patch(alice_api, f"{ALBUMS}{other.album_entry_id}/", title="Foundry").json()
        assert set(body["tracks"]) == {str(slag.pk), str(other.pk)}
        assert [row["id"] for row in get(alice_api, ALBUMS)["results"]] == [body["id"]]

    @pytest.mark.parametrize(
        "body", [{"title": ""}, {"title": "x" * 256}, {"year": 0}, {"year": "soon"}, {"compilation": "maybe"}]
    )
    def test_what_cannot_be_is_refused(self, body: dict[str, Any], alice_api: Client, slag: Track) -> None:
        response = patch(alice_api, f"{ALBUMS}{slag.album_entry_id}/", **body, starred=True)
        assert response.status_code == 400
        assert [error["pointer"] for error in response.json()["errors"]] == [f"/{name}" for name in body]
        album = Album.objects.get()
        assert (album.title, album.starred_at) == ("Foundry", None)

    def test_merging_and_its_undo(self, alice: User, alice_api: Client, slag: Track) -> None:
        others = [
            make(alice, f"Song {name}", name, "The Gravel Kings") for name in ("Foundry CD 2", "Fondry")
        ]
        merged = post(
            alice_api,
            f"{ALBUMS}{slag.album_entry_id}/merge/",
            {"albums": [str(track.album_entry_id) for track in others]},
        )
        assert merged.status_code == 200
        assert merged.json()["done"] == 2
        (row,) = get(alice_api, ALBUMS)["results"]
        assert (row["id"], row["track_count"]) == (str(slag.album_entry_id), 3)
        assert post(alice_api, f"{ACTS}{merged.json()['id']}/undo/").json()["done"] == 2
        assert {row["id"] for row in get(alice_api, ALBUMS)["results"]} == {
            str(track.album_entry_id) for track in (slag, *others)
        }

    def test_merging_is_refused_with_itself_and_with_what_is_not_there(
        self, alice_api: Client, charlie: User, slag: Track
    ) -> None:
        theirs = make(charlie, "Slag", "Foundry", "The Gravel Kings")
        address = f"{ALBUMS}{slag.album_entry_id}/merge/"
        for pk in (theirs.album_entry_id, uuid4()):
            assert (
                post(alice_api, address, {"albums": [str(pk), str(slag.album_entry_id)]}).status_code == 404
            )
        response = post(alice_api, address, {"albums": [str(slag.album_entry_id)]})
        assert (response.status_code, response.json()["code"]) == (409, "same_album")
        for body in ({}, {"albums": []}, {"albums": ["foundry"]}):
            assert post(alice_api, address, body).status_code == 400
        assert Album.objects.count() == 2


class TestArtist:
    def test_a_new_name_and_its_undo(self, alice_api: Client, slag: Track) -> None:
        artist = slag.artists.get()
        body = patch(alice_api, f"{ARTISTS}{artist.pk}/", name="Gravel Kings", starred=True).json()
        assert (body["id"], body["name"], body["starred"]) == (str(artist.pk), "Gravel Kings", True)
        slag.refresh_from_db()
        assert slag.artist == "Gravel Kings"
        (act,) = get(alice_api, ACTS)["results"]
        post(alice_api, f"{ACTS}{act['id']}/undo/")
        assert names(alice_api) == ["The Gravel Kings"]

    def test_one_that_is_called_like_another_joins_it(
        self, alice: User, alice_api: Client, slag: Track
    ) -> None:
        other = make(alice, "Ore", "", "Gravel Kings").artists.get()
        body = patch(alice_api, f"{ARTISTS}{slag.artists.get().pk}/", name="Gravel Kings").json()
        assert (body["id"], body["track_count"]) == (str(other.pk), 2)
        assert names(alice_api) == ["Gravel Kings"]

    def test_three_spellings_become_one_and_are_told_apart_again(
        self, alice: User, alice_api: Client
    ) -> None:
        spellings = ("Guns N' Roses", "Guns and Roses", "Guns & Roses")
        for number, name in enumerate(spellings):
            make(alice, f"Song {number}", "", name)
        first, *others = (Artist.objects.get(name=name) for name in spellings)
        merged = post(
            alice_api, f"{ARTISTS}{first.pk}/merge/", {"artists": [str(other.pk) for other in others]}
        ).json()
        assert (merged["done"], names(alice_api)) == (2, [spellings[0]])
        assert post(alice_api, f"{ACTS}{merged['id']}/undo/").json()["done"] == 2
        assert set(names(alice_api)) == set(spellings)

    def test_what_cannot_be_is_refused(self, alice_api: Client, charlie: User, slag: Track) -> None:
        artist, theirs = slag.artists.get(), make(charlie, "Slag", "", "Ann").artists.get()
        address = f"{ARTISTS}{artist.pk}/"
        for name in ("", "x" * 256):
            assert patch(alice_api, address, name=name).status_code == 400
        response = patch(alice_api, address, name="\u200b")
        assert (response.status_code, response.json()["code"]) == (422, "bad_name")
        assert post(alice_api, f"{address}merge/", {"artists": [str(theirs.pk)]}).status_code == 404
        response = post(alice_api, f"{address}merge/", {"artists": [str(artist.pk)]})
        assert (response.status_code, response.json()["code"]) == (409, "same_artist")
        assert names(alice_api) == ["The Gravel Kings"]
