"""What files say about themselves, kept apart from what owners put in its place.

Every analysis writes it. For tracks that were analysed before it was kept, a task reads it later: a few at a time, one
task after the other through the whole library, behind everything else that waits.
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

#: How many files one task reads: seconds of work, for which a new upload may have to wait.
BATCH = 100
FIELDS = ("title", "artist", "album", "year", "genre")


def file_tags_record(*, track: Track, tags: dict[str, Any]) -> None:
    """Keep what `classifier.tag_reader.read_tags` found in a track's file."""
    known = {field: tags[field] for field in FIELDS if field in tags}
    FileTags.objects.update_or_create(
        track=track,
        defaults={"title": "", "artist": "", "album": "", "year": None, "genre": ""}
        | known
        | {"values": tags.get("values", {})},
    )


def file_tags_backfill_start() -> bool:
    """Begin to read what was never read, if there is any. Returns whether there is."""
    if behind := _unread().exists():
        _enqueue(after=UUID(int=0))
    return behind


def file_tags_backfill(*, after: UUID | str) -> int:
    """Read the tags of some files for which that was never done, and leave those that follow to another task.

    Goes by ids, from behind `after`. No field of a track changes. A file that is gone is passed over.
    Returns how many were read.
    """
    batch = list(_unread().filter(pk__gt=after).order_by("pk")[:BATCH])
    done = sum(_read(track) for track in batch)
    if len(batch) == BATCH:
        _enqueue(after=batch[-1].pk)
    return done


def _unread() -> QuerySet[Track]:
    """Tracks whose tags nobody has read, but for those whose analysis is still to do it."""
    return Track.objects.filter(file_tags=None).exclude(status__in=UNFINISHED).only("pk", "original")


def _read(track: Track) -> bool:
    try:
        with local_copy(track.original) as path:
            if not path.exists():
                raise FileNotFoundError(path)
            tags = read_tags(path)
    except FileNotFoundError:
        return False  # when it comes back, it is analysed again
    except AudioError as error:
        logger.info("Track %s: its tags cannot be read: %s", track.pk, error.code)
        tags = {}  # nor could they the next time
    try:
        with transaction.atomic():
            locked_row(track)
            if not FileTags.objects.filter(track=track).exists():  # an analysis may have been faster
                file_tags_record(track=track, tags=tags)
    except DomainError:
        return False  # it was deleted meanwhile
    return True


def _enqueue(after: UUID) -> None:
    job_enqueue("read_file_tags", str(after))
