"""The frequency axis beside a spectrogram."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from classifier.features import FeatureConfig, MelStream
from classifier.mel_scale import hz_to_mel, mel_ticks


@pytest.mark.parametrize("hz", [0, 20, 440, 999.9, 1000, 1000.1, 4_000, 11_025, 20_000])
def test_mel_equals_librosa(hz: float) -> None:
    assert hz_to_mel(hz) == pytest.approx(float(librosa.hz_to_mel(hz)), rel=1e-9)


def test_a_tone_is_drawn_at_its_tick() -> None:
    """A sine of that frequency is loudest in the picture's row that the tick points at."""
    for khz, fraction in mel_ticks():
        stream = MelStream(FeatureConfig())
        stream.push(np.sin(2 * np.pi * khz * 1000 * np.arange(22_050) / 22_050).astype(np.float32))
        row = int(stream.finish()[:, 10].argmax())
        assert fraction * 128 == pytest.approx(row + 0.5, abs=1)


def test_ticks_rise_and_stay_in_the_picture() -> None:
    ticks = mel_ticks(fmin=300, fmax=5_000, n_mels=64)
    assert [khz for khz, _ in ticks] == [0.5, 1.0, 2.0, 4.0]
    fractions = [fraction for _, fraction in ticks]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
