"""Forms that were open for long: their object is gone, or the session ended or changed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.models import Genre, PartialUpload, Playlist, Tag, Track, User
from tests.factories import PASSWORD, signed_in, upload

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
BY_SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
NOTHING_DONE = "You had been signed out, so nothing was done. Please send it again."


def sent_from(client: Client, page: str, url: str, **data: str) -> HttpResponse:
    return client.post(url, data, headers={"Referer": f"{SITE}{page}"})


def post_and_follow(client: Client, page: str, url: str, **data: str) -> tuple[str, str]:
    """The page after submitting a form, and the only message on it."""
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
            assert post_and_follow(alice_client, page, form, to="0") == (
                page,
                "That track is no longer in this playlist.",
            )
        Playlist.objects.all().delete()
        assert post_and_follow(alice_client, page, form) == (
            reverse("playlists"),
            "That playlist is no longer there.",
        )

    @pytest.mark.parametrize("page", ["playlist", "playlist-delete"])
    @pytest.mark.parametrize("name", ["playlist-rename", "playlist-delete"])
    def test_a_playlist(self, alice_client: Client, alice: User, page: str, name: str) -> None:
        """Or a saved search. Its own page is gone, too."""
        gone = services.search_save(owner=alice, name="Blues", query="genre=blues").pk
        Playlist.objects.all().delete()
        where = post_and_follow(
            alice_client, reverse(page, args=[gone]), reverse(name, args=[gone]), name="New"
        )
        assert where == (reverse("playlists"), "That playlist is no longer there.")

    def test_a_tag(self, alice_client: Client, alice: User, track: Track) -> None:
        gone = services.track_tag(track=track, name="live").pk
        Tag.objects.all().delete()
        page = track.get_absolute_url()
        untag = reverse("track-untag", args=[track.pk, gone])
        assert post_and_follow(alice_client, page, untag) == (page, "That tag is no longer on the track.")
        for form, before in (
            (reverse("tag-change", args=[gone]), reverse("labels")),
            (reverse("tag-delete", args=[gone]), reverse("tag-delete", args=[gone])),
        ):
            assert post_and_follow(alice_client, before, form, name="New") == (
                reverse("labels"),
                "That tag is no longer there.",
            )

    def test_a_tag_to_merge_into(self, alice_client: Client, alice: User, track: Track) -> None:
        tag = services.track_tag(track=track, name="live")
        page = reverse("tag-delete", args=[tag.pk])
        assert post_and_follow(alice_client, page, page, into="gone") == (
            page,
            "That tag is no longer there.",
        )
        assert track.tags.get() == tag

    def test_a_genre(self, alice_client: Client, alice: User) -> None:
        gone = services.own_genre_add(owner=alice, name="Shoegaze").pk
        Genre.objects.all().delete()
        for form, before in (
            (reverse("genre-rename", args=[gone]), reverse("labels")),
            (reverse("genre-delete", args=[gone]), reverse("genre-delete", args=[gone])),
        ):
            assert post_and_follow(alice_client, before, form, name="New") == (
                reverse("labels"),
                "That genre is no longer there.",
            )

    def test_an_upload(self, alice_client: Client, alice: User) -> None:
        gone = services.upload_begin(owner=alice, name="song.wav", length=9).pk
        PartialUpload.objects.all().delete()
        page = reverse("upload")
        form = reverse("upload-forget", args=[gone])
        assert post_and_follow(alice_client, page, form) == (page, "That upload is no longer on the list.")

    @pytest.mark.parametrize("name", ["track-tag", "track-genre-confirm", "track-edit", "track-delete"])
    def test_a_track(self, alice_client: Client, alice: User, track: Track, name: str) -> None:
        gone = track.pk
        services.track_delete(track=track)
        form = reverse(name, args=[gone])
        said = "That track is no longer in your library."
        for page in (reverse("track", args=[gone]), reverse("track-edit", args=[gone])):
            assert post_and_follow(alice_client, page, form, title="New") == (reverse("library"), said)
        queue = reverse("needs-you") + "?after=2"
        assert post_and_follow(alice_client, queue, form, title="New") == (queue, said)

    def test_a_page_of_it_is_still_a_404(self, alice_client: Client, alice: User) -> None:
        gone = services.playlist_add(owner=alice, name="Late").pk
        Playlist.objects.all().delete()
        assert alice_client.get(reverse("playlist-delete", args=[gone])).status_code == 404


class TestTheSessionEnded:
    def forms(self, alice: User, track: Track) -> list[tuple[str, str]]:
        """Addresses that accept only POST, and the pages with their forms."""
        labels, page = reverse("labels"), track.get_absolute_url()
        return [
            (labels, reverse("tag-add")),
            (labels, reverse("genre-add")),
            (page, reverse("track-tag", args=[track.pk])),
            (page, reverse("track-genre", args=[track.pk])),
            (page, reverse("track-analyse", args=[track.pk])),
            ("/?genre=blues&page=2", reverse("bulk-action-submit")),
            ("/?genre=blues", reverse("search-save")),
            (reverse("track-edit", args=[track.pk]), reverse("track-edit", args=[track.pk])),
            (reverse("playlists"), reverse("playlists")),
        ]

    def test_sign_in_leads_back_and_says_that_nothing_was_done(self, alice: User, track: Track) -> None:
        for page, form in self.forms(alice, track):
            client = Client()
            to_sign_in = sent_from(client, page, form, name="New", title="New").headers["Location"]
            assert "signed out, so nothing was done" in client.get(to_sign_in).content.decode()
            asked = {name: values[0] for name, values in parse_qs(urlsplit(to_sign_in).query).items()}
            answer = client.post(
                to_sign_in, {"username": alice.email, "password": PASSWORD} | asked, follow=True
            )
            assert answer.status_code == 200
            assert answer.redirect_chain == [(page, 302)]
            assert [str(message) for message in answer.context["messages"]] == [NOTHING_DONE]
        assert not Tag.objects.exists()
        track.refresh_from_db()
        assert track.title != "New"

    def test_without_a_page_before_it_is_the_library(self, client: Client) -> None:
        for headers in ({}, {"Referer": "https://evil.example/labels/"}):
            to_sign_in = client.post(reverse("tag-add"), {"name": "live"}, headers=headers)["Location"]
            assert parse_qs(urlsplit(to_sign_in).query)["next"] == ["/"]

    def test_after_a_plain_page_sign_in_says_nothing(self, alice: User, client: Client) -> None:
        to_sign_in = client.get(reverse("labels"))["Location"]
        assert to_sign_in == f"{reverse('login')}?next={reverse('labels')}"
        assert "nothing was done" not in client.get(to_sign_in).content.decode()
        answer = client.post(to_sign_in, {"username": alice.email, "password": PASSWORD}, follow=True)
        assert not answer.context["messages"]

    @pytest.mark.parametrize("headers", [{"HX-Request": "true"}, BY_SCRIPT])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_script_gets_no_page_in_place_of_what_it_asked_for(
        self, client: Client, track: Track, headers: dict[str, str], method: str
    ) -> None:
        for url in (reverse("track-tag", args=[track.pk]), reverse("rows"), reverse("upload")):
            answer = getattr(client, method)(url, headers=headers)
            assert answer.status_code == 401
            assert answer.content == b"You are signed out."

    def test_nothing_is_kept_of_a_stranger(self, client: Client, track: Track) -> None:
        sent_from(client, reverse("track-edit", args=[track.pk]), reverse("track-edit", args=[track.pk]))
        assert settings.SESSION_COOKIE_NAME not in client.cookies
        assert "messages" not in client.cookies


class TestAnotherSessionBegan:
    def test_a_token_of_before_leads_back_to_the_page(self, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        answer = sent_from(
            client, "/labels/?x=1", reverse("tag-add"), name="live", csrfmiddlewaretoken="x" * 32
        )
        assert answer.status_code == 403
        page = answer.content.decode()
        assert "Nothing was changed." in page
        assert 'href="/labels/?x=1"' in page
        assert not Tag.objects.exists()

    def test_it_leads_nowhere_else(self, alice_client: Client, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        answer = client.post(reverse("tag-add"), headers={"Referer": "https://evil.example/"})
        assert answer.status_code == 403
        assert "evil.example" not in answer.content.decode()

    def test_a_page_can_ask_for_the_token_of_now(self, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        now = client.get(reverse("session"))
        assert now.json()["person"] == alice.pk
        assert "no-store" in now["Cache-Control"]
        form = {"name": "live", "csrfmiddlewaretoken": now.json()["csrf"]}
        assert client.post(reverse("tag-add"), form).status_code == 302
        assert client.post(
            reverse("upload"), {"file": upload()}, headers={"X-CSRFToken": now.json()["csrf"]}
        ).has_header("Location")

    def test_nobody_has_none(self, client: Client) -> None:
        answer = client.get(reverse("session"))
        assert answer.status_code == 401
        assert answer.json() == {"code": "signed_out"}

    def test_each_learns_who_oneself_is(self, alice: User, bob: User) -> None:
        assert signed_in(bob).get(reverse("session")).json()["person"] == bob.pk
