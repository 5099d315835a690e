"""Whatever the bytes are: mono sound as promised, or a refusal with a code. `python -m tests.fuzz.decode CORPUS`"""

from __future__ import annotations

from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["classifier"]):
    from classifier.audio import MAX_AMPLITUDE, Decoder
    from classifier.audiofile import AudioLimits
    from classifier.errors import AudioError

from tests.fuzz import fuzz

LIMITS = AudioLimits(max_seconds=5, min_seconds=0.05)


def check(path: Path) -> None:
    decoder = Decoder(path, LIMITS)
    try:
        for block in decoder:
            assert block.dtype == np.float32
            assert block.ndim == 1
            assert np.all(np.abs(block) <= 2 * MAX_AMPLITUDE)  # NaN is not; resampling may overshoot
    except (AudioError, MemoryError):
        return
    assert 0 < decoder.info.duration <= LIMITS.max_seconds + 1
    assert 1 <= decoder.info.channels <= LIMITS.max_channels


if __name__ == "__main__":
    fuzz(check)
