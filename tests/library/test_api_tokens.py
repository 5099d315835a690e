"""Tokens: a digest is all that is kept, a revoked one is dead, and each knows when it was last used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import ApiToken, User

pytestmark = pytest.mark.django_db

TRACKS = "/api/v1/tracks/"


@pytest.fixture
def key(alice: User) -> str:
    return services.token_create(owner=alice, name="backup")[1]


def status(authorization: str) -> int:
    return Client().get(TRACKS, headers={"Authorization": authorization}).status_code


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_a_token_opens_its_owners_library(key: str, scheme: str) -> None:
    assert status(f"{scheme} {key}") == 200


def test_the_key_is_nowhere_in_the_database(key: str) -> None:
    stored = " ".join(str(value) for value in ApiToken.objects.values().get().values())
    assert key not in stored
    assert key.removeprefix("earmark_")[8:] not in stored


@pytest.mark.parametrize("wrong", ["", "earmark_", "{key}x", "{short}", "ключ", "{digest}", "{key} {key}"])
def test_anything_else_is_401(key: str, wrong: str) -> None:
    digest = ApiToken.objects.get().digest
    sent = wrong.format(key=key, short=key[:-1], digest=digest)
    response = Client().get(TRACKS, headers={"Authorization": f"Bearer {sent}"})
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="Earmark"'


def test_another_scheme_is_no_token(key: str) -> None:
    assert status(f"Basic {key}") == 401


def test_a_revoked_token_is_dead(key: str) -> None:
    services.token_revoke(token=ApiToken.objects.get())
    assert status(f"Bearer {key}") == 401


def test_a_token_of_somebody_who_was_shut_out_is_dead(key: str, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert status(f"Bearer {key}") == 401


def test_a_wrong_token_is_not_saved_by_a_session(alice_client: Client) -> None:
    assert alice_client.get(TRACKS, headers={"Authorization": "Bearer earmark_wrong"}).status_code == 401


def test_a_token_opens_no_pages(key: str, client: Client) -> None:
    assert client.get("/overview/", headers={"Authorization": f"Bearer {key}"}).status_code == 302
    assert client.get("/account/", headers={"Authorization": f"Bearer {key}"}).status_code == 302


def test_use_is_noted_at_most_once_a_minute(
    key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = ApiToken.objects.get()
    assert token.last_used_at is None
    status(f"Bearer {key}")
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with django_assert_num_queries(2):  # nothing is written
        status(f"Bearer {key}")

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    status(f"Bearer {key}")
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= first
