"""A file's format is recognised by its first bytes, never by its name."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest

from classifier.audio import SAMPLE_RATE, decode
from classifier.errors import MESSAGES
from classifier.formats import (
    AUDIO_FORMATS,
    FORMATS_TEXT,
    HEAD_BYTES,
    UPLOAD_EXTENSIONS,
    id3_size,
    is_browser_playable,
    is_encrypted,
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
}


@pytest.mark.parametrize("extension", UPLOAD_EXTENSIONS)
def test_files_of_every_extension_are_recognised_and_decoded(tmp_path: Path, extension: str) -> None:
    encoded_as, options = OTHER_EXTENSIONS.get(extension, (extension, {}))
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
    assert FORMATS_TEXT == "AAC, AIFF, AU, FLAC, M4A, MKA, MP3, OGG, Opus, WAV, WebM or WMA"
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
