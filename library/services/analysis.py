"""The analysis of one track: run it and store its result. Leases and retries are in `services.analysis_queue`."""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from classifier.errors import AudioError
from library.genres import known_genre_from_tag
from library.models import Prediction, Track, User
from library.models.albums import SORT_LENGTH
from library.models.tracks import SEARCH_LENGTH
from library.monitoring.logs import log_context
from library.selectors import own_genres_for_tags
from library.selectors.model_cards import model_name_of
from library.services.album_covers import track_cover_record
from library.services.albums import albums_recompute
from library.services.analysis_client import analyse_file
from library.services.analysis_queue import (
    lease_end,
    lease_extend,
    lease_fail,
    lease_return,
    leased_track_update,
    track_lease,
)
from library.services.connections import connection_close_if_unusable
from library.services.edit_conflicts import owner_lock
from library.services.effective_genres import effective_genres_recompute
from library.services.file_tags import file_tags_record, place_from_file
from library.services.moods import moods_recompute
from library.services.stage_times import Stopwatch, stage_times_add
from library.services.track_files import (
    DERIVED_FILE_FIELDS,
    derived_file_store,
    local_copy,
    orphaned_files_delete,
)
from library.services.vectors import embedding_record, learning_vector_record
from library.text.folding import search_text, searched_words

logger = logging.getLogger(__name__)

#: The columns that `derived_names_recompute` sets.
DERIVED_FIELDS = ("search_text", "long_search_text", "sort_title", "sort_artist", "sort_album")


def track_analyse(*, track_id: uuid.UUID | str) -> None:
    """Analyse one track, from lease to `ready` or `failed`. Does nothing if the track cannot be leased."""
    track = track_lease(track_id=track_id)
    if track is None:
        return
    with log_context(track=track.pk):
        orphaned_files_delete(track=track)  # of a worker that died after storing files and before the row
        try:
            _run_analysis(track)
        except Exception:
            connection_close_if_unusable()
            if not _fail_if_file_missing(track) and lease_fail(track=track):
                orphaned_files_delete(track=track)
            raise
        except BaseException:
            lease_return(track=track)
            raise


def _run_analysis(track: Track) -> None:
    watch, model = Stopwatch(), model_name_of(track.owner)
    unrecorded: list[dict[str, Any]] = []

    def on_tags(tags: dict[str, Any]) -> None:
        if not _tags_record(track, tags):
            unrecorded.append(tags)

    def on_cover(made: dict[str, Any] | None) -> None:
        _cover_record(track, made, folder)

    def on_stage(stage: str) -> None:
        watch.begin(stage)
        lease_extend(track=track, stage=stage)

    with _working_folder() as folder, local_copy(track.original) as path:
        try:
            result = analyse_file(
                path,
                model=model,
                out_dir=folder,
                on_stage=on_stage,
                on_tags=on_tags,
                on_cover=on_cover,
                on_heartbeat=lambda: lease_extend(track=track),
            )
        except AudioError as error:
            logger.info("Analysis failed: %s", error.code, extra={"code": error.code})
            if not _fail_if_file_missing(track):
                lease_end(track=track, status=Track.Status.FAILED, error_code=error.code)
            return
        watch.begin("storing")
        if unrecorded and not _tags_record(track, unrecorded[0]):
            raise OperationalError("The file's tags could not be stored.")
        if not _result_record(track, result, folder, model):
            return
        watch.end()
        stage_times_add(seconds=watch.seconds)
        logger.info("Analysed")


def _fail_if_file_missing(track: Track) -> bool:
    """Mark the track failed with `file_missing` if its upload is gone; returns whether it did."""
    if track.original.storage.exists(str(track.original.name)):
        return False
    return lease_end(track=track, status=Track.Status.FAILED, error_code="file_missing")


def prediction_record(*, track: Track, result: dict[str, Any]) -> Prediction:
    """Store the result of a model. One row per track, model and version: running it twice changes nothing.

    `result` is what `classifier` returns for a file. Segments are stored as [start, end, [probability per genre, in
    alphabetical order of the genres]], times in seconds.
    """
    genres = sorted(result["probabilities"])
    prediction, _ = Prediction.objects.get_or_create(
        track=track,
        model_name=result["model"]["name"],
        model_version=result["model"]["version"],
        defaults={
            "label": result["label"],
            "top": result["top"],
            "confidence": result["probabilities"][result["top"]],
            "probabilities": result["probabilities"],
            "segments": [
                [round(s["start"], 3), round(s["end"], 3), [round(s["probabilities"][g], 4) for g in genres]]
                for s in result["segments"]
            ],
            "moods": {name: round(score, 4) for name, score in result.get("moods", {}).items()},
        },
    )
    return prediction


def prediction_adopt(
    *,
    track: Track,
    prediction: Prediction,
    embedding: Sequence[float],
    vector: Sequence[float] = (),
    embedding_space: str = "",
) -> None:
    """Recompute genre, moods and vectors from a track's current prediction.

    `vector` is the one for learning. `embedding_space` is the model whose vectors can be compared with these, if it is
    not the prediction's.
    """
    space = embedding_space or f"{prediction.model_name} {prediction.model_version}"
    moods_recompute(track=track, moods=prediction.moods)
    embedding_record(track=track, embedding=embedding, space=space)
    learning_vector_record(track=track, vector=vector, space=space)
    effective_genres_recompute(Track.objects.filter(pk=track.pk))


def derived_names_recompute(track: Track) -> dict[str, str]:
    """The fields by which lists search and sort, from a track's names: set on it, not saved, and returned."""
    names = (track.title, track.artist, track.album)
    others = [name for name in (*track.artist_names, track.album_artist) if name not in names]
    searched = searched_words((*names, *others), track.original_name)
    long = searched if len(searched) > SEARCH_LENGTH else ""
    sorted_by = (search_text(name)[:SORT_LENGTH] for name in names)
    derived = dict(zip(DERIVED_FIELDS, (searched[:SEARCH_LENGTH], long, *sorted_by), strict=True))
    for field, text in derived.items():
        setattr(track, field, text)
    return derived


def _tags_record(track: Track, tags: dict[str, Any]) -> bool:
    """Store the file's tags, except for fields that the owner has edited by now.

    False when the database is unavailable; then they are stored after the analysis.
    """
    try:
        with transaction.atomic():
            owner_lock(owner=track.owner)
            current = Track.objects.select_for_update().filter(pk=track.pk, lease=track.lease).first()
            if current is not None:
                _tag_fields_record(current, tags)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        logger.warning("Track %s: the file's tags could not be stored yet.", track.pk)
        connection.close()
        return False
    return True


def _cover_record(track: Track, made: dict[str, Any] | None, folder: Path) -> None:
    """Store the picture in the file. When the database is unavailable, the upgrade pass does so later."""
    try:
        track_cover_record(track=track, made=made, folder=folder)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        logger.warning("Track %s: the picture in its file could not be stored yet.", track.pk)
        connection.close()


def _tag_fields_record(track: Track, tags: dict[str, Any]) -> None:
    place = place_from_file(track, file_tags_record(track=track, tags=tags))
    known = {
        "title": tags.get("title"),
        "artist": tags.get("artist"),
        "album": tags.get("album"),
        "year": tags.get("year"),
        "file_genre": tags.get("genre"),
    }
    known = {field: value for field, value in known.items() if value and field not in track.edited}
    for field, value in known.items():
        setattr(track, field, value)
    known["file_label"] = known_genre_from_tag(track.file_genre, own_genres_for_tags(track.owner))
    leased_track_update(track=track, **known, **place, **derived_names_recompute(track))
    albums_recompute(owner=track.owner, track_ids=[track.pk])
    effective_genres_recompute(Track.objects.filter(pk=track.pk))


def _result_record(track: Track, result: dict[str, Any], folder: Path, model: str) -> bool:
    """Store the derived files, then the row in one transaction; delete files last that no row names any more.

    False if nothing was recorded: the track was deleted, another worker has it, or its owner has put another model to
    use meanwhile, by which it is to be analysed again.
    """
    before = [getattr(track, field).name for field in DERIVED_FILE_FIELDS]
    stored = {
        field: derived_file_store(track=track, field=field, folder=folder) for field in DERIVED_FILE_FIELDS
    }
    connection_close_if_unusable()  # the database may have been restarted during the analysis
    with transaction.atomic():
        prediction = prediction_record(track=track, result=result)
        recorded = lease_end(
            track=track,
            status=Track.Status.READY,
            error_code="",
            prediction=prediction,
            duration=result["duration"],
            audio=result["audio"],
            notices=result["notices"],
            **stored,
        )
        # The track is locked from here on, so that who puts another model to use was there before, or sees it ready.
        is_of_model = recorded and model_name_of(User.objects.get(pk=track.owner_id)) == model
        if is_of_model:
            prediction_adopt(
                track=track,
                prediction=prediction,
                embedding=result["embedding"],
                vector=result["vector"],
                embedding_space=result["embedding_space"],
            )
        else:
            transaction.set_rollback(True)
    if recorded and not is_of_model:
        lease_return(track=track)
    storage = track.original.storage
    for name in before if is_of_model else stored.values():
        if name:
            storage.delete(name)
    return is_of_model


@contextmanager
def _working_folder() -> Iterator[Path]:
    """A folder for the files an analysis makes. One that a killed worker leaves is deleted after a day."""
    with tempfile.TemporaryDirectory(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        yield Path(folder)
