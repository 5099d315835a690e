"""Another base model for a library: what it predicts, which counts only after its owner has put it to use."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from library.models.learned import LearnedModel
from library.models.people import User
from library.models.tracks import GENRE_LENGTH, Prediction, Track


class BaseModelChange(models.Model):
    """A base model that has listened to an owner's library beside the one in use, and what became of that."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for you"
        ACTIVE = "active", "In use"
        GONE_BACK = "gone_back", "Gone back from"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    model_name = models.CharField(max_length=64)
    model_version = models.CharField(max_length=64)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    #: `User.base_model` of the other side: before it is in use the new one, while it is in use the one before.
    other_base_model = models.CharField(max_length=64, blank=True)
    #: The learned version of the other side: before it is in use the one fitted on the new model, while it is in use
    #: the one before; None if there is none.
    learned = models.ForeignKey(LearnedModel, on_delete=models.SET_NULL, null=True, related_name="+")
    #: `in_use`: id and date of the learned version for which another was fitted; `reason`: why that did not do.
    figures = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("last progress", auto_now=True)
    #: When it had listened to the whole library for the first time.
    completed_at = models.DateTimeField(null=True)
    #: When it was last put to use.
    activated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "model_name", "model_version"],
                condition=models.Q(status="pending"),
                name="waits_once_per_model",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} for {self.owner}: {self.get_status_display()}"

    def get_absolute_url(self) -> str:
        return reverse("base-model", args=[self.pk])

    @property
    def model(self) -> str:
        """Name and version."""
        return f"{self.model_name} {self.model_version}"


class BaseModelRow(models.Model):
    """What a track has by the model of the other side: before the change by the new one, after it by the one before.

    Putting the new model to use exchanges this with what counts for the track, and so does going back: each restores
    what was there. A row with an error has nothing to exchange.
    """

    # The constraint below serves the change, too.
    change = models.ForeignKey(BaseModelChange, on_delete=models.CASCADE, related_name="rows", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, null=True, related_name="+")
    embedding_space = models.CharField(max_length=130, blank=True)
    #: As in `Embedding` and `LearningVector`; empty for none.
    embedding = models.BinaryField(default=bytes)
    vector_space = models.CharField(max_length=130, blank=True)
    vector = models.BinaryField("learning vector", default=bytes)
    #: What the track has is the new model's, and this is what it had before.
    is_swapped = models.BooleanField(default=False)
    #: The effective genre before it was swapped; "" for none.
    before = models.CharField("genre before", max_length=GENRE_LENGTH, blank=True)
    error_code = models.CharField("why the new model could not hear it", max_length=30, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["change", "track"], name="one_row_per_change")]
        indexes = [models.Index(fields=["change", "is_swapped", "id"], name="rows_to_swap")]

    def __str__(self) -> str:
        return f"{self.track}: {self.error_code or self.prediction}"
