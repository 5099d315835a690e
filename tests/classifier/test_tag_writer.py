"""Tags are written to a copy, audio data and original stay as they are, and no file can do harm."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import av
import mutagen
import pytest
from mutagen.flac import FLAC
from mutagen.mp4 import MP4

from classifier.formats import sniff_file
from classifier.tagged_copies import TAGGABLE_FORMATS, write_tagged_copy
from tests import sounds
from tests.classifier.audio_files import tag_fields

TAGS = {
    "title": "Été — 夏",
    "artist": "Ann & Bob/Carla",
    "album": "Quiet",
    "year": "1987",
    "genre": "Dream Pop",
    "album_artist": "Ann, Bob & others",
    "disc": "2/3",
    "track": "7",
    "original_year": "1969",
    "compilation": "1",
    "tags": ["live", "été"],
}
READ = {
    "title": "Été — 夏",
    "artist": "Ann & Bob/Carla",
    "album": "Quiet",
    "year": 1987,
    "genre": "Dream Pop",
    "album_artist": "Ann, Bob & others",
    "disc_number": 2,
    "disc_total": 3,
    "track_number": 7,
    "original_year": 1969,
    "compilation": True,
}
EXTENSIONS = (".mp3", ".flac", ".ogg", ".opus", ".m4a")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def copied(path: Path, **tags: object) -> Path | None:
    out = path.with_name(f"copy{path.suffix}")
    return out if write_tagged_copy(path, out, kind=path.suffix[1:], tags=tags or TAGS) else None


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("before", [{}, {"title": "Old", "genre": "Polka", "comment": "mine"}])
def test_the_copy_has_the_tags_and_the_same_sound(
    tmp_path: Path, extension: str, before: dict[str, str]
) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 2, tags=before, cover=extension == ".mp3")
    digest, sound = sha256(path), packets(path)
    copy = copied(path)
    assert copy
    assert tag_fields(copy) == READ
    assert packets(copy) == sound
    assert sha256(path) == digest
    with copy.open("rb") as file:
        assert sniff_file(file) == extension[1:]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_free_tags_are_there_one_by_one(tmp_path: Path, extension: str) -> None:
    copy = copied(sounds.write(tmp_path / f"song{extension}", 1))
    assert copy
    tags = mutagen.File(copy).tags
    name = {".mp3": "TXXX:TAGS", ".m4a": "----:com.apple.iTunes:TAGS"}.get(extension, "TAGS")
    assert [bytes(t).decode() if extension == ".m4a" else str(t) for t in list(tags[name])] == ["live", "été"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_missing_fields_stay_and_none_removes(tmp_path: Path, extension: str) -> None:
    path = sounds.write(
        tmp_path / f"song{extension}", 1, tags={"title": "Old", "artist": "Ann", "album": "A"}
    )
    copy = copied(path, title="New", album=None)
    assert copy
    assert tag_fields(copy) == {"title": "New", "artist": "Ann"}


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize(
    ("disc", "number", "total"), [("0/12", None, 12), ("1/2", 1, 2), ("5", 5, None), (None, None, None)]
)
def test_discs_with_and_without_their_number(
    tmp_path: Path, extension: str, disc: str | None, number: int | None, total: int | None
) -> None:
    copy = copied(
        sounds.write(tmp_path / f"song{extension}", 1), disc="3/4", compilation="1", album_artist="Ann"
    )
    assert copy
    again = copied(copy.rename(tmp_path / f"again{extension}"), disc=disc, compilation=None)
    assert again
    said = tag_fields(again)
    assert (said.get("disc_number"), said.get("disc_total")) == (number, total)
    assert (said["album_artist"], "compilation" in said) == ("Ann", False)


def test_the_cover_stays(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.m4a", 1)
    file = MP4(path)
    file["covr"] = [b"\x89PNG\r\n\x1a\n" + bytes(100)]
    file.save()
    copy = copied(path)
    assert copy
    assert MP4(copy)["covr"] == file["covr"]


@pytest.mark.parametrize(("year", "date"), [("1987", "1987-03-02"), ("1988", "1988")])
def test_a_day_is_not_lost_where_the_year_is_the_same(tmp_path: Path, year: str, date: str) -> None:
    path = sounds.write(tmp_path / "song.flac", 1, tags={"date": "1987-03-02"})
    copy = copied(path, year=year)
    assert copy
    assert FLAC(copy)["date"] == [date]


@pytest.mark.parametrize("extension", [".wav", ".aiff", ".au", ".wma", ".webm"])
def test_formats_without_tags_are_refused(tmp_path: Path, extension: str) -> None:
    assert copied(sounds.write(tmp_path / f"song{extension}", 1)) is None


@pytest.mark.parametrize("kind", sorted(TAGGABLE_FORMATS))
def test_no_tags_are_written_into_other_files(tmp_path: Path, kind: str) -> None:
    assert copied(sounds.not_audio(tmp_path / f"notes.{kind}")) is None


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_hostile_texts_stay_one_text(tmp_path: Path, extension: str) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1)
    title = "a=b\x00TITLE=c\n=\u202e" + "x" * 300
    copy = copied(path, title=title, tags=["=", "a\x00b", "\ud7ff" * 40])
    assert copy
    assert str(tag_fields(copy)["title"]).startswith("a=b")
    assert set(tag_fields(copy)) == {"title"}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_damaged_files_are_refused_or_copied_but_never_changed(tmp_path: Path, extension: str) -> None:
    data = sounds.as_bytes(extension, 1, tags={"title": "Old"})
    noise = random.Random(extension)
    path = tmp_path / f"song{extension}"
    for _ in range(4):
        broken = bytearray(data[: noise.choice([len(data), len(data) // 2])])
        for _ in range(noise.randint(1, 20)):
            broken[noise.randrange(min(len(broken), 600))] = noise.randrange(256)
        path.write_bytes(broken)
        copied(path)
        assert path.read_bytes() == broken


def test_a_tag_that_claims_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    # A comment block that says: 4 billion comments.
    path.write_bytes(b"fLaC\x84\x00\x00\x08" + b"\x00\x00\x00\x00\xff\xff\xff\xff" + bytes(1000))
    assert copied(path) is None
