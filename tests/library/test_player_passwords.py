"""Player passwords: shown once, known to nobody without the site's secret key, and revoked one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from library import selectors, services
from library.accounts.views import NEW_PLAYER_PASSWORD_COOKIE
from library.errors import DomainError
from library.models import PlayerPassword, User
from library.services import player_passwords
from tests.factories import PASSWORD, signed_in

pytestmark = pytest.mark.django_db

SHAPE = re.compile(r"([a-z2-7]{4}-){4}[a-z2-7]{4}")


@pytest.fixture
def phone(alice: User) -> tuple[PlayerPassword, str]:
    return services.player_password_create(owner=alice, name="phone")


def reveal(row: PlayerPassword) -> str | None:
    return services.player_password_reveal(player_password=PlayerPassword.objects.get(pk=row.pk))


class TestSecrets:
    def test_can_be_typed_and_compared(self, phone: tuple[PlayerPassword, str]) -> None:
        row, password = phone
        assert SHAPE.fullmatch(password)
        assert reveal(row) == password

    def test_differ(self, alice: User) -> None:
        made = {services.player_password_create(owner=alice, name="phone")[1] for _ in range(5)}
        assert len(made) == 5

    def test_are_nowhere_in_the_database(self, phone: tuple[PlayerPassword, str]) -> None:
        stored = " ".join(str(value) for value in PlayerPassword.objects.values().get().values())
        for group in phone[1].split("-"):
            assert group not in stored.split()
        assert phone[1].replace("-", "") not in stored

    def test_need_the_secret_key(self, phone: tuple[PlayerPassword, str], settings: Settings) -> None:
        before = settings.SECRET_KEY
        settings.SECRET_KEY = "another key"
        assert reveal(phone[0]) is None
        settings.SECRET_KEY_FALLBACKS = ["an older one", before]
        assert reveal(phone[0]) == phone[1]

    def test_are_not_more_than_are_compared(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(player_passwords, "MAX_PLAYER_PASSWORDS", 2)
        for name in ("phone", "car"):
            services.player_password_create(owner=alice, name=name)
        with pytest.raises(DomainError, match="Revoke one"):
            services.player_password_create(owner=alice, name="desk")
        assert selectors.player_passwords_of(alice).count() == 2

    def test_note_their_use_at_most_once_a_minute(
        self, phone: tuple[PlayerPassword, str], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        row, _ = phone
        services.player_password_mark_used(player_password=row)
        row.refresh_from_db()
        first = row.last_used_at
        assert first is not None
        with django_assert_num_queries(0):
            services.player_password_mark_used(player_password=row)
        PlayerPassword.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
        row.refresh_from_db()
        services.player_password_mark_used(player_password=row)
        row.refresh_from_db()
        assert row.last_used_at is not None
        assert row.last_used_at >= first


class TestAccountPage:
    def make(self, client: Client) -> str:
        """Makes a password by the form; returns it as the next page shows it."""
        assert client.post(reverse("player_password_create"), {"name": "phone"}).status_code == 302
        found = SHAPE.search(client.get(reverse("account")).content.decode())
        assert found
        return found[0]

    def test_shows_it_once_with_what_a_player_asks_for(self, alice: User, alice_client: Client) -> None:
        assert alice_client.post(reverse("player_password_create"), {"name": "phone"}).status_code == 302
        page = alice_client.get(reverse("account")).content.decode()
        shown = SHAPE.search(page)
        assert shown
        assert reveal(alice.player_passwords.get()) == shown[0]
        assert "http://testserver" in page
        again = alice_client.get(reverse("account")).content.decode()
        assert shown[0] not in again
        assert "phone" in again

    def test_shows_it_to_one_person(self, alice_client: Client, charlie_client: Client) -> None:
        alice_client.post(reverse("player_password_create"), {"name": "phone"})
        cookie = alice_client.cookies[NEW_PLAYER_PASSWORD_COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 60)
        charlie_client.cookies[NEW_PLAYER_PASSWORD_COOKIE] = cookie.value
        assert not SHAPE.search(charlie_client.get(reverse("account")).content.decode())

    def test_a_name_is_asked_for(self, alice_client: Client) -> None:
        for name in ("", "x" * 61):
            page = alice_client.post(reverse("player_password_create"), {"name": name})
            assert page.status_code == 200
            assert 'id="id_player_name_error"' in page.content.decode()
        assert not PlayerPassword.objects.exists()

    def test_revokes(self, alice: User, alice_client: Client) -> None:
        self.make(alice_client)
        address = reverse("player_password_revoke", args=[alice.player_passwords.get().pk])
        assert alice_client.get(address).status_code == 405
        page = alice_client.post(address, follow=True).content.decode()
        assert "Revoked the player password “phone”" in page
        assert not PlayerPassword.objects.exists()

    def test_revokes_only_ones_own(self, charlie_client: Client, phone: tuple[PlayerPassword, str]) -> None:
        for pk in (phone[0].pk, phone[0].pk + 1):
            page = charlie_client.post(reverse("player_password_revoke", args=[pk]), follow=True)
            assert "has been revoked already" in page.content.decode()
        assert PlayerPassword.objects.count() == 1

    def test_says_to_make_a_new_one_when_it_cannot_be_read(
        self, alice: User, phone: tuple[PlayerPassword, str], settings: Settings
    ) -> None:
        settings.SECRET_KEY = "another key"
        page = signed_in(alice).get(reverse("account"))
        assert page.status_code == 200
        assert "make a new one" in page.content.decode()


class TestANewPassword:
    @pytest.fixture
    def two(self, alice: User, charlie: User) -> list[PlayerPassword]:
        services.player_password_create(owner=charlie, name="of charlie")
        return [services.player_password_create(owner=alice, name=name)[0] for name in ("phone", "car")]

    def change(self, client: Client, **fields: Any) -> int:
        new = {"new_password1": "another quiet room", "new_password2": "another quiet room"}
        form = new | {"old_password": PASSWORD} | fields
        return client.post(reverse("password_change"), form).status_code

    def test_keeps_them(self, alice_client: Client, two: list[PlayerPassword]) -> None:
        page = alice_client.get(reverse("password_change")).content.decode()
        assert "Also revoke these player passwords" in page
        assert "of charlie" not in page
        assert self.change(alice_client) == 302
        assert PlayerPassword.objects.count() == 3

    def test_revokes_those_that_are_chosen(self, alice_client: Client, two: list[PlayerPassword]) -> None:
        assert self.change(alice_client, revoke_players=[str(two[0].pk)]) == 302
        assert set(PlayerPassword.objects.values_list("name", flat=True)) == {"car", "of charlie"}

    def test_revokes_none_of_others(self, charlie_client: Client, two: list[PlayerPassword]) -> None:
        assert self.change(charlie_client, revoke_players=[str(two[0].pk)]) == 200
        assert PlayerPassword.objects.count() == 3


def test_they_go_when_the_account_is_closed(alice: User, phone: tuple[PlayerPassword, str]) -> None:
    assert selectors.account_contents_of(alice)["player_passwords"] == 1
    services.user_delete(user=alice)
    assert not PlayerPassword.objects.exists()
