"""Put an original back in its place: from a backup, or from the same file when it is uploaded again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from library.errors import DomainError
from library.models import Track
from library.selectors.file_checks import damage_of
from library.services.analysis_queue import track_enqueue, tracks_requeue
from library.services.file_checks import original_check_record, original_damage, sha256_of_file
from library.services.track_files import file_replace, stored_size

CHECKSUMS = "files.sha256"


class BackupOriginals:
    """The files of a backup, by their SHA-256, which is how an original is known again."""

    def __init__(self, folder: Path) -> None:
        """Raises DomainError: `no_backup`."""
        self._folder = folder
        self._names = {digest: name for digest, name in read_checksums(folder) if "/original" in name}

    def find(self, sha256: str) -> Path | None:
        """A file with these bytes, read to make sure; None if the backup has none."""
        name = self._names.get(sha256)
        with suppress(FileNotFoundError):
            if name and sha256_of_file(path := self._folder / name) == sha256:
                return path
        return None


def read_checksums(folder: Path) -> Iterator[tuple[str, str]]:
    """SHA-256 and path of each file in a backup. Raises DomainError: `no_backup`."""
    try:
        lines = (folder / CHECKSUMS).read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        raise DomainError("no_backup", f"There is no backup in {folder}.") from None
    for line in lines:
        digest, _, name = line.partition("  ")
        yield digest, name


def original_mend(*, track: Track, content: File[bytes]) -> None:
    """Put bytes that have the track's SHA-256 in the place of a damaged or missing original.

    A track whose analysis failed is analysed again: that may have been the damage.
    """
    file_replace(name=str(track.original.name), content=content)
    original_check_record(track=track, damage="", read=True)
    failed = Track.objects.filter(pk=track.pk, status=Track.Status.FAILED)
    with transaction.atomic():
        for track_id in tracks_requeue(failed):
            transaction.on_commit(lambda pk=track_id: track_enqueue(track_id=pk))  # type: ignore[misc]


def original_mend_if_damaged(*, track: Track, content: File[bytes]) -> bool:
    """Mend an original with the same file, uploaded again, if it is known to be damaged; returns whether it was."""
    size = stored_size(str(track.original.name))
    if not (damage_of(track) or original_damage(track=track, size=size)):
        return False
    content.seek(0)
    original_mend(track=track, content=content)
    return True
