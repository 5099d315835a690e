"""ZIP archives, read as if made by somebody who wishes the server ill.

Nothing in an archive is believed: not its names, not its sizes, not its count. Entries are inflated one at
a time, in small pieces, and counted as they come.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from classifier.errors import AudioError

MAX_ENTRIES = 2000
#: The table of contents of 2,000 entries with names of ordinary length takes a third of this.
MAX_DIRECTORY_BYTES = 2**20
#: Sound hardly shrinks. Digital silence does, but a library can do without an hour of it.
MAX_RATIO = 100
CHUNK_BYTES = 2**16
ENCRYPTED = 0x1
#: What programs use for archives of music. zlib inflates in bounded pieces; the other methods do not.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

#: Why an archive or an entry is refused: stable codes, and sentences for people.
ARCHIVE_ERRORS: dict[str, str] = {
    "archive_damaged": "The ZIP archive is damaged and cannot be unpacked.",
    "archive_too_many": f"The ZIP archive holds more than {MAX_ENTRIES:,} files. Make several smaller ones.",
    "archive_too_large": "The ZIP archive would unpack to more than is allowed. Make several smaller ones.",
    "archive_in_archive": "This is an archive inside the archive. Unpack it first.",
    "archive_entry_path": "The archive wants to put this file somewhere else. It was skipped.",
    "archive_entry_special": "This is a link or a device, not a file. It was skipped.",
    "archive_entry_locked": "This file is encrypted. Make an archive without a password.",
    "archive_entry_method": "This file is compressed in a way that is not supported. Make an ordinary ZIP.",
    "archive_entry_ratio": "This file would unpack to far more than music does. It was skipped.",
    "archive_entry_damaged": "This file is damaged inside the archive.",
}


def archive_error(code: str) -> AudioError:
    return AudioError(code, ARCHIVE_ERRORS[code])


def is_archive(head: bytes) -> bool:
    """Whether a file that starts with `head` is a ZIP archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


class _BoundedFile(io.FileIO):
    """A file of which zipfile cannot read a table of contents that would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("too much at once")
        return super().read(size) or b""


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """The archive. Raises AudioError: `archive_damaged`, `archive_too_many`."""
    with _BoundedFile(path) as file:
        try:
            archive = ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError, OSError) as error:
            raise archive_error("archive_damaged") from error
        with archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise archive_error("archive_too_many")
            yield archive


def file_entries(archive: ZipFile) -> list[ZipInfo]:
    """What is worth telling of: no folders, and none of the twins a Mac puts beside each file."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
    ]


def check_entry(entry: ZipInfo) -> None:
    """Raises AudioError for an entry that is not even looked into."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        raise archive_error("archive_entry_path")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise archive_error("archive_entry_special")
    if entry.flag_bits & ENCRYPTED:
        raise archive_error("archive_entry_locked")
    if entry.compress_type not in METHODS:
        raise archive_error("archive_entry_method")


def entry_chunks(archive: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    """The entry's bytes. Raises AudioError: `archive_entry_damaged`, `archive_entry_ratio`."""
    count = 0
    try:
        with archive.open(entry) as file:
            while chunk := file.read(CHUNK_BYTES):
                count += len(chunk)
                if count > MAX_RATIO * max(entry.compress_size, CHUNK_BYTES):
                    raise archive_error("archive_entry_ratio")
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise archive_error("archive_entry_damaged") from error
