"""What is no audio, by its first bytes: such a file is not searched far for something that looks like audio.

An archive that stores songs as they are would be one long song otherwise. Only the standard library is imported.
"""

from __future__ import annotations

import re

#: So many bytes tell a text.
_TEXT_BYTES = 1024
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: Archives, disk images, programs and films, by how they begin. They may hold whole songs, which they are not.
_HOLDERS = (
    *_ZIP, b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"MSCF",
    b"!<arch>\n", b"xar!", b"\x04\x22\x4d\x18", b"0707", b"\xc7\x71", b"\1CD001", b"\xeb\x3c\x90", b"\xeb\x58\x90",
    b"\0\5\x16\7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"SQLite format 3\0",
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm",
    b"FLV", b"\0\0\1\xba", b"\0\0\1\xb3", b"\x47\x40", b"RIFF", b"FORM", b"CWS", b"FWS",
)  # fmt: skip
#: Pictures, documents and scores.
_BEGINNINGS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"8BPS", b"\0\0\1\0", b"wOF",
    b"%PDF", b"{\\rtf", b"<?xml", b"<!DOCTYPE", b"<html", b"MThd", b"DKIF",
)  # fmt: skip


def archive_name(head: bytes) -> str:
    """ "ZIP" or "TAR" if a file that starts with `head` is such an archive, else ""."""
    if head[:4] in _ZIP:
        return "ZIP"
    return "TAR" if _is_tar(head) else ""


def holds_files(head: bytes) -> bool:
    """Whether a file that starts with `head` may hold others: what looks like audio in it is not the file itself."""
    return head.startswith(_HOLDERS) or _is_tar(head)


def is_other_file(head: bytes) -> bool:
    """Whether a file that starts with `head` is something else than audio, as far as one can say so."""
    return head.startswith(_BEGINNINGS) or holds_files(head) or _is_text(head)


def _is_text(head: bytes) -> bool:
    sample = head[:_TEXT_BYTES]
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16, half of whose bytes are zeros in Latin scripts
        return sample.count(0) * 4 > len(sample)
    return bool(sample) and not _NO_TEXT.search(sample) and _is_utf8(sample)


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 4  # cut within a letter
    return True


def _is_tar(head: bytes) -> bool:
    """Whether the first 512 bytes are the header of a file in a TAR archive, by its own sum."""
    if len(head) < 512 or not head[0]:
        return False
    stated = head[148:156].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,7}", stated):
        return False
    return int(stated, 8) == sum(head[:148]) + 8 * 32 + sum(head[156:512])
