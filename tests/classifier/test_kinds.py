"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from classifier.kinds import HEAD_BYTES, KINDS, id3_size, playable, protected, sniff, sniff_file
from tests import sounds


def id3(size: int, footer: bool = False) -> bytes:
    """An ID3v2.4 tag of `size` bytes of padding after its header."""
    digits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0" + (b"\x10" if footer else b"\0") + digits + bytes(size + (10 if footer else 0))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {extension: sounds.as_bytes(extension, 1) for extension in sounds.EXTENSIONS}


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_every_kind(files: dict[str, bytes], extension: str) -> None:
    data = files[extension]
    assert sniff(data[:HEAD_BYTES]) == extension[1:]
    assert sniff_file(io.BytesIO(data)) == extension[1:]
    assert KINDS[extension[1:]].extension == extension


def test_containers_that_need_a_second_look(files: dict[str, bytes]) -> None:
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
def test_what_is_no_sound(head: bytes) -> None:
    assert sniff(head) is None


def test_noise_is_no_sound() -> None:
    """Two bytes of sync are found in any noise; frames that follow each other are not."""
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
    """An upload is refused or accepted by its first bytes; the worker looks behind the tag."""
    assert sniff(id3(300_000)[:HEAD_BYTES]) == "mp3"
    assert sniff_file(io.BytesIO(id3(300_000) + b"#EXTM3U\n" * 1000)) is None


@pytest.mark.parametrize(
    "tag", [b"ID3\4\0\0\x80\0\0\0", b"ID3\1\0\0\0\0\0\0", b"ID3\4\xff\0\0\0\0\0", b"ID3\4\0\0\0\0\0"]
)
def test_what_is_no_id3_tag(tag: bytes) -> None:
    assert id3_size(tag) == 0


def test_mp3_that_begins_in_the_middle_of_a_frame(files: dict[str, bytes]) -> None:
    frames = files[".mp3"][id3_size(files[".mp3"]) :]
    assert sniff(frames[100 : 100 + HEAD_BYTES]) == "mp3"
    assert sniff(bytes(1000) + frames[:HEAD_BYTES]) == "mp3"


def test_playable() -> None:
    assert playable("mp3", "mp3")
    assert playable("m4a", "aac")
    assert not playable("m4a", "alac")
    assert not playable("aiff", "pcm_s16be")
    assert not playable("wav", "pcm_mulaw")
    assert not playable("nothing", "mp3")


@pytest.mark.parametrize("entry", [b"drms", b"enca"])
def test_protected_mp4(files: dict[str, bytes], entry: bytes) -> None:
    plain = files[".m4a"]
    assert not protected(io.BytesIO(plain), "m4a")
    assert protected(io.BytesIO(plain.replace(b"mp4a", entry, 1)), "m4a")
    # The word alone, in a title for example, protects nothing.
    assert not protected(io.BytesIO(plain + b"\0\0\0\x0cfree" + entry), "m4a")


def test_protected_wma(files: dict[str, bytes]) -> None:
    plain = files[".wma"]
    assert not protected(io.BytesIO(plain), "wma")
    encryption = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    assert protected(io.BytesIO(plain[:200] + encryption + plain[200:]), "wma")


def test_boxes_that_lie_about_their_size_end_the_search() -> None:
    """No size, a size of nothing, one beyond the file, a box in itself: an answer, at once."""
    for size in (0, 1, 4, 8, 0xFFFFFFFF):
        box = size.to_bytes(4, "big") + b"moov"
        assert not protected(io.BytesIO(b"\0\0\0\x14ftypM4A \0\0\0\0M4A " + box * 5_000), "m4a")


def test_names_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(sounds.as_bytes(".flac", 1))
    with path.open("rb") as file:
        assert sniff_file(file) == "flac"
