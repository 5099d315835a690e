"""Accepted audio files are decoded to the right PCM."""

from __future__ import annotations

from pathlib import Path

import av
import librosa
import numpy as np
import pytest

from classifier.audio import BLOCK_SAMPLES, MAX_AMPLITUDE, Decoder, decode
from tests import sounds
from tests.classifier.audio_files import mel_db, plain_wav, refusal_code, song, tone


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_every_format(tmp_path: Path, extension: str) -> None:
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
        (".flac", "flac", 384_000), (".wav", "pcm_s24le", 768_000),
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
    """The samples are the same, so that a model trained with either works with both."""
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
    assert max(blocks) <= BLOCK_SAMPLES
    assert sum(blocks) == pytest.approx(20 * 22_050, abs=2)


def test_the_same_every_time(tmp_path: Path) -> None:
    path = song(tmp_path / "song.mp3")
    assert decode(path)[0].tobytes() == decode(path)[0].tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    """Channels are not downmixed as FFmpeg does for loudspeakers, which drops the bass channel."""
    pcm = np.stack([tone(3.5, 22_050, 0.1 * (i + 1)) for i in range(channels)])
    decoded, info = decode(plain_wav(tmp_path / "song.wav", pcm))
    assert info.channels == channels
    np.testing.assert_allclose(decoded, pcm.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("level", [-1, -0.99, -1.01])
def test_where_channels_cancel_each_other_one_is_heard(tmp_path: Path, level: float) -> None:
    pcm = tone(4, 22_050)
    decoded, _ = decode(plain_wav(tmp_path / "song.wav", np.stack([pcm, level * pcm])))
    louder = pcm if abs(level) <= 1 else level * pcm
    np.testing.assert_allclose(decoded, louder, atol=1e-4)


def test_channels_that_differ_are_averaged_as_before(tmp_path: Path) -> None:
    """A song in one channel only, and one whose channels are nearly opposite in part, keep their mean."""
    pcm = tone(4, 22_050)
    for other in (np.zeros_like(pcm), -0.8 * pcm):
        decoded, _ = decode(plain_wav(tmp_path / "song.wav", np.stack([pcm, other])))
        np.testing.assert_allclose(decoded, (pcm + other) / 2, atol=1e-4)


def test_silence_in_all_channels_stays_silence(tmp_path: Path) -> None:
    assert refusal_code(plain_wav(tmp_path / "song.wav", np.zeros((2, 4 * 22_050), np.float32))) == "silent"


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
    assert refusal_code(path) == "not_audio"


def test_not_a_number_and_infinity_are_silence(tmp_path: Path) -> None:
    pcm = tone(4, 22_050)
    pcm[5_000:6_000] = np.nan
    pcm[7_000:8_000] = np.inf
    pcm[9_000:10_000] = -np.inf
    pcm[11_000:12_000] = 3e38
    decoded, info = decode(sounds.float_wav(tmp_path / "song.wav", pcm))
    assert np.isfinite(decoded).all()
    assert info.peak == np.abs(decoded).max() == MAX_AMPLITUDE
    assert not decoded[5_000:6_000].any()
    assert not decoded[7_000:8_000].any()
    assert not decoded[9_000:10_000].any()
    np.testing.assert_array_equal(decoded[13_000:], pcm[13_000:])


def test_only_not_a_number_is_silent(tmp_path: Path) -> None:
    assert refusal_code(sounds.float_wav(tmp_path / "song.wav", np.full(4 * 22_050, np.nan))) == "silent"


def test_both_songs_in_an_ogg_file_are_decoded(tmp_path: Path) -> None:
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
