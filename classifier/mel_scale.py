"""Positions of frequencies on the mel scale, for pages that draw an axis beside the spectrogram.

The web process imports this, so it does without numpy. The scale is Slaney's (M. Slaney, Auditory Toolbox, Interval
Research Technical Report 1998-010), librosa's default: linear below 1 kHz, logarithmic above.
"""

from __future__ import annotations

import math

_HZ_PER_MEL = 200.0 / 3
_CORNER_HZ = 1000.0
_CORNER_MEL = _CORNER_HZ / _HZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27.0


def hz_to_mel(hz: float) -> float:
    """Convert a frequency in Hz to Slaney mels."""
    if hz < _CORNER_HZ:
        return hz / _HZ_PER_MEL
    return _CORNER_MEL + math.log(hz / _CORNER_HZ) / _LOG_STEP


def mel_ticks(
    fmin: float = 0.0,
    fmax: float = 11_025.0,
    n_mels: int = 128,
    khz: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
) -> list[tuple[float, float]]:
    """Return axis ticks for a mel spectrogram of `n_mels` rows between `fmin` and `fmax` Hz (as in `FeatureConfig`).

    Ticks are pairs `(kHz, fraction)`; the fraction of the picture's height is measured from the bottom, 0 to 1.
    Row i, from 0 at the bottom, shows the band whose centre is point i + 1 of `n_mels + 2` equidistant points in mel.
    """
    low, high = hz_to_mel(fmin), hz_to_mel(fmax)
    step = (high - low) / (n_mels + 1)
    ticks = [(tick, ((hz_to_mel(tick * 1000) - low) / step - 0.5) / n_mels) for tick in khz]
    return [(tick, round(fraction, 4)) for tick, fraction in ticks if 0 <= fraction <= 1]
