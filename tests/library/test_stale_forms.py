"""Forms that were open for long: what they are about is gone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.models import Genre, PartialUpload, Playlist, Tag, Track, User

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


def landed(client: Client, page: str, url: str, **data: str) -> tuple[str, str]:
    """The page on which one is after a form, and the only message there."""
    response = client.post(url, data, headers={"Referer": f"{SITE}{page}"}, follow=True)
    assert response.status_code == 200
    (message,) = response.context["messages"]
    return response.redirect_chain[-1][0], str(message)


class TestWhatItIsAboutIsGone:
    def test_a_track_of_a_playlist(self, alice: User, alice_client: Client, track: Track) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
        gone = playlist.items.get().pk
        services.playlist_remove(item=playlist.items.get())
        page = playlist.get_absolute_url() + "?page=2"
        for name in ("playlist-move", "playlist-remove"):
            form = reverse(name, args=[playlist.pk, gone])
            assert landed(alice_client, page, form, to="0") == (
                page,
                "That track was no longer in this playlist.",
            )
        Playlist.objects.all().delete()
        assert landed(alice_client, page, form) == (
            reverse("playlists"),
            "That playlist is no longer there.",
        )

    @pytest.mark.parametrize("page", ["playlist", "playlist-delete"])
    @pytest.mark.parametrize("name", ["playlist-rename", "playlist-delete"])
    def test_a_playlist(self, alice_client: Client, alice: User, page: str, name: str) -> None:
        """Or a saved search, which is one. Its own page went with it."""
        gone = services.search_save(owner=alice, name="Blues", query="genre=blues").pk
        Playlist.objects.all().delete()
        where = landed(alice_client, reverse(page, args=[gone]), reverse(name, args=[gone]), name="New")
        assert where == (reverse("playlists"), "That playlist is no longer there.")

    def test_a_tag(self, alice_client: Client, alice: User, track: Track) -> None:
        gone = services.track_tag(track=track, name="live").pk
        Tag.objects.all().delete()
        page = track.get_absolute_url()
        untag = reverse("track-untag", args=[track.pk, gone])
        assert landed(alice_client, page, untag) == (page, "That tag was off already.")
        for form, before in (
            (reverse("tag-change", args=[gone]), reverse("labels")),
            (reverse("tag-delete", args=[gone]), reverse("tag-delete", args=[gone])),
        ):
            assert landed(alice_client, before, form, name="New") == (
                reverse("labels"),
                "That tag is no longer there.",
            )

    def test_a_tag_to_merge_into(self, alice_client: Client, alice: User, track: Track) -> None:
        tag = services.track_tag(track=track, name="live")
        page = reverse("tag-delete", args=[tag.pk])
        assert landed(alice_client, page, page, into="gone") == (page, "That tag is no longer there.")
        assert track.tags.get() == tag

    def test_a_genre(self, alice_client: Client, alice: User) -> None:
        gone = services.own_genre_add(owner=alice, name="Shoegaze").pk
        Genre.objects.all().delete()
        for form, before in (
            (reverse("genre-rename", args=[gone]), reverse("labels")),
            (reverse("genre-delete", args=[gone]), reverse("genre-delete", args=[gone])),
        ):
            assert landed(alice_client, before, form, name="New") == (
                reverse("labels"),
                "That genre is no longer there.",
            )

    def test_an_upload(self, alice_client: Client, alice: User) -> None:
        gone = services.upload_begin(owner=alice, name="song.wav", length=9).pk
        PartialUpload.objects.all().delete()
        page = reverse("upload")
        form = reverse("upload-forget", args=[gone])
        assert landed(alice_client, page, form) == (page, "That upload was off the list already.")

    @pytest.mark.parametrize("name", ["track-tag", "track-genre-confirm", "track-edit", "track-delete"])
    def test_a_track(self, alice_client: Client, alice: User, track: Track, name: str) -> None:
        gone = track.pk
        services.track_delete(track=track)
        form = reverse(name, args=[gone])
        said = "That track is no longer in your library."
        for page in (reverse("track", args=[gone]), reverse("track-edit", args=[gone])):
            assert landed(alice_client, page, form, title="New") == (reverse("library"), said)
        queue = reverse("needs-you") + "?after=2"
        assert landed(alice_client, queue, form, title="New") == (queue, said)

    def test_a_page_of_it_is_still_a_404(self, alice_client: Client, alice: User) -> None:
        gone = services.playlist_add(owner=alice, name="Late").pk
        Playlist.objects.all().delete()
        assert alice_client.get(reverse("playlist-delete", args=[gone])).status_code == 404
