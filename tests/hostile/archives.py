"""Hostile ZIP archives. `outcomes` are those of uploads; an analysis takes none of them for audio."""

from __future__ import annotations

import io
import stat
import struct
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tests.hostile import ANALYSED, MIB, case, song


def packed(*entries: tuple[str | ZipInfo, bytes], method: int = ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content, method)
    return file.getvalue()


def special(name: str, mode: int) -> ZipInfo:
    entry = ZipInfo(name)
    entry.external_attr = (mode | 0o777) << 16
    return entry


def overlapping(times: int) -> bytes:
    """An archive with many names for the bytes of one entry, which unpacks to a megabyte."""
    data = packed(("a.wav", song(".wav")[:44] + bytes(MIB)))
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    directory = data[start:end] * times
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, times, times, len(directory), start, 0)
    return data[:start] + directory + tail


WAV = ".wav"
case("nested.zip", "archive_in_archive")(
    lambda path: packed(("inner.zip", packed(("inner.zip", packed(("song.wav", song(WAV)))))))
)
case("bomb.zip", "archive_entry_ratio")(lambda path: packed(("bomb.wav", song(WAV)[:44] + bytes(20 * MIB))))
case("overlapping.zip", "archive_entry_damaged", "archive_entry_ratio", "corrupt")(
    lambda path: overlapping(500)
)
case("symlink.zip", "archive_entry_special")(
    lambda path: packed((special("link.wav", stat.S_IFLNK), b"/etc/passwd"))
)
case("device.zip", "archive_entry_special")(lambda path: packed((special("zero.wav", stat.S_IFCHR), b"")))
case("elsewhere.zip", "archive_entry_path")(lambda path: packed(("../../escape.wav", song(WAV))))
case("method.zip", "archive_entry_method")(lambda path: packed(("song.wav", song(WAV)), method=ZIP_BZIP2))
case("texts.zip", "not_audio")(lambda path: packed(("playlist.mp3", b"#EXTM3U\nfile:///etc/passwd\n" * 99)))
case("cut.zip", "archive_damaged")(lambda path: packed(("song.wav", song(WAV)))[:-30])
case("directory_of_60_mb.zip", "archive_damaged")(
    lambda path: (
        packed(("song.wav", song(WAV)))[:-22]
        + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 65_535, 65_535, 60 * MIB, 0, 0)
    )
)
case("3000_entries.zip", "archive_too_many")(
    lambda path: packed(*((f"{n}.txt", b"") for n in range(3000)), method=ZIP_STORED)
)
case("good_and_bad.zip", ANALYSED, "empty", "not_audio")(
    lambda path: packed(("good.wav", song(WAV)), ("empty.mp3", b""), ("a/b/.wav", b"no"))
)
