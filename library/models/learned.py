"""What Earmark has learned from an owner's verdicts: versions, and the tracks that each of them would change."""

from __future__ import annotations

from django.db import models

from library.models.people import User
from library.models.tracks import GENRE_LENGTH, Track


class LearnedModel(models.Model):
    """A version of what was learned from an owner's verdicts on built-in genres.

    Derived from verdicts and the base model: exports leave it out. Predictions stay the base model's.
    """

    class Status(models.TextChoices):
        FITTING = "fitting", "Being learned"
        CANDIDATE = "candidate", "Waiting for you"
        ACTIVE = "active", "In use"
        INACTIVE = "inactive", "Not in use"
        REFUSED = "refused", "Not good enough"
        #: Fitted on another base model, and put to use together with it.
        WAITING = "waiting", "Waiting for its base model"

    class Reason(models.TextChoices):
        """Why a version was refused."""

        CANNOT_LEARN = "cannot_learn", "The current model cannot learn"
        TOO_FEW_ANSWERS = "too_few_answers", "Too few answers"
        NO_CHANGE = "no_change", "The model suits the answers as it is"
        NOT_BETTER = "not_better", "Not better for other artists"
        CHANGES_NOTHING = "changes_nothing", "It would change no track"

    # The constraints below serve the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="learned_models", db_index=False)
    #: 1, 2, … for each owner.
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.FITTING)
    #: The model whose predictions it adjusts, and the space of the learning vectors that it adjusts them by.
    model_name = models.CharField(max_length=64, blank=True)
    model_version = models.CharField(max_length=64, blank=True)
    space = models.CharField(max_length=130, blank=True)
    #: An .npz file of `weights` (vector, genre), the `genres` of its columns, and the `temperature`; empty if refused.
    arrays = models.BinaryField(default=bytes)
    sha256 = models.CharField("SHA-256 of the arrays", max_length=64, blank=True)
    #: answers, artists; of those held out: gain (of log-probability per answer), p_value, told_apart (artists).
    figures = models.JSONField(default=dict)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("last progress", auto_now=True)
    #: When it was first in use.
    activated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="one_version_per_number"),
            *(
                models.UniqueConstraint(
                    fields=["owner"], condition=models.Q(status=status), name=f"one_{status}_version"
                )
                for status in ("fitting", "candidate", "active")
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of {self.owner}: {self.get_status_display()}"


class LearnedRow(models.Model):
    """A track that a version changes, or would change.

    `counts` is the genre that the track gets from this version while it is in use: that of an accepted row, or what
    the version before it has given the track already. "" if it gets none. Verdicts count before it.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        SKIPPED = "skipped", "Skipped"

    # The constraint below serves the model, too.
    model = models.ForeignKey(LearnedModel, on_delete=models.CASCADE, related_name="rows", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="learned_rows", db_index=False)
    genre = models.CharField("learned genre", max_length=GENRE_LENGTH)
    probability = models.FloatField("probability of the learned genre")
    #: The ids of the tracks that the owner had called so when this was learned and that sound most like it.
    nearest = models.JSONField("nearest answers", default=list)
    #: The effective genre before; "" for none.
    before = models.CharField("genre before", max_length=GENRE_LENGTH, blank=True)
    counts = models.CharField("genre that counts", max_length=GENRE_LENGTH, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    #: Its track's effective genre has not been recomputed yet since the version was taken into or out of use.
    is_due = models.BooleanField("to be applied", default=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["model", "track"], name="one_row_per_version")]
        indexes = [
            models.Index(fields=["track", "model"], name="learned_of_a_track"),
            models.Index(fields=["model", "id"], condition=models.Q(is_due=True), name="learned_rows_due"),
        ]

    def __str__(self) -> str:
        return f"{self.track}: {self.before or 'not sure'} → {self.genre}, {self.state}"


class LearnedModelFit(models.Model):
    """A request to learn from an owner's verdicts, until that is done: at most one waits or runs per owner.

    Whoever holds the lease does it. When the process that holds it dies, the lease runs out, and another takes it.
    """

    owner = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    lease = models.UUIDField(null=True)
    #: By the database's clock. Until somebody holds the lease, when the request may be enqueued again.
    leased_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner}, until {self.leased_until}"
