"""Synthesized sounds of labels and artists, which training can tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE, SECONDS = 22_050, 3.2


def sound(label: str, artist: int, track: int) -> NDArray[np.float64]:
    """Sound that is alike for tracks of a label, and more alike for those of an artist."""
    rng = np.random.default_rng([artist, track])
    time = np.arange(int(SECONDS * RATE)) / RATE
    pitch = 220 * 2 ** (artist / 12)
    if label == "pop":
        tones = sum(np.sin(2 * np.pi * pitch * step * time) / step for step in (1, 2, 3, 4))
        return 0.2 * tones * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * time)) + 0.01 * rng.standard_normal(
            len(time)
        )
    if label == "rock":
        return np.clip(3 * np.sin(2 * np.pi * pitch / 2 * time), -1, 1) * 0.4 + 0.05 * rng.standard_normal(
            len(time)
        )
    if label == "sirens":
        return 0.4 * np.sin(2 * np.pi * (900 * time + 40 * np.sin(2 * np.pi * (0.5 + artist / 20) * time)))
    clicks = np.zeros(len(time))
    clicks[rng.integers(0, len(time), 60 + 5 * artist)] = 0.8
    return clicks + 0.01 * rng.standard_normal(len(time))
