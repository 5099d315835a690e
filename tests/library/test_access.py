"""Nobody sees another's tracks: every address, for everybody, in one table."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from library import services
from library.models import Album, BaseModelChange, PartialUpload, Track, User
from tests.album_rows import make_album, make_track_by, make_track_on
from tests.factories import signed_in

pytestmark = pytest.mark.django_db

LOGIN = 302


class PageAccess(NamedTuple):
    name: str
    method: str
    owner: int
    """The status its owner gets; to everybody else it is not there."""
    data: dict[str, str] = {}


PAGES = [
    PageAccess("track", "get", 200),
    PageAccess("similar", "get", 200),
    PageAccess("track-analyse", "post", 302),
    PageAccess("track-teach", "get", 200),
    PageAccess("track-teach", "post", 302, {"act": "genre", "new": "Dub"}),
    PageAccess("track-edit", "get", 200),
    PageAccess("track-edit", "post", 302, {"title": "Mine"}),
    PageAccess("track-genre", "post", 302, {"genre": "jazz"}),
    PageAccess("track-genre-confirm", "post", 302),
    PageAccess("track-genre-undo", "post", 302),
    PageAccess("track_star", "post", 302, {"starred": "true"}),
    PageAccess("track_rating", "post", 302, {"rating": "4"}),
    PageAccess("track-tag", "post", 302, {"name": "live"}),
    PageAccess("track-tag-reject", "post", 302, {"name": "live"}),
    PageAccess("track-playlists", "get", 200),
    PageAccess("track-playlists", "post", 302, {"new": "Late"}),
    PageAccess("track-delete", "get", 200),
    PageAccess("track-delete", "post", 302),
    PageAccess("timeline", "get", 200),
    PageAccess("original", "get", 200),
    PageAccess("tagged", "get", 302),
    PageAccess("audio", "get", 200),
    PageAccess("spectrogram", "get", 200),
    PageAccess("peaks", "get", 200),
]


def an_album(alice: User) -> Album:
    album = make_album(alice, "Foundry", "The Gravel Kings")
    make_track_on(album, "Slag")
    return album


#: What else has an id, and how alice comes by one.
THINGS = {
    "genre": lambda alice: services.own_genre_add(owner=alice, name="Shoegaze"),
    "tag": lambda alice: services.tag_add(owner=alice, name="live"),
    "bulk": lambda alice: services.tracks_tag(
        tracks=Track.objects.filter(owner=alice), person=alice, names=["live"]
    ),
    "base": lambda alice: BaseModelChange.objects.create(
        owner=alice, model_name="newer-1", model_version="2.0.0", figures={"in_use": ""}
    ),
    "playlist": lambda alice: services.playlist_add(owner=alice, name="Late"),
    "search": lambda alice: services.search_save(owner=alice, name="Blues", query="genre=blues"),
    "album": an_album,
    "album_star": an_album,
    "artist_star": lambda alice: an_album(alice).artist,
    "artist": lambda alice: make_track_by(alice, "Slag", "The Gravel Kings").artists.get(),
    "upload": lambda alice: PartialUpload.objects.create(
        owner=alice, name="album.zip", length=9, contents={"added": 1, "known": 0, "refused": 0}
    ),
}
THING_PAGES = [
    PageAccess("playlist", "get", 200),
    PageAccess("playlist-length", "get", 200),
    PageAccess("playlist-queue", "get", 200),
    PageAccess("playlist-rename", "post", 302, {"name": "Early"}),
    PageAccess("playlist-delete", "get", 200),
    PageAccess("playlist-delete", "post", 302),
    PageAccess("search-update", "post", 302, {"query": "genre=jazz"}),
    PageAccess("album-cover", "post", 302),
    PageAccess("album-cover-remove", "post", 302),
    PageAccess("album-cover-reset", "post", 302),
    PageAccess("album-cover-undo", "post", 302),
    PageAccess("genre", "get", 200),
    PageAccess("genre-like", "get", 200),
    PageAccess("genre-standing", "get", 200),
    PageAccess("genre-switch", "get", 200),
    PageAccess("genre-switch", "post", 302),
    PageAccess("genre-switch-off", "post", 302),
    PageAccess("genre-rename", "post", 302, {"name": "Dream pop"}),
    PageAccess("genre-delete", "get", 200),
    PageAccess("genre-delete", "post", 302),
    PageAccess("tag", "get", 200),
    PageAccess("tag-like", "get", 200),
    PageAccess("tag-standing", "get", 200),
    PageAccess("tag-switch", "get", 200),
    PageAccess("tag-switch", "post", 302),
    PageAccess("tag-switch-off", "post", 302),
    PageAccess("tag-change", "post", 302, {"name": "on stage"}),
    PageAccess("tag-delete", "get", 200),
    PageAccess("tag-delete", "post", 302),
    PageAccess("base-model", "get", 200),
    PageAccess("base-model-activate", "post", 302),
    PageAccess("base-model-back", "post", 302),
    PageAccess("bulk-action-undo", "post", 302),
    PageAccess("bulk-action-cancel", "post", 302),
    PageAccess("album_star", "post", 302, {"starred": "true"}),
    PageAccess("artist_star", "post", 302, {"starred": "true"}),
    PageAccess("album", "get", 200),
    PageAccess("album-queue", "get", 200),
    PageAccess("album-playlists", "get", 200),
    PageAccess("album-playlists", "post", 302, {"new": "Late"}),
    PageAccess("album-download", "get", 200),
    PageAccess("album-delete", "get", 200),
    PageAccess("album-delete", "post", 302),
    PageAccess("album-edit", "get", 200),
    PageAccess("album-edit", "post", 302, {"title": "Forge"}),
    PageAccess("album-merge", "get", 200),
    PageAccess("artist", "get", 200),
    PageAccess("artist-queue", "get", 200),
    PageAccess("artist-playlists", "get", 200),
    PageAccess("artist-playlists", "post", 302, {"new": "Late"}),
    PageAccess("artist-download", "get", 200),
    PageAccess("artist-edit", "get", 200),
    PageAccess("artist-edit", "post", 302, {"name": "The Gravel Queens"}),
    PageAccess("artist-merge", "get", 200),
    PageAccess("upload-archive", "get", 200),
    PageAccess("upload-row", "get", 200),
    PageAccess("upload-forget", "post", 302),
]
#: Addresses that name a track and something of it, that are for scripts, or that name a mood; each has a test of
#: its own, some in test_covers_served, test_play_pages, test_teaching_pages, test_learned_pages, test_resumable and
#: test_moods.
PAIRS = {
    "cover",
    "genre-answer",
    "genre-answer-undo",
    "tag-answer",
    "tag-answer-undo",
    "playlist-move",
    "playlist-remove",
    "track-play",
    "track-untag",
    "tus-upload",
    "station",
    "station-queue",
    "learned-version",
    "learned-accept",
    "learned-skip",
    "learned-activate",
    "signup_finish",
}
ADMIN = [
    PageAccess("admin:library_track_change", "get", 200),
    PageAccess("admin:library_track_delete", "get", 200),
    PageAccess("admin:library_track_delete", "post", 302, {"post": "yes"}),
    PageAccess("admin:library_track_history", "get", 200),
    PageAccess("admin:library_track_audio", "get", 200),
    PageAccess("admin:library_track_spectrogram", "get", 200),
    PageAccess("admin:library_track_peaks", "get", 200),
    PageAccess("admin:library_track_timeline", "get", 200),
    PageAccess("admin:library_track_verdict", "post", 302, {"genre": "jazz"}),
    PageAccess("admin:library_track_verdict_undo", "post", 302),
    PageAccess("admin:library_track_reanalyse", "post", 302),
]


def name_of(address: PageAccess) -> str:
    return f"{address.method} {address.name}"


def ask(client: Client, address: PageAccess, track_id: uuid.UUID | int) -> tuple[int, bytes]:
    response = getattr(client, address.method)(reverse(address.name, args=[track_id]), address.data)
    return response.status_code, b"" if response.streaming else masked(response)


def masked(response: HttpResponse) -> bytes:
    # A page's CSRF token is masked anew each time, and its nonce holds for it alone.
    return re.sub(
        rb'\b\w{64}\b|nonce="[^"]+"|name="idempotency_key" value="[^"]+"', b"TOKEN", response.content
    )


def request_missing(client: Client, address: PageAccess, track_id: uuid.UUID | int) -> tuple[bytes, str]:
    """What is seen of something that is not there: a page is a 404, a form leads back with a message."""
    response = getattr(client, address.method)(
        reverse(address.name, args=[track_id]), address.data, follow=True
    )
    if address.method == "get":
        assert response.status_code == 404
        return masked(response), ""
    assert response.status_code == 200
    (message,) = response.context["messages"]
    assert message.level_tag == "error"
    return masked(response), response.redirect_chain[-1][0]


@pytest.mark.parametrize("address", PAGES, ids=name_of)
class TestPages:
    def test_the_owner_gets_it(self, address: PageAccess, alice: User, track: Track) -> None:
        assert ask(signed_in(alice), address, track.pk)[0] == address.owner

    @pytest.mark.parametrize("person", ["bob", "charlie"])
    def test_others_get_what_nobody_gets(
        self, address: PageAccess, person: str, track: Track, request: pytest.FixtureRequest
    ) -> None:
        client = signed_in(request.getfixturevalue(person))
        foreign = request_missing(client, address, track.pk)
        assert foreign == request_missing(client, address, uuid.uuid4())
        assert Track.objects.filter(pk=track.pk).exists()

    def test_strangers_are_sent_to_sign_in(self, address: PageAccess, track: Track, client: Client) -> None:
        for track_id in (track.pk, uuid.uuid4()):
            assert ask(client, address, track_id)[0] == LOGIN
        assert Track.objects.filter(pk=track.pk).exists()


@pytest.mark.parametrize("address", THING_PAGES, ids=name_of)
class TestOtherThings:
    def test_only_the_owner_gets_it(
        self, address: PageAccess, alice: User, bob: User, charlie: User, client: Client, track: Track
    ) -> None:
        thing = THINGS[address.name.partition("-")[0]](alice)
        unknown = uuid.uuid4() if isinstance(thing.pk, uuid.UUID) else thing.pk + 1000
        for person in (bob, charlie):
            foreign = request_missing(signed_in(person), address, thing.pk)
            assert foreign == request_missing(signed_in(person), address, unknown)
            assert type(thing).objects.filter(pk=thing.pk).exists()
        assert ask(client, address, thing.pk)[0] == LOGIN
        assert ask(signed_in(alice), address, thing.pk)[0] == address.owner


def sent(client: Client, name: str, *ids: object) -> str:
    """The page one is on after a form was sent."""
    response = client.post(reverse(name, args=ids), {"to": "0"}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_tag_comes_off_ones_own_track_only(
    alice_client: Client, charlie_client: Client, track: Track, charlie: User
) -> None:
    tag = services.track_tag(track=track, name="live")
    theirs = services.tag_add(owner=charlie, name="live")
    assert "no longer in your library" in sent(charlie_client, "track-untag", track.pk, tag.pk)
    assert "no longer in your library" in sent(charlie_client, "track-untag", track.pk, theirs.pk)
    assert "That tag is no longer on the track" in sent(alice_client, "track-untag", track.pk, theirs.pk)
    assert track.tags.get() == tag
    assert alice_client.post(reverse("track-untag", args=[track.pk, tag.pk])).status_code == 302
    assert not track.tags.exists()


def test_tracks_are_moved_in_and_taken_out_of_ones_own_playlists_only(
    alice: User, alice_client: Client, charlie_client: Client, charlie: User, track: Track
) -> None:
    own, other = (services.playlist_add(owner=alice, name=name) for name in ("Late", "Early"))
    theirs = services.playlist_add(owner=charlie, name="Theirs")
    services.playlist_append(playlist=own, tracks=Track.objects.filter(pk=track.pk))
    item = own.items.get()
    for name in ("playlist-move", "playlist-remove"):
        for client, ids, message in (
            (charlie_client, [own.pk, item.pk], "That playlist is no longer there"),
            (charlie_client, [own.pk, item.pk + 1], "That playlist is no longer there"),
            (charlie_client, [theirs.pk, item.pk], "no longer in this playlist"),
            (alice_client, [other.pk, item.pk], "no longer in this playlist"),
        ):
            assert message in sent(client, name, *ids)
            assert own.items.get() == item
        assert alice_client.post(reverse(name, args=[own.pk, item.pk]), {"to": "0"}).status_code == 302
    assert not own.items.exists()


@pytest.mark.parametrize("address", ADMIN, ids=name_of)
class TestAdmin:
    @pytest.mark.parametrize("superuser", [False, True])
    def test_a_reviewer_gets_it_once_its_owner_shares(
        self, address: PageAccess, superuser: bool, alice: User, bob: User, track: Track
    ) -> None:
        bob.is_superuser = superuser
        bob.save()
        hidden = ask(signed_in(bob), address, track.pk)
        assert hidden[0] == 404
        assert hidden == ask(signed_in(bob), address, uuid.uuid4())
        services.user_share(user=alice, share=True)
        assert ask(signed_in(bob), address, track.pk)[0] == address.owner

    def test_people_who_are_not_staff_are_sent_away(
        self, address: PageAccess, alice_client: Client, charlie_client: Client, client: Client, track: Track
    ) -> None:
        for somebody in (alice_client, charlie_client, client):
            assert ask(somebody, address, track.pk)[0] == LOGIN

    def test_staff_without_rights_is_refused(self, address: PageAccess, charlie: User, track: Track) -> None:
        charlie.is_staff = True
        charlie.save()
        for track_id in (track.pk, uuid.uuid4()):
            assert ask(signed_in(charlie), address, track_id)[0] == 403


def test_lists_hold_only_ones_own(
    alice_client: Client, alice_api: Client, charlie_client: Client, charlie_api: Client, track: Track
) -> None:
    assert track.title in alice_client.get(reverse("library")).content.decode()
    assert track.title not in charlie_client.get(reverse("library")).content.decode()
    assert [row["id"] for row in alice_api.get("/api/v1/tracks/").json()["results"]] == [str(track.pk)]
    assert charlie_api.get("/api/v1/tracks/").json()["results"] == []


def test_staff_sees_only_his_own_through_the_api(bob_api: Client, track: Track) -> None:
    assert bob_api.get("/api/v1/tracks/").json()["results"] == []


def test_another_persons_token_cannot_be_revoked(charlie_client: Client, alice: User) -> None:
    token, _ = services.token_create(owner=alice, name="backup")
    for token_id in (token.pk, token.pk + 1):
        assert "has been revoked already" in sent(charlie_client, "token_revoke", token_id)
    assert alice.api_tokens.count() == 1


def test_every_address_of_a_track_is_in_the_tables() -> None:
    """Whoever adds an address that names a track has to say here who may see it."""
    listed = {address.name for address in PAGES + THING_PAGES + ADMIN} | PAIRS
    named = {name for name in addresses_with_an_id(get_resolver()) if "track" in name or ":" not in name}
    # The API's have a table of their own, in test_api_access.
    named = {name for name in named if not name.startswith("v1:")}
    assert {
        name for name in named if not name.startswith(("password_", "player_password_", "token_", "signup_"))
    } <= listed


def addresses_with_an_id(resolver, namespace: str = "") -> set[str]:
    found = set()
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= addresses_with_an_id(pattern, inner)
        elif pattern.name and pattern.pattern.regex.groups:
            found.add(namespace + pattern.name)
    return found
