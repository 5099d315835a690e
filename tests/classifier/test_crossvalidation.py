"""Cross-validation: no track is judged by a head that knows it, and a killed one goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import heads, work
from classifier.crossvalidation import Recordings, deal

FOLDS = np.arange(40) % 4
TRUTH = np.arange(40) // 4 % 2


def described() -> list[NDArray[np.float32]]:
    """Two genres, three windows a track, a little apart."""
    rng = np.random.default_rng(0)
    return [(rng.standard_normal((3, 5)) + 2 * genre).astype(np.float32) for genre in TRUTH]


SOUNDS = np.random.default_rng(1).normal(-5, 1, (20, 5)).astype(np.float32)


def test_each_track_is_judged_by_the_head_that_does_not_know_it() -> None:
    tracks = described()
    judged = deal(tracks, tracks, TRUTH, SOUNDS, FOLDS, 1.0)
    assert len(judged.heads) == 4
    assert (judged.log_probabilities.argmax(axis=1) == TRUTH).mean() > 0.9
    for track in (0, 17):
        others = np.flatnonzero(FOLDS[track] != FOLDS)
        head = heads.fit([tracks[other] for other in others], TRUTH[others], SOUNDS, 1.0)
        assert judged.log_probabilities[track] == pytest.approx(
            heads.log_probabilities(tracks[track], head), abs=1e-9
        )
        assert np.array_equal(judged.judge(track, tracks[track]), judged.log_probabilities[track])


def test_what_is_taught_beside_belongs_to_its_track() -> None:
    """A head that judges a track has not heard its recording either."""
    tracks = described()
    recordings = Recordings(files=[Path("a.ogg"), Path("b.ogg")], tracks=[3, 12])
    taught = recordings.beside(tracks, [tracks[3] + 50, tracks[12] - 50])
    assert [len(rows) for rows in taught] == [6 if track in (3, 12) else 3 for track in range(40)]
    assert len(tracks[3]) == 3
    judged = deal(tracks, taught, TRUTH, SOUNDS, FOLDS, 1.0)
    for fold in range(4):
        others = np.flatnonzero(fold != FOLDS)
        head = heads.fit([taught[other] for other in others], TRUTH[others], SOUNDS, 1.0)
        assert np.array_equal(judged.heads[fold].kernel, head.kernel)
    assert np.array_equal(judged.judge(3, tracks[3]), judged.log_probabilities[3])


def test_after_a_kill_only_the_rest_is_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = deal(described(), described(), TRUTH, SOUNDS, FOLDS, 1.0)
    fit, calls = heads.fit, []

    def counted(*arguments: object) -> heads.Head:
        calls.append(len(calls))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(heads, "fit", counted)
    with pytest.raises(KeyboardInterrupt):
        deal(described(), described(), TRUTH, SOUNDS, FOLDS, 1.0, folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    again = deal(described(), described(), TRUTH, SOUNDS, FOLDS, 1.0, folder=tmp_path)
    assert len(calls) == 5  # two before, one killed, two after
    assert np.array_equal(again.log_probabilities, whole.log_probabilities)


def test_other_data_or_parameters_are_fitted_anew(tmp_path: Path) -> None:
    deal(described(), described(), TRUTH, SOUNDS, FOLDS, 1.0, folder=tmp_path)
    deal(described(), described(), TRUTH, SOUNDS, FOLDS, 1.0, folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 4
    for changed in (
        (described(), TRUTH, SOUNDS, FOLDS, 2.0),
        (described(), TRUTH, SOUNDS + 1, FOLDS, 1.0),
        ([rows + 1 for rows in described()], TRUTH, SOUNDS, FOLDS, 1.0),
        (described(), 1 - TRUTH, SOUNDS, FOLDS, 1.0),
        (described(), TRUTH, SOUNDS, np.arange(40) // 10, 1.0),
    ):
        before = len(list(tmp_path.glob("*.npz")))
        deal(changed[0], *changed, folder=tmp_path)
        assert len(list(tmp_path.glob("*.npz"))) == before + 4


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def killed() -> work.Arrays:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work.kept(tmp_path / "work", "head", "key", killed)
    assert not list(tmp_path.glob("work/*.npz"))
    made = work.kept(tmp_path / "work", "head", "key", lambda: {"x": np.arange(3)})
    read = work.kept(tmp_path / "work", "head", "key", killed)
    assert made["x"].tolist() == read["x"].tolist() == [0, 1, 2]
