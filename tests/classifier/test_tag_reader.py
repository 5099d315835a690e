"""Tags are read from every format, cleaned, cut to length, and never trusted."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import APIC, COMM, ID3, TCON, TDRC, TIT2, TPE1, TRCK, TXXX, UFID, USLT, WXXX
from mutagen.mp4 import MP4, MP4FreeForm

from classifier.tag_reader import (
    MAX_CHARACTERS,
    MAX_LENGTH,
    MAX_NAMES,
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    read_tags,
)
from classifier.visible import has_invisible
from tests import sounds
from tests.classifier.audio_files import tag_fields

WRITTEN = {
    "title": "Blue Träin", "artist": "Nobody & Sons", "album": "None", "genre": "Jazz",
    "date": "1957-09-15", "track": "3",
}  # fmt: skip
READ = {
    "title": "Blue Träin", "artist": "Nobody & Sons", "album": "None", "genre": "Jazz",
    "year": 1957, "track_number": 3,
}  # fmt: skip
ALBUM_FIELDS = {
    "album_artist", "artist_names", "disc_number", "disc_total", "track_number", "track_total", "original_year",
    "compilation", "musicbrainz",
}  # fmt: skip


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".webm", ".wav"])
def test_every_tagged_format(tmp_path: Path, extension: str) -> None:
    tags = dict(WRITTEN)
    if extension == ".wma":
        tags["WM/Year"] = tags["date"]
    assert tag_fields(sounds.write(tmp_path / f"song{extension}", 1, tags=tags)) == READ


def test_aiff_has_a_title(tmp_path: Path) -> None:
    tags = tag_fields(sounds.write(tmp_path / "song.aiff", 1, tags=WRITTEN))
    assert tags["title"] == "Blue Träin"


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_no_tags(tmp_path: Path, extension: str) -> None:
    assert tag_fields(sounds.write(tmp_path / f"song{extension}", 1)) == {}


@pytest.mark.parametrize(
    ("ape", "title"),
    [
        ({"Title": "A title of more than thirty letters"}, "A title of more than thirty letters"),
        ({"MP3GAIN_MINMAX": "089,203"}, "A title of more than thirty le"),
    ],
)
def test_id3v1_cuts_names_where_apev2_may_have_all_of_them(
    tmp_path: Path, ape: dict[str, str], title: str
) -> None:
    path = mp3_with(tmp_path / "song.mp3")
    ID3(path).delete(path)
    tags = APEv2()
    tags.update(ape)
    tags.save(path)
    with path.open("ab") as file:
        file.write(b"TAG" + b"A title of more than thirty letters"[:30].ljust(124, b"\0") + b"\xff")
    assert read_tags(path)["title"] == title


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
    tags = tag_fields(mp3_with(tmp_path / "song.mp3", TCON(encoding=3, text=[written])))
    assert tags.get("genre") == genre


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = mp3_with(tmp_path / "song.mp3", TIT2(encoding=3, text=["Blue"]))
    assert tag_fields(path.rename(tmp_path / "upload")) == {"title": "Blue"}


def test_long_texts_are_cut(tmp_path: Path) -> None:
    path = mp3_with(
        tmp_path / "song.mp3",
        TIT2(encoding=3, text=["x" * 100_000]),
        TPE1(encoding=3, text=["\n" * 100_000 + "late"]),
        TDRC(encoding=3, text=["9" * 50_000]),
        TRCK(encoding=3, text=["7" * 50_000]),
    )
    tags = tag_fields(path)
    assert tags["title"] == "x" * MAX_LENGTH
    assert len(str(tags.get("artist", ""))) <= MAX_LENGTH
    assert not {"track_number", "year"} & set(tags)


def test_unprintable_characters_are_removed(tmp_path: Path) -> None:
    path = mp3_with(
        tmp_path / "song.mp3",
        TIT2(encoding=3, text=["  a\tb\r\nc\x07\x1b[31m\u202egnp\u200b\ufeff\ue000 "]),
        TPE1(encoding=3, text=["\x00\x01\u202e"]),
    )
    tags = tag_fields(path)
    assert tags == {"title": "a b c[31mgnp"}
    assert all(unicodedata.category(char)[0] != "C" for char in str(tags["title"]))


@pytest.mark.parametrize(
    ("date", "year"), [("2001", 2001), ("2001-02-03", 2001), ("1899", 1899), ("0000", None), ("12001", None)]
)
def test_years(tmp_path: Path, date: str, year: int | None) -> None:
    path = sounds.write(tmp_path / "song.flac", 1, tags={"date": date})
    assert tag_fields(path).get("year") == year


def test_values_of_another_type(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.m4a", 1)
    tags = MP4(path)
    tags["trkn"] = [(7, 12)]
    tags["\xa9nam"] = ["First", "Second"]
    tags["covr"] = [b"\x89PNG\r\n\x1a\n" + bytes(100)]
    tags.save()
    assert tag_fields(path) == {"title": "First", "track_number": 7, "track_total": 12}


def test_a_cover_does_not_hide_the_title(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1, tags={"title": "Blue"}, cover=True)
    assert tag_fields(path) == {"title": "Blue"}


def test_other_files_have_no_tags(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    for path in (
        sounds.not_audio(tmp_path / "notes.mp3"),
        tmp_path / "empty.mp3",
        tmp_path / "none",
        tmp_path,
    ):
        assert tag_fields(path) == {}


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".m4a", ".wma", ".webm", ".wav", ".aiff"])
def test_broken_tags_raise_nothing(tmp_path: Path, extension: str) -> None:
    """Whatever the damage, the result is clean and short."""
    data = sounds.as_bytes(extension, 1, tags=WRITTEN)
    noise = random.Random(extension)
    path = tmp_path / f"song{extension}"
    for _ in range(25):
        broken = bytearray(data[: noise.choice([len(data), 300, 100])])
        for _ in range(noise.randint(1, 20)):
            broken[noise.randrange(min(len(broken), 600))] = noise.randrange(256)
        path.write_bytes(broken)
        tags = read_tags(path)
        short_and_clean(tags.pop("values"))
        assert set(tags) <= set(READ) | ALBUM_FIELDS
        assert all(len(value) <= MAX_LENGTH for value in tags.values() if isinstance(value, str))


# Everything it says


def short_and_clean(values: dict[str, list[str]]) -> None:
    assert len(values) <= MAX_NAMES
    texts = [text for all_of_one in values.values() for text in all_of_one]
    assert all(0 < len(text) <= MAX_VALUE_LENGTH for text in texts)
    assert sum(map(len, texts)) <= MAX_CHARACTERS
    assert not any(has_invisible(text) for text in (*values, *texts))


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".webm", ".wav"])
def test_all_values_of_every_tagged_format(tmp_path: Path, extension: str) -> None:
    values = read_tags(sounds.write(tmp_path / f"song{extension}", 1, tags=WRITTEN))["values"]
    texts = [text for all_of_one in values.values() for text in all_of_one]
    assert {"Blue Träin", "Nobody & Sons", "None", "Jazz"} <= set(texts)
    short_and_clean(values)


def test_all_frames_with_text(tmp_path: Path) -> None:
    path = mp3_with(
        tmp_path / "song.mp3",
        TPE1(encoding=3, text=["Ann", "Bob"]),
        TCON(encoding=3, text=["(17)", "Zydeco"]),
        TXXX(encoding=3, desc="MusicBrainz Album Id", text=["b10bbbfc"]),
        COMM(encoding=3, lang="eng", desc="", text=["Live\x00 in Bonn"]),
        USLT(encoding=3, lang="eng", desc="", text="La la\nla"),
        WXXX(encoding=3, desc="", url="https://example.org/"),
        UFID(owner="http://musicbrainz.org", data=b"6be7"),
        APIC(encoding=3, mime="image/png", type=3, desc="", data=b"\x89PNG"),
    )
    assert read_tags(path)["values"] == {
        "TPE1": ["Ann", "Bob"],
        "TCON": ["Rock", "Zydeco"],
        "TXXX:MusicBrainz Album Id": ["b10bbbfc"],
        "COMM::eng": ["Live", "in Bonn"],
        "USLT::eng": ["La la la"],
        "WXXX:": ["https://example.org/"],
        "UFID:http://musicbrainz.org": ["6be7"],
    }


def test_all_values_of_other_formats(tmp_path: Path) -> None:
    flac = FLAC(sounds.write(tmp_path / "song.flac", 1))
    flac["genre"] = ["Dub", "Jazz"]
    flac["metadata_block_picture"] = "AAAA"
    flac.save()
    assert read_tags(tmp_path / "song.flac")["values"]["genre"] == ["Dub", "Jazz"]
    assert "metadata_block_picture" not in read_tags(tmp_path / "song.flac")["values"]

    mp4 = MP4(sounds.write(tmp_path / "song.m4a", 1))
    mp4["trkn"], mp4["covr"], mp4["aART"] = [(7, 12)], [b"\x89PNG"], ["Ann", "Bob"]
    mp4["----:com.apple.iTunes:LABEL"] = [MP4FreeForm(b"Blue")]
    mp4["----:com.apple.iTunes:BLOB"] = [MP4FreeForm(b"\xff\x00", dataformat=0)]
    mp4.save()
    values = read_tags(tmp_path / "song.m4a")["values"]
    assert (values["trkn"], values["aART"]) == (["7/12"], ["Ann", "Bob"])
    assert values["----:com.apple.iTunes:LABEL"] == ["Blue"]
    assert not {"covr", "----:com.apple.iTunes:BLOB"} & set(values)

    wma = ASF(sounds.write(tmp_path / "song.wma", 1))
    wma["Author"], wma["WM/Picture"] = ["Ann", "Bob"], [b"\x89PNG"]
    wma.save()
    values = read_tags(tmp_path / "song.wma")["values"]
    assert values["Author"] == ["Ann", "Bob"]
    assert "WM/Picture" not in values


def test_long_tags_are_cut_at_the_limits(tmp_path: Path) -> None:
    many = [TXXX(encoding=3, desc=f"name {n}" * 50, text=["x" * 5000] * 50) for n in range(200)]
    short_and_clean(read_tags(mp3_with(tmp_path / "song.mp3", *many))["values"])
    more = [TXXX(encoding=3, desc=f"{n}", text=[str(m) for m in range(50)]) for n in range(200)]
    values = read_tags(mp3_with(tmp_path / "more.mp3", *more))["values"]
    assert (len(values), len(values["TXXX:0"])) == (MAX_NAMES, MAX_VALUES)


def test_a_file_without_tags_says_nothing(tmp_path: Path) -> None:
    assert read_tags(tmp_path / "none") == {"values": {}}


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1, tags=WRITTEN)
    before = path.read_bytes()
    tag_fields(path)
    assert path.read_bytes() == before
