"""Rows: people, their tracks, what models heard in them, and the tokens of their programs.

No workflow here: every write goes through `library.services`.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from classifier.errors import MESSAGES
from classifier.kinds import KINDS


class UserManager(DjangoUserManager["User"]):
    """People sign in by e-mail address; there are no user names."""

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
    """Somebody with a library."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ignores_case")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email.partition("@")[0]


def stored_name(track: Track, suffix: str) -> str:
    """A storage key nobody can guess, below the track's own folder. Nothing of the uploaded name is in it."""
    return f"tracks/{track.folder[:2]}/{track.folder}/{suffix}"


def original_name(track: Track, filename: str) -> str:
    return stored_name(track, f"original{KINDS[track.kind].extension}")


def peaks_name(track: Track, filename: str) -> str:
    return stored_name(track, "peaks.json")


def spectrogram_name(track: Track, filename: str) -> str:
    return stored_name(track, "spectrogram" + filename[filename.rfind(".") :])


def playable_name(track: Track, filename: str) -> str:
    return stored_name(track, "playable.mp3")


def new_folder() -> str:
    return uuid.uuid4().hex


class Track(models.Model):
    """One uploaded file and what is known about it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        ANALYSING = "analysing", "Listening"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    class Stage(models.TextChoices):
        DECODING = "decoding", "Decoding"
        LISTENING = "listening", "Listening"
        DRAWING = "drawing", "Drawing"
        COPYING = "copying", "Making a playable copy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tracks")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # The file, as it came.
    folder = models.CharField(max_length=32, default=new_folder, editable=False)
    original = models.FileField(upload_to=original_name, max_length=200)
    original_name = models.CharField("file name", max_length=255)
    kind = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    # What the file says about itself.
    title = models.CharField(max_length=255)
    artist = models.CharField(max_length=255, blank=True)
    album = models.CharField(max_length=255, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    file_genre = models.CharField("genre in the file", max_length=100, blank=True)

    # What the analysis measured and made.
    duration = models.FloatField("duration in seconds", null=True, blank=True)
    audio = models.JSONField("container, codec, channels, rates", default=dict, blank=True)
    notices = models.JSONField(default=list, blank=True)
    peaks = models.FileField(upload_to=peaks_name, max_length=200, blank=True)
    spectrogram = models.FileField(upload_to=spectrogram_name, max_length=200, blank=True)
    playable = models.FileField(upload_to=playable_name, max_length=200, blank=True)
    prediction = models.ForeignKey(
        "Prediction", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # Where the analysis stands.
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="one_copy_per_owner"),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="newest_first"),
            models.Index(
                fields=["leased_until"],
                condition=models.Q(status__in=["queued", "analysing"]),
                name="unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artist} – {self.title}" if self.artist else self.title

    def get_absolute_url(self) -> str:
        return reverse("track", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.READY, self.Status.FAILED)

    @property
    def genre(self) -> str | None:
        """The effective genre: what the model is sure of; None while nobody knows."""
        return self.prediction.label if self.prediction else None

    @property
    def error_message(self) -> str:
        return MESSAGES.get(self.error_code, "")

    @property
    def stage_text(self) -> str:
        """Where the analysis stands, in a word or two."""
        if self.status == self.Status.ANALYSING and self.stage:
            return self.Stage(self.stage).label
        return self.Status(self.status).label


class Prediction(models.Model):
    """What one model, in one version, heard in one track."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="predictions")
    model_name = models.CharField(max_length=64)
    model_version = models.CharField(max_length=64)
    label = models.CharField("genre, when sure", max_length=32, null=True, blank=True)  # noqa: DJ001 - null is "not sure"
    top = models.CharField("most probable genre", max_length=32)
    confidence = models.FloatField("probability of the most probable genre")
    probabilities = models.JSONField()
    segments = models.JSONField("timeline", help_text="[start, end, [probability of each genre, by name]]")
    embedding = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["track", "model_name", "model_version"], name="one_prediction_per_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'not sure'} ({self.model_name} {self.model_version})"

    @property
    def genres(self) -> list[str]:
        """In the order of the segments' probabilities: by name, since PostgreSQL keeps no order of keys."""
        return sorted(self.probabilities)

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Genres with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))


class ApiToken(models.Model):
    """A program's key to its owner's library. Only a digest is kept; the key itself is shown once."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("first characters", max_length=12, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name
