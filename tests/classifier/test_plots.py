"""The plots of an evaluation are well-formed, with the values in the right places."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from classifier import datasets, plots
from classifier.evaluation import coverage_curve, reliability_bins
from tests.classifier.models import make_model
from tests.classifier.test_datasets import make_dataset

SVG = "{http://www.w3.org/2000/svg}"


def test_reliability_bins() -> None:
    rows = reliability_bins([0.71, 0.75, 0.8, 0.3], [1, 1, 0, 0])
    assert [(row["from"], row["to"], row["tracks"]) for row in rows] == [(0.2, 0.3, 1), (0.7, 0.8, 3)]
    assert [row["right"] for row in rows] == pytest.approx([0, 2 / 3])
    assert rows[1]["confidence"] == pytest.approx(0.7533, abs=1e-4)


def test_coverage_answers_the_surest_first() -> None:
    curve = coverage_curve([0.9, 0.5, 0.7, 0.5], [1, 0, 1, 1])
    assert curve == [(0.25, 1.0), (0.5, 1.0), (1.0, 0.75)]  # two of 0.5 are answered together


def test_a_dot_is_where_its_figures_are() -> None:
    rows = [{"tracks": 9, "confidence": 0.5, "right": 1.0}, {"tracks": 36, "confidence": 1.0, "right": 0.0}]
    dots = list(ElementTree.fromstring(plots.reliability_diagram(rows)).iter(f"{SVG}circle"))
    places = [(float(dot.get("cx", 0)), float(dot.get("cy", 0))) for dot in dots]
    assert places == [(236, 20), (386, 320)]
    assert float(dots[0].get("r", 0)) < float(dots[1].get("r", 0))


def test_confusion_counts_and_escapes() -> None:
    picture = plots.confusion_plot(["r&b", "rock"], [[3, 0], [1, 7]])
    texts = [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert sorted(filter(None, texts)) == [
        "1",
        "3",
        "7",
        "annotated",
        "predicted",
        "r&b",
        "r&b",
        "rock",
        "rock",
    ]


def test_evaluate_writes_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_model(tmp_path / "tiny")
    datasets.write_npz(tmp_path / "data.npz", make_dataset(6, 80, ("jazz", "rock")))
    drawn = tmp_path / "new" / "plots"
    call_command("evaluate", str(tmp_path / "data.npz"), model=str(model), plots=drawn)
    names = sorted(file.name for file in drawn.iterdir())
    assert names == ["confusion.svg", "coverage.svg", "reliability.svg"]
    for file in drawn.iterdir():
        assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"
