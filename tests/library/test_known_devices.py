"""A stranger's wrong passwords do not lock out a device on which the owner signed in before."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from library.accounts.devices import DEVICE_COOKIE, MAX_PEOPLE
from library.models import User
from tests.factories import PASSWORD, UserFactory, signed_in

pytestmark = pytest.mark.django_db

ANOTHER = "another quiet room"


def sign_in(client: Client, email: str, password: str = PASSWORD, at: str = "login") -> Any:
    return client.post(reverse(at), {"username": email, "password": password})


def known(user: User, at: str = "login") -> Client:
    """A browser in which the person signed in, and out again."""
    client = Client()
    assert sign_in(client, user.email, at=at).status_code == 302
    client.post(reverse("logout"))
    return client


def try_passwords(email: str) -> None:
    stranger = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(5):
        sign_in(stranger, email, "wrong")
    assert sign_in(stranger, email, "wrong").status_code == 429


@pytest.mark.parametrize("at", ["login", "admin:login"])
def test_its_owner_can_sign_in_there(bob: User, at: str) -> None:
    device = known(bob, at)
    try_passwords(bob.email)
    assert sign_in(Client(), bob.email, at=at).status_code == 429
    assert sign_in(device, bob.email.upper(), at=at).status_code == 302
    # That says nothing about the stranger, who has no further attempts.
    assert sign_in(Client(), bob.email).status_code == 429


def test_it_has_as_many_attempts_and_leaves_the_others_theirs(alice: User) -> None:
    device, another = known(alice), known(alice)
    for _ in range(5):
        assert sign_in(device, alice.email, "wrong").status_code == 200
    assert sign_in(device, alice.email).status_code == 429
    assert sign_in(another, alice.email).status_code == 302
    assert sign_in(Client(), alice.email).status_code == 302


def test_a_shared_device_knows_each_of_its_people(alice: User, charlie: User) -> None:
    device = known(alice)
    sign_in(device, charlie.email)
    device.post(reverse("logout"))
    for person in (alice, charlie):
        try_passwords(person.email)
        assert sign_in(device, person.email).status_code == 302
        device.post(reverse("logout"))


def test_it_is_of_no_use_for_another_account(alice: User, charlie: User) -> None:
    device = known(alice)
    try_passwords(charlie.email)
    assert sign_in(device, charlie.email).status_code == 429


@pytest.mark.parametrize("forged", ["nonsense", "e30:1", "\\000"])
def test_a_forged_cookie_is_none(alice: User, forged: str) -> None:
    try_passwords(alice.email)
    device = Client()
    device.cookies[DEVICE_COOKIE] = forged
    assert sign_in(device, alice.email).status_code == 429


def test_it_does_not_hold_after_another_password(alice: User) -> None:
    """Who knew the old one could have made many of them."""
    device = known(alice)
    alice.set_password(ANOTHER)
    alice.save()
    try_passwords(alice.email)
    assert sign_in(device, alice.email, ANOTHER).status_code == 429


def test_the_device_on_which_it_was_changed_stays_known(alice: User) -> None:
    device = Client()
    sign_in(device, alice.email)
    fields = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert device.post(reverse("password_change"), fields).status_code == 302
    device.post(reverse("logout"))
    try_passwords(alice.email)
    assert sign_in(device, alice.email, ANOTHER).status_code == 302


def test_an_open_session_is_not_locked_out_either(alice: User) -> None:
    """Also one from before there was the cookie."""
    try_passwords(alice.email)
    response = signed_in(alice).post(reverse("account_delete"), {"current_password": PASSWORD})
    assert response.status_code == 302
    assert not User.objects.exists()


def test_who_signs_up_has_a_known_device(client: Client) -> None:
    client.post(reverse("signup"), {"email": "dora@example.org", "password": PASSWORD})
    client.post(reverse("logout"))
    try_passwords("dora@example.org")
    assert sign_in(client, "dora@example.org").status_code == 302


def test_the_cookie_gives_nothing_away(alice: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = known(alice).cookies[DEVICE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    assert alice.email not in cookie.value
    assert alice.password not in cookie.value


def test_it_does_not_grow_for_ever(db: None) -> None:
    device = Client()
    for _ in range(MAX_PEOPLE + 3):
        sign_in(device, UserFactory().email)
        device.post(reverse("logout"))
    assert len(device.cookies[DEVICE_COOKIE].value) < 1000


def test_a_wrong_password_is_remembered_nowhere(alice: User) -> None:
    device = Client()
    sign_in(device, alice.email, "wrong")
    assert DEVICE_COOKIE not in device.cookies
