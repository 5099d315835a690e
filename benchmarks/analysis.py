"""CPU time of analysing a song compared with decoding it, the share of each stage, and the cost of isolation.

Run as `python -m benchmarks.analysis SONG`. Everything runs on one core.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import av

from benchmarks.measure import (
    CNN,
    MODEL,
    cpu_seconds,
    cpu_seconds_by_round,
    median_ratio,
    pin_to_one_core,
    print_table,
    process_seconds,
)
from classifier.analysis_process import AnalysisProcess
from classifier.audio import Decoder
from classifier.audiofile import AudioFile
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.features import MelStream, power_to_db
from classifier.inference import Classifier
from classifier.pictures import PeakStream, save_peaks, save_spectrogram

RUNS = 5
#: The highest acceptable cost of an analysis in a separate process, as a multiple of one in this process.
ALLOWED_ISOLATION = 1.1


def only_decode(song: Path) -> None:
    """Decode a file in the simplest way with PyAV."""
    with av.open(str(song)) as container:
        container.streams.audio[0].codec_context.thread_count = 1
        for _ in container.decode(audio=0):
            pass


def measure_stages(model: str, song: Path, folder: Path) -> None:
    """Print analysis : decoding, and the share of each stage."""
    classifier = Classifier.load(model)
    features = classifier.manifest.features
    pcm = list(Decoder(song))

    def spectrogram() -> MelStream:
        stream = MelStream(features)
        for block in pcm:
            stream.push(block)
        return stream

    log_mel = power_to_db(spectrogram().finish(), features.top_db)

    def draw() -> None:
        peaks = PeakStream()
        for block in pcm:
            peaks.push(block)
        save_peaks(folder / "peaks.json", peaks.finish(), 240.0)
        save_spectrogram(folder / "spectrogram.png", log_mel, features.top_db)

    times = cpu_seconds_by_round(
        RUNS,
        decode=lambda: only_decode(song),
        analyse=lambda: classifier.analyse(song, pictures_dir=folder),
        frames=lambda: exhaust(frames(song)),
        pcm=lambda: exhaust(iter(Decoder(song))),
        mel=lambda: power_to_db(spectrogram().finish(), features.top_db),
        predict=lambda: classifier.predict(log_mel),
        draw=draw,
    )
    print_table(
        f"Analysing a 4-minute MP3 with {model}, pictures included, model loaded (CPU time, one core)",
        [
            ("decoding alone, PyAV", f"{median(times['decode']):.2f} s"),
            ("analysing", f"{median(times['analyse']):.2f} s"),
            ("analysing : decoding", f"{median_ratio(times['analyse'], times['decode']):.2f}"),
        ],
    )
    times["resample"] = [pcm - frames for pcm, frames in zip(times["pcm"], times["frames"], strict=True)]
    stages = {
        "decoding": "frames",
        "one channel, 22,050 Hz": "resample",
        "mel spectrogram in dB": "mel",
        "MFCC and network": "predict",
        "waveform and spectrogram picture": "draw",
    }
    print_table(
        "Where the time goes, each stage alone, as a part of the analysis",
        [(name, f"{median_ratio(times[key], times['analyse']):.0%}") for name, key in stages.items()],
    )


def measure_isolation(song: Path, folder: Path) -> None:
    """Print the cost of an analysis in the analysis process compared with one in this process."""
    classifier = Classifier.load(MODEL)
    here: list[float] = []
    apart: list[float] = []
    with closing(AnalysisProcess(model=MODEL, models_dir=DEFAULT_MODELS_DIR)) as process:
        first = cpu_seconds(lambda: process.analyse(song, out_dir=folder)) + child_seconds(process)
        for _ in range(RUNS):
            here.append(cpu_seconds(lambda: classifier.analyse(song, pictures_dir=folder)))
            before = child_seconds(process)
            own = cpu_seconds(lambda: process.analyse(song, out_dir=folder))
            apart.append(own + child_seconds(process) - before)
    print_table(
        f"The same in the analysis process and its fork (CPU time of all; at most {ALLOWED_ISOLATION} times)",
        [
            ("analysis process : this process", f"{median_ratio(apart, here):.2f}"),
            ("its first song, with its start : its next songs", f"{first / median(apart):.2f}"),
        ],
    )


def child_seconds(process: AnalysisProcess) -> float:
    """Wait for the last fork to end, and return the CPU time of the analysis process and its forks."""
    assert process.pid
    while Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text():
        time.sleep(0.001)
    return process_seconds(process.pid)


def frames(song: Path) -> Iterator[av.AudioFrame]:
    with AudioFile(song) as audio:
        yield from audio.frames()


def exhaust(items: Iterator[object]) -> None:
    for _ in items:
        pass


def main() -> None:
    pin_to_one_core()
    song = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for model in (CNN, MODEL):
            measure_stages(model, song, Path(folder))
        measure_isolation(song, Path(folder))


if __name__ == "__main__":
    main()
