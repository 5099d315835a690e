"""Adding the entries of a ZIP archive as tracks, one at a time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile, ZipInfo

from django.conf import settings

from classifier.errors import AudioError
from classifier.formats import HEAD_BYTES, UPLOAD_EXTENSIONS, may_be_audio
from library.incoming import archives
from library.incoming.handler import OnDiskUploadedFile, disk_full_as_audio_error, write_all
from library.models import Track, User
from library.services.folder_pictures import (
    folder_key,
    folder_picture_receive,
    folder_track_note,
    is_folder_picture,
    is_picture,
)
from library.services.tracks import clean_file_name, size_check, track_add

#: The files of an archive may together be this many times the size limit of one upload.
UNPACKED_SIZE_FACTOR = 4


class UnpackedEntry(NamedTuple):
    """The outcome for one entry: a track, new or not, a picture, a file that is not music by its name, or an error."""

    name: str
    size: int
    track: Track | None = None
    duplicate: bool = False
    error: AudioError | None = None
    picture: bool = False
    not_music: bool = False


def archive_unpack(*, owner: User, path: Path, upload: str) -> Iterator[UnpackedEntry]:
    """Add the archive's entries to the library; yields the outcome for each.

    Pictures that are named like covers are for the tracks of their folders; other pictures are passed over, and so is
    what has no name of music and is none. `upload`
    tells the folders of this archive from those of others.
    Raises AudioError for the archive as a whole: `archive_damaged`, `archive_too_many`.
    """
    room = UNPACKED_SIZE_FACTOR * settings.EARMARK_MAX_UPLOAD_BYTES
    with archives.open_archive(path) as archive:
        for entry in archives.file_entries(archive):
            # Written to a temporary file with a name of its own: the entry's name is only shown.
            with tempfile.NamedTemporaryFile(
                buffering=0, dir=settings.FILE_UPLOAD_TEMP_DIR, delete=False
            ) as out:
                temporary_path = Path(out.name)
                try:
                    unpacked = _unpack_entry(owner, archive, entry, out, room, upload)
                    room -= out.tell()
                finally:
                    temporary_path.unlink(missing_ok=True)
            yield unpacked


def _unpack_entry(
    owner: User, archive: ZipFile, entry: ZipInfo, out: IO[bytes], room: int, upload: str
) -> UnpackedEntry:
    name, folder = clean_file_name(entry.filename), folder_key(entry.filename, upload)
    is_cover = False
    try:
        archives.check_entry(entry)
        digest = hashlib.sha256()
        for chunk in archives.entry_chunks(archive, entry):
            if not out.tell():
                head = chunk[:HEAD_BYTES]
                is_cover = is_folder_picture(name, head)
                if is_picture(head) and not is_cover:
                    return UnpackedEntry(name, entry.file_size, picture=True)
                if not is_cover:
                    _check_head(head)
            if out.tell() + len(chunk) > room:
                raise archives.archive_error("archive_too_large")
            # Counted while unpacking, since the size that the archive states may be wrong.
            size_check(size=out.tell() + len(chunk))
            with disk_full_as_audio_error():
                write_all(out.fileno(), chunk)
            digest.update(chunk)
        with OnDiskUploadedFile(Path(out.name), name, digest.hexdigest()) as file:
            if is_cover:
                folder_picture_receive(owner=owner, upload=file, folder=folder)
                return UnpackedEntry(name, entry.file_size, picture=True)
            track, created = track_add(owner=owner, upload=file)
        folder_track_note(track=track, folder=folder)
    except AudioError as error:
        if error.code in ("not_audio", "empty") and not name.lower().endswith(UPLOAD_EXTENSIONS):
            return UnpackedEntry(name, entry.file_size, not_music=True)  # a playlist, a text
        return UnpackedEntry(name, entry.file_size, error=error)
    return UnpackedEntry(name, track.size, track, not created)


def _check_head(head: bytes) -> None:
    if archives.is_archive(head):
        raise archives.archive_error("archive_in_archive")
    if not may_be_audio(head):
        raise AudioError("not_audio")
