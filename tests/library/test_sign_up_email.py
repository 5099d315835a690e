"""When the site sends email, sign-up is confirmed by one and does not reveal who has an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from library import services
from library.models import User
from tests.factories import PASSWORD, run_enqueued_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def email_enabled(settings: Settings) -> None:
    settings.EARMARK_EMAIL_ENABLED = True


def request_sign_up(email: str, **fields: str) -> Any:
    return Client().post(reverse("signup"), {"email": email, **fields}, follow=True)


def emailed_link() -> str:
    """The link in the last email."""
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_an_email_then_a_password_and_in(client: Client) -> None:
    assert "Check your email" in request_sign_up("Dora@Example.org").content.decode()
    assert not User.objects.exists()
    run_enqueued_tasks()
    assert "dora@example.org" in client.get(emailed_link()).content.decode()
    answer = client.post(emailed_link(), {"password": PASSWORD})
    assert answer["Location"] == reverse("library")
    dora = User.objects.get()
    assert (dora.email, dora.check_password(PASSWORD)) == ("dora@example.org", True)
    assert client.get(reverse("account")).status_code == 200


def test_known_and_unknown_are_answered_alike_and_cost_the_same(alice: User) -> None:
    answers, queries = [], []
    for email in (alice.email, "nobody@example.org"):
        with CaptureQueriesContext(connection) as captured:
            answer = request_sign_up(email)
        answers.append((answer.redirect_chain, answer.content))
        queries.append([query["sql"].split()[0] for query in captured])
    assert answers[0] == answers[1]
    assert queries[0] == queries[1]
    assert not mail.outbox
    run_enqueued_tasks()
    assert [message.to for message in mail.outbox] == [[alice.email], ["nobody@example.org"]]
    assert "You already have one" in mail.outbox[0].body
    assert mail.outbox[0].subject == mail.outbox[1].subject


def test_a_password_sent_along_is_not_looked_at(alice: User) -> None:
    request_sign_up(alice.email, password="another quiet room")
    run_enqueued_tasks()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_link_works_once_and_for_its_address_only(client: Client) -> None:
    at = reverse("signup_finish", args=[services.sign_up_key(email="dora@example.org")])
    client.post(at, {"password": PASSWORD})
    again = Client().post(at, {"password": "another quiet room"}, follow=True)
    assert "There is already an account with this e-mail address." in again.content.decode()
    assert User.objects.get().check_password(PASSWORD)
    for key in ("nonsense", at.split("/")[3][:-1], services.sign_up_key(email="x@example.org")[1:]):
        answer = Client().get(reverse("signup_finish", args=[key]), follow=True)
        assert "invalid or older than three days" in answer.content.decode()


@pytest.mark.parametrize("password", ["", "short", "dora@example.org"])
def test_a_bad_password_is_refused_there(client: Client, password: str) -> None:
    at = reverse("signup_finish", args=[services.sign_up_key(email="dora@example.org")])
    assert 'aria-invalid="true"' in client.post(at, {"password": password}).content.decode()
    assert not User.objects.exists()


def test_closed_means_closed(client: Client, settings: Settings) -> None:
    at = reverse("signup_finish", args=[services.sign_up_key(email="dora@example.org")])
    settings.EARMARK_SIGNUP_OPEN = False
    assert client.post(at, {"password": PASSWORD}).status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["signup", "password_reset"])
@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_emails_to_one_address_are_limited(alice: User, page: str, email: str) -> None:
    for _ in range(5):
        assert Client().post(reverse(page), {"email": email}).status_code == 302
    assert Client().post(reverse(page), {"email": email.upper()}).status_code == 429
    # Signing in is another matter.
    assert Client().post(reverse("login"), {"username": email, "password": PASSWORD}).status_code in (
        200,
        302,
    )
