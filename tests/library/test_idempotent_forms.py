"""A form that is sent twice is carried out once; both responses lead to the same page and messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from library import services
from library.models import BulkAction, Genre, IdempotencyRecord, Playlist, Tag, Track, User
from tests.factories import upload, wav

pytestmark = pytest.mark.django_db
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')
#: Forms that carry no key. A digest of a form must not tell of a password; a new token's key is shown once, and no
#: stored response may hold it, nor an invitation; signing in or out twice does no harm, nor does a cookie that is set
#: twice.
WITHOUT = {
    "accounts/account_delete.html", "accounts/login.html", "accounts/password_change.html",
    "accounts/password_reset.html", "accounts/password_reset_confirm.html", "accounts/signup.html",
    "email_change", "token_create", "player_password_create", "logout", "account_time_zone",
    "admin:library_user_invite",
    # Of Django's own view.
    "admin/library/delete_selected_confirmation.html",
}  # fmt: skip


@pytest.fixture
def playlist(alice: User, track: Track) -> Playlist:
    playlist = services.playlist_add(owner=alice, name="Late")
    services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
    return playlist


def keys_on(client: Client, address: str) -> list[str]:
    return KEY.findall(client.get(address).content.decode())


def twice(client: Client, address: str, form: dict[str, object]) -> list[HttpResponse]:
    """The same form, sent again before the response to the first arrived."""
    answers = []
    for _ in range(2):
        client.cookies.pop("messages", None)
        answers.append(client.post(address, form | {"idempotency_key": "k"}))
    first, second = answers
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    return answers


def test_every_form_carries_a_key() -> None:
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
            name = re.search(r"\{% url '([\w:-]+)'", form)
            if 'method="post"' in form:
                without = str(path.relative_to(settings.BASE_DIR / "templates")) in WITHOUT
                without |= name is not None and name[1] in WITHOUT
                assert ("{% idempotency_key %}" in form) != without, (path, name)


def test_each_time_a_new_one(alice_client: Client, playlist: Playlist) -> None:
    keys = keys_on(alice_client, reverse("labels")) + keys_on(alice_client, reverse("labels"))
    assert len(keys) == len(set(keys)) > 2


def test_one_playlist(alice_client: Client) -> None:
    twice(alice_client, reverse("playlists"), {"name": "Party"})
    assert Playlist.objects.count() == 1


def test_one_playlist_for_a_track(alice_client: Client, track: Track) -> None:
    address = reverse("track-playlists", args=[track.pk])
    for headers in ({}, {"HX-Request": "true"}):
        for _ in range(2):
            form = {"new": "Late", "idempotency_key": f"k{len(headers)}"}
            answer = alice_client.post(address, form, headers=headers)
            assert answer.status_code == 302
    assert Playlist.objects.count() == 2


def test_one_tag_and_one_genre(alice_client: Client, track: Track) -> None:
    twice(alice_client, reverse("tag-add"), {"name": "dub"})
    twice(alice_client, reverse("genre-add"), {"name": "Shoegaze"})
    twice(alice_client, reverse("track-tag", args=[track.pk]), {"name": "late"})
    assert Tag.objects.count() == 2
    assert Genre.objects.filter(owner__isnull=False).count() == 1


def test_one_bulk_action(alice_client: Client, track: Track) -> None:
    form = {"act": "playlist", "new_playlist": "Party", "track": [str(track.pk)]}
    answers = twice(alice_client, reverse("bulk-action-submit"), form)
    assert BulkAction.objects.count() == Playlist.objects.count() == 1
    undo = reverse("bulk-action-undo", args=[BulkAction.objects.get().pk])
    for answer in answers:
        client = Client()
        client.cookies.update(alice_client.cookies)
        client.cookies["messages"] = answer.cookies["messages"].value
        assert client.get(answer["Location"]).content.decode().count(undo) == 1


def test_a_link_in_a_message_stays_a_link(alice_client: Client, track: Track) -> None:
    form = {"idempotency_key": "k"}
    address = reverse("track-delete", args=[track.pk])
    for _ in range(2):
        page = alice_client.get(alice_client.post(address, form)["Location"]).content.decode()
        assert f'to <a href="{reverse("bin")}">the bin</a>.' in page


def test_messages_that_still_wait_are_not_doubled(alice_client: Client, track: Track) -> None:
    form = {"act": "tag", "tag": "late", "track": [str(track.pk)], "idempotency_key": "k"}
    for _ in range(2):
        alice_client.post(reverse("bulk-action-submit"), form)
    page = alice_client.get(reverse("library")).content.decode()
    assert page.count(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk])) == 1


def test_one_undo(alice_client: Client, track: Track) -> None:
    alice_client.post(reverse("bulk-action-submit"), {"act": "tag", "tag": "late", "track": [str(track.pk)]})
    twice(alice_client, reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]), {})
    page = alice_client.get(reverse("library")).content.decode()
    assert "Undone" in page
    assert "undone already" not in page


def test_an_item_is_taken_out_once(alice_client: Client, playlist: Playlist) -> None:
    item = playlist.items.get()
    twice(alice_client, reverse("playlist-remove", args=[playlist.pk, item.pk]), {})


def test_an_upload_by_the_form_is_one_row(alice_client: Client) -> None:
    for content in (wav(1), wav(1), wav(2)):
        form = {"file": upload(content), "idempotency_key": "k"}
        assert alice_client.post(reverse("upload"), form).status_code == 302
    assert Track.objects.count() == 2
    assert IdempotencyRecord.objects.count() == 2


def test_what_was_changed_before_it_was_sent_again_is_done(alice_client: Client) -> None:
    for name in ("Party", "Party!", "Party"):
        alice_client.post(reverse("playlists"), {"name": name, "idempotency_key": "k"})
    assert sorted(Playlist.objects.values_list("name", flat=True)) == ["Party", "Party!"]


def test_what_was_refused_is_tried_again(alice_client: Client, alice: User) -> None:
    form = {"name": "Shoegaze", "idempotency_key": "k"}
    services.own_genre_add(owner=alice, name="Shoegaze")
    alice_client.post(reverse("genre-add"), form)
    Genre.objects.all().delete()
    alice_client.post(reverse("genre-add"), form)
    assert Genre.objects.count() == 1


def test_a_confirmation_page_is_not_stored(alice_client: Client, track: Track) -> None:
    form = {"act": "delete", "track": [str(track.pk)], "idempotency_key": "k"}
    assert [alice_client.post(reverse("bulk-action-submit"), form).status_code for _ in range(2)] == [
        200,
        200,
    ]
    assert not IdempotencyRecord.objects.exists()


def test_what_failed_here_is_tried_again(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError

    alice_client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(services, "playlist_add", broken)
        form = {"name": "Party", "idempotency_key": "k"}
        assert alice_client.post(reverse("playlists"), form).status_code == 500
    twice(alice_client, reverse("playlists"), {"name": "Party"})
    assert Playlist.objects.count() == 1


def test_another_persons_same_form_is_theirs(alice_client: Client, charlie_client: Client) -> None:
    for client in (alice_client, charlie_client):
        client.post(reverse("playlists"), {"name": "Party", "idempotency_key": "k"})
    assert Playlist.objects.values("owner").distinct().count() == 2


def test_the_second_of_two_waits_for_the_first(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request is still running, and has finished when the second looks again."""
    form = {"name": "Party", "idempotency_key": "k"}
    first = alice_client.post(reverse("playlists"), form)
    record = IdempotencyRecord.objects.get()
    IdempotencyRecord.objects.update(status=None)

    def ends(seconds: float) -> None:
        IdempotencyRecord.objects.update(status=record.status)

    monkeypatch.setattr("library.http.idempotent_forms.time.sleep", ends)
    assert alice_client.post(reverse("playlists"), form)["Location"] == first["Location"]
    assert Playlist.objects.count() == 1


def test_it_does_not_wait_for_ever(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"name": "Party", "idempotency_key": "k"}
    alice_client.post(reverse("playlists"), form)
    IdempotencyRecord.objects.update(status=None)
    monkeypatch.setattr("library.http.idempotent_forms.WAIT_SECONDS", -1)
    answer = alice_client.post(reverse("playlists"), form, follow=True)
    assert "still being processed" in answer.content.decode()
    assert Playlist.objects.count() == 1
