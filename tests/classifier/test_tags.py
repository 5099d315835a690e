"""What files say about themselves: read where it is, cleaned, cut to length, never trusted."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3, TCON, TDRC, TIT2, TPE1, TRCK
from mutagen.mp4 import MP4

from classifier.tags import MAX_LENGTH, read_tags
from tests import sounds

WRITTEN = {
    "title": "Blue Träin", "artist": "Nobody & Sons", "album": "None", "genre": "Jazz",
    "date": "1957-09-15", "track": "3",
}  # fmt: skip
READ = {
    "title": "Blue Träin", "artist": "Nobody & Sons", "album": "None", "genre": "Jazz",
    "year": 1957, "track": 3,
}  # fmt: skip


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".webm", ".wav"])
def test_every_tagged_format(tmp_path: Path, extension: str) -> None:
    tags = dict(WRITTEN)
    if extension == ".wma":
        tags["WM/Year"] = tags["date"]
    assert read_tags(sounds.write(tmp_path / f"song{extension}", 1, tags=tags)) == READ


def test_aiff_has_a_title(tmp_path: Path) -> None:
    tags = read_tags(sounds.write(tmp_path / "song.aiff", 1, tags=WRITTEN))
    assert tags["title"] == "Blue Träin"


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_no_tags(tmp_path: Path, extension: str) -> None:
    assert read_tags(sounds.write(tmp_path / f"song{extension}", 1)) == {}


def mp3_with(path: Path, *frames: Any) -> Path:
    sounds.write(path, 1)
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    return path


@pytest.mark.parametrize(
    ("written", "genre"),
    [
        ("17", "Rock"),
        ("(17)", "Rock"),
        ("(17)Rock", "Rock"),
        ("Zydeco", "Zydeco"),
        ("", None),
        ("(999)", None),
    ],
)
def test_numeric_genres(tmp_path: Path, written: str, genre: str | None) -> None:
    tags = read_tags(mp3_with(tmp_path / "song.mp3", TCON(encoding=3, text=[written])))
    assert tags.get("genre") == genre


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = mp3_with(tmp_path / "song.mp3", TIT2(encoding=3, text=["Blue"]))
    assert read_tags(path.rename(tmp_path / "upload")) == {"title": "Blue"}


def test_long_texts_are_cut(tmp_path: Path) -> None:
    path = mp3_with(
        tmp_path / "song.mp3",
        TIT2(encoding=3, text=["x" * 100_000]),
        TPE1(encoding=3, text=["\n" * 100_000 + "late"]),
        TDRC(encoding=3, text=["9" * 50_000]),
        TRCK(encoding=3, text=["7" * 50_000]),
    )
    tags = read_tags(path)
    assert tags["title"] == "x" * MAX_LENGTH
    assert len(str(tags.get("artist", ""))) <= MAX_LENGTH
    assert tags.get("track", 0) <= 9999  # type: ignore[operator]
    assert "year" not in tags


def test_characters_that_have_no_place_in_a_name(tmp_path: Path) -> None:
    path = mp3_with(
        tmp_path / "song.mp3",
        TIT2(encoding=3, text=["  a\tb\r\nc\x07\x1b[31m\u202egnp\u200b\ufeff\ue000 "]),
        TPE1(encoding=3, text=["\x00\x01\u202e"]),
    )
    tags = read_tags(path)
    assert tags == {"title": "a b c[31mgnp"}
    assert all(unicodedata.category(char)[0] != "C" for char in str(tags["title"]))


@pytest.mark.parametrize(
    ("date", "year"), [("2001", 2001), ("2001-02-03", 2001), ("1899", 1899), ("0000", None), ("12001", None)]
)
def test_years(tmp_path: Path, date: str, year: int | None) -> None:
    path = sounds.write(tmp_path / "song.flac", 1, tags={"date": date})
    assert read_tags(path).get("year") == year


@pytest.mark.parametrize(("text", "track"), [("3/12", 3), ("03", 3), ("0", None), ("A1", None), ("-3", None)])
def test_track_numbers(tmp_path: Path, text: str, track: int | None) -> None:
    path = mp3_with(tmp_path / "song.mp3", TRCK(encoding=3, text=[text]))
    assert read_tags(path).get("track") == track


def test_values_of_another_type(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.m4a", 1)
    tags = MP4(path)
    tags["trkn"] = [(7, 12)]
    tags["\xa9nam"] = ["First", "Second"]
    tags["covr"] = [b"\x89PNG\r\n\x1a\n" + bytes(100)]
    tags.save()
    assert read_tags(path) == {"title": "First", "track": 7}


def test_a_cover_is_no_trouble(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1, tags={"title": "Blue"}, cover=True)
    assert read_tags(path) == {"title": "Blue"}


def test_what_is_no_audio_has_no_tags(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    for path in (
        sounds.not_audio(tmp_path / "notes.mp3"),
        tmp_path / "empty.mp3",
        tmp_path / "none",
        tmp_path,
    ):
        assert read_tags(path) == {}


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".m4a", ".wma", ".webm", ".wav", ".aiff"])
def test_broken_tags_raise_nothing(tmp_path: Path, extension: str) -> None:
    """Whatever the damage, what comes back is clean and short."""
    data = sounds.as_bytes(extension, 1, tags=WRITTEN)
    noise = random.Random(extension)
    path = tmp_path / f"song{extension}"
    for _ in range(25):
        broken = bytearray(data[: noise.choice([len(data), 300, 100])])
        for _ in range(noise.randint(1, 20)):
            broken[noise.randrange(min(len(broken), 600))] = noise.randrange(256)
        path.write_bytes(broken)
        tags = read_tags(path)
        assert set(tags) <= set(READ)
        assert all(len(value) <= MAX_LENGTH for value in tags.values() if isinstance(value, str))


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1, tags=WRITTEN)
    before = path.read_bytes()
    read_tags(path)
    assert path.read_bytes() == before
