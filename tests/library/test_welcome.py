"""The first page of a stranger says what this is. Everything else is for people with an account."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from library.models import Track, User
from library.templatetags.welcome import STRETCHES, genre_shares
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
SENTENCE = "Earmark hears the genre of each of your tracks"


def page_of(client: Client, address: str = "/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_this_is_and_leads_to_sign_in_and_sign_up(client: Client) -> None:
    page = page_of(client)
    assert SENTENCE in page
    assert 'role="img"' in page
    main = page[page.index("<main") :]
    assert f'href="{reverse("login")}"' in main
    assert f'href="{reverse("signup")}"' in main
    assert re.search('<meta name="description"\\s+content="Earmark is a music library', page)


def test_where_sign_up_is_closed_it_says_whom_to_ask(client: Client, settings: Settings) -> None:
    settings.EARMARK_SIGNUP_OPEN = False
    page = page_of(client)
    assert "Ask the person who runs this site" in page
    assert reverse("signup") not in page
    assert reverse("login") in page


def test_nothing_in_it_needs_an_inline_style_or_script(client: Client) -> None:
    response = client.get("/")
    page = response.content.decode()
    assert not re.search(r"<[^>]+\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=", page)
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"


def test_it_asks_no_database(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        page_of(client)


def test_people_with_an_account_come_to_their_library(alice_client: Client, track: Track) -> None:
    page = page_of(alice_client)
    assert SENTENCE not in page
    assert track.title in page


@pytest.mark.parametrize("query", ["?q=blues", "?page=2", "?search="])
def test_a_search_leads_to_sign_in_and_from_there_back(client: Client, alice: User, query: str) -> None:
    response = client.get(f"/{query}")
    assert response.status_code == 302
    data = {"username": alice.email, "password": PASSWORD}
    assert client.post(response["Location"], data)["Location"] == f"/{query}"


@pytest.mark.parametrize("address", ["/upload/", "/overview/", "/needs-you/", "/account/"])
def test_other_pages_lead_to_sign_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"X-Requested-With": "XMLHttpRequest"}])
def test_a_script_gets_no_page_in_place_of_a_list(client: Client, headers: dict[str, str]) -> None:
    response = client.get("/", headers=headers)
    assert response.status_code == 401
    assert SENTENCE not in response.content.decode()


def test_other_methods_are_as_before(client: Client) -> None:
    assert client.head("/").status_code == 200
    assert client.post("/")["Location"].startswith(reverse("login"))
    assert client.delete("/")["Location"].startswith(reverse("login"))


def test_who_is_disabled_is_a_stranger(alice: User, alice_client: Client, track: Track) -> None:
    alice.is_active = False
    alice.save()
    page = page_of(alice_client)
    assert SENTENCE in page
    assert track.title not in page
    assert alice.email not in page


def test_the_picture_shows_probabilities() -> None:
    for stretch in range(STRETCHES + 1):
        shares = genre_shares(stretch / STRETCHES)
        assert all(0 <= share <= 1 for share in shares.values())
        assert sum(shares.values()) == pytest.approx(1)
