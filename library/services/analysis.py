"""How a track is heard: queue, lease, listen, record.

A worker owns a track while it holds the lease. Every write of a result is conditional on that lease,
so a worker that was thought dead and comes back late changes nothing.
"""

from __future__ import annotations

import logging
import struct
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from classifier.errors import AudioError
from library.genres import genre_in_tag
from library.listening import listen
from library.logs import about
from library.models import Embedding, Mood, Prediction, Track
from library.models.tracks import SEARCH_LENGTH, SORT_LENGTH
from library.services.genres import genres_settle
from library.services.stages import Stopwatch, stage_times_add
from library.text import fold

logger = logging.getLogger(__name__)

#: How long a worker may be silent before its track is given to another.
LEASE = timedelta(seconds=60)
#: How long an upload may wait while no worker has anything to do, before its task counts as lost.
PATIENCE = timedelta(minutes=5)
UNFINISHED = (Track.Status.QUEUED, Track.Status.ANALYSING)


def track_enqueue(*, track_id: uuid.UUID, later: bool = False) -> None:
    """Have a track heard; `later` is after everything that somebody has just uploaded."""
    from library.tasks import analyse_track as task  # tasks call services; only few look back

    if later and task.get_backend().supports_priority:
        task = task.using(priority=-10)
    task.enqueue(str(track_id))


def track_analyse_again(*, track: Track) -> None:
    """Queue a finished track once more. One that is still waiting or being heard is left alone."""
    if requeue(Track.objects.filter(pk=track.pk)):
        track.refresh_from_db()
        transaction.on_commit(lambda: track_enqueue(track_id=track.pk))


def requeue(tracks: QuerySet[Track]) -> list[uuid.UUID]:
    """Set finished tracks back to waiting; which they were. Their tasks are the caller's to enqueue."""
    finished = tracks.order_by().exclude(status__in=UNFINISHED)
    ids = list(finished.values_list("pk", flat=True))
    finished.filter(pk__in=ids).update(
        status=Track.Status.QUEUED, stage="", error_code="", attempts=0, lease=None, leased_until=None,
        updated_at=timezone.now(),
    )  # fmt: skip
    return ids


def track_lease(*, track_id: uuid.UUID | str) -> Track | None:
    """Take a track for this worker, or return None if another has it, it is finished, or it is gone."""
    lease, now = uuid.uuid4(), timezone.now()
    taken = Track.objects.filter(
        _free(now), pk=track_id, attempts__lt=settings.EARMARK_ANALYSIS_ATTEMPTS
    ).update(
        status=Track.Status.ANALYSING,
        stage="",
        lease=lease,
        leased_until=now + LEASE,
        attempts=F("attempts") + 1,
        updated_at=now,
    )
    return Track.objects.get(pk=track_id, lease=lease) if taken else None


def track_analyse(*, track_id: uuid.UUID | str) -> None:
    """Hear one track, from lease to `ready` or `failed`. Does nothing if the track is not to be had."""
    track = track_lease(track_id=track_id)
    if track is None:
        return
    with about(track=track.pk):
        _hear(track)


def _hear(track: Track) -> None:
    watch = Stopwatch()

    def stage_begins(stage: str) -> None:
        watch.begin(stage)
        _progress(track, stage=stage)

    with tempfile.TemporaryDirectory(prefix="earmark-") as folder, local_copy(track.original) as path:
        try:
            result = listen(
                path,
                out_dir=Path(folder),
                on_stage=stage_begins,
                on_tags=lambda tags: _tags_record(track, tags),
                on_beat=lambda: _progress(track),
            )
        except AudioError as error:
            logger.info("Not heard: %s", error.code, extra={"code": error.code})
            _finish(track, status=Track.Status.FAILED, error_code=error.code)
            return
        watch.begin("storing")
        _result_record(track, result, Path(folder))
        watch.end()
        stage_times_add(seconds=watch.seconds)
        logger.info("Heard")


def prediction_record(*, track: Track, result: dict[str, Any]) -> Prediction:
    """Keep what a model heard. One row per track, model and version: running twice changes nothing."""
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


def prediction_adopt(*, track: Track, prediction: Prediction, embedding: list[float]) -> None:
    """Derive from a track's current prediction what the library looks up: genre, moods, embedding."""
    moods = [
        Mood(owner_id=track.owner_id, track=track, name=name, score=score)
        for name, score in prediction.moods.items()
    ]
    Mood.objects.filter(track=track).delete()
    Mood.objects.bulk_create(moods)
    Embedding.objects.filter(track=track).delete()
    if embedding:
        Embedding.objects.create(
            track=track,
            owner_id=track.owner_id,
            model=f"{prediction.model_name} {prediction.model_version}",
            vector=struct.pack(f"<{len(embedding)}f", *embedding),
        )
    genres_settle(Track.objects.filter(pk=track.pk))


def names_settle(track: Track) -> dict[str, str]:
    """Derive from a track's names what lists search and sort by: set on it, not saved, and returned."""
    names = (track.title, track.artist, track.album)
    derived = {"search_text": fold(" ".join([*names, track.original_name]))[:SEARCH_LENGTH]}
    for field, name in zip(("sort_title", "sort_artist", "sort_album"), names, strict=True):
        derived[field] = fold(name)[:SORT_LENGTH]
    for field, text in derived.items():
        setattr(track, field, text)
    return derived


def tracks_sweep() -> int:
    """Queue again what dead workers left behind, and give up on tracks that killed too many of them.

    Returns how many tracks were moved. Any number of workers may sweep: each track is moved once.
    """
    now = timezone.now()
    expired = Track.objects.filter(status=Track.Status.ANALYSING, leased_until__lt=now)
    moved = expired.filter(attempts__gte=settings.EARMARK_ANALYSIS_ATTEMPTS).update(
        status=Track.Status.FAILED, error_code="crashed", lease=None, leased_until=None, updated_at=now
    )
    left: list[tuple[uuid.UUID, dict[str, Any]]] = [(track.pk, {"lease": track.lease}) for track in expired]
    if not Track.objects.filter(status=Track.Status.ANALYSING).exists():
        # Nobody is at work, yet these wait: their tasks were lost between the upload's commit and the queue.
        waiting = Track.objects.filter(status=Track.Status.QUEUED, updated_at__lt=now - PATIENCE)
        left += [
            (track.pk, {"updated_at": track.updated_at}) for track in waiting.order_by("updated_at")[:100]
        ]
    for track_id, unchanged in left:
        if Track.objects.filter(pk=track_id, **unchanged).update(
            status=Track.Status.QUEUED, stage="", lease=None, leased_until=None, updated_at=now
        ):
            track_enqueue(track_id=track_id)
            moved += 1
    return moved


def _free(now: Any) -> Q:
    return Q(status=Track.Status.QUEUED) | Q(status=Track.Status.ANALYSING, leased_until__lt=now)


def _progress(track: Track, **changes: Any) -> None:
    """Extend the lease and note the stage."""
    now = timezone.now()
    Track.objects.filter(pk=track.pk, lease=track.lease).update(
        leased_until=now + LEASE, updated_at=now, **changes
    )


def _tags_record(track: Track, tags: dict[str, Any]) -> None:
    """Take over what the file says about itself, but for what its owner has set by hand."""
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
    known["file_label"] = genre_in_tag(track.file_genre)
    _progress(track, **known, **names_settle(track))


def _result_record(track: Track, result: dict[str, Any], folder: Path) -> None:
    """Store the pictures, then the row in one transaction; what the row no longer names is deleted last."""
    before = [track.peaks.name, track.spectrogram.name, track.playable.name]
    made = {field: _store(track, field, folder) for field in ("peaks", "spectrogram", "playable")}
    with transaction.atomic():
        prediction = prediction_record(track=track, result=result)
        kept = _finish(
            track,
            status=Track.Status.READY,
            error_code="",
            prediction=prediction,
            duration=result["duration"],
            audio=result["audio"],
            notices=result["notices"],
            **made,
        )
        if kept:
            prediction_adopt(track=track, prediction=prediction, embedding=result["embedding"])
    storage = track.original.storage
    for name in before if kept else made.values():
        if name:
            storage.delete(name)


def _store(track: Track, field: str, folder: Path) -> str:
    """Move a file the analysis made into storage; the name under which it is there, or ""."""
    made = next(folder.glob(f"{field}.*"), None)
    if made is None:
        return ""
    stored: FieldFile = getattr(track, field)
    with made.open("rb") as content:
        return stored.storage.save(stored.field.generate_filename(track, made.name), File(content))


def _finish(track: Track, **changes: Any) -> bool:
    """The last write of an analysis; False if the lease was lost and nothing was written."""
    written = Track.objects.filter(pk=track.pk, lease=track.lease).update(
        stage="", lease=None, leased_until=None, updated_at=timezone.now(), **changes
    )
    return bool(written)


@contextmanager
def local_copy(stored: FieldFile) -> Iterator[Path]:
    """The stored file as a path: itself on local storage, else a temporary download."""
    try:
        path = Path(stored.path)
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="earmark-") as copy:
            with stored.open("rb") as content:
                for chunk in content.chunks():
                    copy.write(chunk)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
