"""Waveform peaks and spectrogram pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from classifier.pictures import PeakStream, cubehelix, save_peaks, save_spectrogram, write_atomically
from tests import sounds

few = hypothesis_settings(max_examples=40, deadline=None, derandomize=True)


def peaks_of(pcm: sounds.FloatArray, size: int, max_peaks: int = 100) -> list[float]:
    stream = PeakStream(max_peaks)
    for start in range(0, len(pcm), size):
        stream.push(pcm[start : start + size])
    return stream.finish()


@few
@given(length=st.integers(3_200, 60_000), size=st.integers(50, 70_000), max_peaks=st.integers(20, 101))
def test_peaks(length: int, size: int, max_peaks: int) -> None:
    """There are between half of `max_peaks` and one more than it, in equal steps, whatever the blocks were."""
    pcm = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    peaks = peaks_of(pcm, size, max_peaks)
    most = max_peaks - max_peaks % 2
    assert most / 2 <= len(peaks) <= most + 1
    step = 32
    while -(-length // step) > most + (length % step > 0):
        step *= 2
    expected = [np.abs(pcm[start : start + step]).max() for start in range(0, length, step)]
    assert peaks == pytest.approx(expected, abs=6e-4)
    assert peaks == peaks_of(pcm, length, max_peaks)


def test_peaks_see_negative_samples_and_stop_at_one() -> None:
    pcm = np.zeros(6_400, np.float32)
    pcm[100], pcm[6_399] = -0.75, 3.0
    peaks = peaks_of(pcm, 1_000)
    assert max(peaks[:5]) == 0.75
    assert peaks[-1] == 1.0
    assert not any(peaks[5:-1])


def test_short_and_empty_streams_have_peaks() -> None:
    assert peaks_of(np.full(5, 0.5, np.float32), 5) == [0.5]
    assert PeakStream().finish() == []


def test_peaks_file(tmp_path: Path) -> None:
    save_peaks(tmp_path / "new" / "peaks.json", [0.1, 1.0], 12.34567)
    assert json.loads((tmp_path / "new" / "peaks.json").read_text()) == {
        "duration": 12.346,
        "peaks": [0.1, 1.0],
    }


def picture(path: Path, log_mel: sounds.FloatArray) -> np.ndarray:
    """Return the picture's palette indices; 0 is silence."""
    save_spectrogram(path, log_mel)
    image = Image.open(path)
    assert image.format == "PNG"
    assert image.mode == "P"
    assert image.getpalette() == cubehelix().ravel().tolist()
    return np.asarray(image)


def test_spectrogram_has_low_frequencies_at_the_bottom(tmp_path: Path) -> None:
    log_mel = np.full((128, 50), -80, np.float32)
    log_mel[2, 10] = 0
    log_mel[100, 20] = -40
    pixels = picture(tmp_path / "s.png", log_mel)
    assert pixels.shape == (128, 50)
    assert pixels[127 - 2, 10] == 255
    assert pixels[127 - 100, 20] == 127
    assert np.count_nonzero(pixels) == 2


def test_long_spectrograms_are_averaged(tmp_path: Path) -> None:
    log_mel = np.full((128, 10_007), -80, np.float32)
    log_mel[:, 5_000:] = 0
    pixels = picture(tmp_path / "s.png", log_mel)
    assert pixels.shape == (128, 2400)
    assert not pixels[:, :1198].any()
    assert (pixels[:, 1201:] == 255).all()


def test_levels_beyond_the_scale_stay_on_it(tmp_path: Path) -> None:
    log_mel = np.array([[-200.0, 30.0]], np.float32)
    assert picture(tmp_path / "s.png", log_mel).tolist() == [[0, 255]]


def test_colours_get_evenly_lighter() -> None:
    colours = cubehelix().astype(float)
    assert colours.shape == (256, 3)
    assert colours[0].tolist() == [0, 0, 0]
    light = colours @ [0.299, 0.587, 0.114]
    assert (np.diff(light) > -0.6).all()
    assert light[-1] > 230
    assert np.abs(light - np.linspace(0, light[-1], 256)).max() < 12


def test_half_a_file_is_never_seen(tmp_path: Path) -> None:
    path = tmp_path / "pictures" / "peaks.json"
    path.parent.mkdir()
    path.write_text("before")

    def fail(part: Path) -> None:
        part.write_text("half")
        assert path.read_text() == "before"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_text() == "before"
