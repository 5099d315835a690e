"""Files that some browsers refuse get a copy, although their format is one that browsers play."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, TIT2

from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.formats import id3_size
from classifier.playability import plays_in_browsers
from tests import sounds

CODECS = {
    ".wav": "pcm_s16le", ".flac": "flac", ".mp3": "mp3", ".aac": "aac", ".ogg": "vorbis", ".opus": "opus",
    ".m4a": "aac",
}  # fmt: skip


def plays(path: Path) -> bool:
    return plays_in_browsers(path, path.suffix[1:], CODECS[path.suffix])


def tag(folder: Path) -> bytes:
    tags = ID3()
    tags.add(TIT2(encoding=3, text=["Song"]))
    tags.save(folder / "tag")
    return (folder / "tag").read_bytes()


@pytest.mark.parametrize("extension", CODECS)
def test_ordinary_files_play(tmp_path: Path, extension: str) -> None:
    assert plays(sounds.write(tmp_path / f"song{extension}", 1))


@pytest.mark.parametrize(
    ("extension", "expected"), [(".mp3", True), (".flac", False), (".wav", False), (".aac", False)]
)
def test_behind_id3(tmp_path: Path, extension: str, expected: bool) -> None:
    path = tmp_path / f"song{extension}"
    sound = sounds.as_bytes(extension, 1)
    path.write_bytes(tag(tmp_path) + sound[id3_size(sound) :])
    assert plays(path) is expected


def test_behind_zeros(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(bytes(6000) + sounds.as_bytes(".mp3", 1))
    assert not plays(path)


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_large_kinds_of_wav(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / "song.wav"
    data = sounds.as_bytes(".wav", 1)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(data), len(data) - 44, 0, 0)
    path.write_bytes(name + b"\xff\xff\xff\xffWAVE" + ds64 + data[12:])
    assert not plays(path)


@pytest.mark.parametrize(("megabytes", "expected"), [(1, True), (17, False)])
def test_a_flac_with_a_huge_picture(tmp_path: Path, megabytes: int, expected: bool) -> None:
    path = sounds.write(tmp_path / "song.flac", 1)
    file = FLAC(path)
    for _ in range(megabytes):
        picture = Picture()
        picture.data = bytes(2**20)
        file.add_picture(picture)
    file.save()
    assert plays(path) is expected


@pytest.mark.parametrize("extension", [".ogg", ".opus"])
def test_a_chain(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    path.write_bytes(sounds.as_bytes(extension, 1) * 2)
    assert not plays(path)


def test_the_analysis_makes_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(tag(tmp_path) + sounds.as_bytes(".flac", 4))
    process = AnalysisProcess(model="mfcc-cnn-1", models_dir=DEFAULT_MODELS_DIR)
    try:
        process.analyse(path, out_dir=tmp_path / "out")
    finally:
        process.close()
    assert (tmp_path / "out" / "playable.mp3").stat().st_size > 10_000
