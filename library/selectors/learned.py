"""What Earmark has learned from an owner's verdicts: the versions, and what each of them changes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from library.models import LearnedModel, LearnedModelFit, LearnedRow, Track, User

State = LearnedRow.State


@dataclass(frozen=True, slots=True)
class LearnedChange:
    """How many tracks a version changes from one genre ("" for none) to another, by state."""

    before: str
    genre: str
    proposed: int
    accepted: int
    skipped: int

    @property
    def tracks(self) -> int:
        return self.proposed + self.accepted + self.skipped


@dataclass(frozen=True, slots=True)
class UnchangedCounts:
    """How many of the owner's tracks a version leaves as they are, and how many of these have a verdict."""

    tracks: int
    with_verdict: int


def learned_models_of(owner: User) -> QuerySet[LearnedModel]:
    """The versions of what was learned, latest first, without one that is still being learned."""
    versions = LearnedModel.objects.filter(owner=owner).exclude(status=LearnedModel.Status.FITTING)
    return versions.defer("arrays").select_related("owner")


def is_learning(owner: User) -> bool:
    """Whether a new version is being learned, or waits for a worker to do that."""
    return LearnedModelFit.objects.filter(owner=owner).exists()


def open_rows_of(owner: User, model: LearnedModel) -> QuerySet[LearnedRow]:
    """The rows of a version that its owner decides about, whatever their state.

    Those of tracks in the library without a verdict; none for what the track had learned before already.
    """
    rows = LearnedRow.objects.filter(model__owner=owner, model=model).exclude(genre=F("before"))
    return rows.filter(track__deleted_at=None, track__owner_genre="").order_by("id")


def learned_changes_of(owner: User, model: LearnedModel) -> list[LearnedChange]:
    """What a version changes, by the genre before and after; the most frequent first."""
    in_states = {f"in_{state}": Count("pk", filter=Q(state=state)) for state in State}
    rows = open_rows_of(owner, model).order_by("before", "genre").values_list("before", "genre")
    changes = [LearnedChange(*row) for row in rows.annotate(**in_states)]
    return sorted(changes, key=lambda change: -change.tracks)


def unchanged_counts_of(owner: User, model: LearnedModel) -> UnchangedCounts:
    """How many tracks stay as they are, whatever of a version is accepted."""
    tracks = Track.objects.filter(owner=owner).aggregate(
        tracks=Count("pk"), with_verdict=Count("pk", filter=~Q(owner_genre=""))
    )
    changed = open_rows_of(owner, model).count()
    return UnchangedCounts(tracks["tracks"] - changed, tracks["with_verdict"])


def learned_reason_text(model: LearnedModel) -> str:
    """Why a version was refused, in plain words; "" if it was not."""
    answers = model.figures.get("answers", 0)
    Reason = LearnedModel.Reason
    texts: dict[str, str] = {
        Reason.CANNOT_LEARN: "The current model of this site cannot learn.",
        Reason.TOO_FEW_ANSWERS: f"{answers} answers are too few to learn from.",
        Reason.NO_CHANGE: f"Your {answers} answers ask for no change: the model suits them as it is.",
        Reason.NOT_BETTER: (
            f"What it learned from your {answers} answers did not hold for artists that were left out."
        ),
        Reason.CHANGES_NOTHING: f"What it learned from your {answers} answers changes none of your other tracks.",
    }
    return texts.get(model.reason, "")
