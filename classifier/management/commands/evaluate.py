"""`manage.py evaluate`: measure how well a model predicts the genres of a labelled dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from classifier import datasets, plots
from classifier.bundle import BundleError
from classifier.evaluation import coverage_curve, evaluate
from classifier.inference import Classifier
from classifier.learning.figures import teaching_figures
from classifier.model_card import percent


class Command(BaseCommand):
    help = "Measure a model on a folder genre/track.* or a prepared .npz. Needs no TensorFlow."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", type=Path, help="a folder genre/track.*, or a prepared .npz")
        parser.add_argument("--split", help="only the tracks of this split, such as train or valid")
        parser.add_argument("--model", default=settings.EARMARK_MODEL, help="default: %(default)s")
        parser.add_argument(
            "--plots",
            type=Path,
            metavar="DIR",
            help="write plots of confusion, reliability and coverage there, as SVG",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            classifier = Classifier.load(options["model"], settings.EARMARK_MODELS_DIR)
            features = classifier.manifest.features
            dataset = datasets.load_dataset(
                options["dataset"], features, lambda files: tqdm(files, "decode", disable=None)
            )
            if options["split"]:
                dataset = dataset.select_split(options["split"])
            labels = classifier.manifest.labels
            predictions = [
                classifier.predict(dataset.log_mel(track))
                for track in tqdm(range(len(dataset)), "predict", disable=None)
            ]
            measures = evaluate(
                [str(genre) for genre in dataset.genres],
                [[prediction.probabilities[label] for label in labels] for prediction in predictions],
                labels,
                [prediction.label is not None for prediction in predictions],
            )
            if classifier.known:
                measures["learning"] = teaching_figures(
                    [prediction.vector for prediction in predictions],
                    dataset.genres,
                    dataset.artists,
                    classifier.known,
                )
            if options["plots"]:
                best = [prediction.probabilities[prediction.top] for prediction in predictions]
                right = [
                    prediction.top == genre
                    for prediction, genre in zip(predictions, dataset.genres, strict=True)
                ]
                plots.write_plots(options["plots"], measures, coverage_curve(best, right))
        except (BundleError, datasets.DatasetError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        for line in dataset.skipped:
            self.stderr.write(f"Skipped {line}")
        if options["split"] and dataset.split_by != "given":
            self.stderr.write(f"This dataset has no splits, so they were made by {dataset.split_by}.")
        if options["json"]:
            self.stdout.write(json.dumps(measures, indent=2))
        else:
            self.stdout.write(metrics_text(measures))


def metrics_text(measures: dict[str, Any]) -> str:
    """Return the metrics as text for people."""
    lines = [
        f"tracks              {measures['tracks']}",
        f"accuracy            {percent(measures['accuracy'])}",
        f"balanced accuracy   {percent(measures['balanced_accuracy'])}",
        f"calibration error   {percent(measures['ece'])}",
        f"answered            {percent(measures['coverage'])}",
        f"correct if answered {percent(measures['selective_accuracy'])}",
        *learning_lines(measures.get("learning")),
        "",
        f"{'genre':<12}{'precision':>10}{'recall':>10}{'f1':>10}{'tracks':>8}",
    ]
    for genre, row in measures["per_genre"].items():
        figures = "".join(f"{percent(row[key]):>10}" for key in ("precision", "recall", "f1"))
        lines.append(f"{genre:<12}{figures}{row['support']:>8}")
    return "\n".join(lines)


def learning_lines(figures: dict[str, Any] | None) -> list[str]:
    """How well genres can be taught, for people; nothing where it was not measured."""
    if figures is None:
        return []
    return [
        f"taught by {figures['examples']} tracks   {percent(figures['precision_at_10'])} of the first ten, "
        f"average precision {percent(figures['average_precision'])}"
    ]
