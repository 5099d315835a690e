"""The way the student project that Earmark comes from heard a song.

`librosa.load`, MFCC of each 3-second segment by `librosa.feature.mfcc`, one Keras `predict` for each. The
network is Earmark's own with its weights, so that only the way differs. Held to one core.

`python -m benchmarks.original SONG` hears a song once. With `--warm` it compares both ways with their models
loaded, with `--cold` from the start of a process to its end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from statistics import median

from benchmarks.measure import CNN, hold_to_one_core, ratio, rounds, table, whole_process

RUNS = 3

Hear = Callable[[Path], list[float]]


def load() -> Hear:
    """Load the network; what it returns hears a song and gives the mean of the segments' probabilities."""
    import librosa
    import numpy as np

    from classifier import bundle, cnn

    model = bundle.load_bundle(CNN)
    shape = {field.name: model.manifest.network[field.name] for field in fields(cnn.NetworkConfig)}
    config = cnn.NetworkConfig(**shape)
    network = cnn.build_network(config, len(model.manifest.labels))
    network.load_weights(model.path / "model.weights.h5")
    features = model.manifest.features
    samples = config.frames * features.hop_length

    def hear(song: Path) -> list[float]:
        pcm, rate = librosa.load(song, sr=features.sample_rate)
        heard = []
        for start in range(0, len(pcm) - samples + 1, samples):
            mfcc = librosa.feature.mfcc(
                y=pcm[start : start + samples],
                sr=rate,
                n_mfcc=config.n_mfcc,
                n_fft=features.n_fft,
                hop_length=features.hop_length,
            )
            answer = network.predict(mfcc.T[np.newaxis, : config.frames], verbose=0)
            heard.append(np.exp(answer["log_probabilities"][0]))
        return [float(share) for share in np.mean(heard, axis=0)]

    return hear


def measure_warm(song: Path) -> None:
    """Print original : Earmark when both have their model in memory."""
    from classifier.inference import Classifier

    hear, classifier = load(), Classifier.load(CNN)
    times = rounds(RUNS, earmark=lambda: classifier.analyse(song), original=lambda: hear(song))
    table(
        "The original's way, model loaded (CPU time, one core)",
        [
            ("original", f"{median(times['original']):.2f} s"),
            ("Earmark", f"{median(times['earmark']):.2f} s"),
            ("original : Earmark", f"{ratio(times['original'], times['earmark']):.1f}"),
        ],
    )


def measure_cold(song: Path) -> None:
    """Print original : Earmark from the start of a process to its end, and both processes' memory."""
    original, earmark = [], []
    for _ in range(RUNS):
        original.append(whole_process("-m", "benchmarks.original", str(song)))
        earmark.append(whole_process("manage.py", "classify", "--model", CNN, str(song)))
    seconds = [[run[0] for run in runs] for runs in (original, earmark)]
    peaks = [[run[1] for run in runs] for runs in (original, earmark)]
    table(
        "The original's way, from the start of a process to its answer (CPU time, one core)",
        [
            ("original", f"{median(seconds[0]):.2f} s"),
            ("Earmark, `manage.py classify`", f"{median(seconds[1]):.2f} s"),
            ("original : Earmark", f"{ratio(*seconds):.1f}"),
            ("peak memory, original", f"{median(peaks[0]):.0f} MiB"),
            ("peak memory, Earmark", f"{median(peaks[1]):.0f} MiB"),
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.original")
    parser.add_argument("song", type=Path)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--cold", action="store_true")
    options = parser.parse_args()
    hold_to_one_core()
    if options.warm:
        measure_warm(options.song)
    elif options.cold:
        measure_cold(options.song)
    else:
        print(load()(options.song))


if __name__ == "__main__":
    main()
