"""Judging heads by cross-validation: each track by a head that has heard nothing of its artist.

Conventions: `described` has for each track what the pretrained network says of its windows, float32
(windows, numbers); `truth` (tracks,) are columns of the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from classifier import heads, robustness, work
from classifier.datasets import Dataset, DatasetError
from classifier.description import hear_kept, network_key
from classifier.features import FeatureConfig
from classifier.heads import Head, Lesson

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True)
class Deal:
    """One way to deal the artists into folds, and what came of it.

    `folds` (tracks,) says in which fold each track is; head k was fitted on all folds but k;
    `log_probabilities` (tracks, labels) are the means over windows by the head that did not know the track.
    """

    folds: NDArray[np.int64]
    heads: list[Head]
    log_probabilities: NDArray[np.float64]

    def judge(self, track: int, described: FloatArray) -> NDArray[np.float64]:
        """Mean log-probabilities (labels,) of a track of the data set in another version of its sound."""
        return heads.log_probabilities(described, self.heads[self.folds[track]])


def deal(
    described: list[FloatArray],
    whole: Lesson,
    narrow: Lesson,
    truth: NDArray[np.int64],
    folds: NDArray[np.int64],
    strength: float,
    progress: Progress = lambda rounds, note: rounds,
    folder: Path | None = None,
) -> Deal:
    """Fit a head for each fold on the lessons' other tracks, and ask it about its own as `described`.

    `whole`, `narrow` and `strength` are as for `heads.fit`. With `folder`, each head is kept there as soon as it is
    fitted: a run that was ended in the middle goes on with the next fold.
    """
    made_from = work.key(*whole.arrays(), *narrow.arrays(), truth, repr(strength), heads)
    found: list[Head] = []
    log_p = np.zeros((len(truth), int(truth.max()) + 1))
    for fold in progress(range(int(folds.max()) + 1), "cross-validate"):
        others = np.flatnonzero(folds != fold)

        def fit(others: NDArray[np.int64] = others) -> work.Arrays:
            return vars(heads.fit(whole.of(others), narrow.of(others), truth[others], strength))

        found.append(Head(**work.kept(folder, "head", work.key(others, made_from), fit)))
        for track in np.flatnonzero(folds == fold):
            log_p[track] = heads.log_probabilities(described[track], found[-1])
    return Deal(folds, found, log_p)


@dataclass(frozen=True)
class Recordings:
    """The sound of some of a data set's tracks: file k is of track `tracks[k]`."""

    files: list[Path]
    tracks: list[int]

    @classmethod
    def of(cls, dataset: Dataset, audio: Path) -> Recordings:
        """Those in the folder `audio` (genre/track.*). Raises DatasetError when there are none."""
        names = dataset.names.tolist()
        files = [file for file in sorted(audio.glob("*/*")) if file.stem in names]
        if not files:
            raise DatasetError(f"{audio} has no sound of any of the tracks (genre/name.*).")
        return cls(files, [names.index(file.stem) for file in files])

    def hear(
        self,
        network: keras.Model,
        config: FeatureConfig,
        worse: robustness.Degradation | None = None,
        progress: Progress = lambda rounds, note: rounds,
        folder: Path | None = None,
    ) -> list[FloatArray]:
        """What the network says of them, as they are or made worse; kept in `folder`."""
        name = worse.name if worse else "as it is"
        listing = repr([(file.stem, file.stat().st_size) for file in self.files])
        made_of = work.key(network_key(network, config), robustness, listing, name)
        listened = (self.files[number] for number in progress(range(len(self.files)), name))
        return hear_kept(network, robustness.spectrograms(listened, config, worse), folder, "sound", made_of)

    def beside(self, described: list[FloatArray], heard: list[FloatArray]) -> list[FloatArray]:
        """Of each track what is `described`, and with it what was `heard` in its recording, if there is one."""
        both = [*described]
        for track, windows in zip(self.tracks, heard, strict=True):
            both[track] = np.concatenate([both[track], windows])
        return both


def in_bad_sound(
    dataset: Dataset,
    described: list[FloatArray],
    deals: list[Deal],
    network: keras.Model,
    recordings: Recordings,
    progress: Progress = lambda rounds, note: rounds,
    folder: Path | None = None,
) -> dict[str, Any]:
    """How the tracks whose sound there is are heard when it is made worse.

    Each by the heads that did not know its artist, one of each deal; figures are means over deals. Returns
    `tracks`, `same_as_features` (the share that gets the same genre from sound as from `described`), and
    `sounds`, a row for each `robustness.DEGRADATIONS` with `sound`, `accuracy`, `lost` (of the accuracy of
    the sound as it is, the first row) and `same` (the share with the same genre as then).
    """
    genres, tracks = dataset.genres.tolist(), recordings.tracks
    truth = np.array([dataset.labels.index(genres[track]) for track in tracks])

    def told(heard: list[FloatArray]) -> NDArray[np.int64]:
        """The most probable genre, (deals, tracks)."""
        pairs = list(zip(tracks, heard, strict=True))
        return np.array([[deal.judge(track, rows).argmax() for track, rows in pairs] for deal in deals])

    def hear(worse: robustness.Degradation | None) -> NDArray[np.int64]:
        return told(recordings.hear(network, dataset.config, worse, progress, folder))

    first = hear(None)
    accuracy = float((first == truth).mean())
    rows = [{"sound": "as it is", "accuracy": accuracy, "lost": 0.0, "same": 1.0}]
    for degradation in robustness.DEGRADATIONS:
        genre = hear(degradation)
        right, same = float((genre == truth).mean()), float((genre == first).mean())
        rows.append({"sound": degradation.name, "accuracy": right, "lost": accuracy - right, "same": same})
    same = float((first == told([described[track] for track in tracks])).mean())
    return {"tracks": len(tracks), "same_as_features": same, "sounds": rows}
