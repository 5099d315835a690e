"""Two tabs, or two people, edit the same thing: both edits stay, or the conflict is shown."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from library import services
from library.errors import ConflictError, DomainError
from library.models import FileTags, Track, User

pytestmark = pytest.mark.django_db


class Form(HTMLParser):
    """The fields that a browser would send if the form with this action were submitted unchanged."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.fields = action, False, dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = dict(pairs)
        if tag == "form":
            self.inside = attributes.get("method") == "post" and attributes.get("action") == self.action
        elif tag == "input" and self.inside:
            self.fields[str(attributes["name"])] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def form_fields(client: Client, address: str, action: str | None = None) -> dict[str, str]:
    return Form(client.get(address).content.decode(), action or address).fields


@pytest.fixture
def song(make_track: Callable[..., Track]) -> Track:
    return make_track(title="One", artist="Ann", album="First", year=1990)


def test_tabs_that_change_different_fields_both_keep_theirs(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    first, second = form_fields(alice_client, address), form_fields(alice_client, address)
    assert alice_client.post(address, first | {"title": "Two"}).status_code == 302
    assert alice_client.post(address, second | {"album": "Last"}).status_code == 302
    song.refresh_from_db()
    assert (song.title, song.artist, song.album, song.edited) == ("Two", "Ann", "Last", ["album", "title"])
    assert (song.search_text[:8], song.sort_title, song.sort_album) == ("two ann ", "two", "last")


def test_what_an_analysis_read_meanwhile_stays(
    alice_client: Client, make_track: Callable[..., Track]
) -> None:
    track = make_track(title="01 track", status="analysing")
    address = reverse("track-edit", args=[track.pk])
    form = form_fields(alice_client, address)
    Track.objects.filter(pk=track.pk).update(title="Bohemian Rhapsody", artist="Queen", year=1975)
    alice_client.post(address, form | {"album": "A Night at the Opera"})
    track.refresh_from_db()
    assert (track.title, track.artist, track.year) == ("Bohemian Rhapsody", "Queen", 1975)
    assert (track.album, track.edited) == ("A Night at the Opera", ["album"])


def test_tabs_that_change_the_same_field_are_asked(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    first, second = form_fields(alice_client, address), form_fields(alice_client, address)
    alice_client.post(address, first | {"title": "Two"})
    asked = alice_client.post(address, second | {"title": "Three", "album": "Last"}).content.decode()
    assert "It was changed meanwhile to “Two”" in unescape(asked)
    song.refresh_from_db()
    assert (song.title, song.album) == ("Two", "First")  # nothing of it was written yet

    again = Form(asked, address).fields
    assert (again["title"], again["album"]) == ("Three", "Last")  # what was typed is still there
    assert alice_client.post(address, again).status_code == 302
    song.refresh_from_db()
    assert (song.title, song.album) == ("Three", "Last")


def test_the_same_change_in_both_tabs_is_one(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    first, second = form_fields(alice_client, address), form_fields(alice_client, address)
    for form in (first, second):
        assert alice_client.post(address, form | {"year": "1991"}).status_code == 302


def test_a_form_that_is_wrong_keeps_what_it_showed(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    form = form_fields(alice_client, address)
    services.track_edit(track=song, title="Two")
    wrong = alice_client.post(address, form | {"year": "x"}).content.decode()
    assert Form(wrong, address).fields["initial-title"] == "One"


def test_a_title_with_two_spaces_is_not_changed_by_looking_at_it(
    alice_client: Client, make_track: Callable[..., Track]
) -> None:
    track = make_track(title="a  b")
    address = reverse("track-edit", args=[track.pk])
    alice_client.post(address, form_fields(alice_client, address) | {"artist": "Ann"})
    track.refresh_from_db()
    assert (track.title, track.edited) == ("a  b", ["artist"])


def test_only_what_a_form_sends_is_written(alice_client: Client, song: Track) -> None:
    alice_client.post(reverse("track-edit", args=[song.pk]), {"title": "Two"})
    song.refresh_from_db()
    assert (song.title, song.artist, song.album, song.year) == ("Two", "Ann", "First", 1990)


def test_a_tags_name_and_colour(alice: User, alice_client: Client) -> None:
    tag = services.tag_add(owner=alice, name="live", hue=1)
    change = reverse("tag-change", args=[tag.pk])
    first, second, third = (form_fields(alice_client, reverse("labels"), change) for _ in range(3))
    alice_client.post(change, first | {"name": "concert"})
    alice_client.post(change, second | {"hue": "7"})
    tag.refresh_from_db()
    assert (tag.name, tag.key, tag.hue) == ("concert", "concert", 7)

    page = alice_client.post(change, third | {"name": "gig"}, follow=True).content.decode()
    assert "It was changed meanwhile to “concert”; your “gig” was not saved." in unescape(page)
    page = alice_client.post(change, third | {"hue": "3"}, follow=True).content.decode()
    assert "It was changed meanwhile" in page
    tag.refresh_from_db()
    assert (tag.name, tag.hue) == ("concert", 7)


def test_names_of_genres_and_playlists(alice: User, alice_client: Client) -> None:
    genre = services.own_genre_add(owner=alice, name="Dub")
    playlist = services.playlist_add(owner=alice, name="Late")
    for thing, page, change in (
        (genre, reverse("labels"), reverse("genre-rename", args=[genre.pk])),
        (playlist, reverse("playlist", args=[playlist.pk]), reverse("playlist-rename", args=[playlist.pk])),
    ):
        first, second = form_fields(alice_client, page, change), form_fields(alice_client, page, change)
        alice_client.post(change, first | {"name": "One"})
        alice_client.post(change, second)  # which only pressed the button
        asked = alice_client.post(change, second | {"name": "Two"}, follow=True).content.decode()
        assert "It was changed meanwhile to “One”; your “Two” was not saved." in unescape(asked)
        thing.refresh_from_db()
        assert thing.name == "One"


def test_what_is_gone_by_the_time_of_saving(alice: User, track: Track) -> None:
    tag, playlist = (
        services.tag_add(owner=alice, name="live"),
        services.playlist_add(owner=alice, name="Late"),
    )
    Track.objects.get(pk=track.pk).delete()
    services.tag_delete(tag=tag.__class__.objects.get())
    services.playlist_delete(playlist=playlist.__class__.objects.get())
    for save in (
        lambda: services.track_edit(track=track, title="Two"),
        lambda: services.track_reset(track=track, fields=["title"]),
        lambda: services.tag_change(tag=tag, name="gig"),
        lambda: services.playlist_rename(playlist=playlist, name="Early"),
    ):
        with pytest.raises(DomainError) as refusal:
            save()
        assert (refusal.value.code, refusal.value.status) == ("not_found", 404)


def test_programs_say_what_they_saw_or_not(track: Track) -> None:
    services.track_edit(track=track, title="Two")
    services.track_edit(track=track, title="Three")
    with pytest.raises(ConflictError):
        services.track_edit(track=track, title="Four", shown={"title": "Two"})
    assert FileTags.objects.count() == 0
