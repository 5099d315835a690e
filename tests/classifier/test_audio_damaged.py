"""Damaged files are decoded as far as possible or refused with an AudioError, and never anything else."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from classifier.audio import Decoder, decode
from classifier.audiofile import AudioFile, AudioInfo, AudioLimits
from classifier.errors import AudioError
from tests import sounds
from tests.classifier.audio_files import encoded, refusal_code, song

few = hypothesis_settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("extension", [".mp3", ".wav", ".flac", ".au", ".ogg", ".m4a", ".webm", ".aiff"])
def test_truncated_files_are_decoded_as_far_as_they_go(tmp_path: Path, extension: str) -> None:
    path = sounds.truncated(tmp_path / f"cut{extension}", 8, keep=0.7)
    if extension == ".m4a":  # its index is at the end, and gone
        assert refusal_code(path) == "corrupt"
        return
    pcm, info = decode(path)
    assert 4 < info.duration < 7
    assert len(pcm) == round(info.duration * 22_050)
    if extension not in {".ogg", ".au"}:  # these two need not say how long they are
        assert info.truncated


@pytest.mark.parametrize("extension", [".mp3", ".wav", ".flac"])
def test_too_little_left_is_corrupt_not_short(tmp_path: Path, extension: str) -> None:
    path = sounds.truncated(tmp_path / f"cut{extension}", 8, keep=0.2)
    assert refusal_code(path) == "corrupt"


def test_a_whole_file_is_not_called_truncated(tmp_path: Path) -> None:
    for extension in (".mp3", ".aac", ".wma"):
        assert not decode(sounds.write(tmp_path / f"song{extension}", 6, bit_rate=64_000))[1].truncated


def flac_with(path: Path, *, rate: int = 44_100, channels: int = 2, samples: int = 0) -> Path:
    """A FLAC file whose STREAMINFO claims these."""
    data = bytearray(encoded(path.suffix))
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | samples
    data[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(data)
    return path


def test_a_header_that_claims_a_year_is_not_believed(tmp_path: Path) -> None:
    _, info = decode(flac_with(tmp_path / "song.flac", samples=2**36 - 1))
    assert info.duration == pytest.approx(4, abs=0.01)
    assert info.truncated


def test_a_header_with_another_rate_or_channels(tmp_path: Path) -> None:
    """Header and frames disagree. The file may be decoded or refused with an AudioError."""
    for claim in ({"rate": 655_350}, {"channels": 8}, {"rate": 1}):
        path = flac_with(tmp_path / "song.flac", **claim)
        info = analysed_or_refused(path)
        assert info is None or info.duration == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0, 0x7FFFFFFF])
def test_a_wav_of_unknown_size(tmp_path: Path, claim: int) -> None:
    """As recorders write to a pipe, where the sizes are not known when the header is written."""
    path = song(tmp_path / "song.wav")
    data = bytearray(path.read_bytes())
    offset = data.find(b"data")
    data[4:8] = data[offset + 4 : offset + 8] = struct.pack("<I", claim)
    path.write_bytes(data)
    _, info = decode(path)
    assert info.duration == pytest.approx(4, abs=0.01)
    assert info.truncated == (claim == 0x7FFFFFFF)


def test_damage_in_the_middle_is_skipped(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 8)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = np.random.default_rng(0).bytes(5000)
    path.write_bytes(data)
    assert 7 < decode(path)[1].duration < 8.5


TIGHT = AudioLimits(max_seconds=60)


def analysed_or_refused(path: Path) -> AudioInfo | None:
    """Decode a file: it may only raise AudioError, and samples must be finite and within the limit."""
    samples, decoder = 0, Decoder(path, TIGHT)
    try:
        for block in decoder:
            assert np.isfinite(block).all()
            samples += len(block)
    except AudioError:
        return None
    assert samples <= 61 * 22_050
    return decoder.info


HEADS = [
    b"", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\2", b"\0\0\0\x20ftypM4A ", b"ID3\4\0\0",
    b"\x1aE\xdf\xa3\1webm", b".snd\0\0\0\x18", b"FORM\0\0\xff\xffAIFFCOMM", b"\xff\xfb\x90\0",
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
]  # fmt: skip


@few
@given(head=st.sampled_from(HEADS), rest=st.binary(max_size=2000))
def test_random_bytes(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "random"
    path.write_bytes(head + rest)
    analysed_or_refused(path)


@few
@given(
    extension=st.sampled_from(sounds.EXTENSIONS),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=30),
    front=st.booleans(),
)
def test_random_damage(tmp_path: Path, extension: str, flips: list[tuple[float, int]], front: bool) -> None:
    data = bytearray(encoded(extension))
    reach = min(len(data), 400) if front else len(data)  # test headers more often
    for offset, mask in flips:
        data[int(offset * (reach - 1))] ^= mask
    path = tmp_path / "damaged"
    path.write_bytes(data)
    analysed_or_refused(path)


@pytest.mark.parametrize(
    ("extension", "offset", "mask"),
    [
        (".wav", 20, 16),
        (".flac", 21, 255),
        (".wma", 46, 255),
        (".wma", 358, 1),
        (".wma", 367, 255),
        (".aac", 267, 16),
        (".aac", 335, 255),
    ],
)
def test_damage_that_once_caused_crashes(
    tmp_path: Path, extension: str, offset: int, mask: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Single bits in headers for which FFmpeg or PyAV raise errors of unusual types."""
    data = bytearray(encoded(extension))
    data[offset] ^= mask
    (tmp_path / "damaged").write_bytes(data)
    analysed_or_refused(tmp_path / "damaged")
    assert "exception" not in capfd.readouterr().err  # PyAV prints those that it cannot raise


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = song(tmp_path / "song.wav")
    with AudioFile(path) as audio:
        next(iter(audio.frames()))
    assert audio._file.closed
