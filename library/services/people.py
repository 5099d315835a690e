"""People come, change their address, and go."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.forms import PasswordResetForm
from django.core import signing
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from library.models import PartialUpload, Track, User
from library.services.bin import tracks_purge
from library.services.uploads import upload_abort

SIGN_UP_SALT = "earmark.sign-up"


class EmailTakenError(Exception):
    """Somebody has an account under this address already."""


def user_add(*, email: str, password: str) -> User:
    """Open an account. Raises EmailTakenError, also if two people ask for it at the same moment."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password)
    except IntegrityError as error:
        raise EmailTakenError from error


def user_change_email(*, user: User, email: str) -> None:
    """Give an account another address. Raises EmailTakenError."""
    user.email = email.strip().lower()
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as error:
        user.refresh_from_db(fields=["email"])
        raise EmailTakenError from error


def password_reset_email_send(*, email: str, host: str, secure: bool) -> None:
    """Send the way to a new password to whoever has an account under this address; to nobody, if none has."""
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=host,
            use_https=secure,
            email_template_name="accounts/password_reset_email.txt",
            subject_template_name="accounts/password_reset_subject.txt",
        )


def sign_up_email_send(*, email: str, host: str, secure: bool) -> None:
    """Send the way to an account of one's own; whoever has one is told so, and nobody else is."""
    known = User.objects.filter(email__iexact=email).exists()
    page = reverse("password_reset") if known else reverse("signup_finish", args=[sign_up_key(email=email)])
    link = f"{'https' if secure else 'http'}://{host}{page}"
    text = render_to_string("accounts/signup_email.txt", {"known": known, "link": link})
    send_mail("Your account at Earmark", text, None, [email])


def sign_up_key(*, email: str) -> str:
    """What proves, for three days, that a letter to this address was read."""
    return signing.dumps(email.strip().lower(), salt=SIGN_UP_SALT)


def sign_up_address(*, key: str) -> str:
    """The address that was proved. Raises signing.BadSignature."""
    return str(signing.loads(key, salt=SIGN_UP_SALT, max_age=timedelta(days=3)))


def user_share(*, user: User, share: bool) -> None:
    """Let reviewers hear and review somebody's tracks, or no longer."""
    user.share_with_reviewers = share
    user.save(update_fields=["share_with_reviewers"])


@transaction.atomic
def user_delete(*, user: User) -> None:
    """Delete an account with everything in it, the bin included; the tracks' files go in the background."""
    everything = Track.all_objects.filter(owner=user).order_by()
    tracks_purge(owner=user, track_ids=everything.values_list("pk", flat=True))
    for upload in PartialUpload.objects.filter(owner=user, finished_at=None):
        upload_abort(upload=upload)
    user.delete()
