"""Cross-validation: no track is predicted by a head that was fitted on it, and an interrupted run is resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import heads
from classifier.checkpoints import Arrays, cached_arrays
from classifier.crossvalidation import Recordings, cross_validate
from classifier.heads import TrainingSet

FOLDS = np.arange(40) % 4
TRUTH = np.arange(40) // 4 % 2


def track_embeddings() -> list[NDArray[np.float32]]:
    """Return window embeddings of two genres that differ a little, with three windows for each track."""
    rng = np.random.default_rng(0)
    return [(rng.standard_normal((3, 5)) + 2 * genre).astype(np.float32) for genre in TRUTH]


SOUNDS = np.random.default_rng(1).normal(-5, 1, (20, 5)).astype(np.float32)


def training_sets(
    whole: list[NDArray[np.float32]], sounds: NDArray[np.float32] = SOUNDS
) -> tuple[TrainingSet, TrainingSet]:
    """Return training sets of the tracks as they are, and as from another kind of recording."""
    return TrainingSet(whole, sounds), TrainingSet([rows + 3 for rows in whole], sounds)


def fitted(training_embeddings: list[NDArray[np.float32]], chosen: NDArray[np.int64]) -> heads.Head:
    whole, narrow = training_sets(training_embeddings)
    return heads.fit_genre_head(whole.subset(chosen), narrow.subset(chosen), TRUTH[chosen], 1.0)


def test_each_track_is_predicted_by_the_head_of_its_fold() -> None:
    tracks = track_embeddings()
    repeat = cross_validate(tracks, *training_sets(tracks), TRUTH, FOLDS, 1.0)
    assert len(repeat.heads) == 4
    assert (repeat.log_probabilities.argmax(axis=1) == TRUTH).mean() > 0.9
    for track in (0, 17):
        others = np.flatnonzero(FOLDS[track] != FOLDS)
        head = fitted(tracks, others)
        assert repeat.log_probabilities[track] == pytest.approx(
            heads.track_log_probabilities(tracks[track], head), abs=1e-9
        )
        assert np.array_equal(repeat.predict_log_proba(track, tracks[track]), repeat.log_probabilities[track])


def test_recordings_are_held_out_with_their_track() -> None:
    """The head that predicts a track was not fitted on its recording either."""
    tracks = track_embeddings()
    recordings = Recordings(files=[Path("a.ogg"), Path("b.ogg")], tracks=[3, 12])
    training_embeddings = recordings.appended_to(tracks, [tracks[3] + 50, tracks[12] - 50])
    assert [len(rows) for rows in training_embeddings] == [
        6 if track in (3, 12) else 3 for track in range(40)
    ]
    assert len(tracks[3]) == 3
    repeat = cross_validate(tracks, *training_sets(training_embeddings), TRUTH, FOLDS, 1.0)
    for fold in range(4):
        others = np.flatnonzero(fold != FOLDS)
        head = fitted(training_embeddings, others)
        assert np.array_equal(repeat.heads[fold].kernel, head.kernel)
    assert np.array_equal(repeat.predict_log_proba(3, tracks[3]), repeat.log_probabilities[3])


def test_after_a_kill_only_the_rest_is_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cross_validate(track_embeddings(), *training_sets(track_embeddings()), TRUTH, FOLDS, 1.0)
    fit, calls = heads.fit_genre_head, []

    def counted(*arguments: object) -> heads.Head:
        calls.append(len(calls))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(heads, "fit_genre_head", counted)
    with pytest.raises(KeyboardInterrupt):
        cross_validate(
            track_embeddings(), *training_sets(track_embeddings()), TRUTH, FOLDS, 1.0, folder=tmp_path
        )
    assert len(list(tmp_path.glob("*.npz"))) == 2
    again = cross_validate(
        track_embeddings(), *training_sets(track_embeddings()), TRUTH, FOLDS, 1.0, folder=tmp_path
    )
    assert len(calls) == 5  # two before, one killed, two after
    assert np.array_equal(again.log_probabilities, whole.log_probabilities)


def test_other_data_or_parameters_are_fitted_anew(tmp_path: Path) -> None:
    cross_validate(track_embeddings(), *training_sets(track_embeddings()), TRUTH, FOLDS, 1.0, folder=tmp_path)
    cross_validate(track_embeddings(), *training_sets(track_embeddings()), TRUTH, FOLDS, 1.0, folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 4
    whole, narrow = training_sets(track_embeddings())
    other = TrainingSet([rows + 1 for rows in track_embeddings()], SOUNDS)
    noisier = TrainingSet(track_embeddings(), SOUNDS + 1)
    changes: list[tuple[TrainingSet, TrainingSet, NDArray[np.int64], NDArray[np.int64], float]] = [
        (whole, narrow, TRUTH, FOLDS, 2.0),
        (noisier, narrow, TRUTH, FOLDS, 1.0),
        (other, narrow, TRUTH, FOLDS, 1.0),
        (whole, other, TRUTH, FOLDS, 1.0),
        (whole, narrow, 1 - TRUTH, FOLDS, 1.0),
        (whole, narrow, TRUTH, np.arange(40) // 10, 1.0),
    ]
    for changed in changes:
        before = len(list(tmp_path.glob("*.npz")))
        cross_validate(track_embeddings(), *changed, folder=tmp_path)
        assert len(list(tmp_path.glob("*.npz"))) == before + 4


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def killed() -> Arrays:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_arrays(tmp_path / "work", "head", "key", killed)
    assert not list(tmp_path.glob("work/*.npz"))
    made = cached_arrays(tmp_path / "work", "head", "key", lambda: {"x": np.arange(3)})
    read = cached_arrays(tmp_path / "work", "head", "key", killed)
    assert made["x"].tolist() == read["x"].tolist() == [0, 1, 2]
