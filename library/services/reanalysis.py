"""Another base model listens to a library: what it predicts is stored beside what counts, and changes nothing.

Each track is done in a short transaction of its own, and done is what has a row: whoever is killed goes on there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from classifier.errors import AudioError
from library.errors import DomainError
from library.models import BaseModelChange, BaseModelRow, Track, User
from library.selectors.base_models import tracks_lacking_base_model, tracks_without_model
from library.selectors.model_cards import model_id
from library.services.analysis import prediction_record
from library.services.analysis_client import analyse_file
from library.services.base_model_refits import base_model_refit
from library.services.track_files import local_copy, storage_is_empty
from library.services.vectors import embedding_bytes, learning_vector_bytes

logger = logging.getLogger(__name__)

Status = BaseModelChange.Status
#: Shows how far a loop over ids is; returns the ids.
Progress = Callable[[list[UUID]], Iterable[UUID]]


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """What came of it: tracks that were heard now, that could not be heard, and that are left to do."""

    change: BaseModelChange | None
    heard: int = 0
    failed: int = 0
    left: int = 0


def library_reanalyse(
    *, owner: User, model: str, limit: int | None = None, progress: Progress = iter
) -> Reanalysis:
    """Have an installed model listen to an owner's tracks that it has not heard, the newest first, up to a limit.

    Tracks in the bin come last, and those that it could not hear are tried again. When it has heard all, what the owner
    taught by verdicts is fitted again on it. Nothing that counts is touched.
    Raises DomainError: `unknown_model`, and `not_pending` when the owner has put the model to use meanwhile.
    Raises OSError when the storage is not there.
    """
    name, version = model_id(model)
    if not name:
        raise DomainError("unknown_model", f"There is no model “{model}”.", 404)
    change = _change_begin(owner, name, version, model)
    if change is None:
        return Reanalysis(None)
    heard = failed = 0
    for track_id in progress(_ids_to_hear(change)[:limit]):
        outcome = _track_hear(change, track_id, model)
        heard += outcome == ""
        failed += bool(outcome)
    left = tracks_lacking_base_model(owner, change).count()
    if not left:
        BaseModelChange.objects.filter(pk=change.pk, completed_at=None).update(completed_at=timezone.now())
        base_model_refit(change=change)
    change.refresh_from_db()
    return Reanalysis(change, heard, failed, left)


def _change_begin(owner: User, name: str, version: str, model: str) -> BaseModelChange | None:
    """The change to this model that waits, that its owner has gone back from, or a new one; None if none is needed."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        known = BaseModelChange.objects.filter(owner=owner, model_name=name, model_version=version)
        if pending := known.filter(status=Status.PENDING).first():
            return pending
        tracks = Track.objects.filter(owner=owner)
        if not tracks_without_model(tracks, name, version, BaseModelRow.objects.none()).exists():
            return None
        if gone_back := known.filter(status=Status.GONE_BACK).first():
            gone_back.status = Status.PENDING
            gone_back.save(update_fields=["status", "updated_at"])
            return gone_back
        return BaseModelChange.objects.create(
            owner=owner, model_name=name, model_version=version, other_base_model=model
        )


def _ids_to_hear(change: BaseModelChange) -> list[UUID]:
    without_failed = change.rows.filter(error_code="")
    tracks = Track.all_objects.filter(owner=change.owner_id)
    unheard = tracks_without_model(tracks, change.model_name, change.model_version, without_failed)
    newest = unheard.order_by(F("deleted_at").asc(nulls_first=True), "-created_at", "-id")
    return list(newest.values_list("pk", flat=True))


def _track_hear(change: BaseModelChange, track_id: UUID, model: str) -> str | None:
    """Listen to a track and store its row; returns the code of what went wrong, or ""; None if the track is gone."""
    track = Track.all_objects.filter(pk=track_id).first()
    if track is None:
        return None
    try:
        with local_copy(track.original) as path:
            result = _hear(path, model)
    except AudioError as error:
        logger.info("Track %s cannot be heard: %s", track.pk, error.code, extra={"code": error.code})
        _row_record(change, track, {"error_code": error.code})
        return error.code
    except FileNotFoundError:
        if storage_is_empty():
            raise  # a disk that is not mounted
        _row_record(change, track, {"error_code": "file_missing"})
        return "file_missing"
    space = result["embedding_space"]
    _row_record(
        change,
        track,
        {
            "error_code": "",
            "embedding_space": space if result["embedding"] else "",
            "embedding": embedding_bytes(result["embedding"]),
            "vector_space": space if result["vector"] else "",
            "vector": learning_vector_bytes(result["vector"]),
        },
        result,
    )
    return ""


def _hear(path: Path, model: str) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(path)
    return analyse_file(path, model=model)


def _row_record(
    change: BaseModelChange, track: Track, fields: dict[str, Any], result: dict[str, Any] | None = None
) -> None:
    """Store a row, and the prediction of a result; nothing for a track that was deleted. Raises DomainError."""
    with transaction.atomic():
        waits = BaseModelChange.objects.select_for_update(of=("self",)).filter(
            pk=change.pk, status=Status.PENDING
        )
        if waits.first() is None:
            raise DomainError("not_pending", f"{change.model} was put to use meanwhile.")
        if Track.all_objects.select_for_update(of=("self",)).filter(pk=track.pk).first():
            prediction = prediction_record(track=track, result=result) if result else None
            BaseModelRow.objects.update_or_create(
                change=change, track=track, defaults={"prediction": prediction, **fields}
            )
