"""Degradations do what their names say, the same each time; harmless ones do not change the prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.audio import SAMPLE_RATE, decode
from classifier.inference import Classifier
from classifier.robustness import DEGRADATIONS, Degradation, degraded_log_mels
from tests import sounds

BY_NAME = {degradation.name: degradation for degradation in DEGRADATIONS}
SECONDS = 8


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sounds.write(tmp_path_factory.mktemp("songs") / "song.wav", SECONDS, sample_rate=SAMPLE_RATE)


def degraded(name: str, song: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the recording before and after a degradation."""
    pcm = decode(song)[0]
    return pcm, decode(BY_NAME[name].write(pcm, folder))[0]


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda degradation: degradation.name)
def test_each_time_the_same_and_never_the_original(degradation: Degradation, song: Path) -> None:
    features = Classifier.load("msd-musicnn-1").manifest.features
    first, second = degraded_log_mels([song, song], features, degradation)
    assert np.array_equal(first, second)
    assert first.min() >= -80
    assert first.max() == pytest.approx(0, abs=1e-4)


def test_bands_and_levels(song: Path, tmp_path: Path) -> None:
    def above(pcm: np.ndarray, hertz: float) -> float:
        power = np.square(np.abs(np.fft.rfft(pcm)))
        return float(power[np.fft.rfftfreq(len(pcm), 1 / SAMPLE_RATE) > hertz].sum() / power.sum())

    pcm, narrow = degraded("at 8 kHz", song, tmp_path)
    assert above(pcm, 4100) > 100 * above(narrow, 4100)
    pcm, narrow = degraded("telephone, 300 to 3,400 Hz", song, tmp_path)
    assert above(narrow, 250) > 0.95 > above(pcm, 250)
    assert above(pcm, 5000) > 100 * above(narrow, 5000)
    pcm, softer = degraded("20 dB softer", song, tmp_path)
    assert softer == pytest.approx(pcm * 0.1, abs=1e-6)
    pcm, noisy = degraded("pink noise 20 dB below", song, tmp_path)
    assert 10 * np.log10(np.square(pcm).mean() / np.square(noisy - pcm).mean()) == pytest.approx(20, abs=0.1)
    pcm, loud = degraded("6 dB too loud, clipped", song, tmp_path)
    assert np.abs(loud).max() == pytest.approx(1)
    assert (np.abs(loud) > 0.999).mean() > 0.001
    pcm, short = degraded("the first 5 s", song, tmp_path)
    assert np.array_equal(short, pcm[: 5 * SAMPLE_RATE])
    pcm, half = degraded("one of two channels silent", song, tmp_path)
    assert half == pytest.approx(pcm / 2, abs=1e-6)


@pytest.mark.parametrize("name", ["20 dB softer", "20 dB louder", "one of two channels silent"])
def test_loudness_changes_no_answer(name: str, song: Path, tmp_path: Path) -> None:
    classifier = Classifier.load("msd-musicnn-1")
    plain = classifier.analyse(song).prediction
    other = classifier.analyse(BY_NAME[name].write(decode(song)[0], tmp_path)).prediction
    assert (other.label, other.top) == (plain.label, plain.top)
    assert other.probabilities == pytest.approx(plain.probabilities, abs=1e-3)
    assert other.moods == pytest.approx(plain.moods, abs=1e-3)


@pytest.mark.parametrize("name", ["MP3, 64 kbit/s", "AAC, 96 kbit/s", "at 48 kHz"])
def test_codecs_change_a_spectrogram_little(name: str, song: Path) -> None:
    features = Classifier.load("msd-musicnn-1").manifest.features
    lossless = replace(BY_NAME["20 dB louder"], degrade=lambda pcm: pcm[None])
    (plain,) = degraded_log_mels([song], features, lossless)
    (coded,) = degraded_log_mels([song], features, BY_NAME[name])
    middle = plain[:, 10:150]
    # A bare AAC stream starts a frame late.
    gaps = [np.abs(coded[:, 10 + late : 150 + late] - middle)[middle > -40] for late in (0, 1)]
    assert min(np.median(gap) for gap in gaps) < 2
