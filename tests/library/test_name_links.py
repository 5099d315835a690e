"""Names of artists and albums are links to their pages, wherever they stand; those of others' tracks are not."""

from __future__ import annotations

import json

import pytest
from django.template import Context
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import Track, TrackArtist, User
from library.templatetags.albums import artist_links, byline
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def slag(alice: User) -> Track:
    """A track that waits for a verdict, in a playlist, on an album of its artist."""
    album = make_album(alice, "Foundry", "The Gravel Kings")
    track = make_track_on(album, "Slag", heard={"label": None, "confidence": 0.3})
    playlist = services.playlist_add(owner=alice, name="Late")
    services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
    return track


def links_of(track: Track) -> list[str]:
    (artist,) = track.artists.all()
    return [f'href="/artists/{artist.pk}/">The Gravel Kings</a>', f'href="/albums/{track.album_entry_id}/"']


@pytest.mark.parametrize("address", ["/", "/needs-you/", "/tracks/{0}/", "/playlists/{1}/"])
def test_pages_with_tracks(address: str, slag: Track, alice: User, alice_client: Client) -> None:
    page = alice_client.get(address.format(slag.pk, alice.playlists.get().pk)).content.decode()
    for link in links_of(slag):
        assert link in page


def test_the_player_knows_the_artists_page(slag: Track, alice_client: Client) -> None:
    (artist,) = slag.artists.all()
    assert f'data-artist-href="/artists/{artist.pk}/"' in alice_client.get("/").content.decode()
    for address in ("/queue/", f"/playlists/{slag.owner.playlists.get().pk}/queue/"):
        (row,) = json.loads(alice_client.get(address).content)["tracks"]
        assert row["artist_href"] == f"/artists/{artist.pk}/"


def test_reviewers_get_no_links_to_the_pages_of_others(slag: Track, alice: User, bob: User) -> None:
    services.user_share(user=alice, share=True)
    page = signed_in(bob).get("/admin/library/track/review/").content.decode()
    assert "The Gravel Kings" in page
    assert not any(link in page for link in links_of(slag))


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        ("", (), "Unknown artist"),
        ("Nobody <yet>", (), "Nobody &lt;yet&gt;"),
        ("Queen", ("Queen",), "[Queen]"),
        ("queen", ("Queen",), "[queen]"),
        ("Queen & David Bowie", ("Queen", "David Bowie"), "[Queen] &amp; [David Bowie]"),
        ("A feat. B (live)", ("A", "B"), "[A] feat. [B] (live)"),
        ("DAVID BOWIE/Queen", ("David Bowie", "Queen"), "[DAVID BOWIE]/[Queen]"),
        # The file names them one by one in another order or by other names.
        ("Queen & Bowie", ("Queen", "David Bowie"), "[Queen], [David Bowie]"),
        ("Bowie with Queen", ("Queen", "Bowie"), "[Queen], [Bowie]"),
        ("ﬁre & ßeta", ("fire", "SSETA"), "[fire], [SSETA]"),
    ],
)
def test_artists_are_linked_within_the_text(
    text: str, names: tuple[str, ...], shown: str, alice: User
) -> None:
    track = make_track_by(alice, "Song", *names)
    track.artist = text
    html = str(artist_links(Context({"user": alice}), track))
    for name in names:
        html = html.replace(f'<a class="by-link" href="/artists/{make_artist(alice, name).pk}/">', "[")
    assert html.replace("</a>", "]") == shown


def test_of_others_the_same_text_without_links(
    slag: Track, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    track = Track.objects.get(pk=slag.pk)
    with django_assert_num_queries(0):
        assert byline(Context({"user": bob}), track) == "The Gravel Kings · Foundry"


def test_a_name_that_is_not_derived_yet_is_text(alice: User, make_track: type[Track]) -> None:
    track = make_track(artist="Somebody", album="Something")
    track.album_entry = None
    TrackArtist.objects.filter(track=track).delete()
    assert byline(Context({"user": alice}), track) == "Somebody · Something"
