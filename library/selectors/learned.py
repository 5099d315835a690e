"""What Earmark has learned from an owner's verdicts: the versions, and what each of them changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, When

from library.genres import BUILTIN_GENRES
from library.models import LearnedModel, LearnedModelFit, LearnedRow, Track, User, Verdict
from library.selectors.verdicts import verdicts_in_force

State = LearnedRow.State
Status = LearnedModel.Status

#: From so many answers on there is something to learn from.
LEAST_ANSWERS = 20


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
    """The versions of what was learned, latest first, without those that are not finished or wait for a base model."""
    versions = LearnedModel.objects.filter(owner=owner).exclude(status__in=[Status.FITTING, Status.WAITING])
    return versions.defer("arrays").select_related("owner")


def learned_candidate_of(owner: User) -> tuple[LearnedModel, int] | None:
    """The version that waits for its owner, and how many tracks it would change; None if nothing waits."""
    candidate = learned_models_of(owner).filter(status=Status.CANDIDATE).first()
    count = open_rows_of(owner, candidate).filter(state=State.PROPOSED).count() if candidate else 0
    return (candidate, count) if candidate and count else None


def learned_model_is_open(owner: User, model: LearnedModel) -> bool:
    """Whether its owner decides about a version: the candidate, or else the one in use."""
    newer = LearnedModel.objects.filter(owner=owner, number__gt=model.number, status=Status.CANDIDATE)
    return model.status in (Status.CANDIDATE, Status.ACTIVE) and not newer.exists()


def learnable_verdicts_of(owner: User) -> QuerySet[Verdict]:
    """What is learned from: the owner's own verdicts in force on tracks in the library that are built-in genres."""
    own = Verdict.objects.filter(person=owner, track__owner=owner, track__deleted_at=None)
    return verdicts_in_force(own.filter(genre__in=BUILTIN_GENRES))


def learned_rows_in_use() -> QuerySet[LearnedRow]:
    """What tracks get from the versions in use, at most one row for each track; to be fetched along with tracks."""
    rows = LearnedRow.objects.filter(model__status=Status.ACTIVE).exclude(counts="")
    shown = ("track", "genre", "probability", "before", "counts", "model__number")
    return rows.select_related("model").only("model", *shown)


def is_learning(owner: User) -> bool:
    """Whether a new version is being learned, or waits for a worker to do that."""
    return LearnedModelFit.objects.filter(owner=owner).exists()


def open_rows_of(owner: User, model: LearnedModel) -> QuerySet[LearnedRow]:
    """The rows of a version that its owner decides about, whatever their state.

    Those of tracks in the library without a verdict, and without a genre that a concept sets; none for what the track
    had learned before already.
    """
    rows = LearnedRow.objects.filter(model__owner=owner, model=model).exclude(genre=F("before"))
    rows = rows.filter(track__deleted_at=None, track__owner_genre="", track__concept_track=None)
    return rows.order_by("id")


def learned_changes_of(owner: User, model: LearnedModel) -> list[LearnedChange]:
    """What a version changes, by the genre before and after; the most frequent first."""
    in_states = {f"in_{state}": Count("pk", filter=Q(state=state)) for state in State}
    rows = open_rows_of(owner, model).order_by("before", "genre").values_list("before", "genre")
    changes = [LearnedChange(*row) for row in rows.annotate(**in_states)]
    return sorted(changes, key=lambda change: -change.tracks)


def open_rows_by_change(
    owner: User, model: LearnedModel, changes: Sequence[LearnedChange]
) -> QuerySet[LearnedRow]:
    """The rows that the owner decides about, in the order of these changes, which are all that there are."""
    rows = open_rows_of(owner, model)
    if not changes:
        return rows.none()
    places = [When(before=each.before, genre=each.genre, then=place) for place, each in enumerate(changes)]
    return rows.order_by(Case(*places, default=len(places)), "id")


def nearest_answers_of(owner: User, rows: Iterable[LearnedRow]) -> dict[int, list[Track]]:
    """What speaks for each of these rows, by its id: the tracks that its owner calls so and that sound most like it.

    Tracks that are gone, or that the owner calls something else by now, are left out.
    """
    wanted = {row.pk: (row.genre, [UUID(pk) for pk in row.nearest]) for row in rows}
    ids = {pk for _, nearest in wanted.values() for pk in nearest}
    found = Track.objects.filter(pk__in=ids).only("owner", "title", "artist", "owner_genre").order_by()
    tracks = {track.pk: track for track in found if track.owner_id == owner.pk}
    return {
        row: [tracks[pk] for pk in nearest if pk in tracks and tracks[pk].owner_genre == genre]
        for row, (genre, nearest) in wanted.items()
    }


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


def learned_gain_text(model: LearnedModel) -> str:
    """How much better a version was on what it had not learned from, and how sure that is; "" if it was not."""
    gain, p_value = model.figures.get("gain", 0), model.figures.get("p_value", 1)
    if model.status == Status.REFUSED or gain <= 0:
        return ""
    return f"Tested on artists that it had not learned from: {_times_text(gain)}. {_chance_text(p_value)}"


def _times_text(gain: float) -> str:
    """How much likelier answers are, from the mean gain of their log-probabilities."""
    if gain < math.log(1.15):
        return "your answers are a little likelier to it than to the model alone"
    times = "more than 100" if gain > math.log(100) else f"{math.exp(gain):.1f}"
    return f"your answers are {times} times as likely to it as to the model alone"


def _chance_text(p_value: float) -> str:
    """How often chance alone does as well: never rounded in the version's favour."""
    times = math.floor(1 / max(p_value, 1e-6))
    return f"By chance, that happens at most once in {times:,} times."
