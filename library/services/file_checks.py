"""Compare originals with their rows: by size, and by reading them, slowly enough that nobody notices.

Files decay, are cut by full disks and overwritten by accident, and a site that does not look serves what is left as if
it were whole. `manage.py doctor` looks on request; workers read every original again once in EARMARK_VERIFY_DAYS days.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from library.models import FileCheck, Track
from library.selectors.file_checks import originals_due
from library.services.track_files import storage_is_empty

logger = logging.getLogger(__name__)

READ_BYTES = 2**20
#: A worker that has not finished reading a file for so long has died.
VERIFY_LEASE = timedelta(hours=2)
TRACKS_PER_QUERY = 100


class Pace:
    """Slows a reader down to a number of bytes a second; 0 is no limit."""

    def __init__(
        self,
        bytes_per_second: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        limit = settings.EARMARK_VERIFY_BYTES_PER_SECOND if bytes_per_second is None else bytes_per_second
        self._limit, self._clock, self._sleep = limit, clock, sleep
        self._next = clock()

    def wait(self, count: int) -> None:
        """Wait until `count` bytes more may be read. Time that passed unused is not made up for."""
        if not self._limit:
            return
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(self._next, now) + count / self._limit


def sha256_of_stored(name: str, pace: Pace | None = None) -> str:
    """The SHA-256 of a file in storage, in hex. Raises FileNotFoundError."""
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        while chunk := stored.read(READ_BYTES):
            if pace:
                pace.wait(len(chunk))
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file on this machine, in hex. Raises FileNotFoundError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def original_damage(*, track: Track, size: int | None, pace: Pace | None = None) -> str:
    """What is wrong with an original of this size, None if it is missing: a value of `FileCheck.Damage`, or "".

    With `pace`, the whole file is read. Nothing is written.
    """
    if size is None:
        return FileCheck.Damage.MISSING
    if size != track.size:
        return FileCheck.Damage.SIZE
    if pace is None:
        return ""
    try:
        read = sha256_of_stored(str(track.original.name), pace)
    except FileNotFoundError:
        return FileCheck.Damage.MISSING
    return "" if read == track.sha256 else FileCheck.Damage.CONTENT


def original_check_record(*, track: Track, damage: str, read: bool) -> None:
    """Note what a check of a track's original found; `read` says whether the whole file was read.

    The track may have been deleted meanwhile. Then nothing is written.
    """
    now = timezone.now()
    earlier = FileCheck.objects.filter(track=track.pk).first()
    found_at = (earlier.damaged_at if earlier and earlier.damage else now) if damage else None
    fields = {"damage": damage, "damaged_at": found_at, "leased_until": None}
    if read:
        fields["checked_at"] = now
    if damage and not (earlier and earlier.damage == damage):
        logger.error("Track %s: its original is damaged (%s).", track.pk, damage, extra={"code": damage})
    if Track.all_objects.filter(pk=track.pk).exists():
        FileCheck.objects.update_or_create(track_id=track.pk, defaults=fields)


def originals_verify_due(*, seconds: float, pace: Pace | None = None) -> int:
    """Read originals that have not been read for EARMARK_VERIFY_DAYS days; returns how many.

    Begins none after so many seconds. Each is read by one worker; one that was killed while it read is read again.
    """
    end, pace, count = time.monotonic() + seconds, pace or Pace(), 0
    for track in itertools.islice(originals_due(), TRACKS_PER_QUERY):
        if time.monotonic() > end:
            break
        if _claim(track):
            _verify(track, pace)
            count += 1
    return count


def _claim(track: Track) -> bool:
    """Take a track's original for this worker; False if another reads it, or has read it."""
    until = Now() + VERIFY_LEASE
    check = getattr(track, "file_check", None)
    if check is None:
        return FileCheck.objects.get_or_create(track=track, defaults={"leased_until": until})[1]
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    unread = FileCheck.objects.filter(free, track=track, checked_at=check.checked_at)
    return bool(unread.update(leased_until=until))


def _verify(track: Track, pace: Pace) -> None:
    try:
        size = default_storage.size(str(track.original.name))
    except FileNotFoundError:
        if storage_is_empty():
            raise  # a disk that is not mounted: no file is to blame
        size = None
    damage = original_damage(track=track, size=size, pace=pace)
    if damage == FileCheck.Damage.MISSING and not Track.all_objects.filter(pk=track.pk).exists():
        return
    original_check_record(track=track, damage=damage, read=True)
