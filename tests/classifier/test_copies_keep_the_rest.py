"""A copy with tags has what was changed, and everything else as it was: values, encodings, frames, versions."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    ID3,
    POPM,
    RVA2,
    TCON,
    TDAT,
    TDRC,
    TENC,
    TIT2,
    TORY,
    TPE1,
    TXXX,
    TYER,
    UFID,
    USLT,
    Encoding,
)
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggvorbis import OggVorbis

from classifier.id3_frames import FRAMES
from classifier.tagged_copies import write_tagged_copy
from tests import sounds
from tests.classifier.audio_files import tag_fields
from tests.classifier.test_letters import with_page_sums

LONG = "Sonata in three movements, the slow one first, " * 9


def copied(path: Path, **tags: object) -> Path:
    out = path.with_name(f"copy{path.suffix}")
    assert write_tagged_copy(path, out, kind=path.suffix[1:], tags=tags)
    return out


def mp3(path: Path, *frames: Any, version: int = 4, separator: str | None = None) -> Path:
    sounds.write(path, 1)
    ID3(path).delete(path)
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path, v2_version=version, v23_sep=separator)
    return path


def frames(path: Path) -> dict[str, tuple[Any, ...]]:
    """Every frame as the file has it: by its own id, with its encoding."""
    tags = ID3(path, known_frames=FRAMES, translate=False, load_v1=False)
    return {name: (getattr(frame, "encoding", None), repr(frame)) for name, frame in tags.items()}


OTHERS = (
    TIT2(encoding=0, text=["Old"]), TPE1(encoding=1, text=["Ann", "Bob"]), TCON(encoding=0, text=["(17)", "Indie"]),
    TXXX(encoding=1, desc="MusicBrainz Album Id", text=["b10b"]),
    TXXX(encoding=0, desc="REPLAYGAIN_TRACK_GAIN", text=["-6 dB"]),
    COMM(encoding=1, lang="eng", desc="", text=[LONG]), USLT(encoding=1, lang="eng", desc="", text="La\nla"),
    APIC(encoding=0, mime="image/png", type=3, desc="", data=b"\x89PNG" * 999), TENC(encoding=0, text=["Me"]),
    UFID(owner="http://musicbrainz.org", data=b"6be7"), POPM(email="a@example.org", rating=196, count=3),
    CHAP(element_id="1", start_time=0, end_time=500, sub_frames=[TIT2(encoding=0, text=["Part"])]),
    RVA2(desc="track", channel=1, gain=-6.5, peak=0.9),
)  # fmt: skip


@pytest.mark.parametrize("version", [3, 4])
def test_id3_keeps_its_version_and_all_other_frames(tmp_path: Path, version: int) -> None:
    dates = [
        TYER(encoding=0, text=["1975"]),
        TDAT(encoding=0, text=["1003"]),
        TORY(encoding=0, text=["1971"]),
    ]
    path = mp3(
        tmp_path / "song.mp3",
        *OTHERS,
        *(dates if version == 3 else [TDRC(encoding=3, text=["1975-03-10"])]),
        version=version,
    )
    before = frames(path)
    copy = copied(path, title="Neu ü 夏")
    assert ID3(copy, translate=False).version[:2] == (2, version)
    after = frames(copy)
    assert after.pop("TIT2")[1].count("Neu ü 夏") == 1
    before.pop("TIT2")
    assert after == before


def test_a_date_stays_as_it_was_written(tmp_path: Path) -> None:
    path = mp3(
        tmp_path / "song.mp3", TIT2(encoding=3, text=["Old"]), FRAMES["TDRC"](encoding=3, text=["10.03.1975"])
    )
    copy = copied(path, title="New", year="1975")
    assert frames(copy)["TDRC"] == frames(path)["TDRC"]
    assert "1976" in frames(copied(path, year="1976"))["TDRC"][1]


def test_an_old_date_gives_way_as_a_whole(tmp_path: Path) -> None:
    path = mp3(
        tmp_path / "song.mp3", TYER(encoding=0, text=["1975"]), TDAT(encoding=0, text=["1003"]), version=3
    )
    copy = copied(path, year="1976", original_year="1971")
    assert {"TYER", "TORY"} == {*frames(copy)}
    assert tag_fields(copy) == {"year": 1976, "original_year": 1971}


def test_a_tag_of_version_2_2_becomes_2_3(tmp_path: Path) -> None:
    """Nothing writes 2.2 any more."""
    path = mp3(tmp_path / "song.mp3")
    ID3(path).delete(path)
    frame = b"TT2" + struct.pack(">I", 4)[1:] + b"\0Old" + b"TP1" + struct.pack(">I", 4)[1:] + b"\0Ann"
    path.write_bytes(b"ID3\2\0\0" + bytes([0, 0, 0, len(frame)]) + frame + path.read_bytes())
    copy = copied(path, title="New")
    assert ID3(copy).version[:2] == (2, 3)
    assert tag_fields(copy) == {"title": "New", "artist": "Ann"}


def test_id3v1_and_ape_follow(tmp_path: Path) -> None:
    path = mp3(tmp_path / "song.mp3", TIT2(encoding=3, text=["Old"]), TPE1(encoding=3, text=["Ann"]))
    ape = APEv2()
    ape["Title"], ape["Artist"], ape["Album"], ape["REPLAYGAIN_TRACK_GAIN"] = (
        "Old",
        ["Ann", "Bob"],
        "Blue",
        "-6.50 dB",
    )
    ape.save(path)
    with path.open("ab") as file:
        file.write(
            b"TAG"
            + b"Old".ljust(30, b"\0")
            + b"Ann".ljust(30, b"\0")
            + bytes(34)
            + b"note".ljust(30, b"\0")
            + b"\x11"
        )
    copy = copied(path, title="New", album=None)
    tags = APEv2(copy)
    assert {name: str(value) for name, value in tags.items()} == {
        "Title": "New", "Artist": "Ann\0Bob", "REPLAYGAIN_TRACK_GAIN": "-6.50 dB",
    }  # fmt: skip
    v1 = copy.read_bytes()[-128:]
    assert (v1[:3], v1[3:33].rstrip(b"\0"), v1[33:63].rstrip(b"\0"), v1[127]) == (b"TAG", b"New", b"Ann", 17)
    assert tag_fields(copy)["title"] == "New"


@pytest.mark.parametrize("extension", [".flac", ".ogg", ".opus"])
def test_comments_keep_everything_else(tmp_path: Path, extension: str) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1, tags={"title": "*" * 9, "comment": "+" * 5})
    data = path.read_bytes().replace(b"*" * 9, "Motörhead".encode("cp1252")).replace(b"+" * 5, b"J\xf6rg!")
    path.write_bytes(with_page_sums(data) if extension != ".flac" else data)
    copy = copied(path, artist="Ann", artists=["Ann", "Bob"])
    assert b"Mot\xf6rhead" in copy.read_bytes()
    assert b"J\xf6rg!" in copy.read_bytes()
    assert tag_fields(copy) == {"title": "Motörhead", "artist": "Ann", "artist_names": ["Ann", "Bob"]}


def test_flac_keeps_values_pictures_and_full_dates(tmp_path: Path) -> None:
    file = FLAC(sounds.write(tmp_path / "song.flac", 1))
    file["TITLE"], file["Artist"], file["genre"] = LONG, ["Ann", "Bob"], ["Folk", "Jazz"]
    file["date"], file["musicbrainz_albumid"], file["replaygain_track_gain"] = "10.03.1975", "b10b", "-6 dB"
    file["comment"] = "می\u200cخواهم"
    file.save()
    before = [*file.tags]
    copy = FLAC(copied(tmp_path / "song.flac", album="New"))
    assert [item for item in copy.tags if item[0] != "ALBUM"] == before
    assert copy["album"] == ["New"]


def test_what_would_contradict_a_change_goes(tmp_path: Path) -> None:
    file = OggVorbis(sounds.write(tmp_path / "song.ogg", 1))
    file["year"], file["album artist"], file["artists"], file["totaltracks"] = (
        "1975",
        "Old",
        ["Ann", "Bob"],
        "12",
    )
    file.save()
    copy = copied(tmp_path / "song.ogg", year="1976", album_artist="New", artist="Ann", artists=[], track="3")
    assert {name: texts for name, texts in OggVorbis(copy).items() if name != "encoder"} == {
        "date": ["1976"], "albumartist": ["New"], "artist": ["Ann"], "tracknumber": ["3"],
    }  # fmt: skip


def test_a_flac_behind_id3(tmp_path: Path) -> None:
    plain = sounds.write(tmp_path / "plain.flac", 1, tags={"title": "Old", "artist": "Ann"})
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["Old"]))
    tags.save(tmp_path / "tag")
    path = tmp_path / "song.flac"
    path.write_bytes((tmp_path / "tag").read_bytes() + plain.read_bytes())
    copy = copied(path, title="New")
    assert tag_fields(copy) == {"title": "New", "artist": "Ann"}
    assert ID3(copy)["TIT2"].text == ["New"]  # which some players read instead


def test_mp4_keeps_what_it_has(tmp_path: Path) -> None:
    file = MP4(sounds.write(tmp_path / "song.m4a", 1))
    file["\xa9nam"], file["\xa9ART"], file["\xa9day"], file["tmpo"] = (
        [LONG],
        ["Ann", "Bob"],
        ["10.03.1975"],
        [120],
    )
    file["----:com.apple.iTunes:BLOB"] = [MP4FreeForm(b"\xff\x00", dataformat=0)]
    file["covr"] = [b"\x89PNG" * 99]
    file.save()
    before = dict(MP4(tmp_path / "song.m4a").tags)
    after = dict(MP4(copied(tmp_path / "song.m4a", album="New")).tags)
    assert after.pop("\xa9alb") == ["New"]
    assert after == before


def test_nothing_to_write_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    for extension in (".mp3", ".flac", ".ogg", ".opus", ".m4a"):
        path = sounds.write(tmp_path / f"song{extension}", 1, tags={"title": "Old"})
        assert copied(path).read_bytes() == path.read_bytes()


def test_a_new_text_of_a_2_3_tag_is_utf16(tmp_path: Path) -> None:
    """Its readers know no UTF-8."""
    path = mp3(tmp_path / "song.mp3", TIT2(encoding=0, text=["Old"]), version=3)
    assert frames(copied(path, title="夏"))["TIT2"][0] == Encoding.UTF16
