"""Accounts: sign-up, emails about them, changes of address, and what their owners allow."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.forms import PasswordResetForm
from django.core import signing
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from library.models import User
from library.services.effective_genres import genre_recompute_start

SIGN_UP_SALT = "earmark.sign-up"
INVITATION_SALT = "earmark.invitation"
#: How long an invitation can be accepted.
INVITATION_DAYS = 14


class EmailTakenError(Exception):
    """There is an account with this address already."""


def user_add(*, email: str, password: str) -> User:
    """Create an account. Raises EmailTakenError, also for the second of two simultaneous requests."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password)
    except IntegrityError as error:
        raise EmailTakenError from error


def user_change_email(*, user: User, email: str) -> None:
    """Change an account's address. Raises EmailTakenError."""
    user.email = email.strip().lower()
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as error:
        user.refresh_from_db(fields=["email"])
        raise EmailTakenError from error


def password_reset_email_send(*, email: str, host: str, secure: bool) -> None:
    """Send a link for a new password to this address, if it has an account. `host` and `secure` make the link."""
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=host,
            use_https=secure,
            email_template_name="accounts/password_reset_email.txt",
            subject_template_name="accounts/password_reset_subject.txt",
        )


def sign_up_email_send(*, email: str, host: str, secure: bool) -> None:
    """Send a link for signing up to this address or, if it has an account already, a hint saying so."""
    known = User.objects.filter(email__iexact=email).exists()
    page = reverse("password_reset") if known else reverse("signup_finish", args=[sign_up_key(email=email)])
    link = f"{'https' if secure else 'http'}://{host}{page}"
    text = render_to_string("accounts/signup_email.txt", {"known": known, "link": link})
    send_mail("Your account at Earmark", text, None, [email])


def sign_up_key(*, email: str) -> str:
    """A key that proves, for three days, that its holder has read an email to this address."""
    return signing.dumps(email.strip().lower(), salt=SIGN_UP_SALT)


def sign_up_address(*, key: str) -> str:
    """The address that a key from `sign_up_key` stands for. Raises signing.BadSignature."""
    return str(signing.loads(key, salt=SIGN_UP_SALT, max_age=timedelta(days=3)))


def invitation_key(*, email: str) -> str:
    """A key with which somebody can sign up under this address, also where signing up is closed.

    Nothing of it is stored, so it cannot be taken back. It is of no more use once the address has an account.
    """
    return signing.dumps(email.strip().lower(), salt=INVITATION_SALT)


def invitation_address(*, key: str) -> str:
    """The address that a key from `invitation_key` stands for. Raises signing.BadSignature."""
    return str(signing.loads(key, salt=INVITATION_SALT, max_age=timedelta(days=INVITATION_DAYS)))


def users_set_active(*, users: QuerySet[User], active: bool) -> int:
    """Disable accounts or enable them again; returns how many that changed.

    Who is disabled is signed out at once, cannot sign in, and has no access by tokens. Everything of theirs stays.
    """
    return users.filter(deletion_progress_at=None).exclude(is_active=active).update(is_active=active)


def user_share(*, user: User, share: bool) -> None:
    """Share a person's tracks with reviewers, or stop sharing them."""
    user.share_with_reviewers = share
    user.save(update_fields=["share_with_reviewers"])


def user_trust_file_genres(*, user: User, trust: User.FileGenreTrust) -> bool:
    """Change when the genres in a person's files count; returns whether that is a change.

    The genres of their tracks follow in the background.
    """
    with transaction.atomic():
        others = User.objects.filter(pk=user.pk).exclude(file_genre_trust=trust)
        if changed := bool(others.update(file_genre_trust=trust)):
            genre_recompute_start(owner=user)
    user.refresh_from_db(fields=["file_genre_trust"])
    return changed


def user_allow_training(*, user: User, allow: bool) -> None:
    """Allow, or no longer allow, that models for everyone on this site are trained on a person's tracks."""
    user.allow_training = allow
    user.save(update_fields=["allow_training"])
