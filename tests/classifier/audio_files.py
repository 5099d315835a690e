"""Files for the tests of decoding, and helpers to look at the result."""

from __future__ import annotations

import functools
import wave
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest

from classifier.audio import decode
from classifier.audiofile import AudioLimits
from classifier.errors import AudioError
from classifier.tag_reader import read_tags
from tests import sounds


def refusal_code(path: Path, **limits: Any) -> str:
    """The code of the error that decoding a file raises."""
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


def tag_fields(path: Path) -> dict[str, Any]:
    """A file's tags without the raw `values`."""
    tags = read_tags(path)
    del tags["values"]
    return tags
