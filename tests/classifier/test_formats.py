"""A file's format is recognised by its first bytes, never by its name."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import av
import pytest

from classifier.audio import SAMPLE_RATE, decode
from classifier.audiofile import AudioLimits
from classifier.encryption import is_encrypted
from classifier.errors import MESSAGES, AudioError
from classifier.formats import (
    ALLOWED_DECODERS,
    AUDIO_FORMATS,
    FORMATS_TEXT,
    HEAD_BYTES,
    SEARCH_BYTES,
    UPLOAD_EXTENSIONS,
    demuxer_of,
    id3_size,
    is_browser_playable,
    locate,
    may_be_audio,
    sniff,
    sniff_file,
)
from tests import sounds


def id3(size: int, footer: bool = False) -> bytes:
    """An ID3v2.4 tag of `size` bytes of padding after its header."""
    digits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0" + (b"\x10" if footer else b"\0") + digits + bytes(size + (10 if footer else 0))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {extension: sounds.as_bytes(extension, 1) for extension in sounds.EXTENSIONS}


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_every_format(files: dict[str, bytes], extension: str) -> None:
    data = files[extension]
    assert sniff(data[:HEAD_BYTES]) == extension[1:]
    assert sniff_file(io.BytesIO(data)) == extension[1:]
    assert AUDIO_FORMATS[extension[1:]].extension == extension


#: How to encode a file for each extension that is not the usual one of its format.
OTHER_EXTENSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    ".wave": (".wav", {}),
    ".snd": (".au", {}),
    ".aif": (".aiff", {}),
    ".aifc": (".aiff", {"codec": "pcm_mulaw"}),
    ".mp2": (".mp3", {"codec": "mp2", "muxer": "mp2"}),
    ".oga": (".ogg", {}),
    ".m4b": (".m4a", {}),
    ".mp4": (".m4a", {"muxer": "mp4"}),
    ".weba": (".webm", {}),
    ".mka": (".webm", {"muxer": "matroska"}),
    ".ec3": (".eac3", {}),
}
#: Formats that nothing here can encode. A few bytes of each are recognised, and FFmpeg has a decoder.
NOT_ENCODED = {".ape": "ape", ".mpc": "mpc"}


@pytest.mark.parametrize("extension", [each for each in UPLOAD_EXTENSIONS if each not in NOT_ENCODED])
def test_files_of_every_extension_are_recognised_and_decoded(tmp_path: Path, extension: str) -> None:
    encoded_as, options = OTHER_EXTENSIONS.get(extension, (extension, {}))
    if extension == ".dsf":
        path = sounds.dsf(tmp_path / "song.dsf")
    else:
        path = sounds.write(tmp_path / f"song{encoded_as}", **options)
    with path.open("rb") as file:
        name = sniff_file(file)
    assert name is not None
    assert extension in AUDIO_FORMATS[name].extensions
    pcm, info = decode(path)
    assert info.kind == name
    assert len(pcm) > 3.9 * SAMPLE_RATE


def test_an_extension_belongs_to_one_format() -> None:
    assert len(set(UPLOAD_EXTENSIONS)) == len(UPLOAD_EXTENSIONS)


def test_the_formats_are_a_list_that_people_can_read() -> None:
    assert FORMATS_TEXT == (
        "AAC, AC-3, AIFF, AU, CAF, DSF, E-AC-3, FLAC, M4A, MKA, Monkey’s Audio, MP3, Musepack, OGG, Opus, TTA, WAV, "
        "Wave64, WavPack, WebM or WMA"
    )
    assert FORMATS_TEXT in MESSAGES["not_audio"]


def test_containers_told_apart_by_their_content(files: dict[str, bytes]) -> None:
    assert sniff(files[".webm"][:HEAD_BYTES].replace(b"webm", b"matroska", 1)) == "mka"
    assert sniff(b"RF64\xff\xff\xff\xffWAVEds64") == "wav"
    assert sniff(b"FORM\0\0\0\0AIFCFVER") == "aiff"
    assert sniff(b"RIFF\0\0\0\0AVI LIST") is None
    assert sniff(b"FORM\0\0\0\0ILBMBMHD") is None
    assert sniff(b"\x1aE\xdf\xa3" + bytes(200)) is None


@pytest.mark.parametrize(
    "head",
    [
        b"", b"\xff", b"ID3", b"RIFF", b"#EXTM3U\n#EXTINF:1,\nsong.mp3\n", b"ffconcat version 1.0\n",
        b"%PDF-1.7", b"PK\3\4", b"\x89PNG\r\n\x1a\n", b"<?xml version='1.0'?><MPD/>", b"GIF89a",
        b"\xff\xd8\xff\xe0", b"\xff\xfe<\0h\0t\0m\0l\0", b"\0" * 8192, b"\xff" * 8192, b"\xff\xfb" * 4096,
    ],
)  # fmt: skip
def test_other_files_are_not_recognised(head: bytes) -> None:
    assert sniff(head) is None


def test_noise_is_not_recognised() -> None:
    """Any noise contains sync bytes, but not consecutive frames."""
    noise = random.Random(0)
    assert {sniff(noise.randbytes(HEAD_BYTES)) for _ in range(200)} == {None}


@pytest.mark.parametrize("extension", [".mp3", ".aac", ".flac"])
@pytest.mark.parametrize("size", [0, 500, HEAD_BYTES, 300_000])
def test_behind_an_id3_tag_of_any_length(files: dict[str, bytes], extension: str, size: int) -> None:
    frames = files[extension]
    frames = frames[id3_size(frames) :]
    for tag in (id3(size), id3(size, footer=True)):
        assert id3_size(tag) == len(tag)
        assert sniff_file(io.BytesIO(tag + frames)) == extension[1:]


def test_the_head_alone_trusts_a_long_id3_tag() -> None:
    """Uploads are accepted by their first bytes; the worker looks behind the tag."""
    assert sniff(id3(300_000)[:HEAD_BYTES]) == "mp3"
    assert sniff_file(io.BytesIO(id3(300_000) + b"#EXTM3U\n" * 1000)) is None


@pytest.mark.parametrize(
    "tag", [b"ID3\4\0\0\x80\0\0\0", b"ID3\1\0\0\0\0\0\0", b"ID3\4\xff\0\0\0\0\0", b"ID3\4\0\0\0\0\0"]
)
def test_invalid_id3_headers_have_no_size(tag: bytes) -> None:
    assert id3_size(tag) == 0


def test_mp3_that_begins_in_the_middle_of_a_frame(files: dict[str, bytes]) -> None:
    frames = files[".mp3"][id3_size(files[".mp3"]) :]
    assert sniff(frames[100 : 100 + HEAD_BYTES]) == "mp3"
    assert sniff(bytes(1000) + frames[:HEAD_BYTES]) == "mp3"


@pytest.mark.parametrize("extension", NOT_ENCODED)
def test_formats_that_nothing_here_encodes(extension: str) -> None:
    heads = {".ape": [b"MAC \x96\x0f"], ".mpc": [b"MP+\x07", b"MP+\x17", b"MPCKSH"]}[extension]
    for head in heads:
        kind = sniff(head + bytes(100))
        assert kind == NOT_ENCODED[extension]
        assert demuxer_of(kind, head) in av.format.formats_available
    assert {"ape", "mpc7", "mpc8"} <= ALLOWED_DECODERS & av.codec.codecs_available


APE_IN_FRONT = b"APETAGEX" + struct.pack("<IIII8x", 2000, 500, 0, 0xA0000000) + b"x" * 500


@pytest.mark.parametrize("extension", [".mp3", ".aac", ".ac3", ".flac", ".ogg", ".wav", ".aiff", ".wv"])
@pytest.mark.parametrize(
    "before",
    [
        bytes(64), bytes(300_000), id3(500), id3(500) + bytes(6000), id3(20) + id3(300_000), APE_IN_FRONT,
        id3(500) + APE_IN_FRONT + bytes(1000), random.Random(1).randbytes(3000), random.Random(2).randbytes(500_000),
        bytes(128) + random.Random(3).randbytes(200),
    ],
    ids=["zeros", "many_zeros", "id3", "id3_zeros", "two_id3", "ape", "all", "noise", "much_noise", "header"],
)  # fmt: skip
def test_behind_what_is_not_part_of_the_format(
    tmp_path: Path, files: dict[str, bytes], extension: str, before: bytes
) -> None:
    data = files[extension][id3_size(files[extension]) :]
    path = tmp_path / "song"
    path.write_bytes(before + data)
    with path.open("rb") as file:
        kind, start = locate(file)
    assert (kind, start) == (extension[1:], len(before))
    pcm, info = decode(path, AudioLimits(min_seconds=0.5))
    assert info.kind == kind
    assert len(pcm) > 0.9 * SAMPLE_RATE


@pytest.mark.parametrize("extension", [".mp3", ".aac", ".ac3", ".eac3"])
def test_from_the_middle_of_a_frame(tmp_path: Path, files: dict[str, bytes], extension: str) -> None:
    """As a recording of a stream begins."""
    data = files[extension][id3_size(files[extension]) :]
    path = tmp_path / "song"
    path.write_bytes(data[100:])
    assert sniff(data[100:]) == extension[1:]
    assert len(decode(path, AudioLimits(min_seconds=0.5))[0]) > 0.8 * SAMPLE_RATE


@pytest.mark.parametrize("boxes", [b"", b"\0\0\0\x08wide", b"\0\0\0\x10free12345678", b"\0\0\0\x08skip"])
def test_quicktime_without_its_type(tmp_path: Path, files: dict[str, bytes], boxes: bytes) -> None:
    data = files[".m4a"]
    size = int.from_bytes(data[:4], "big") - len(boxes)  # positions in the file stay
    path = tmp_path / "song.mov"
    path.write_bytes(boxes + struct.pack(">I4s", size, b"free") + data[8 + len(boxes) :])
    assert decode(path, AudioLimits(min_seconds=0.5))[1].kind == "m4a"


def test_the_search_has_an_end(files: dict[str, bytes]) -> None:
    frames = files[".mp3"]
    assert sniff_file(io.BytesIO(bytes(SEARCH_BYTES + 5000) + frames)) is None
    assert sniff_file(io.BytesIO(random.Random(4).randbytes(SEARCH_BYTES + 5000) + frames)) is None
    assert sniff_file(io.BytesIO(b"\xff\xfb\x90\0" * 400_000)) is None  # a header at every fourth byte


def archive(kind: str, *songs: bytes) -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zipped:
            for number, song in enumerate(songs):
                zipped.writestr(f"{number}.mp3", song)
    else:
        with tarfile.open(fileobj=file, mode="w", format=getattr(tarfile, kind)) as tarred:
            for number, song in enumerate(songs):
                info = tarfile.TarInfo(f"{number}.mp3")
                info.size = len(song)
                tarred.addfile(info, io.BytesIO(song))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "name"), [("zip", "ZIP"), ("USTAR_FORMAT", "TAR"), ("GNU_FORMAT", "TAR"), ("PAX_FORMAT", "TAR")]
)
def test_an_archive_is_never_audio(tmp_path: Path, files: dict[str, bytes], kind: str, name: str) -> None:
    data = archive(kind, files[".mp3"], files[".mp3"])
    assert sniff(data[:HEAD_BYTES]) is None
    assert not may_be_audio(data[:HEAD_BYTES])
    path = tmp_path / "songs.mp3"
    path.write_bytes(data)
    with pytest.raises(AudioError) as refusal:
        decode(path)
    assert refusal.value.code == "not_audio"
    assert f"This is a {name} archive" in refusal.value.message
    assert "/api/v1/uploads/" in refusal.value.message


@pytest.mark.parametrize(
    "head",
    [
        b"Rar!\x1a\x07\1\0", b"7z\xbc\xaf\x27\x1c", b"MZ\x90\0", b"\x7fELF", b"\0\0\1\xba", b"FLV\1",
        b"RIFF\0\0\0\0AVI LIST", bytes(32_768) + b"\1CD001\1\0",
    ],
)  # fmt: skip
def test_sound_within_other_files_is_not_the_file(files: dict[str, bytes], head: bytes) -> None:
    assert sniff_file(io.BytesIO(head + bytes(700) + files[".mp3"])) is None


@pytest.mark.parametrize(
    "head", [b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", "Liebe Grüße\n".encode() * 90, b"\xff\xfe" + b"h\0i\0" * 150]
)
def test_far_into_texts_and_pictures_no_sound_is_looked_for(files: dict[str, bytes], head: bytes) -> None:
    assert sniff_file(io.BytesIO(head + bytes(HEAD_BYTES) + files[".mp3"])) is None
    assert sniff_file(io.BytesIO(head + bytes(700) + files[".mp3"][id3_size(files[".mp3"]) :])) == "mp3"


def test_playable_in_browsers() -> None:
    assert is_browser_playable("mp3", "mp3")
    assert is_browser_playable("m4a", "aac")
    assert not is_browser_playable("m4a", "alac")
    assert not is_browser_playable("aiff", "pcm_s16be")
    assert not is_browser_playable("wav", "pcm_mulaw")
    assert not is_browser_playable("nothing", "mp3")


@pytest.mark.parametrize("entry", [b"drms", b"enca"])
def test_encrypted_mp4(files: dict[str, bytes], entry: bytes) -> None:
    plain = files[".m4a"]
    assert not is_encrypted(io.BytesIO(plain), "m4a")
    assert is_encrypted(io.BytesIO(plain.replace(b"mp4a", entry, 1)), "m4a")
    # The same bytes elsewhere, such as in a title, mean nothing.
    assert not is_encrypted(io.BytesIO(plain + b"\0\0\0\x0cfree" + entry), "m4a")


def test_encrypted_wma(files: dict[str, bytes]) -> None:
    plain = files[".wma"]
    assert not is_encrypted(io.BytesIO(plain), "wma")
    encryption = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    assert is_encrypted(io.BytesIO(plain[:200] + encryption + plain[200:]), "wma")


def test_boxes_that_lie_about_their_size_end_the_search() -> None:
    """Sizes of zero, beyond the file, or of the box itself must not make the search long."""
    for size in (0, 1, 4, 8, 0xFFFFFFFF):
        box = size.to_bytes(4, "big") + b"moov"
        assert not is_encrypted(io.BytesIO(b"\0\0\0\x14ftypM4A \0\0\0\0M4A " + box * 5_000), "m4a")


def test_names_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(sounds.as_bytes(".flac", 1))
    with path.open("rb") as file:
        assert sniff_file(file) == "flac"
