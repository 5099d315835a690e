"""`manage.py train`: train a model on a dataset.

Training from nothing needs TensorFlow, unlike all other parts of Earmark; `--start` trains on from a model without it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from classifier import datasets, espeak
from classifier.bundle import BundleError, Manifest, load_bundle
from classifier.inference import Classifier
from classifier.management.commands.evaluate import metrics_text

#: The options that only training from nothing takes.
RECIPE_OPTIONS = ("recipe", "pretrained", "epochs", "audio", "espeak")


class Command(BaseCommand):
    help = "Train and evaluate a model on a dataset, then train it on all tracks and write it."
    requires_system_checks: list[str] = []
    #: Whether the dataset must be named.
    needs_dataset = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "dataset",
            type=Path,
            nargs=None if self.needs_dataset else "?",
            help="a folder genre/track.*, or a prepared .npz",
        )
        parser.add_argument("--out", type=Path, required=True, help="the folder to write, ml_models/NAME")
        parser.add_argument(
            "--recipe",
            choices=("cnn", "msd"),
            help="cnn: train a network from scratch; msd: on top of a pretrained network. Default: cnn",
        )
        parser.add_argument(
            "--start",
            type=Path,
            metavar="MODEL",
            help="train on from the model in the folder ml_models/NAME, staying near it; adds a genre from 30 tracks "
            "of 10 artists on. The other options about recipes do not apply",
        )
        parser.add_argument(
            "--pretrained",
            type=Path,
            help="for msd: the folder musicnn/ of the unpacked package musicnn 0.1.0",
        )
        parser.add_argument("--epochs", type=int, help="for cnn: number of epochs")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--description", default="", help="what the tracks are, for the manifest")
        parser.add_argument("--model-version", default="1.0.0", help="default: %(default)s")
        parser.add_argument(
            "--work",
            type=Path,
            help="for msd: a folder for intermediate results, so that an interrupted training goes on there",
        )
        parser.add_argument(
            "--audio",
            type=Path,
            help="for msd: a folder genre/track.* with recordings of the tracks, to train on and to measure robustness",
        )
        parser.add_argument(
            "--espeak",
            action="store_true",
            help="for msd: use speech from the program espeak-ng as non-music",
        )
        parser.add_argument("--force", action="store_true", help="replace an existing model")

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_out(options["out"], options["force"])
        if options["start"]:
            check_no_recipe(options)
        if options["epochs"] is not None and options["epochs"] < 1:
            raise CommandError("--epochs must be at least 1.")
        if options["recipe"] == "msd" and options["pretrained"] is None:
            raise CommandError("--recipe msd needs --pretrained.")
        if options["espeak"] and not espeak.installed():
            raise CommandError("--espeak needs the program espeak-ng (on Debian: apt-get install espeak-ng).")
        train = train_on if options["start"] else train_from_nothing
        try:
            features = load_bundle(options["start"]).manifest.features if options["start"] else None
            dataset = datasets.load_dataset(
                options["dataset"], features, progress=lambda files: tqdm(files, "decode")
            )
            for line in dataset.skipped:
                self.stderr.write(f"Skipped {line}")
            if dataset.split_by != "given" and not options["start"]:
                self.stderr.write(f"This dataset has no splits, so they are made by {dataset.split_by}.")
            source = options["description"] or f"{len(dataset)} tracks from {options['dataset'].name}"
            manifest = train(dataset, source, options)
        except ImportError as error:
            raise CommandError(
                f"Training needs TensorFlow ({error}). Run: pip install -r requirements/train.txt"
            ) from error
        except (BundleError, datasets.DatasetError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.report(manifest, options["out"])

    def check_out(self, out: Path, force: bool) -> None:
        """Raises CommandError when there is a model already that is not to be replaced."""
        if (out / "manifest.json").exists() and not force:
            raise CommandError(
                f"There is already a model in {out}. Choose another folder, or replace it with --force."
            )

    def report(self, manifest: Manifest, out: Path) -> None:
        """Say what was trained on what, and how good it is."""
        for label, why in manifest.training.get("left_out", {}).items():
            self.stderr.write(f"Left out {label}: {why}.")
        measured = manifest.metrics
        self.stdout.write(f"Trained on {measured['trained_on']}, measured on {measured['measured_on']}:\n")
        self.stdout.write(metrics_text(measured))
        self.stdout.write(
            f"\nThe model in {out} was then trained on all {sum(manifest.training['tracks'].values())} tracks."
        )


def check_no_recipe(options: dict[str, Any]) -> None:
    """Raises CommandError when options are given that only training from nothing takes."""
    unused = [f"--{name}" for name in RECIPE_OPTIONS if options[name]]
    if unused:
        raise CommandError(f"Training on from a model takes no {', '.join(unused)}.")


def progress_bar(rounds: Iterable[int], note: str) -> Iterable[int]:
    bar: Iterable[int] = tqdm(rounds, note)
    return bar


def train_on(dataset: datasets.Dataset, source: str, options: dict[str, Any]) -> Manifest:
    """Train on from the model in the folder `start`."""
    from classifier import fine_tuning

    start: Path = options["start"]
    tracks = fine_tuning.extract_dataset(Classifier(fine_tuning.load_start(start)), dataset, progress_bar)
    recipe = fine_tuning.FineTuningRecipe(seed=options["seed"])
    return fine_tuning.fine_tune(tracks, start, options["out"], recipe, source, options["model_version"])


def train_from_nothing(dataset: datasets.Dataset, source: str, options: dict[str, Any]) -> Manifest:
    """Train by one of the recipes. Raises ImportError without TensorFlow."""
    from classifier import msd, training, transfer

    if options["recipe"] != "msd":
        recipe = training.CnnRecipe(seed=options["seed"])
        if options["epochs"] is not None:
            recipe = replace(recipe, epochs=options["epochs"])
        return training.train_cnn(dataset, options["out"], recipe, progress_bar, source)
    weights = msd.read_weights(options["pretrained"] / "MSD_musicnn")
    with tempfile.TemporaryDirectory() as folder:
        return transfer.train_transfer(
            dataset,
            weights,
            options["out"],
            transfer.TransferRecipe(seed=options["seed"]),
            progress_bar,
            source,
            version=options["model_version"],
            folder=options["work"],
            audio=options["audio"],
            speech_files=espeak.synthesize_sentences(Path(folder)) if options["espeak"] else [],
        )
