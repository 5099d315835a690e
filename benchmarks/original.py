"""Compare Earmark with the method of the student project that it comes from.

That method: `librosa.load`, MFCC of each 3-second segment by `librosa.feature.mfcc`, and one Keras `predict` for each.
The network and weights are Earmark's own, so that only the method differs. Everything runs on one core.

`python -m benchmarks.original SONG` predicts a song once by the original method. `--warm` compares the methods with
their models loaded, `--cold` from the start of a process to its end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from statistics import median

from benchmarks.measure import (
    CNN,
    cpu_seconds_by_round,
    median_ratio,
    pin_to_one_core,
    print_table,
    run_process,
)

RUNS = 3

PredictOriginal = Callable[[Path], list[float]]


def load_original() -> PredictOriginal:
    """Load the network and return a function from a song's path to the mean probabilities of its segments."""
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

    def predict_original(song: Path) -> list[float]:
        pcm, rate = librosa.load(song, sr=features.sample_rate)
        probabilities = []
        for start in range(0, len(pcm) - samples + 1, samples):
            mfcc = librosa.feature.mfcc(
                y=pcm[start : start + samples],
                sr=rate,
                n_mfcc=config.n_mfcc,
                n_fft=features.n_fft,
                hop_length=features.hop_length,
            )
            answer = network.predict(mfcc.T[np.newaxis, : config.frames], verbose=0)
            probabilities.append(np.exp(answer["log_probabilities"][0]))
        return [float(share) for share in np.mean(probabilities, axis=0)]

    return predict_original


def measure_warm(song: Path) -> None:
    """Print original : Earmark with both models in memory."""
    from classifier.inference import Classifier

    predict_original, classifier = load_original(), Classifier.load(CNN)
    times = cpu_seconds_by_round(
        RUNS, earmark=lambda: classifier.analyse(song), original=lambda: predict_original(song)
    )
    print_table(
        "The original method, model loaded (CPU time, one core)",
        [
            ("original", f"{median(times['original']):.2f} s"),
            ("Earmark", f"{median(times['earmark']):.2f} s"),
            ("original : Earmark", f"{median_ratio(times['original'], times['earmark']):.1f}"),
        ],
    )


def measure_cold(song: Path) -> None:
    """Print original : Earmark for whole processes, and the memory of both."""
    original, earmark = [], []
    for _ in range(RUNS):
        original.append(run_process("-m", "benchmarks.original", str(song)))
        earmark.append(run_process("manage.py", "classify", "--model", CNN, str(song)))
    seconds = [[run[0] for run in runs] for runs in (original, earmark)]
    peaks = [[run[1] for run in runs] for runs in (original, earmark)]
    print_table(
        "The original method, from the start of a process to its end (CPU time, one core)",
        [
            ("original", f"{median(seconds[0]):.2f} s"),
            ("Earmark, `manage.py classify`", f"{median(seconds[1]):.2f} s"),
            ("original : Earmark", f"{median_ratio(*seconds):.1f}"),
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
    pin_to_one_core()
    if options.warm:
        measure_warm(options.song)
    elif options.cold:
        measure_cold(options.song)
    else:
        print(load_original()(options.song))


if __name__ == "__main__":
    main()
