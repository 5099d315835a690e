"""What was learned from an owner's verdicts, fitted again on a base model that does not count yet.

It is guarded as everything that is learned. What passes waits together with the base model, and is put to use together
with it. Only a version in use is fitted again.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from library.models import BaseModelChange, LearnedModel, LearnedRow, Track, User
from library.selectors.base_models import with_genres
from library.selectors.learned import LEAST_ANSWERS, learnable_verdicts_of
from library.selectors.model_cards import learning_space, model_manifest
from library.services import learned_changes
from library.services.batches import BATCH_SIZE
from library.services.effective_genres import Trust
from library.services.learned_changes import BaseModel, Learned
from library.services.learned_models import learned_version_create
from library.services.learned_reasons import NearestAnswers

Status, Reason, State = LearnedModel.Status, LearnedModel.Reason, LearnedRow.State


def in_use_digest(owner: User) -> str:
    """A digest of what counts of what was learned from an owner; "" if no version is in use."""
    in_use = LearnedModel.objects.filter(owner=owner, status=Status.ACTIVE).first()
    if in_use is None:
        return ""
    counted = LearnedRow.objects.filter(model=in_use).exclude(counts="").order_by("track")
    lines = (f"{track} {genre}\n" for track, genre in counted.values_list("track", "counts"))
    return hashlib.sha256("".join([f"{in_use.pk}\n", *lines]).encode()).hexdigest()


def base_model_refit_by_id(*, change_id: int) -> None:
    """As `base_model_refit`, if the change is still there."""
    if change := BaseModelChange.objects.select_related("owner", "learned").filter(pk=change_id).first():
        base_model_refit(change=change)


def base_model_refit(*, change: BaseModelChange) -> None:
    """Fit the version in use again on the model of a change, if that was not done since it was put to use.

    `change.learned` is then the version that waits; when it was refused, None, and `change.figures` says why.
    """
    owner, digest = change.owner, in_use_digest(change.owner)
    if change.status == BaseModelChange.Status.ACTIVE or change.figures.get("in_use") == digest:
        return
    version, figures = None, {"in_use": digest}
    if digest:
        version, reason = _fit(change)
        figures["reason"] = reason
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        waits = BaseModelChange.objects.filter(pk=change.pk).exclude(status=BaseModelChange.Status.ACTIVE)
        if not waits.update(learned=version, figures=figures):
            version = None  # it was put to use meanwhile, with the version before
        linked = BaseModelChange.objects.exclude(learned=None).values("learned")
        LearnedModel.objects.filter(owner=owner, status=Status.WAITING).exclude(pk__in=linked).delete()
    change.refresh_from_db()


def _fit(change: BaseModelChange) -> tuple[LearnedModel | None, str]:
    """A version for the change, or the reason why there is none."""
    owner, card = change.owner, model_manifest(change.model_name)
    space = learning_space(change.model_name)
    if not space or card["version"] != change.model_version:
        return None, Reason.CANNOT_LEARN
    genres = tuple(sorted(card["labels"]))
    rows = with_genres(owner, change.rows.all(), None)
    base = BaseModel(change.model_name, change.model_version, space, genres, card["threshold"], rows)
    answers = dict(learnable_verdicts_of(owner).order_by().values_list("track", "genre"))
    if len(answers) < LEAST_ANSWERS:
        return None, Reason.TOO_FEW_ANSWERS
    learned = learned_changes.learn_from(owner, base, answers)
    if learned.reason:
        return None, learned.reason
    version = learned_version_create(owner=owner, status=Status.WAITING)
    version.model_name, version.model_version, version.space = base.name, base.version, base.space
    version.figures, version.arrays, version.sha256 = learned.figures, learned.arrays, learned.sha256
    version.save()
    for batch in itertools.batched(_rows_for(version, change, base, learned, answers), BATCH_SIZE):
        LearnedRow.objects.bulk_create(batch)
    return version, ""


def _rows_for(
    version: LearnedModel,
    change: BaseModelChange,
    base: BaseModel,
    learned: Learned,
    answers: Mapping[UUID, str],
) -> list[LearnedRow]:
    """Rows for the tracks of which the version is sure, and to which the base model alone gives another genre.

    They count where the owner has accepted what was learned about the track; the others are proposed. What was learned
    about tracks that the base model leaves as they are stays.
    """
    owner, rows = version.owner, []
    tracks = Track.objects.filter(owner=owner, status=Track.Status.READY, owner_genre="", concept_track=None)
    if owner.file_genre_trust == Trust.ALWAYS:
        tracks = tracks.filter(file_label="")
    in_use = LearnedRow.objects.filter(model__owner=owner, model__status=Status.ACTIVE).exclude(counts="")
    kept = {row.track_id: row for row in in_use}
    skipped = set(
        LearnedRow.objects.filter(model__owner=owner, state=State.SKIPPED).values_list("track", "genre")
    )
    reasons = _reasons(owner, base, answers)
    for page in learned_changes.pages_of(owner, base, tracks):
        for track, genre, probability, nearest in learned_changes.changes_on(page, base, learned, reasons):
            state, counts = State.PROPOSED, ""
            if track["pk"] in kept:
                state, counts = State.ACCEPTED, genre
            elif (track["pk"], genre) in skipped:
                state = State.SKIPPED
            rows.append(
                LearnedRow(
                    model=version,
                    track_id=track["pk"],
                    genre=genre,
                    probability=probability,
                    nearest=nearest,
                    before=track["genre"],
                    counts=counts,
                    state=state,
                )
            )
    heard = set(change.rows.filter(error_code="").values_list("track", flat=True))
    return rows + [
        learned_changes.kept_row(version, row) for row in kept.values() if row.track_id not in heard
    ]


def _reasons(owner: User, base: BaseModel, answers: Mapping[UUID, str]) -> NearestAnswers:
    import numpy as np

    tracks = Track.objects.filter(owner=owner, pk__in=list(answers))
    pages = [page for page in learned_changes.pages_of(owner, base, tracks) if page.vectors is not None]
    ids = [track["pk"] for page in pages for track in page.tracks]
    vectors = [page.vectors for page in pages if page.vectors is not None]
    return NearestAnswers(answers, ids, np.concatenate(vectors))
