"""Cross-validation of heads, grouped by artist: each track is predicted by a head trained without its artist.

Conventions: `window_embeddings` has for each track an array (windows, features), float32, as `window_embeddings`
extracts them; `truth` (tracks,) holds column numbers of the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from classifier import heads, robustness
from classifier.checkpoints import Arrays, cached_arrays, checkpoint_key
from classifier.datasets import Dataset, DatasetError
from classifier.features import FeatureConfig
from classifier.heads import Head, TrainingSet
from classifier.window_embeddings import extract_cached, network_key

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True)
class CVRepeat:
    """One repeat of the cross-validation: an assignment of tracks to folds, and its results.

    `folds` (tracks,) is each track's fold; head k was fitted on all folds but k; `log_probabilities` (tracks, labels)
    are the means over a track's windows, as predicted by the head that was fitted without the track.
    """

    folds: NDArray[np.int64]
    heads: list[Head]
    log_probabilities: NDArray[np.float64]

    def predict_log_proba(self, track: int, window_embeddings: FloatArray) -> NDArray[np.float64]:
        """Return mean log-probabilities (labels,) for another version of a track, by the head of the track's fold."""
        return heads.track_log_probabilities(window_embeddings, self.heads[self.folds[track]])


def cross_validate(
    window_embeddings: list[FloatArray],
    whole: TrainingSet,
    narrow: TrainingSet,
    truth: NDArray[np.int64],
    folds: NDArray[np.int64],
    strength: float,
    progress: Progress = lambda rounds, note: rounds,
    folder: Path | None = None,
) -> CVRepeat:
    """For each fold, fit a head on the other folds' tracks and predict the fold's tracks.

    Heads are fitted on the training sets (`whole`, `narrow` and `strength` are as for `heads.fit_genre_head`) and
    predict from `window_embeddings`. With `folder`, each head is stored there, so that an interrupted run resumes with
    the next fold.
    """
    data_key = checkpoint_key(*whole.arrays(), *narrow.arrays(), truth, repr(strength), heads)
    fitted: list[Head] = []
    log_p = np.zeros((len(truth), int(truth.max()) + 1))
    for fold in progress(range(int(folds.max()) + 1), "cross-validate"):
        others = np.flatnonzero(folds != fold)

        def fit(others: NDArray[np.int64] = others) -> Arrays:
            return vars(
                heads.fit_genre_head(whole.subset(others), narrow.subset(others), truth[others], strength)
            )

        fitted.append(Head(**cached_arrays(folder, "head", checkpoint_key(others, data_key), fit)))
        for track in np.flatnonzero(folds == fold):
            log_p[track] = heads.track_log_probabilities(window_embeddings[track], fitted[-1])
    return CVRepeat(folds, fitted, log_p)


@dataclass(frozen=True)
class Recordings:
    """Audio files of some of a data set's tracks: `files[k]` is a recording of track `tracks[k]`."""

    files: list[Path]
    tracks: list[int]

    @classmethod
    def find(cls, dataset: Dataset, audio: Path) -> Recordings:
        """Return the recordings in the folder `audio` (genre/track.*). Raises DatasetError if there are none."""
        names = dataset.names.tolist()
        files = [file for file in sorted(audio.glob("*/*")) if file.stem in names]
        if not files:
            raise DatasetError(f"{audio} has no recording of any of the tracks (genre/name.*).")
        return cls(files, [names.index(file.stem) for file in files])

    def embed(
        self,
        network: keras.Model,
        config: FeatureConfig,
        degradation: robustness.Degradation | None = None,
        progress: Progress = lambda rounds, note: rounds,
        folder: Path | None = None,
    ) -> list[FloatArray]:
        """Return each recording's window embeddings, as it is or degraded, cached in `folder`."""
        name = degradation.name if degradation else "as it is"
        listing = repr([(file.stem, file.stat().st_size) for file in self.files])
        data_key = checkpoint_key(network_key(network, config), robustness, listing, name)
        files = (self.files[number] for number in progress(range(len(self.files)), name))
        log_mels = robustness.degraded_log_mels(files, config, degradation)
        return extract_cached(network, log_mels, folder, "sound", data_key)

    def appended_to(
        self, window_embeddings: list[FloatArray], of_recordings: list[FloatArray]
    ) -> list[FloatArray]:
        """Return each track's window embeddings, with those of its recording appended where there is one."""
        both = [*window_embeddings]
        for track, windows in zip(self.tracks, of_recordings, strict=True):
            both[track] = np.concatenate([both[track], windows])
        return both


def measure_robustness(
    dataset: Dataset,
    window_embeddings: list[FloatArray],
    repeats: list[CVRepeat],
    network: keras.Model,
    recordings: Recordings,
    progress: Progress = lambda rounds, note: rounds,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Measure accuracy on degraded versions of the tracks for which there is a recording.

    Each track is predicted by the heads that were fitted without its artist, one of each repeat; figures are means
    over the repeats. Returns `tracks`, `same_as_features` (the share of tracks for which the recording and
    `window_embeddings` give the same genre), and `sounds`, a row for the recordings as they are and for each of
    `robustness.DEGRADATIONS` with `sound`, `accuracy`, `lost` (accuracy compared with the first row) and `same` (the
    share with the same genre as in the first row).
    """
    genres, tracks = dataset.genres.tolist(), recordings.tracks
    truth = np.array([dataset.labels.index(genres[track]) for track in tracks])

    def top_genres(embeddings: list[FloatArray]) -> NDArray[np.int64]:
        """The most probable genres, (repeats, tracks)."""
        pairs = list(zip(tracks, embeddings, strict=True))
        return np.array(
            [[repeat.predict_log_proba(track, rows).argmax() for track, rows in pairs] for repeat in repeats]
        )

    def top_genres_of_degraded(degradation: robustness.Degradation | None) -> NDArray[np.int64]:
        return top_genres(recordings.embed(network, dataset.config, degradation, progress, folder))

    first = top_genres_of_degraded(None)
    accuracy = float((first == truth).mean())
    rows = [{"sound": "as it is", "accuracy": accuracy, "lost": 0.0, "same": 1.0}]
    for degradation in robustness.DEGRADATIONS:
        genre = top_genres_of_degraded(degradation)
        right, same = float((genre == truth).mean()), float((genre == first).mean())
        rows.append({"sound": degradation.name, "accuracy": right, "lost": accuracy - right, "same": same})
    same = float((first == top_genres([window_embeddings[track] for track in tracks])).mean())
    return {"tracks": len(tracks), "same_as_features": same, "sounds": rows}
