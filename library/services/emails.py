"""Emails in the background, without leaving their addresses in the rows of the job queue."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from library.models import PendingEmail
from library.services.jobs import job_enqueue
from library.services.people import password_reset_email_send, sign_up_email_send

#: An email that could not be sent for this long is forgotten. Its link would have expired.
LIFETIME = timedelta(days=1)


class EmailNotSentError(Exception):
    """An email could not be sent. Names the kind of error, and not, as mail servers' errors do, the address."""


def email_enqueue(*, kind: PendingEmail.Kind, email: str, host: str, secure: bool) -> None:
    """Have a worker send an email, so that nobody waits for a mail server. `host` and `secure` make its link."""
    pending = PendingEmail.objects.create(kind=kind, email=email, host=host, secure=secure)
    job_enqueue("send_email", pending.pk)


def email_send(*, email_id: int) -> None:
    """Send an email and forget its address. Raises EmailNotSentError."""
    pending = PendingEmail.objects.filter(pk=email_id).first()
    if pending is None:
        return
    send = sign_up_email_send if pending.kind == PendingEmail.Kind.SIGN_UP else password_reset_email_send
    try:
        send(email=pending.email, host=pending.host, secure=pending.secure)
    except Exception as error:
        raise EmailNotSentError(type(error).__name__) from None
    pending.delete()


def emails_expire() -> int:
    """Delete emails that could not be sent for a day; returns how many."""
    return PendingEmail.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()[0]
