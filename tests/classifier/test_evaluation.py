"""Metrics on cases that are small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from classifier.evaluation import evaluate, expected_calibration_error

LABELS = ["blues", "jazz", "rock"]


def test_counts_by_hand() -> None:
    measures = evaluate(
        ["blues", "blues", "rock", "rock"],
        [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6], [0.0, 0.0, 1.0]],
        LABELS,
        [True, False, True, False],
    )
    assert measures["tracks"] == 4
    assert measures["accuracy"] == 0.75
    assert measures["balanced_accuracy"] == 0.75  # jazz has no track and does not count
    assert measures["confusion"] == {"labels": LABELS, "matrix": [[1, 0, 1], [0, 0, 0], [0, 0, 2]]}
    assert measures["per_genre"]["rock"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1.0, "f1": 0.8, "support": 2}
    )
    assert measures["per_genre"]["jazz"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert measures["coverage"] == 0.5
    assert measures["selective_accuracy"] == 1.0


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth = [LABELS[i] for i in rng.integers(0, 3, 60)]
    p = rng.dirichlet([1, 1, 1], 60)
    estimate = [LABELS[i] for i in p.argmax(axis=1)]
    measures = evaluate(truth, p, LABELS)
    report = metrics.classification_report(truth, estimate, output_dict=True)
    for genre in LABELS:
        for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert measures["per_genre"][genre][ours] == pytest.approx(report[genre][theirs])
    assert measures["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, estimate))
    assert measures["confusion"]["matrix"] == metrics.confusion_matrix(truth, estimate).tolist()


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert expected_calibration_error([0.75] * 4, [1, 1, 1, 0]) == 0
    assert expected_calibration_error([0.95] * 4, [1, 1, 0, 0]) == pytest.approx(0.45)
    # Two bins of two: gaps of 0.3 and 0.1.
    assert expected_calibration_error([0.3, 0.3, 0.9, 0.9], [0, 0, 1, 1]) == pytest.approx(0.2)
    assert expected_calibration_error([1.0], [1]) == 0


def test_nothing_answered_has_no_selective_accuracy() -> None:
    measures = evaluate(["rock"], [[0.3, 0.3, 0.4]], LABELS, [False])
    assert measures["coverage"] == 0
    assert measures["selective_accuracy"] is None


@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        ([], np.zeros((0, 3)), "no tracks"),
        (["rock"], [[0.5, 0.5]], "Probabilities must be"),
        (["polka"], [[0.2, 0.3, 0.5]], "polka"),
        (["rock"], [[0.2, 0.3, 0.6]], "sum to 1"),
        (["rock"], [[-0.2, 0.6, 0.6]], "non-negative"),
        (["rock"], [[np.nan, 0.5, 0.5]], "non-negative"),
    ],
)
def test_invalid_arguments_are_refused(truth: list[str], p: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(truth, p, LABELS)
