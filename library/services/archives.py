"""A ZIP archive's entries become tracks, one at a time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile, ZipInfo

from django.conf import settings

from classifier.errors import AudioError
from classifier.formats import HEAD_BYTES, sniff
from library.incoming import archives
from library.incoming.handler import ArrivedFile, full_disk_refused, write_all
from library.models import Track, User
from library.services.tracks import clean_name, size_check, track_add

#: An archive may unpack to this many times the limit of one upload.
ARCHIVE_UPLOADS = 4


class Unpacked(NamedTuple):
    """What became of one entry: a track, new or not, or a refusal."""

    name: str
    size: int
    track: Track | None = None
    duplicate: bool = False
    error: AudioError | None = None


def archive_unpack(*, owner: User, path: Path) -> Iterator[Unpacked]:
    """Take the archive's entries into the library, and tell of each.

    Raises AudioError for the archive as a whole: `archive_damaged`, `archive_too_many`.
    """
    room = ARCHIVE_UPLOADS * settings.EARMARK_MAX_UPLOAD_BYTES
    with archives.opened(path) as archive:
        for entry in archives.entries(archive):
            # A file of our own making, under a name of our own: what the entry is called is only shown.
            with tempfile.NamedTemporaryFile(
                buffering=0, dir=settings.FILE_UPLOAD_TEMP_DIR, delete=False
            ) as out:
                spot = Path(out.name)
                try:
                    unpacked = _take(owner, archive, entry, out, room)
                    room -= out.tell()
                finally:
                    spot.unlink(missing_ok=True)
            yield unpacked


def _take(owner: User, archive: ZipFile, entry: ZipInfo, out: IO[bytes], room: int) -> Unpacked:
    name = clean_name(entry.filename)
    try:
        archives.check(entry)
        digest = hashlib.sha256()
        for piece in archives.pieces(archive, entry):
            if not out.tell():
                _check_head(piece[:HEAD_BYTES])
            if out.tell() + len(piece) > room:
                raise archives.refusal("archive_too_large")
            # Counted as it comes: what the archive says of an entry's size is not believed.
            size_check(size=out.tell() + len(piece))
            with full_disk_refused():
                write_all(out.fileno(), piece)
            digest.update(piece)
        with ArrivedFile(Path(out.name), name, digest.hexdigest()) as file:
            track, created = track_add(owner=owner, upload=file)
    except AudioError as error:
        return Unpacked(name, entry.file_size, error=error)
    return Unpacked(name, track.size, track, not created)


def _check_head(head: bytes) -> None:
    if archives.is_archive(head):
        raise archives.refusal("archive_in_archive")
    if sniff(head) is None:
        raise AudioError("not_audio")
