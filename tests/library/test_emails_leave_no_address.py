"""An email address is kept until its email was sent, and no longer."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.tasks import TaskResultStatus
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from library import services
from library.models import PendingEmail, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def email_in_the_background(settings: Settings) -> None:
    settings.EARMARK_EMAIL_ENABLED = True
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def run_worker() -> None:
    Worker(
        queue_names=["default"], interval=0, batch=True, backend_name="default", startup_delay=False,
        max_tasks=9, worker_id="test", excluded_queue_names=[],
    ).run()  # fmt: skip


def everything_in_the_queue() -> str:
    return str(list(DBTaskResult.objects.values()))


@pytest.mark.parametrize("name", ["signup", "password_reset"])
def test_nothing_is_left_when_it_was_sent(name: str, alice: User, client: Client) -> None:
    client.post(reverse(name), {"email": alice.email})
    assert alice.email not in everything_in_the_queue()
    run_worker()
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    assert alice.email not in everything_in_the_queue()
    assert not PendingEmail.objects.exists()


def test_the_errors_of_mail_servers_are_not_kept_either(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise smtplib.SMTPRecipientsRefused({alice.email: (550, b"no")})

    monkeypatch.setattr("library.services.people.send_mail", refuse)
    client.post(reverse("signup"), {"email": alice.email})
    run_worker()
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED
    assert "SMTPRecipientsRefused" in everything_in_the_queue()
    assert alice.email not in everything_in_the_queue()
    assert services.emails_expire() == 0
    PendingEmail.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert services.emails_expire() == 1
