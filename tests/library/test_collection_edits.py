"""The forms that edit and merge albums and artists."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from library.models import Album, Artist, BulkAction, Track, User
from library.views import collection_edits as pages
from tests.album_rows import make_album, make_artist, make_track_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def foundry(alice: User) -> Album:
    album = make_album(alice, "Foundry", "The Gravel Kings", year=2011)
    for number, title in enumerate(("Slag", "Cinders"), 1):
        make_track_on(album, title, track_number=number)
    album.refresh_from_db()
    return album


@pytest.fixture
def other(alice: User) -> Album:
    album = make_album(alice, "Foundry (reissue)", "Gravel Kings")
    make_track_on(album, "Night Shift")
    return album


def said(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def shown(album: Album) -> dict[str, Any]:
    """What a browser sends from the form of an album that nobody has touched."""
    values = {"title": album.title, "artist": album.artist.name if album.artist else "", "year": album.year}
    return values | {f"initial-{name}": value for name, value in values.items()}


class TestEdit:
    def test_title_artist_and_year_on_all_tracks(self, foundry: Album, alice_client: Client) -> None:
        sent = shown(foundry) | {"title": "Forge", "artist": "Björk", "year": 2012}
        response = alice_client.post(f"/albums/{foundry.pk}/edit/", sent, follow=True)
        assert response.redirect_chain == [(f"/albums/{foundry.pk}/", 302)]
        assert "Edited “Foundry”: 2 tracks." in said(response)
        tracks = Track.objects.values_list("album", "album_artist", "original_year")
        assert list(tracks) == [("Forge", "Björk", 2012)] * 2
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        foundry.refresh_from_db()
        assert (foundry.title, foundry.year) == ("Foundry", 2011)

    def test_an_untouched_form_changes_nothing(self, foundry: Album, alice_client: Client) -> None:
        response = alice_client.post(f"/albums/{foundry.pk}/edit/", shown(foundry))
        assert response["Location"] == f"/albums/{foundry.pk}/"
        assert not BulkAction.objects.exists()

    def test_what_has_changed_meanwhile_is_shown_first(self, foundry: Album, alice_client: Client) -> None:
        sent = shown(foundry) | {"year": 2012}
        Album.objects.update(title="Furnace")
        page = said(alice_client.post(f"/albums/{foundry.pk}/edit/", sent))
        assert "changed meanwhile to “Furnace”" in page
        assert not BulkAction.objects.exists()

    @pytest.mark.parametrize(
        "change", [{"title": ""}, {"title": "\u200b"}, {"year": "0"}, {"artist": "x" * 256}]
    )
    def test_what_cannot_be_is_refused(
        self, change: dict[str, str], foundry: Album, alice_client: Client
    ) -> None:
        page = said(alice_client.post(f"/albums/{foundry.pk}/edit/", shown(foundry) | change))
        assert "invalid-feedback" in page or "notice-error" in page
        assert not BulkAction.objects.exists()

    def test_an_artist_is_renamed_everywhere(self, foundry: Album, alice_client: Client) -> None:
        artist = foundry.artist
        assert artist
        sent = {"name": "The Gravel Queens", "initial-name": artist.name}
        response = alice_client.post(f"/artists/{artist.pk}/edit/", sent, follow=True)
        assert response.redirect_chain == [(f"/artists/{artist.pk}/", 302)]
        assert {track.artist for track in Track.objects.all()} == {"The Gravel Queens"}

    @pytest.mark.parametrize("name", ["", "  ", "x" * 256])
    def test_an_artist_has_a_name(self, name: str, foundry: Album, alice_client: Client) -> None:
        page = said(alice_client.post(f"/artists/{foundry.artist_id}/edit/", {"name": name}))
        assert "A name has 1 to 255 characters." in page

    def test_many_tracks_are_left_to_a_worker(
        self, foundry: Album, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MAX_SYNCHRONOUS_TRACKS", 1)
        response = alice_client.post(f"/albums/{foundry.pk}/edit/", {"title": "Forge"}, follow=True)
        assert "Edited “Foundry”: working on 2 tracks." in said(response)


class TestMerge:
    def test_offers_what_is_similar_or_found(
        self, foundry: Album, other: Album, alice: User, alice_client: Client
    ) -> None:
        make_track_on(make_album(alice, "Harvest Fair"), "Rye")
        make_track_on(make_album(alice, "Early Songs", "The Gravel Kings"), "Clay")
        page = said(alice_client.get(f"/albums/{foundry.pk}/merge/"))
        assert "Merge into this: The Gravel Kings – Early Songs" in page
        assert "Harvest Fair" not in page
        page = said(alice_client.get(f"/albums/{foundry.pk}/merge/?name=harvest"))
        assert "Merge into this: Harvest Fair" in page
        page = said(alice_client.get(f"/artists/{foundry.artist_id}/merge/"))
        assert "Merge into this: Gravel Kings" in page

    def test_albums(self, foundry: Album, other: Album, alice_client: Client) -> None:
        sent = {"into": foundry.pk, "shown": str(other), "shown_into": str(foundry)}
        response = alice_client.post(f"/albums/{other.pk}/merge/", sent, follow=True)
        assert response.redirect_chain == [(f"/albums/{foundry.pk}/", 302)]
        assert "3 tracks" in said(response)
        assert not Album.objects.filter(pk=other.pk).exists()
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert Album.objects.get(pk=other.pk).tracks.count() == 1

    def test_artists(self, foundry: Album, other: Album, alice_client: Client) -> None:
        sent = {"into": foundry.artist_id}
        response = alice_client.post(f"/artists/{other.artist_id}/merge/", sent, follow=True)
        assert response.redirect_chain == [(f"/artists/{foundry.artist_id}/", 302)]
        assert Artist.objects.count() == 1

    def test_names_that_have_changed_meanwhile_are_shown_first(
        self, foundry: Album, other: Album, alice_client: Client
    ) -> None:
        sent = {"into": foundry.pk, "shown": str(other), "shown_into": "The Gravel Kings – Foundation"}
        page = said(alice_client.post(f"/albums/{other.pk}/merge/", sent))
        assert "Names have changed meanwhile." in page
        assert not BulkAction.objects.exists()

    def test_not_with_what_belongs_to_someone_else(
        self, foundry: Album, charlie: User, alice_client: Client
    ) -> None:
        theirs = make_album(charlie, "Foundry", "The Gravel Kings")
        make_track_on(theirs, "Slag")
        page = said(alice_client.post(f"/albums/{foundry.pk}/merge/", {"into": theirs.pk}, follow=True))
        assert "no longer in your library" in page
        sent = {"into": make_artist(charlie, "Björk").pk}
        alice_client.post(f"/artists/{foundry.artist_id}/merge/", sent)
        assert not BulkAction.objects.exists()
