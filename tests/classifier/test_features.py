"""The features equal librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from classifier.features import FeatureConfig, MelStream, mfcc, power_to_db
from tests import sounds

CONFIG = FeatureConfig()
MUSIC = sounds.music(5, 22_050, 1)[0]


def librosa_mel(pcm: sounds.FloatArray, config: FeatureConfig = CONFIG) -> sounds.FloatArray:
    return librosa.feature.melspectrogram(
        y=pcm,
        sr=config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        n_mels=config.n_mels,
        fmin=config.fmin,
        fmax=config.fmax,
    )


def streamed(pcm: sounds.FloatArray, sizes: list[int], config: FeatureConfig = CONFIG) -> sounds.FloatArray:
    """Return the spectrogram of PCM that arrives in blocks of these sizes, in turn."""
    stream, start, turn = MelStream(config), 0, 0
    parts = []
    while start < len(pcm):
        size = sizes[turn % len(sizes)]
        parts.append(stream.push(pcm[start : start + size]).copy())
        start, turn = start + size, turn + 1
    power = stream.finish()
    pushed = np.concatenate(parts, axis=1)
    np.testing.assert_array_equal(pushed, power[:, : pushed.shape[1]])  # what push answers is what is kept
    return power


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
@hypothesis_settings(max_examples=25, deadline=None, derandomize=True)
@given(
    length=st.integers(1, 40_000),
    sizes=st.lists(st.integers(0, 20_000), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) > 200),
)
def test_mel_equals_librosa_for_any_blocks(length: int, sizes: list[int]) -> None:
    pcm = MUSIC[:length]
    expected = librosa_mel(pcm)
    power = streamed(pcm, sizes)
    assert power.dtype == np.float32
    assert power.shape == expected.shape == (128, 1 + length // 1024)
    np.testing.assert_allclose(power, expected, rtol=1e-3, atol=1e-6 * float(expected.max()) + 1e-12)


def test_other_parameters_equal_librosa() -> None:
    config = FeatureConfig(n_fft=1024, hop_length=512, n_mels=64, fmin=50, fmax=8_000)
    expected = librosa_mel(MUSIC, config)
    power = streamed(MUSIC, [5_000], config)
    np.testing.assert_allclose(power, expected, rtol=1e-3, atol=1e-6 * float(expected.max()))


def test_a_long_stream_outgrows_its_buffer() -> None:
    """More frames than the buffer grows by at once."""
    config = FeatureConfig(n_fft=64, hop_length=16, n_mels=4)
    pcm = np.random.default_rng(0).standard_normal(16 * 9_000).astype(np.float32)
    power = streamed(pcm, [30_000], config)
    np.testing.assert_allclose(power, librosa_mel(pcm, config), rtol=1e-3, atol=1e-3)


def test_nothing_pushed_is_one_frame_of_silence() -> None:
    power = MelStream(CONFIG).finish()
    assert power.shape == (128, 1)
    assert not power.any()


@pytest.mark.parametrize("top_db", [80.0, 40.0])
@pytest.mark.parametrize("loudness", [1.0, 1e-3, 1e6])
def test_power_to_db_equals_librosa(top_db: float, loudness: float) -> None:
    power = librosa_mel(MUSIC) * loudness
    power[:, 3] = 0
    expected = librosa.power_to_db(power, ref=np.max, top_db=top_db)
    np.testing.assert_allclose(power_to_db(power.copy(), top_db), expected, atol=1e-3)
    assert expected.min() == -top_db


def test_power_to_db_works_in_place_and_survives_silence() -> None:
    power = np.zeros((128, 4), np.float32)
    log_mel = power_to_db(power)
    assert log_mel is power
    np.testing.assert_allclose(log_mel, 0, atol=1e-4)


def test_mfcc_equals_librosa() -> None:
    expected = librosa.feature.mfcc(y=MUSIC, sr=22_050, n_mfcc=40, n_fft=2048, hop_length=1024)
    # librosa's decibels here are absolute, ours relative to the maximum: only the mean, coefficient 0, moves.
    log_mel = power_to_db(streamed(MUSIC, [10_000]))
    ours = mfcc(log_mel, CONFIG)
    reference = 10 * np.log10(librosa_mel(MUSIC).max())
    ours[0] += reference * np.sqrt(CONFIG.n_mels)
    assert ours.shape == expected.shape == (40, 1 + len(MUSIC) // 1024)
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_frame_seconds() -> None:
    assert CONFIG.frame_seconds == pytest.approx(1024 / 22_050)
    assert FeatureConfig(**CONFIG.as_dict()) == CONFIG
