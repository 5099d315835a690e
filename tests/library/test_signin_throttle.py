"""Passwords cannot be guessed by trying, and no response reveals who has an account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from library.http.client_address import client_address
from library.models import FailedSignIn, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

SITE = reverse("login")
ADMIN = reverse("admin:login")


def sign_in(email: str, password: str = "wrong", *, at: str = SITE, address: str = "192.0.2.1") -> Any:
    return Client(REMOTE_ADDR=address).post(at, {"username": email, "password": password})


def without_tokens(response: HttpResponse) -> bytes:
    return re.sub(rb"\b\w{64}\b", b"TOKEN", response.content).replace(b"nobody@", b"alice@")


@pytest.mark.parametrize("at", [SITE, ADMIN])
@pytest.mark.parametrize("person", ["alice", "bob"])
def test_five_failures_and_even_the_right_password_waits(
    at: str, person: str, request: pytest.FixtureRequest
) -> None:
    email = request.getfixturevalue(person).email
    for _ in range(5):
        assert sign_in(email, at=at).status_code == 200
    for password in ("wrong", PASSWORD):
        refused = sign_in(email, password, at=at)
        assert refused.status_code == 429
        assert refused["Retry-After"] == "900"
        assert "try again in 15 minutes" in refused.content.decode()


def test_the_admin_and_the_site_count_together(bob: User) -> None:
    for at in (SITE, ADMIN, SITE, ADMIN, SITE):
        sign_in(bob.email, at=at)
    assert sign_in(bob.email, PASSWORD, at=ADMIN).status_code == 429


def test_others_and_other_addresses_go_on(alice: User, charlie: User) -> None:
    for _ in range(6):
        sign_in(alice.email)
    assert sign_in(charlie.email, PASSWORD).status_code == 302
    assert sign_in(alice.email, PASSWORD, address="192.0.2.2").status_code == 429


@pytest.mark.parametrize("spelling", ["ALICE@example.org", " alice@EXAMPLE.org ", "al\u0131ce@example.org"])
def test_another_spelling_is_no_other_account(alice: User, spelling: str) -> None:
    for _ in range(5):
        sign_in(alice.email)
    assert sign_in(spelling).status_code == 429


def test_thirty_failures_from_one_address(alice: User) -> None:
    for number in range(30):
        assert sign_in(f"person{number}@example.org").status_code == 200
    assert sign_in(alice.email, PASSWORD).status_code == 429
    assert sign_in(alice.email, PASSWORD, address="192.0.2.2").status_code == 302


def test_success_forgets_the_failures_of_that_account_alone(alice: User) -> None:
    for _ in range(4):
        sign_in(alice.email)
        sign_in("nobody@example.org")
    assert sign_in(alice.email, PASSWORD).status_code == 302
    assert FailedSignIn.objects.count() == 4 + 8
    for _ in range(5):
        assert sign_in(alice.email).status_code == 200


def test_what_is_refused_does_not_prolong_the_wait(alice: User) -> None:
    for _ in range(9):
        sign_in(alice.email)
    assert FailedSignIn.objects.count() == 10


def test_after_a_quarter_of_an_hour_it_is_forgotten_and_gone(alice: User) -> None:
    for _ in range(5):
        sign_in(alice.email)
    FailedSignIn.objects.update(created_at=timezone.now() - timedelta(minutes=15))
    assert sign_in(alice.email, PASSWORD).status_code == 302
    assert not FailedSignIn.objects.exists()


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("email_change", "current_password"),
        ("account_delete", "current_password"),
        ("password_change", "old_password"),
    ],
)
def test_an_open_session_is_no_place_to_try_passwords(
    name: str, field: str, alice: User, alice_client: Client
) -> None:
    fields = {"email": "alice@example.com", "new_password1": "quiet rooms", "new_password2": "quiet rooms"}
    for _ in range(5):
        assert alice_client.post(reverse(name), fields | {field: "wrong"}).status_code == 200
    assert alice_client.post(reverse(name), fields | {field: PASSWORD}).status_code == 429
    # Elsewhere, that is nobody's fault.
    assert sign_in(alice.email, PASSWORD).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.check_password(PASSWORD)) == ("alice@example.org", True)


def test_the_admin_has_no_password_form_of_its_own(bob_client: Client) -> None:
    answer = bob_client.post(reverse("admin:password_change"), {"old_password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("password_change"))


def test_limits_are_settings(alice: User, settings: Settings) -> None:
    settings.EARMARK_SIGN_IN_PER_EMAIL = 1
    settings.EARMARK_SIGN_IN_MINUTES = 60
    sign_in(alice.email)
    refused = sign_in(alice.email)
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")


def test_nothing_can_be_read_from_the_table(alice: User, settings: Settings) -> None:
    sign_in(alice.email)
    before = set(FailedSignIn.objects.values_list("digest", flat=True))
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in before)
    settings.SECRET_KEY = "another key"
    sign_in(alice.email)
    after = set(FailedSignIn.objects.values_list("digest", flat=True)) - before
    assert len(after) == 2


class Counting(MD5PasswordHasher):
    calls = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).calls += 1
        return super().encode(password, salt)


def test_known_and_unknown_are_answered_alike_and_cost_the_same(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    UserFactory(email="alice@example.org")
    UserFactory(email="gone@example.org", is_active=False)
    cost: dict[str, list[Any]] = {}
    for email in ("alice@example.org", "nobody@example.org", "gone@example.org"):
        for _ in range(6):
            Counting.calls = 0
            with CaptureQueriesContext(connection) as captured:
                response = sign_in(email)
            answer = without_tokens(response).replace(b"gone@", b"alice@")
            cost.setdefault(email, []).append((response.status_code, answer, Counting.calls, len(captured)))
    assert [row[0] for row in cost["alice@example.org"]] == [200] * 5 + [429]
    assert [row[2] for row in cost["alice@example.org"]] == [1] * 5 + [0]
    assert cost["alice@example.org"] == cost["nobody@example.org"] == cost["gone@example.org"]


def test_sign_up_does_not_list_who_is_there(alice: User, settings: Settings) -> None:
    settings.EARMARK_SIGN_IN_PER_ADDRESS = 3
    asking = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(3):
        assert asking.post(reverse("signup"), {"email": alice.email, "password": PASSWORD}).status_code == 200
    assert asking.post(reverse("signup"), {"email": alice.email, "password": PASSWORD}).status_code == 429
    new = {"email": "new@example.org", "password": PASSWORD}
    assert Client(REMOTE_ADDR="192.0.2.2").post(reverse("signup"), new).status_code == 302
    assert FailedSignIn.objects.count() == 3


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "127.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "127.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "192.0.2.1", None, "192.0.2.1"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, ""),
    ],
)
def test_where_a_request_comes_from(
    proxies: int, remote: str, forwarded: str | None, address: str, settings: Settings
) -> None:
    settings.EARMARK_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)) == address
