"""Album artist, all artists, numbers and ids are read from every format's tags; what is no such thing is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF, ASFBoolAttribute, ASFUnicodeAttribute
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TCMP, TDOR, TPE1, TPE2, TPOS, TRCK, TXXX, UFID
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from classifier.album_tags import (
    KNOWN_NAMES,
    MAX_ARTISTS,
    MAX_NAME_LENGTH,
    MAX_NUMBER,
    album_fields,
    plain_name,
)
from tests import sounds
from tests.classifier.audio_files import tag_fields

RECORDING, RELEASE, ANN, BOB = (f"{digit * 8}-0000-4000-8000-{digit * 12}" for digit in "1234")
#: What each of the files below says.
SAID = {
    "album_artist": "Ann & Bob",
    "artist_names": ["Ann", "Bob"],
    "disc_number": 2,
    "disc_total": 3,
    "track_number": 7,
    "track_total": 12,
    "original_year": 1969,
    "compilation": True,
    "musicbrainz": {
        "recording": [RECORDING],
        "release": [RELEASE],
        "artists": [ANN, BOB],
        "album_artists": [ANN],
    },
}


def id3_frames(tags: Any) -> None:
    free = {
        "MusicBrainz Album Id": [RELEASE],
        "MusicBrainz Artist Id": [ANN, BOB],
        "MusicBrainz Album Artist Id": [ANN],
        "ARTISTS": ["Ann", "Bob"],
    }
    for frame in (
        TPE1(encoding=3, text=["Ann feat. Bob"]),
        TPE2(encoding=3, text=["Ann & Bob"]),
        TPOS(encoding=3, text=["2/3"]),
        TRCK(encoding=3, text=["07/12"]),
        TDOR(encoding=3, text=["1969-09-26"]),
        TCMP(encoding=3, text=["1"]),
        UFID(owner="http://musicbrainz.org", data=RECORDING.encode()),
        *(TXXX(encoding=3, desc=name, text=texts) for name, texts in free.items()),
    ):
        tags.add(frame)


def mp3(path: Path, version: int = 4) -> None:
    tags = ID3()
    id3_frames(tags)
    tags.save(path, v2_version=version)


def mp3_of_2_3(path: Path) -> None:
    """Version 2.3 has no separate values: programs write one text, with TORY for the original year."""
    tags = ID3()
    id3_frames(tags)
    tags.update_to_v23()
    tags.save(path, v2_version=3, v23_sep=None)


def in_chunks(kind: Any) -> Callable[[Path], None]:
    def tag(path: Path) -> None:
        file = kind(path)
        file.add_tags()
        id3_frames(file.tags)
        file.save()

    return tag


def m4a(path: Path) -> None:
    file = MP4(path)
    file["aART"], file["\xa9ART"] = ["Ann & Bob"], ["Ann", "Bob"]
    file["disk"], file["trkn"], file["cpil"] = [(2, 3)], [(7, 12)], True
    free = {
        "originaldate": ["1969-09-26"],
        "MusicBrainz Track Id": [RECORDING],
        "MusicBrainz Album Id": [RELEASE],
        "MusicBrainz Artist Id": [ANN, BOB],
        "MusicBrainz Album Artist Id": [ANN],
    }
    for name, texts in free.items():
        file[f"----:com.apple.iTunes:{name}"] = [MP4FreeForm(text.encode()) for text in texts]
    file.save()


def comments(kind: Any) -> Callable[[Path], None]:
    def tag(path: Path) -> None:
        file = kind(path)
        file["albumartist"], file["artist"], file["artists"] = "Ann & Bob", "Ann feat. Bob", ["Ann", "Bob"]
        file["discnumber"], file["disctotal"], file["tracknumber"], file["totaltracks"] = "2", "3", "7", "12"
        file["originaldate"], file["compilation"] = "1969-09-26", "1"
        file["musicbrainz_trackid"], file["musicbrainz_albumid"] = RECORDING, RELEASE.upper()
        file["musicbrainz_artistid"], file["musicbrainz_albumartistid"] = [ANN, BOB], ANN
        file.save()

    return tag


def wma(path: Path) -> None:
    file = ASF(path)
    file["WM/AlbumArtist"], file["Author"] = "Ann & Bob", ["Ann", "Bob"]
    file["WM/PartOfSet"], file["WM/TrackNumber"] = "2/3", "7/12"
    file["WM/IsCompilation"] = ASFBoolAttribute(True)
    file["WM/OriginalReleaseYear"] = "1969"
    file["MusicBrainz/Track Id"], file["MusicBrainz/Album Id"] = RECORDING, RELEASE
    file["MusicBrainz/Artist Id"] = [ASFUnicodeAttribute(ANN), ASFUnicodeAttribute(BOB)]
    file["MusicBrainz/Album Artist Id"] = ANN
    file.save()


def ape(path: Path) -> None:
    """An MP3 with an APEv2 tag and no other."""
    tags = APEv2()
    tags["Album Artist"], tags["Artist"], tags["Artists"] = "Ann & Bob", "Ann feat. Bob", ["Ann", "Bob"]
    tags["Disc"], tags["Track"], tags["Compilation"] = "2/3", "7/12", "1"
    tags["Originaldate"] = "1969-09-26"
    tags["MUSICBRAINZ_TRACKID"], tags["MUSICBRAINZ_ALBUMID"] = RECORDING, RELEASE
    tags["MUSICBRAINZ_ARTISTID"], tags["MUSICBRAINZ_ALBUMARTISTID"] = [ANN, BOB], ANN
    tags.save(path)


@pytest.mark.parametrize(
    ("extension", "tag"),
    [
        (".mp3", mp3),
        (".mp3", mp3_of_2_3),
        (".mp3", ape),
        (".wav", in_chunks(WAVE)),
        (".aiff", in_chunks(AIFF)),
        (".m4a", m4a),
        (".flac", comments(FLAC)),
        (".ogg", comments(OggVorbis)),
        (".opus", comments(OggOpus)),
        (".wma", wma),
    ],
)
def test_every_format(tmp_path: Path, extension: str, tag: Callable[[Path], None]) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1)
    tag(path)
    found = tag_fields(path)
    assert {name: found.get(name) for name in SAID} == SAID


# Values


def named(**tags: list[str] | str) -> dict[str, Any]:
    values = {name: [value] if isinstance(value, str) else value for name, value in tags.items()}
    return album_fields({plain_name(name): value for name, value in values.items()})


@pytest.mark.parametrize(
    ("text", "number", "total"),
    [
        ("3/12", 3, 12),
        ("03", 3, None),
        ("3 / 12", 3, 12),
        ("0/12", None, 12),
        ("/12", None, 12),
        ("3/0", 3, None),
        ("0", None, None),
        ("A1", None, None),
        ("-3", None, None),
        ("999", 999, None),
        ("1000", None, None),
        ("1957", None, None),
        ("7" * 50, None, None),
        ("", None, None),
        ("३/१२", 3, 12),
    ],
)
def test_numbers(text: str, number: int | None, total: int | None) -> None:
    found = named(tracknumber=text, discnumber=text)
    assert (found.get("track_number"), found.get("track_total")) == (number, total)
    assert (found.get("disc_number"), found.get("disc_total")) == (number, total)


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        ({"artist": ["Ann", "Bob"]}, ["Ann", "Bob"]),
        ({"artist": "Ann feat. Bob", "artists": ["Ann", "Bob"]}, ["Ann", "Bob"]),
        ({"artist": "AC/DC"}, []),
        ({"artist": "Earth, Wind & Fire"}, []),
        ({"artist": "Ann feat. Bob"}, []),
        ({"artist": "Ann;Bob", "artists": "Ann;Bob"}, []),
        ({"artist": ["Ann", "ANN"]}, []),
        ({"artist": ["Ann", "Bob", "ann"]}, ["Ann", "Bob"]),
        ({"artist": ["Ann", "Bob"], "artists": "Ann"}, ["Ann", "Bob"]),
        ({"artist": [f"Artist {n}" for n in range(50)]}, [f"Artist {n}" for n in range(MAX_ARTISTS)]),
    ],
)
def test_artists_are_separate_values(tags: dict[str, Any], names: list[str]) -> None:
    assert named(**tags).get("artist_names", []) == names


@pytest.mark.parametrize(
    ("text", "is_one"), [("1", True), ("True", True), ("yes", True), ("0", False), ("", False), ("2", False)]
)
def test_the_flag_of_compilations(text: str, is_one: bool) -> None:
    assert named(compilation=text).get("compilation", False) is is_one


@pytest.mark.parametrize(
    ("tags", "year"),
    [
        ({"originaldate": "1969-09-26"}, 1969),
        ({"originalyear": "1969"}, 1969),
        ({"originaldate": "1969", "originalyear": "1970"}, 1969),
        ({"originaldate": "0000"}, None),
        ({"originaldate": "26.9.1969"}, 1969),
        ({"date": "1969"}, None),
    ],
)
def test_original_year(tags: dict[str, Any], year: int | None) -> None:
    assert named(**tags).get("original_year") == year


def test_ids_joined_in_one_text() -> None:
    """As programs write them into ID3v2.3."""
    found = named(**{"MusicBrainz Artist Id": f"{ANN}/{BOB.upper()}; {ANN}"})
    assert found == {"musicbrainz": {"artists": [ANN, BOB]}}


@pytest.mark.parametrize("text", ["b10bbbfc", "none", f"x{ANN}", ANN.replace("-", ""), ANN + "0"])
def test_what_is_no_id(text: str) -> None:
    assert named(musicbrainz_albumid=text) == {}


@given(st.dictionaries(st.sampled_from(sorted(KNOWN_NAMES)), st.lists(st.text(max_size=300), max_size=30)))
def test_whatever_is_there_it_is_bounded(values: dict[str, list[str]]) -> None:
    found = album_fields(values)
    assert all(found.values())
    assert len(found.get("album_artist", "")) <= MAX_NAME_LENGTH
    names = found.get("artist_names", ["", ""])
    assert 2 <= len(names) <= MAX_ARTISTS
    assert all(len(name) <= MAX_NAME_LENGTH for name in names)
    for name in ("disc_number", "disc_total", "track_number", "track_total"):
        assert 1 <= found.get(name, 1) <= MAX_NUMBER
    assert 1800 <= found.get("original_year", 1800) < 2100
    assert all(len(ids) <= MAX_ARTISTS for ids in found.get("musicbrainz", {}).values())
