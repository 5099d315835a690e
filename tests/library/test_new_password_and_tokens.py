"""A new password offers to revoke the tokens that there are."""

from __future__ import annotations

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from library import services
from library.models import ApiToken, User
from tests.factories import PASSWORD, signed_in

pytestmark = pytest.mark.django_db

ANOTHER = "another quiet room"
NEW = {"new_password1": ANOTHER, "new_password2": ANOTHER}


@pytest.fixture
def tokens(alice: User, charlie: User) -> list[ApiToken]:
    services.token_create(owner=charlie, name="of charlie")
    return [services.token_create(owner=alice, name=name)[0] for name in ("backup", "phone")]


class TestTokens:
    def test_are_listed_and_kept(self, alice_client: Client, tokens: list[ApiToken]) -> None:
        page = alice_client.get(reverse("password_change")).content.decode()
        assert "Also revoke these tokens" in page
        assert "backup" in page
        assert "of charlie" not in page
        alice_client.post(reverse("password_change"), NEW | {"old_password": PASSWORD})
        assert ApiToken.objects.count() == 3

    def test_that_are_chosen_are_revoked(self, alice_client: Client, tokens: list[ApiToken]) -> None:
        fields = NEW | {"old_password": PASSWORD, "revoke": [str(tokens[0].pk)]}
        assert alice_client.post(reverse("password_change"), fields).status_code == 302
        assert set(ApiToken.objects.values_list("name", flat=True)) == {"phone", "of charlie"}

    def test_are_not_revoked_with_a_wrong_password(
        self, alice_client: Client, tokens: list[ApiToken]
    ) -> None:
        fields = NEW | {"old_password": "wrong", "revoke": [str(tokens[0].pk)]}
        assert alice_client.post(reverse("password_change"), fields).status_code == 200
        assert ApiToken.objects.count() == 3

    def test_of_others_cannot_be_chosen(self, charlie: User, tokens: list[ApiToken]) -> None:
        fields = NEW | {"old_password": PASSWORD, "revoke": [str(tokens[0].pk)]}
        page = signed_in(charlie).post(reverse("password_change"), fields)
        assert page.status_code == 200
        assert ApiToken.objects.count() == 3

    def test_are_offered_after_a_forgotten_password(
        self, alice: User, client: Client, tokens: list[ApiToken]
    ) -> None:
        key = [urlsafe_base64_encode(force_bytes(alice.pk)), default_token_generator.make_token(alice)]
        page = client.get(reverse("password_reset_confirm", args=key), follow=True)
        assert "backup" in page.content.decode()
        fields = NEW | {"revoke": [str(token.pk) for token in tokens]}
        client.post(page.request["PATH_INFO"], fields)
        assert ApiToken.objects.get().name == "of charlie"
        alice.refresh_from_db()
        assert alice.check_password(ANOTHER)

    def test_without_any_nothing_is_asked(self, alice_client: Client) -> None:
        assert "revoke" not in alice_client.get(reverse("password_change")).content.decode()
