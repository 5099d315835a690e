"""An email address has no letters that nobody sees: two that look the same are one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from library.models import User
from tests.factories import PASSWORD, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "letter",
    [
        "\u00ad",
        "\u034f",
        "\u115f",
        "\u180b",
        "\u180e",
        "\u200b",
        "\u200d",
        "\u202e",
        "\u2060",
        "\u2800",
        "\u3164",
        "\ufe0f",
        "\ufeff",
        "\uffa0",
    ],
)
class TestInvisibleLetters:
    def test_in_an_address_are_refused(self, letter: str, client: Client) -> None:
        address = f"dora@exam{letter}ple.org"
        page = client.post(reverse("signup"), {"email": address, "password": PASSWORD})
        assert page.status_code == 200
        assert not User.objects.exists()

    def test_in_another_address_are_refused(self, letter: str, alice: User, alice_client: Client) -> None:
        fields = {"email": f"alice@exam{letter}ple.org", "current_password": PASSWORD}
        assert alice_client.post(reverse("email_change"), fields).status_code == 200
        alice.refresh_from_db()
        assert alice.email == "alice@example.org"


def test_staff_enters_none_either(db: None) -> None:
    root = signed_in(User.objects.create_superuser("root@example.org", PASSWORD))
    fields = {"email": "dora@exam\u200bple.org", "usable_password": "true"}
    root.post(
        reverse("admin:library_user_add"),
        fields | {"password1": "another quiet room", "password2": "another quiet room"},
    )
    assert User.objects.count() == 1


@pytest.mark.parametrize("address", ["dora@müller.example", "dora@例え.jp", "Dora+music@example.org"])
def test_letters_that_are_seen_are_taken(address: str, client: Client) -> None:
    assert client.post(reverse("signup"), {"email": address, "password": PASSWORD}).status_code == 302
    assert User.objects.get().email == address.lower()


def test_an_address_that_grows_in_lower_case_is_refused(client: Client) -> None:
    host = ".".join(["İ" * 60] * 3)
    response = client.post(reverse("signup"), {"email": f"{'d' * 60}@{host}.org", "password": PASSWORD})
    assert response.status_code == 200
    assert not User.objects.exists()
