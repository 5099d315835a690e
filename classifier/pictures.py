"""Waveform peaks and the spectrogram picture of a track, for pages to draw."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FloatArray = NDArray[np.float32]

#: File names inside a track's folder of pictures.
PEAKS_NAME = "peaks.json"
SPECTROGRAM_NAME = "spectrogram.png"

MAX_PEAKS = 2000
MAX_COLUMNS = 2400


class PeakStream:
    """Computes the peaks of equal stretches of a track whose length is not known in advance.

    Stretches are short at first and are merged in pairs whenever there are more than `max_peaks`. A long track
    therefore ends with between `max_peaks / 2` and `max_peaks` peaks.
    """

    def __init__(self, max_peaks: int = MAX_PEAKS) -> None:
        self._max = max_peaks - max_peaks % 2
        self._step = 32
        self._peaks = np.zeros(0, dtype=np.float32)
        self._rest = np.zeros(0, dtype=np.float32)

    def push(self, pcm: FloatArray) -> None:
        """Add any number of mono samples."""
        samples = np.concatenate([self._rest, np.abs(pcm)])
        whole = len(samples) // self._step
        peaks = samples[: whole * self._step].reshape(whole, self._step).max(axis=1)
        self._rest = samples[whole * self._step :]
        self._peaks = np.concatenate([self._peaks, peaks])
        while len(self._peaks) > self._max:
            pairs = len(self._peaks) // 2
            odd = self._peaks[2 * pairs :]
            self._peaks = self._peaks[: 2 * pairs].reshape(pairs, 2).max(axis=1)
            # A peak without a partner goes back to the samples: only their maximum matters.
            self._rest = np.concatenate([np.repeat(odd, self._step), self._rest])
            self._step *= 2

    def finish(self) -> list[float]:
        """Return all peaks, from 0 to 1, rounded to three decimals."""
        peaks = self._peaks if not len(self._rest) else np.append(self._peaks, self._rest.max())
        return [round(float(peak), 3) for peak in np.minimum(peaks, 1.0)]


def save_peaks(path: Path, peaks: list[float], duration: float) -> None:
    """Write `{"duration": seconds, "peaks": [...]}`; wavesurfer.js takes `[peaks]`, one list per channel."""
    document = json.dumps({"duration": round(duration, 3), "peaks": peaks}, separators=(",", ":"))
    write_atomically(path, lambda part: part.write_text(document))


def save_spectrogram(path: Path, log_mel: FloatArray, top_db: float = 80.0) -> None:
    """Draw a spectrogram, `(n_mels, frames)` in dB from `-top_db` to 0, as a PNG without axes.

    Low frequencies are at the bottom. Each mel band is one row; time is averaged to at most `MAX_COLUMNS` columns.
    """
    levels = np.clip((_pool(log_mel, MAX_COLUMNS) + top_db) * (255 / top_db), 0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(levels[::-1]))
    image.putpalette(cubehelix().tobytes())
    # A low compression level takes a third of the time and makes the file a fifth larger.
    write_atomically(path, lambda part: image.save(part, format="PNG", compress_level=3))


def cubehelix(
    steps: int = 256, start: float = 0.3, rotations: float = -0.9, hue: float = 1.3, lightest: float = 0.96
) -> NDArray[np.uint8]:
    """Return a colour map whose brightness rises evenly from black, so that it works in grey and for the colour-blind.

    Source: D. A. Green, "A colour scheme for the display of astronomical intensity images", Bulletin of the
    Astronomical Society of India 39 (2011) 289. Returns `(steps, 3)`, RGB.
    """
    level = np.linspace(0, lightest, steps)
    angle = 2 * np.pi * (start / 3 + 1 + rotations * level)
    amplitude = hue * level * (1 - level) / 2
    turn = np.stack([np.cos(angle), np.sin(angle)])
    weights = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    rgb = level[:, None] + amplitude[:, None] * (weights @ turn).T
    colours: NDArray[np.uint8] = np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return colours


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` write to a temporary path beside `path`, then rename it, so that no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _pool(log_mel: FloatArray, columns: int) -> FloatArray:
    """Average neighbouring frames so that at most `columns` remain."""
    frames = log_mel.shape[1]
    if frames <= columns:
        return log_mel
    edges = np.linspace(0, frames, columns + 1).astype(int)
    pooled: FloatArray = (np.add.reduceat(log_mel, edges[:-1], axis=1) / np.diff(edges)).astype(np.float32)
    return pooled
