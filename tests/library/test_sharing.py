"""Reviewers see the music of those who share it, and nothing of the others': not a title, anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from library import services
from library.models import Track, User, Verdict
from tests.factories import PASSWORD, signed_in
from tests.library.test_access import PageAccess, ask

pytestmark = pytest.mark.django_db

Make = Callable[..., Track]
TITLE = "A tune nobody else knows"


@pytest.fixture
def secret(make_track: Make) -> Track:
    """Alice's, with a word on it; she does not share."""
    track = make_track(title=TITLE, artist="Alice's band")
    services.genre_set(track=track, person=track.owner, genre="jazz")
    return track


@pytest.fixture
def root_client(db: None) -> Client:
    """Who runs the site sees no more than any reviewer."""
    return signed_in(User.objects.create_superuser("root@example.org", PASSWORD))


@pytest.fixture(params=["bob", "root"])
def staff_client(request: pytest.FixtureRequest) -> Client:
    return request.getfixturevalue(f"{request.param}_client")  # type: ignore[no-any-return]


def test_nobody_shares_unasked(alice: User) -> None:
    assert not alice.share_with_reviewers


@pytest.mark.parametrize("name", ["track", "prediction", "verdict"])
def test_lists_hold_what_is_shared(staff_client: Client, secret: Track, name: str) -> None:
    address = reverse(f"admin:library_{name}_changelist")
    for query in ("", "?q=tune", "?q=alice@example.org"):
        assert TITLE not in staff_client.get(address + query).content.decode()
    services.user_share(user=secret.owner, share=True)
    assert TITLE in staff_client.get(address).content.decode()
    services.user_share(user=secret.owner, share=False)
    assert TITLE not in staff_client.get(address).content.decode()


def test_ones_own_are_there_unshared(bob: User, bob_client: Client, make_track: Make) -> None:
    make_track(title="Mine", owner=bob)
    assert "Mine" in bob_client.get(reverse("admin:library_track_changelist")).content.decode()


@pytest.mark.parametrize("name", ["prediction", "verdict"])
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_rows_about_it_are_not_there(staff_client: Client, secret: Track, name: str, page: str) -> None:
    row = secret.prediction if name == "prediction" else Verdict.objects.get()
    assert row
    address = PageAccess(f"admin:library_{name}_{page}", "get", 200)
    hidden = ask(staff_client, address, row.pk)
    assert hidden == ask(staff_client, address, row.pk + 1000)
    assert hidden[0] == 404


def test_suggestions_of_the_search_are_limited_too(staff_client: Client, secret: Track) -> None:
    asked = {"app_label": "library", "model_name": "prediction", "field_name": "track", "term": "tune"}
    found = staff_client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert found == []
    services.user_share(user=secret.owner, share=True)
    found = staff_client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [row["id"] for row in found] == [str(secret.pk)]


@pytest.mark.parametrize("action", ["delete_selected", "analyse_again", "confirm_genres", "set_genre"])
def test_actions_do_not_reach_it(staff_client: Client, secret: Track, action: str) -> None:
    data = {"action": action, "genre": "rock", "_selected_action": str(secret.pk), "post": "yes"}
    before = Track.objects.values().get()
    page = staff_client.post(reverse("admin:library_track_changelist"), data, follow=True)
    assert TITLE not in page.content.decode()
    assert Track.objects.values().get() == before
    assert Verdict.objects.count() == 1


def test_accounts_are_managed_without_a_look_at_the_music(root_client: Client, secret: Track) -> None:
    one = root_client.get(reverse("admin:library_user_delete", args=[secret.owner_id]))
    data = {"action": "delete_selected", "_selected_action": str(secret.owner_id)}
    many = root_client.post(reverse("admin:library_user_changelist"), data)
    for page in (one.content.decode(), many.content.decode()):
        assert "alice@example.org" in page
        assert "Tracks: 1" in page
        assert TITLE not in page
        assert "jazz" not in page


def test_only_its_owner_shares(root_client: Client, alice: User) -> None:
    change = reverse("admin:library_user_change", args=[alice.pk])
    root_client.post(change, {"email": alice.email, "is_active": "on", "share_with_reviewers": "on"})
    alice.refresh_from_db()
    assert not alice.share_with_reviewers


def test_the_log_of_deletions_keeps_no_title(bob_client: Client, secret: Track) -> None:
    services.user_share(user=secret.owner, share=True)
    bob_client.post(reverse("admin:library_track_delete", args=[secret.pk]), {"post": "yes"}, follow=True)
    services.user_share(user=secret.owner, share=False)
    assert LogEntry.objects.get().object_repr == "A track of alice@example.org"
    assert TITLE not in bob_client.get(reverse("admin:index")).content.decode()
