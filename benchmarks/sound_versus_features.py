"""Compare a model's predictions from audio files with those from the prepared features of the same tracks.

`python -m benchmarks.sound_versus_features DATASET.npz AUDIO/` takes a data set (`classifier.datasets`) and a folder
genre/track.* with recordings of some of its tracks. Both are cut to the same seconds, because a recording may be
shorter than the track.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from classifier import datasets
from classifier.inference import Classifier
from classifier.robustness import file_log_mel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--model", default="msd-musicnn-1")
    options = parser.parse_args()
    classifier = Classifier.load(options.model)
    features = classifier.manifest.features
    dataset = datasets.load_dataset(options.dataset, features)
    track_of_name = {str(name): track for track, name in enumerate(dataset.names)}
    pairs = []
    for file in sorted(options.audio.glob("*/*")):
        if file.stem in track_of_name:
            sound = file_log_mel(file, features)
            prepared = dataset.log_mel(track_of_name[file.stem])[:, : sound.shape[1]]
            pairs.append((classifier.predict(sound), classifier.predict(prepared)))
    if not pairs:
        parser.error(f"{options.audio} has no sound of any of the tracks (genre/name.*).")
    tops = sum(sound.top == prepared.top for sound, prepared in pairs)
    answers = sum(sound.label == prepared.label for sound, prepared in pairs)
    others = sum(
        sound.label != prepared.label and None not in (sound.label, prepared.label)
        for sound, prepared in pairs
    )
    for count, what in (
        (tops, "have the same most probable genre"),
        (answers, "get the same answer, “not sure” among them"),
        (others, "get one genre from the sound and another from the features"),
    ):
        print(f"{count:5} of {len(pairs)} ({count / len(pairs):.1%}) {what}")


if __name__ == "__main__":
    main()
