"""Accounts, API tokens, player passwords, failed sign-ins and idempotency records."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(DjangoUserManager["User"]):
    """Creates accounts that sign in with their email address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        return self.create_user(email, password, **(fields | {"is_staff": True, "is_superuser": True}))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person with a library."""

    class FileGenreTrust(models.TextChoices):
        """When the genre in a file counts for a track on which nobody has given a verdict."""

        NEVER = "never", "Never"
        UNSURE = "unsure", "When Earmark is not sure"
        ALWAYS = "always", "Always"

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("email address", unique=True)

    share_with_reviewers = models.BooleanField(
        "shared with reviewers",
        default=False,
        help_text="Staff may listen to and review this person’s tracks.",
    )
    file_genre_trust = models.CharField(
        "trust in the genres of files", max_length=6, choices=FileGenreTrust, default=FileGenreTrust.UNSURE
    )
    allow_training = models.BooleanField(
        "may be trained on",
        default=False,
        help_text="Models for everyone on this site may be trained on this person’s tracks and the genres they set.",
    )
    #: The size of the largest library that this person may have; None for the site's. `selectors.quota_of` knows both.
    quota_bytes = models.PositiveBigIntegerField("quota", null=True, blank=True)

    #: When the deletion of a closed account last made progress; None for all others.
    deletion_progress_at = models.DateTimeField(null=True, editable=False)
    #: The model that analyses this person's tracks; "" for the site's.
    base_model = models.CharField("base model", max_length=64, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ignores_case")]
        indexes = [
            models.Index(
                fields=["deletion_progress_at"],
                condition=models.Q(deletion_progress_at__isnull=False),
                name="being_deleted",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email.partition("@")[0]


class FailedSignIn(models.Model):
    """A failed attempt to sign in. The account and the address are hashed: they can be matched, but not read."""

    digest = models.CharField("keyed hash of an email or IP address", max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["digest", "created_at"], name="failed_of_a_digest")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"


class IdempotencyRecord(models.Model):
    """The request that an idempotency key was used for, and the response to it."""

    # The constraint below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    digest = models.CharField("keyed hash of the request", max_length=64)
    #: Until then (by the database's clock) the request counts as in progress. Its process extends the lease.
    leased_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(
        "HTTP status", null=True, help_text="Empty while the request is in progress."
    )
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.status}: {self.key}"


class ApiToken(models.Model):
    """A program's key to its owner's library. Only its digest is stored; the key itself is shown once."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("first characters", max_length=12, editable=False)
    #: Every token may read; these two are chosen when it is made.
    may_write = models.BooleanField("may add and change", default=True)
    may_delete = models.BooleanField("may delete", default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> list[str]:
        return ["read"] + ["write"] * self.may_write + ["delete"] * self.may_delete

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class PlayerPassword(models.Model):
    """A password for music players on phones and desktops. It opens the players' API and nothing else.

    Their protocol sends a hash of the password and a random word, which can only be checked by who knows the password.
    So it is made from the site's secret key and this row, which alone gives no access (`services.player_passwords`).
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="player_passwords")
    name = models.CharField(max_length=60)
    salt = models.CharField(max_length=32, editable=False)
    #: Tells which of the site's secret keys the password was made with.
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name
