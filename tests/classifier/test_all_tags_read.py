"""Everything that the tags of a file say is read, in whichever of its tags it is."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import ID3, RVA2, SYLT, TALB, TCON, TDOR, TDRC, TDRL, TIPL, TIT2, TPE1, TPE2, TYER, USLT
from mutagen.mp4 import MP4
from mutagen.wave import WAVE

from classifier.tag_reader import MAX_GENRE_LENGTH, genre_names, read_tags
from classifier.years import year_of
from tests import sounds
from tests.classifier.audio_files import tag_fields
from tests.classifier.test_letters import info_wav, mp3


def flac(path: Path, **comments: str | list[str]) -> Path:
    file = FLAC(sounds.write(path, 1))
    for name, value in comments.items():
        file[name] = value
    file.save()
    return path


def test_a_wav_with_id3_and_info(tmp_path: Path) -> None:
    path = info_wav(
        tmp_path / "song.wav", {b"INAM": b"Info title", b"IPRD": b"Info album", b"ICRD": b"1971-05"}
    )
    file = WAVE(path)
    file.add_tags()
    file.tags.add(TIT2(encoding=3, text=["Title"]))
    file.save()
    assert tag_fields(path) == {"title": "Title", "album": "Info album", "year": 1971}
    assert read_tags(path)["values"] == {
        "TIT2": ["Title"], "title": ["Info title"], "album": ["Info album"], "date": ["1971-05"],
        "encoder": [ANY],
    }  # fmt: skip


@pytest.mark.parametrize("padded", [True, False])
def test_info_with_and_without_padding(tmp_path: Path, padded: bool) -> None:
    path = info_wav(tmp_path / "song.wav", {b"INAM": b"Even", b"IART": b"Ann", b"IGNR": b"17"})
    if not padded:
        path.write_bytes(path.read_bytes().replace(b"Even\0\0IART", b"Even\0IART"))
    assert tag_fields(path) == {"title": "Even", "artist": "Ann", "genre": "Rock"}


def test_text_chunks_of_aiff(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.aiff", 1)
    texts = {b"NAME": b"Named", b"AUTH": b"Bj\xf6rk", b"ANNO": b"Live"}
    chunks = b"".join(
        name + struct.pack(">I", len(text)) + text + bytes(len(text) % 2) for name, text in texts.items()
    )
    data = path.read_bytes() + chunks
    path.write_bytes(data[:4] + struct.pack(">I", len(data) - 8) + data[8:])
    assert tag_fields(path) == {"title": "Named", "artist": "Björk"}
    assert read_tags(path)["values"]["comment"] == ["Live"]


def test_a_flac_with_its_tags_in_id3_only(tmp_path: Path) -> None:
    path = flac(tmp_path / "song.flac", encoder="x")
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["In front"]))
    tags.save(tmp_path / "tag")
    path.write_bytes((tmp_path / "tag").read_bytes() + path.read_bytes())
    assert tag_fields(path) == {"title": "In front"}
    assert read_tags(path)["values"]["encoder"] == ["x"]


def test_an_mp3_with_id3_and_ape(tmp_path: Path) -> None:
    path = mp3(tmp_path / "song.mp3", TIT2(encoding=3, text=["From ID3"]))
    tags = APEv2()
    tags["Title"], tags["Album"], tags["REPLAYGAIN_TRACK_GAIN"] = "From APE", "Blue", "-6.50 dB"
    tags.save(path)
    assert tag_fields(path) == {"title": "From ID3", "album": "Blue"}
    assert read_tags(path)["values"]["REPLAYGAIN_TRACK_GAIN"] == ["-6.50 dB"]


def test_the_first_value_that_says_something(tmp_path: Path) -> None:
    path = mp3(
        tmp_path / "song.mp3",
        TIT2(encoding=3, text=["", " ", "Second"]),
        TPE1(encoding=1, text=["\u200b", "Ann"]),
    )
    assert tag_fields(path) == {"title": "Second", "artist": "Ann"}


def test_several_artists_and_genres(tmp_path: Path) -> None:
    path = flac(tmp_path / "song.flac", artist=["Ann", "Bob", "ann"], genre=["Folk", "Jazz", "Folk"])
    assert tag_fields(path) == {"artist": "Ann, Bob", "artist_names": ["Ann", "Bob"], "genre": "Folk; Jazz"}
    many = flac(tmp_path / "many.flac", genre=[f"Genre number {n}" for n in range(19)])
    genre = tag_fields(many)["genre"]
    assert genre.startswith("Genre number 0; Genre number 1; ")
    assert len(genre) <= MAX_GENRE_LENGTH
    assert genre.rpartition("; ")[2] in [f"Genre number {n}" for n in range(19)]


def test_the_artist_of_the_album_where_the_track_has_none(tmp_path: Path) -> None:
    path = flac(tmp_path / "song.flac", albumartist="Ann")
    assert tag_fields(path) == {"artist": "Ann", "album_artist": "Ann"}
    path = mp3(tmp_path / "song.mp3", TPE2(encoding=3, text=["Ann"]), TPE1(encoding=3, text=["Bob"]))
    assert tag_fields(path) == {"artist": "Bob", "album_artist": "Ann"}


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("17", ["Rock"]), ("(17)", ["Rock"]), ("(4)(9)", ["Disco", "Metal"]), ("(17)Indie", ["Rock", "Indie"]),
        ("Zydeco", ["Zydeco"]), ("80s", ["80s"]), ("(999)", []), ("1999", ["1999"]),
    ],
)  # fmt: skip
def test_genres_by_number(written: str, names: list[str]) -> None:
    assert genre_names([written]) == names


@pytest.mark.parametrize("extension", [".flac", ".m4a", ".mp3", ".ape", ".wav"])
def test_genres_by_number_in_every_format(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension.replace('.ape', '.mp3')}"
    if extension == ".flac":
        flac(path, genre="(17)")
    elif extension == ".m4a":
        file = MP4(sounds.write(path, 1))
        file["\xa9gen"] = ["17"]
        file.save()
    elif extension == ".mp3":
        mp3(path, TCON(encoding=3, text=["17"]))
    elif extension == ".ape":
        ID3(sounds.write(path, 1)).delete(path)
        tags = APEv2()
        tags["Genre"] = "17"
        tags.save(path)
    else:
        info_wav(path, {b"IGNR": b"(17)"})
    assert tag_fields(path) == {"genre": "Rock"}


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2015", 2015), ("2015-03-10", 2015), ("20150310", 2015), ("201503", 2015), ("10.03.1975", 1975),
        ("3/10/1975", 1975), ("10031975", 1975), ("1969年", 1969), ("1969年9月26日", 1969), ("c1969", 1969),
        ("℗1969", 1969), ("© 1969 Apple", 1969), ("1969/1970", 1969), ("１９６９", 1969), ("١٩٦٩", 1969),
        ("19690926T101112", 1969), ("1969-09-26T10:11:12Z", 1969), ("Sept. 1969", 1969), ("1969?", 1969),
        ("", None), ("0000", None), ("12001", None), ("20155", None), ("1426000000", None), ("2512", None),
        ("69", None), ("20159999", None), ("next year", None),
    ],
)  # fmt: skip
def test_years_as_people_write_them(text: str, year: int | None) -> None:
    assert year_of(text) == year


@pytest.mark.parametrize(
    ("comments", "year"),
    [
        ({"year": "1969"}, 1969), ({"originaldate": "1971-05-01"}, 1971), ({"date": "0000", "year": "1969"}, 1969),
        ({"date": ["", "unknown", "2003"]}, 2003), ({"date": "2015", "originalyear": "1971"}, 2015),
        ({"releasedate": "20030102"}, 2003),
    ],
)  # fmt: skip
def test_tags_with_a_year(tmp_path: Path, comments: dict[str, Any], year: int) -> None:
    assert tag_fields(flac(tmp_path / "song.flac", **comments))["year"] == year


@pytest.mark.parametrize(
    "frame",
    [
        TDRL(encoding=3, text=["1987-05"]), TDRC(encoding=3, text=["1987"]), TDOR(encoding=3, text=["1987"]),
        TYER(encoding=0, text=["c1987"]),
    ],
    ids=lambda frame: type(frame).__name__,
)  # fmt: skip
def test_frames_with_a_year(tmp_path: Path, frame: Any) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1)
    tags = ID3()
    tags.add(frame)
    tags.save(path, v2_version=3 if type(frame) is TYER else 4)
    assert tag_fields(path)["year"] == 1987


def test_a_date_that_is_none_for_id3(tmp_path: Path) -> None:
    """mutagen keeps of a date only what is one."""
    path = mp3(tmp_path / "song.mp3", TALB(encoding=1, text=["*" * 10]))
    data = path.read_bytes().replace("*".encode("utf-16-le") * 10, "10.03.1975".encode("utf-16-le"))
    path.write_bytes(data.replace(b"TALB", b"TDRC"))
    assert tag_fields(path) == {"year": 1975}
    assert read_tags(path)["values"] == {"TDRC": ["10.03.1975"]}


def test_released_in_matroska(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.webm", 1, tags={"title": "T", "date_released": "2003-01-02"})
    assert tag_fields(path) == {"title": "T", "year": 2003}


def test_frames_that_are_not_one_text(tmp_path: Path) -> None:
    lyrics = "La la la. " * 500
    path = mp3(
        tmp_path / "song.mp3",
        TIPL(encoding=3, people=[["engineer", "Ann"], ["mix", "Bob"]]),
        SYLT(encoding=3, lang="eng", format=2, type=1, desc="", text=[("La", 0), ("li", 500)]),
        RVA2(desc="track", channel=1, gain=-6.5, peak=0.9),
        USLT(encoding=3, lang="eng", desc="", text=lyrics),
    )
    values = read_tags(path)["values"]
    assert values["TIPL"] == ["engineer: Ann", "mix: Bob"]
    assert values["SYLT::eng"] == ["La li"]
    assert values["RVA2:track"] == ["-6.50 dB"]
    assert values["USLT::eng"] == [lyrics.strip()]


def test_details_in_each_format(tmp_path: Path) -> None:
    """What has no field of its own is among the values."""
    said = {
        "composer": "Nino", "lyrics": "La la", "bpm": "120", "initialkey": "Am", "comment": "Live",
        "replaygain_track_gain": "-6.50 dB", "r128_track_gain": "-1664",
    }  # fmt: skip
    values = read_tags(flac(tmp_path / "song.flac", **said))["values"]
    assert {name: values[name] for name in said} == {name: [text] for name, text in said.items()}
    mp4 = MP4(sounds.write(tmp_path / "song.m4a", 1))
    mp4["\xa9wrt"], mp4["\xa9lyr"], mp4["tmpo"], mp4["\xa9cmt"] = ["Nino"], ["La la"], [120], ["Live"]
    mp4.save()
    values = read_tags(tmp_path / "song.m4a")["values"]
    assert [values[name] for name in ("\xa9wrt", "\xa9lyr", "tmpo", "\xa9cmt")] == [
        ["Nino"],
        ["La la"],
        ["120"],
        ["Live"],
    ]
