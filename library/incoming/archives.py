"""Safe reading of ZIP archives that may be hostile.

Names, sizes and counts that an archive states are not trusted. Entries are unpacked one at a time, in small chunks, and
their bytes are counted.
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

from classifier.code_pages import decoded
from classifier.errors import AudioError
from library.incoming.litter import is_litter

MAX_ENTRIES = 2000
#: The central directory of 2,000 entries with names of usual length takes a third of this.
MAX_DIRECTORY_BYTES = 2**20
#: Unpacked size over packed size. Audio hardly shrinks; an hour of digital silence is not worth allowing.
MAX_RATIO = 100
CHUNK_BYTES = 2**16
ENCRYPTED, IS_UTF8 = 0x1, 0x800
#: The usual ones. zlib unpacks in chunks of bounded size, which the other methods do not.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

#: Messages by error code.
ARCHIVE_ERRORS: dict[str, str] = {
    "archive_damaged": "The ZIP archive is damaged and cannot be unpacked.",
    "archive_too_many": f"The ZIP archive has more than {MAX_ENTRIES:,} files. Create several smaller ones.",
    "archive_too_large": "The ZIP archive would unpack to more than the limit. Create several smaller ones.",
    "archive_in_archive": "This is an archive inside the archive. Unpack it first.",
    "archive_entry_path": "This file’s path leads outside the archive’s folder. It was skipped.",
    "archive_entry_special": "This is a link or a device, not a regular file. It was skipped.",
    "archive_entry_locked": "This file is encrypted. Create an archive without a password.",
    "archive_entry_method": "This file’s compression method is not supported. Create a standard ZIP archive.",
    "archive_entry_ratio": "This file would unpack to far more than audio does. It was skipped.",
    "archive_entry_damaged": "This file is damaged inside the archive.",
}


def archive_error(code: str) -> AudioError:
    return AudioError(code, ARCHIVE_ERRORS[code])


def is_archive(head: bytes) -> bool:
    """Whether a file that starts with `head` is a ZIP archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


class _BoundedFile(io.FileIO):
    """A file of which zipfile cannot read a central directory that would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("central directory too large")
        return super().read(size) or b""


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """Open an archive. Raises AudioError: `archive_damaged`, `archive_too_many`."""
    with _BoundedFile(path) as file:
        try:
            archive = ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError, OSError) as error:
            raise archive_error("archive_damaged") from error
        with archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise archive_error("archive_too_many")
            _decode_names(archive)
            yield archive


def _decode_names(archive: ZipFile) -> None:
    """Name the entries as they were called where the archive was made.

    Only a flag says that a name is UTF-8. Without it, zipfile takes every name for cp437, although macOS writes UTF-8
    there and Windows the code page of its country.
    """
    unflagged = [entry for entry in archive.infolist() if not entry.flag_bits & IS_UTF8]
    # Others have a field with their name in Unicode.
    plain = [entry for entry in unflagged if entry.orig_filename.startswith(entry.filename)]
    raw = [entry.filename.encode("cp437").decode(errors="surrogateescape") for entry in plain]
    for entry, name in zip(plain, decoded(raw, last="cp437"), strict=True):
        entry.filename = name


def file_entries(archive: ZipFile) -> list[ZipInfo]:
    """The archive's files: no folders, and nothing that systems leave beside music."""
    return [entry for entry in archive.infolist() if not entry.is_dir() and not is_litter(entry.filename)]


def check_entry(entry: ZipInfo) -> None:
    """Raises AudioError for an entry that is refused without unpacking it: its path, kind, encryption or method."""
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
    """The entry's bytes in chunks. Raises AudioError: `archive_entry_damaged`, `archive_entry_ratio`."""
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
