"""Any sound file to PCM: what is accepted comes out right, what is hostile is refused with a code."""

from __future__ import annotations

import ctypes
import functools
import os
import struct
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import librosa
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from classifier.audio import BLOCK, LOUDEST, Decoder, decode
from classifier.audiofile import AudioFile, AudioInfo, AudioLimits
from classifier.errors import AudioError
from tests import sounds

few = hypothesis_settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def code_of(path: Path, **limits: Any) -> str:
    """The code with which a file is refused."""
    with pytest.raises(AudioError) as refusal:
        decode(path, AudioLimits(**limits))
    assert refusal.value.message
    return refusal.value.code


def tone(seconds: float, rate: int, level: float = 0.5) -> sounds.FloatArray:
    """440 Hz, mono: float32 `(samples,)`."""
    return (level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@functools.cache
def encoded(extension: str) -> bytes:
    """Four seconds of music: encoding costs more than anything else here."""
    return sounds.as_bytes(extension, 4)


def song(path: Path) -> Path:
    path.write_bytes(encoded(path.suffix))
    return path


def plain_wav(path: Path, pcm: sounds.FloatArray) -> Path:
    """A 16-bit WAV at 22,050 Hz with any number of channels: `pcm` is `(channels, samples)`."""
    with wave.open(str(path), "wb") as file:
        file.setparams((len(pcm), 2, 22_050, 0, "NONE", ""))
        file.writeframes((pcm.T * 32_767).astype("<i2").tobytes())
    return path


def mel_db(pcm: sounds.FloatArray) -> sounds.FloatArray:
    return librosa.power_to_db(librosa.feature.melspectrogram(y=pcm), ref=np.max)


# What is accepted


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_every_kind_of_file(tmp_path: Path, extension: str) -> None:
    pcm, info = decode(song(tmp_path / f"song{extension}"))
    assert pcm.dtype == np.float32
    assert pcm.ndim == 1
    assert info.duration == pytest.approx(4, abs=0.12)  # encoders add a frame of padding
    assert info.duration == len(pcm) / 22_050
    assert (info.kind, info.channels, info.truncated) == (extension[1:], 2, False)
    assert info.sample_rate == (48_000 if extension == ".opus" else sounds.FORMATS[extension][3])
    assert info.size == (tmp_path / f"song{extension}").stat().st_size
    assert info.bit_rate > 10_000
    assert info.peak == np.abs(pcm).max() > 0.2
    # It is the music that was written, not just something of that length.
    written = mel_db(librosa.resample(sounds.music(4).mean(axis=0), orig_sr=44_100, target_sr=22_050))
    frames = min(written.shape[1], mel_db(pcm).shape[1])
    both = np.stack([written[:64, :frames].ravel(), mel_db(pcm)[:64, :frames].ravel()])
    assert np.corrcoef(both)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("extension", "codec", "rate"),
    [
        (".wav", "pcm_u8", 11_025), (".wav", "pcm_s24le", 96_000), (".wav", "pcm_f32le", 8_000),
        (".wav", "pcm_f64le", 44_100), (".wav", "pcm_mulaw", 8_000), (".wav", "adpcm_ms", 22_050),
        (".m4a", "alac", 48_000), (".au", "pcm_mulaw", 8_000), (".flac", "flac", 192_000),
        (".mp3", "libmp3lame", 8_000), (".ogg", "flac", 44_100),
    ],
)  # fmt: skip
def test_other_codecs_and_rates(tmp_path: Path, extension: str, codec: str, rate: int) -> None:
    path = sounds.write(tmp_path / f"song{extension}", pcm=tone(4, rate)[None], codec=codec, sample_rate=rate)
    pcm, info = decode(path)
    assert (info.sample_rate, info.channels) == (rate, 1)
    assert info.duration == pytest.approx(4, abs=0.25)
    spectrum = np.abs(np.fft.rfft(pcm[22_050 : 2 * 22_050]))  # one second: bins are Hz
    assert spectrum.argmax() == pytest.approx(440, abs=1)
    assert np.abs(pcm[22_050 : 2 * 22_050]).max() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (22_050, 2), (8_000, 1)])
def test_agrees_with_librosa(tmp_path: Path, rate: int, channels: int) -> None:
    """The same samples, so that a model trained on either hears the same."""
    path = sounds.write(tmp_path / "song.wav", 4, sample_rate=rate, channels=channels)
    ours, _ = decode(path)
    theirs, _ = librosa.load(path, sr=22_050)
    assert abs(len(ours) - len(theirs)) <= 1
    both = min(len(ours), len(theirs))
    assert np.abs(ours[:both] - theirs[:both]).max() < 2e-4
    ours_db, theirs_db = mel_db(ours[:both]), mel_db(theirs[:both])
    loud = theirs_db > -60
    assert np.abs(ours_db - theirs_db)[loud].max() < 1


def test_blocks_are_bounded(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.flac", 20, channels=1)
    blocks = [len(block) for block in Decoder(path)]
    assert max(blocks) <= BLOCK
    assert sum(blocks) == pytest.approx(20 * 22_050, abs=2)


def test_the_same_every_time(tmp_path: Path) -> None:
    path = song(tmp_path / "song.mp3")
    assert decode(path)[0].tobytes() == decode(path)[0].tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    """Not mixed by FFmpeg's recipe for loudspeakers, which leaves the bass channel out."""
    pcm = np.stack([tone(3.5, 22_050, 0.1 * (i + 1)) for i in range(channels)])
    heard, info = decode(plain_wav(tmp_path / "song.wav", pcm))
    assert info.channels == channels
    np.testing.assert_allclose(heard, pcm.mean(axis=0), atol=1e-4)


def test_opposite_channels_cancel_and_are_silence(tmp_path: Path) -> None:
    pcm = tone(4, 44_100)
    path = sounds.write(tmp_path / "song.flac", pcm=np.stack([pcm, -pcm]))
    assert code_of(path) == "silent"


@pytest.mark.parametrize(("extension", "muxer"), [(".mp3", "mp3"), (".m4a", "mp4")])
def test_a_cover_is_ignored(tmp_path: Path, extension: str, muxer: str) -> None:
    plain, _ = decode(sounds.write(tmp_path / f"plain{extension}", 4, muxer=muxer))
    covered, info = decode(sounds.write(tmp_path / f"covered{extension}", 4, muxer=muxer, cover=True))
    assert info.kind == extension[1:]
    np.testing.assert_array_equal(plain, covered)


def test_a_picture_alone_is_not_audio(tmp_path: Path) -> None:
    path = tmp_path / "film.m4a"
    with av.open(str(path), "w", format="mp4") as film:
        stream = film.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 16
        for _ in range(5):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), "rgb24")))
        film.mux(stream.encode(None))
    assert code_of(path) == "not_audio"


def test_not_a_number_and_infinity_are_silence(tmp_path: Path) -> None:
    pcm = tone(4, 22_050)
    pcm[5_000:6_000] = np.nan
    pcm[7_000:8_000] = np.inf
    pcm[9_000:10_000] = -np.inf
    pcm[11_000:12_000] = 3e38
    heard, info = decode(sounds.float_wav(tmp_path / "song.wav", pcm))
    assert np.isfinite(heard).all()
    assert info.peak == np.abs(heard).max() == LOUDEST
    assert not heard[5_000:6_000].any()
    assert not heard[7_000:8_000].any()
    assert not heard[9_000:10_000].any()
    np.testing.assert_array_equal(heard[13_000:], pcm[13_000:])


def test_only_not_a_number_is_silent(tmp_path: Path) -> None:
    assert code_of(sounds.float_wav(tmp_path / "song.wav", np.full(4 * 22_050, np.nan))) == "silent"


def test_two_songs_in_one_ogg_file_are_both_heard(tmp_path: Path) -> None:
    """Chained streams may differ in rate and channels."""
    first = song(tmp_path / "a.ogg").read_bytes()
    second = sounds.write(tmp_path / "b.ogg", 4, seed=1).read_bytes()
    both = tmp_path / "both.ogg"
    both.write_bytes(first + second)
    assert decode(both)[1].duration == pytest.approx(8, abs=0.2)


def test_a_name_that_is_not_text(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.wav", 3.5)
    odd = tmp_path / b"s\xf6ng.mp3".decode(errors="surrogateescape")
    path.rename(odd)
    assert decode(odd)[1].kind == "wav"


# What is refused


def test_refusals(tmp_path: Path) -> None:
    good = song(tmp_path / "good.wav")
    empty = tmp_path / "empty.mp3"
    empty.touch()
    assert code_of(empty) == "empty"
    assert code_of(good, max_bytes=1000) == "too_large"
    assert code_of(good, max_seconds=3.9) == "too_long"
    assert code_of(good, min_seconds=4.1) == "too_short"
    assert code_of(good, max_channels=1) == "too_many_channels"
    assert code_of(good, max_sample_rate=32_000) == "bad_sample_rate"
    assert code_of(sounds.not_audio(tmp_path / "notes.mp3")) == "not_audio"
    assert code_of(sounds.write(tmp_path / "short.ogg", 2)) == "too_short"
    assert code_of(sounds.silence(tmp_path / "silent.flac")) == "silent"
    nine = np.zeros((9, 22_050 * 4), np.float32)
    assert code_of(plain_wav(tmp_path / "nine.wav", nine)) == "too_many_channels"
    slow = sounds.write(tmp_path / "slow.wav", pcm=tone(4, 3_000)[None], sample_rate=3_000)
    assert code_of(slow) == "bad_sample_rate"


def test_quiet_is_not_silent(tmp_path: Path) -> None:
    loud_enough = sounds.write(tmp_path / "quiet.flac", pcm=tone(4, 22_050, 3e-4)[None], sample_rate=22_050)
    assert decode(loud_enough)[1].peak == pytest.approx(3e-4, abs=5e-5)
    too_quiet = sounds.float_wav(tmp_path / "quieter.wav", tone(4, 22_050, 5e-5))
    assert code_of(too_quiet) == "silent"


def test_too_long_is_noticed_while_decoding(tmp_path: Path) -> None:
    """Whatever the header says, and without decoding the rest."""
    path = sounds.write(tmp_path / "long.flac", 30, channels=1)
    blocks = []
    with pytest.raises(AudioError, match="longer"):
        blocks.extend(Decoder(path, AudioLimits(max_seconds=5)))
    assert sum(map(len, blocks)) <= 5 * 22_050


def test_what_is_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert code_of(tmp_path / "pipe.wav") == "not_audio"
    assert code_of(tmp_path) == "not_audio"
    assert code_of(Path("/dev/zero")) == "not_audio"
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "missing.wav")


def test_encrypted_files(tmp_path: Path) -> None:
    m4a = song(tmp_path / "song.m4a")
    m4a.write_bytes(m4a.read_bytes().replace(b"mp4a", b"drms", 1))
    assert code_of(m4a) == "drm"
    wma = song(tmp_path / "song.wma")
    data = bytearray(wma.read_bytes())
    # The stream properties' place in the header is taken by a content encryption object.
    place = data.find(bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365"))
    data[place : place + 16] = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    wma.write_bytes(data)
    assert code_of(wma) == "drm"


def test_a_codec_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = song(tmp_path / "song.wav")
    data = bytearray(path.read_bytes())
    data[20:22] = struct.pack("<H", 0x0181)  # a format that nobody registered
    path.write_bytes(data)
    assert code_of(path) == "unsupported_codec"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
        '<?xml version="1.0"?><MPD><BaseURL>{other}</BaseURL></MPD>',
    ],
    ids=["hls", "concat", "sdp", "dash"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_playlists_open_nothing(tmp_path: Path, text: str) -> None:
    other = song(tmp_path / "other.wav")
    opened = watch(other)
    assert not opened()
    content = text.format(other=other).encode()
    for name in ("list.mp3", "list.m3u8"):
        (tmp_path / name).write_bytes(content)
        assert code_of(tmp_path / name) == "not_audio"
    # A very long ID3 tag makes it an MP3 as far as its first bytes tell; then only MP3 frames are looked for.
    tagged = tmp_path / "tagged.mp3"
    tagged.write_bytes(b"ID3\4\0\0\0\0\x7f\x7f".ljust(10 + 127 * 128 + 127, b"\0") + content * 200)
    assert code_of(tagged) in {"not_audio", "corrupt"}
    assert not opened()
    decode(other)
    assert opened()


def watch(path: Path) -> Callable[[], bool]:
    """Whether anybody, FFmpeg's C code included, has opened the file since the last time of asking."""
    libc = ctypes.CDLL(None)
    watcher = os.fdopen(libc.inotify_init1(os.O_NONBLOCK), "rb", buffering=0)
    libc.inotify_add_watch(watcher.fileno(), os.fsencode(path), 0x20)  # IN_OPEN
    return lambda: bool(watcher.read(4096))


# What is damaged


@pytest.mark.parametrize("extension", [".mp3", ".wav", ".flac", ".au", ".ogg", ".m4a", ".webm", ".aiff"])
def test_cut_off_files_are_heard_as_far_as_they_go(tmp_path: Path, extension: str) -> None:
    path = sounds.truncated(tmp_path / f"cut{extension}", 8, keep=0.7)
    if extension == ".m4a":  # its index is at the end, and gone
        assert code_of(path) == "corrupt"
        return
    pcm, info = decode(path)
    assert 4 < info.duration < 7
    assert len(pcm) == round(info.duration * 22_050)
    if extension not in {".ogg", ".au"}:  # these two need not say how long they are
        assert info.truncated


@pytest.mark.parametrize("extension", [".mp3", ".wav", ".flac"])
def test_too_little_left_is_corrupt_not_short(tmp_path: Path, extension: str) -> None:
    path = sounds.truncated(tmp_path / f"cut{extension}", 8, keep=0.2)
    assert code_of(path) == "corrupt"


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
    """The frames say what they are; whichever is believed, nothing but an AudioError comes of it."""
    for claim in ({"rate": 655_350}, {"channels": 8}, {"rate": 1}):
        path = flac_with(tmp_path / "song.flac", **claim)
        info = heard_or_refused(path)
        assert info is None or info.duration == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0, 0x7FFFFFFF])
def test_a_wav_of_unknown_size(tmp_path: Path, claim: int) -> None:
    """What a recorder writes to a pipe: the sizes are not known when the header is."""
    path = song(tmp_path / "song.wav")
    data = bytearray(path.read_bytes())
    place = data.find(b"data")
    data[4:8] = data[place + 4 : place + 8] = struct.pack("<I", claim)
    path.write_bytes(data)
    _, info = decode(path)
    assert info.duration == pytest.approx(4, abs=0.01)
    assert info.truncated == (claim == 0x7FFFFFFF)


def test_damage_in_the_middle_is_stepped_over(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 8)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = np.random.default_rng(0).bytes(5000)
    path.write_bytes(data)
    assert 7 < decode(path)[1].duration < 8.5


TIGHT = AudioLimits(max_seconds=60)


def heard_or_refused(path: Path) -> AudioInfo | None:
    """Nothing but an AudioError may come out, and what is heard is finite and bounded."""
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
    heard_or_refused(path)


@few
@given(
    extension=st.sampled_from(sounds.EXTENSIONS),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=30),
    front=st.booleans(),
)
def test_random_damage(tmp_path: Path, extension: str, flips: list[tuple[float, int]], front: bool) -> None:
    data = bytearray(encoded(extension))
    reach = min(len(data), 400) if front else len(data)  # headers deserve more than their share
    for place, mask in flips:
        data[int(place * (reach - 1))] ^= mask
    path = tmp_path / "damaged"
    path.write_bytes(data)
    heard_or_refused(path)


@pytest.mark.parametrize(
    ("extension", "place", "mask"),
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
def test_damage_that_once_did_harm(
    tmp_path: Path, extension: str, place: int, mask: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Single bits in headers for which FFmpeg or PyAV has errors of its own sort."""
    data = bytearray(encoded(extension))
    data[place] ^= mask
    (tmp_path / "damaged").write_bytes(data)
    heard_or_refused(tmp_path / "damaged")
    assert "exception" not in capfd.readouterr().err  # PyAV prints those that it cannot raise


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = song(tmp_path / "song.wav")
    with AudioFile(path) as audio:
        next(iter(audio.frames()))
    assert audio._file.closed
