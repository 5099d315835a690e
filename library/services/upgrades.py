"""The upgrade pass: fill in what tracks lack that were analysed by an earlier version of Earmark.

One task after the other goes on with it, behind everything else, newest tracks first. Which tracks lack what is read
from the database each time (`selectors.analysis_parts`), so a pass can be killed anywhere. A lease makes sure that
there is one at a time. Genres, predictions and titles stay as they are, and the date of change unless there is a new
cover.
"""

from __future__ import annotations

import logging
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from classifier.album_tags import READER_VERSION
from classifier.errors import AudioError
from library.errors import DomainError
from library.models import AnalysisPart, Embedding, FileTags, Track, UpgradeAttempt, UpgradePass, User
from library.selectors.analysis_parts import UPGRADED_PARTS, tracks_lacking, tracks_to_upgrade
from library.selectors.model_cards import learning_space, model_id, model_name_of
from library.services.album_covers import track_cover_record
from library.services.albums import albums_recompute
from library.services.analysis import derived_names_recompute, prediction_adopt, prediction_record
from library.services.analysis_client import analyse_file, read_cover, read_tags
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.edit_conflicts import locked_row, owner_lock
from library.services.file_tags import file_tags_record, place_from_file
from library.services.jobs import job_enqueue
from library.services.track_files import local_copy, storage_is_empty
from library.services.vectors import embedding_record, learning_vector_record

logger = logging.getLogger(__name__)

#: A task begins no file after so many seconds: a new upload waits for the rest of the file that is being read.
SECONDS_PER_TASK = 5.0
TRACKS_PER_TASK = 100
#: When nobody has extended the lease for so long, another process goes on. It also delays what failed for a reason
#: that is not the file's, such as a storage that is unavailable.
UPGRADE_LEASE = timedelta(minutes=5)
#: The key of the only `UpgradePass`.
THE_PASS = 1


def upgrade_pass_start() -> bool:
    """Begin a pass if tracks lack something and none is going on; returns whether it did."""
    if not any(tracks_to_upgrade(part).exists() for part in UPGRADED_PARTS):
        return False
    lease = uuid.uuid4()
    _, begun = UpgradePass.objects.get_or_create(
        pk=THE_PASS, defaults={"lease": lease, "leased_until": Now() + UPGRADE_LEASE}
    )
    if begun:
        _enqueue(lease)
    return begun


def upgrade_pass_resume() -> bool:
    """Go on with a pass whose lease has run out, because its process died or its task failed; returns whether it did.

    A lease that seems to last too long was given before the database's clock was set back.
    """
    lease = uuid.uuid4()
    lapsed = Q(leased_until__lt=Now()) | Q(leased_until__gt=Now() + UPGRADE_LEASE)
    taken = UpgradePass.objects.filter(lapsed, pk=THE_PASS).update(
        lease=lease, leased_until=Now() + UPGRADE_LEASE
    )
    if taken:
        _enqueue(lease)
    return bool(taken)


def upgrade_pass_continue(*, lease: uuid.UUID | str) -> int:
    """Fill in what some tracks lack, and enqueue a task for the next ones; returns how many tracks were tried.

    Does nothing when another process has the lease.
    """
    end = time.monotonic() + SECONDS_PER_TASK
    if not _lease_extend(lease):
        return 0
    part, batch = _next_tracks()
    if not batch:
        UpgradePass.objects.filter(pk=THE_PASS, lease=lease).delete()
        return 0
    if part == AnalysisPart.ALBUMS:
        tried = _albums_fill(end)
    else:
        tried = 0
        for track in batch:
            _track_upgrade(track, part, on_heartbeat=lambda: _lease_extend(lease))
            tried += 1
            if time.monotonic() > end:
                break
    if _lease_extend(lease):
        _enqueue(lease)
    return tried


def _albums_fill(end: float) -> int:
    """Give tracks the albums and artists that they name, one owner and one album after the other; returns how many.

    At least one batch, however late it is: the next task would not be earlier.
    """
    lacking, tried, pauses = tracks_lacking(AnalysisPart.ALBUMS), 0, WritePauses()
    while track := lacking.select_related("owner").first():
        in_order = lacking.filter(owner=track.owner).order_by("sort_album", "pk")
        ids = list(in_order.values_list("pk", flat=True)[:BATCH_SIZE])
        albums_recompute(owner=track.owner, track_ids=ids)
        tried += len(ids)
        pauses.take()
        if time.monotonic() >= end:
            break
    return tried


def _next_tracks() -> tuple[AnalysisPart, list[Track]]:
    """Tracks that lack a part, and that part; an empty list when nothing is left to do."""
    for part in UPGRADED_PARTS:
        if tracks := list(tracks_to_upgrade(part).select_related("owner")[:TRACKS_PER_TASK]):
            return part, tracks
    return part, []


def _lease_extend(lease: uuid.UUID | str) -> bool:
    leased = UpgradePass.objects.filter(pk=THE_PASS, lease=lease)
    return bool(leased.update(leased_until=Now() + UPGRADE_LEASE))


def _enqueue(lease: uuid.UUID | str) -> None:
    job_enqueue("continue_upgrade_pass", str(lease))


def _track_upgrade(track: Track, part: AnalysisPart, on_heartbeat: Callable[[], Any]) -> None:
    """Fill in one part of a track. What is wrong with its file is noted; any other error is raised."""
    try:
        with local_copy(track.original) as path:
            if not path.exists():
                raise FileNotFoundError(path)
            _attempt_note(track, part)  # before the file is read: it may be what kills this process
            if part == AnalysisPart.TAGS:
                _tags_fill(track, path)
            elif part == AnalysisPart.COVER:
                _cover_fill(track, path)
            else:
                _vectors_fill(track, path, on_heartbeat)
    except (AudioError, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and storage_is_empty():
            raise  # a disk that is not mounted: the pass goes on when it is back
        # When a single missing file is back, the doctor has it analysed again.
        code = error.code if isinstance(error, AudioError) else "file_missing"
        logger.info("Track %s cannot be upgraded: %s", track.pk, code, extra={"code": code})
        with suppress(DomainError):
            _attempt_note(track, part, last=True)
    except DomainError:
        pass  # the track was deleted meanwhile


def _tags_fill(track: Track, path: Path) -> None:
    try:
        tags = read_tags(path)
    except AudioError as error:
        logger.info("Track %s: its tags cannot be read: %s", track.pk, error.code)
        tags = {}  # trying again would fail again
    with transaction.atomic():
        owner_lock(owner=track.owner)
        current = locked_row(track)
        found = FileTags.objects.filter(track=track)
        if found.filter(reader_version__gte=READER_VERSION).exists():
            pass  # an analysis has stored them meanwhile
        elif not tags and found.exists():
            found.update(reader_version=READER_VERSION)  # what an older reader has read stays
        else:
            place = place_from_file(current, file_tags_record(track=track, tags=tags))
            place |= derived_names_recompute(current)
            Track.objects.filter(pk=track.pk).update(**place)
            albums_recompute(owner=track.owner, track_ids=[track.pk])
        _attempts_forget(track, AnalysisPart.TAGS)


def _cover_fill(track: Track, path: Path) -> None:
    """Store the picture in a track's file, or that it has none."""
    with tempfile.TemporaryDirectory(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        try:
            made = read_cover(path, out_dir=Path(folder))
        except AudioError as error:
            logger.info("Track %s: its picture cannot be read: %s", track.pk, error.code)
            made = None  # trying again would fail again
        track_cover_record(track=track, made=made, folder=Path(folder))
    if FileTags.objects.filter(track=track, picture__isnull=False).exists():
        with transaction.atomic():
            _attempts_forget(track, AnalysisPart.COVER)


def _vectors_fill(track: Track, path: Path, on_heartbeat: Callable[[], Any]) -> None:
    """Listen to a track again and store its learning vector, and what else it should have and has not."""
    model = model_name_of(track.owner)
    result = analyse_file(path, model=model, on_heartbeat=on_heartbeat)
    vectors = {"vector": result["vector"], "embedding": result["embedding"]}
    space = result["embedding_space"]
    with transaction.atomic():
        current = locked_row(track)
        if current.status != Track.Status.READY:
            return  # it is being analysed again, which stores the same
        if model_name_of(User.objects.get(pk=current.owner_id)) != model:
            return  # the owner has another model by now, and the pass goes on with that
        if current.prediction_id is None:
            current.prediction = prediction_record(track=current, result=result)
            Track.objects.filter(pk=current.pk).update(
                prediction=current.prediction, updated_at=timezone.now()
            )
            prediction_adopt(track=current, prediction=current.prediction, **vectors, embedding_space=space)
        else:
            learning_vector_record(track=current, vector=result["vector"], space=space)
            if not Embedding.objects.filter(track=current).exists():
                embedding_record(track=current, embedding=result["embedding"], space=space)
        if result["vector"] and space == learning_space(model):
            _attempts_forget(track, AnalysisPart.VECTORS)


def _attempt_note(track: Track, part: AnalysisPart, *, last: bool = False) -> None:
    """Count an attempt; with `last`, there is none after it. Raises DomainError when the track was deleted."""
    with transaction.atomic():
        locked_row(track)
        counted, _ = UpgradeAttempt.objects.get_or_create(
            track=track, part=part, version=" ".join(model_id(model_name_of(track.owner)))
        )
        counted.attempts = settings.EARMARK_ANALYSIS_ATTEMPTS if last else counted.attempts + 1
        counted.save(update_fields=["attempts"])


def _attempts_forget(track: Track, part: AnalysisPart) -> None:
    UpgradeAttempt.objects.filter(track=track, part=part).delete()
