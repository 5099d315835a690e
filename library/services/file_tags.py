"""The tags of files, stored apart from what owners edit.

Every analysis stores them. For tracks that were analysed before Earmark did so, tasks of the lowest priority read them
later: some files per task, one task after the other through the whole library.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from classifier.errors import AudioError
from library.errors import DomainError
from library.models import FileTags, Track
from library.services.analysis_client import read_tags
from library.services.analysis_queue import UNFINISHED
from library.services.edit_conflicts import locked_row
from library.services.jobs import job_enqueue
from library.services.track_files import local_copy

logger = logging.getLogger(__name__)

#: Files that one task reads. That takes seconds, for which a new upload may have to wait.
FILES_PER_TASK = 100
FIELDS = ("title", "artist", "album", "year", "genre")


def file_tags_record(*, track: Track, tags: dict[str, Any]) -> None:
    """Store the tags of a track's file, as `classifier` reads them."""
    known = {field: tags[field] for field in FIELDS if field in tags}
    FileTags.objects.update_or_create(
        track=track,
        defaults={"title": "", "artist": "", "album": "", "year": None, "genre": ""}
        | known
        | {"values": tags.get("values", {})},
    )


def file_tags_backfill_start() -> bool:
    """Enqueue the reading of tags that were never read; returns whether there are any."""
    if behind := _unread().exists():
        _enqueue(after=UUID(int=0))
    return behind


def file_tags_backfill(*, after: UUID | str) -> int:
    """Read the tags of files that were never read, and enqueue a task for the next ones.

    Takes tracks in the order of their ids, from the first one after `after`. Changes no field of a track, and skips
    missing files. Returns how many were read.
    """
    batch = list(_unread().filter(pk__gt=after).order_by("pk")[:FILES_PER_TASK])
    done = sum(_read(track) for track in batch)
    if len(batch) == FILES_PER_TASK:
        _enqueue(after=batch[-1].pk)
    return done


def _unread() -> QuerySet[Track]:
    """Tracks whose tags were not read yet, except for those that an analysis will read."""
    return Track.objects.filter(file_tags=None).exclude(status__in=UNFINISHED).only("pk", "original")


def _read(track: Track) -> bool:
    try:
        with local_copy(track.original) as path:
            if not path.exists():
                raise FileNotFoundError(path)
            tags = read_tags(path)
    except FileNotFoundError:
        return False  # the doctor has it analysed again when it is back
    except AudioError as error:
        logger.info("Track %s: its tags cannot be read: %s", track.pk, error.code)
        tags = {}  # trying again would fail again
    try:
        with transaction.atomic():
            locked_row(track)
            if not FileTags.objects.filter(
                track=track
            ).exists():  # an analysis may have stored them meanwhile
                file_tags_record(track=track, tags=tags)
    except DomainError:
        return False  # the track was deleted meanwhile
    return True


def _enqueue(after: UUID) -> None:
    job_enqueue("read_file_tags", str(after))
