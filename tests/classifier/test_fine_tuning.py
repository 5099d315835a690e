"""`manage.py train --start`: train on from the shipped model, on a dataset made of synthesized sound."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from numpy.typing import NDArray

from classifier import bundle, datasets, fine_tuning, residual_layer
from classifier.datasets import Dataset
from classifier.features import FeatureConfig, MelStream, power_to_db
from classifier.inference import Classifier, TrackPrediction
from classifier.residual_layer import ResidualLayer
from tests.classifier.labelled_sounds import sound
from tests.classifier.models import random_track

SHIPPED = bundle.DEFAULT_MODELS_DIR / "msd-musicnn-1"
#: By label: how many artists, and how many tracks each has. Sirens are enough for a new label, crackle is not.
ARTISTS = {"pop": (6, 3), "rock": (6, 3), "sirens": (10, 3), "crackle": (9, 4)}


def make_dataset(labels: dict[str, tuple[int, int]]) -> Dataset:
    rows = [
        (label, artist, track)
        for label, (artists, tracks) in labels.items()
        for artist in range(artists)
        for track in range(tracks)
    ]
    config, spectrograms = FeatureConfig(), []
    for row in rows:
        stream = MelStream(config)
        stream.push(sound(*row).astype(np.float32))
        spectrograms.append(datasets.quantise(power_to_db(stream.finish(), config.top_db), config.top_db))
    return Dataset(
        mel=np.stack(spectrograms),
        frames=np.full(len(rows), spectrograms[0].shape[1]),
        names=np.array([f"{label}-{artist}-{track}" for label, artist, track in rows]),
        genres=np.array([label for label, *_ in rows]),
        split=np.full(len(rows), "train"),
        artists=np.array([f"{label} artist {artist}" for label, artist, _ in rows]),
        config=config,
    )


def write(folder: Path, dataset: Dataset) -> Path:
    datasets.write_npz(folder / "sounds.npz", dataset)
    lines = [f"{name},{artist}" for name, artist in zip(dataset.names, dataset.artists, strict=True)]
    (folder / "tracks.csv").write_text("\n".join(["name,artist", *lines]) + "\n")
    return folder / "sounds.npz"


def train(dataset: Path, out: Path, start: Path = SHIPPED, **options: Any) -> tuple[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    call_command("train", str(dataset), out=out, start=start, stdout=stdout, stderr=stderr, **options)
    return stdout.getvalue(), stderr.getvalue()


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(ARTISTS)


@pytest.fixture(scope="module", autouse=True)
def few_sounds() -> Iterator[None]:
    """Fewer sounds that are not music than in earnest: they take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        few = partial(fine_tuning.FineTuningRecipe, sounds=24, voices=4)
        patch.setattr(fine_tuning, "FineTuningRecipe", few)
        yield


@pytest.fixture(scope="module")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The new bundle, and what the command wrote."""
    folder = tmp_path_factory.mktemp("start")
    return folder / "mine", *train(write(folder, dataset), folder / "mine", model_version="2.0.0")


def predict(model: Path, label: str, artist: int) -> TrackPrediction:
    """The model's prediction for a sound of an artist, who may be none of the dataset's."""
    config = FeatureConfig()
    stream = MelStream(config)
    stream.push(sound(label, artist, 99).astype(np.float32))
    return Classifier.load(model).predict(power_to_db(stream.finish(), config.top_db))


def test_a_label_is_added_from_thirty_tracks_of_ten_artists(trained: tuple[Path, str, str]) -> None:
    model, _, stderr = trained
    manifest = bundle.load_bundle(model).manifest
    assert manifest.labels == [*bundle.load_bundle(SHIPPED).manifest.labels, "sirens"]
    assert "crackle: 36 tracks of 9 known artists" in stderr
    assert "crackle" in manifest.training["left_out"]
    assert manifest.training["tracks"]["sirens"] == 30
    assert manifest.training["tracks"]["jazz"] == 0
    assert manifest.version == "2.0.0"


def test_it_learned_what_it_had_no_word_for(trained: tuple[Path, str, str]) -> None:
    model, stdout, _ = trained
    manifest = bundle.load_bundle(model).manifest
    assert manifest.metrics["per_genre"]["sirens"]["recall"] >= 0.9
    assert manifest.metrics["tracks"] == 66
    assert predict(SHIPPED, "sirens", 14).label is None
    assert predict(model, "sirens", 14).label == "sirens"
    assert "accuracy" in stdout


def test_it_says_what_became_of_the_labels_it_started_with(trained: tuple[Path, str, str]) -> None:
    model, _, _ = trained
    start = bundle.load_bundle(model).manifest.training["start"]
    assert (start["name"], start["version"]) == ("msd-musicnn-1", "1.5.0")
    assert start["tracks"] == 36
    assert start["accuracy_now"] > start["accuracy"]
    assert start["p_value"] < 0.05
    card = (model / "README.md").read_text()
    assert "Training started from msd-musicnn-1 1.5.0." in card
    assert "Left out: crackle" in card


def test_segments_add_up_to_the_track(trained: tuple[Path, str, str]) -> None:
    """The calibrated mean of the windows' log-probabilities, as for any other model."""
    model, _, _ = trained
    prediction = Classifier.load(model).predict(random_track(400))
    segments = np.array([list(segment.probabilities.values()) for segment in prediction.segments])
    mean = np.exp(np.log(segments).mean(axis=0))
    assert list(prediction.probabilities.values()) == pytest.approx(mean / mean.sum(), abs=1e-6)


def test_graph_vectors_and_embeddings_are_those_of_the_start(trained: tuple[Path, str, str]) -> None:
    model, _, _ = trained
    assert (model / bundle.GRAPH).read_bytes() == (SHIPPED / bundle.GRAPH).read_bytes()
    new, old = (Classifier.load(path).predict(random_track(300)) for path in (model, SHIPPED))
    assert (new.vector, new.embedding, new.moods) == (old.vector, old.embedding, old.moods)
    shipped = bundle.load_bundle(SHIPPED)
    assert bundle.load_bundle(model).manifest.embedding_space == shipped.manifest.embedding_space
    competing = bundle.load_bundle(model).known
    assert competing is not None
    assert shipped.known is not None
    assert len(competing.genres) > len(shipped.known.genres)
    assert set(competing.genres) - set(shipped.known.genres) == {"sirens"}


def test_evaluate_tells_how_well_it_can_be_taught(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = write(tmp_path, dataset.take(np.isin(dataset.genres, ["pop", "rock"])))
    call_command("evaluate", str(chosen), model=str(SHIPPED), json=True)
    learning = json.loads(capsys.readouterr().out)["learning"]
    assert learning["examples"] == 5
    assert set(learning["per_genre"]) == {"pop", "rock"}
    assert learning["precision_at_10"] > 0.9
    call_command("evaluate", str(chosen), model=str(SHIPPED))
    assert "taught by 5 tracks" in capsys.readouterr().out


def test_labels_at_random_are_not_learned(dataset: Dataset, tmp_path: Path) -> None:
    artists, labels = np.unique(dataset.artists), bundle.load_bundle(SHIPPED).manifest.labels
    dealt = np.random.default_rng(1).permutation(len(artists)) % len(labels)
    genre_of = dict(zip(artists, np.array(labels)[dealt], strict=True))
    genres = np.array([genre_of[artist] for artist in dataset.artists])
    with pytest.raises(CommandError, match="Nothing was learned that holds"):
        train(write(tmp_path, replace(dataset, genres=genres)), tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_dataset_of_few_artists_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    few = dataset.take(np.isin(dataset.artists, ["pop artist 0", "rock artist 1"]))
    with pytest.raises(CommandError, match="at least 5 artists"):
        train(write(tmp_path, few), tmp_path / "mine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": "msd", "pretrained": Path()}, "takes no --recipe, --pretrained"),
        ({"epochs": 3}, "takes no --epochs"),
        ({"start": bundle.DEFAULT_MODELS_DIR / "mfcc-cnn-1"}, "no learning vectors"),
        ({"start": Path("absent")}, "There is no model in absent"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    dataset: Dataset, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        train(write(tmp_path, dataset), tmp_path / "mine", **options)


def adapted(folder: Path, weights: NDArray[Any], added: list[str]) -> Path:
    """The shipped model with a residual layer."""
    shutil.copytree(SHIPPED, folder)
    np.savez(folder / residual_layer.FILE, weights=weights)
    manifest = bundle.load_bundle(SHIPPED).manifest
    weights_of = {**manifest.weights, residual_layer.FILE: ""}
    bundle.write_manifest(folder, replace(manifest, labels=[*manifest.labels, *added], weights=weights_of))
    return folder


def test_a_residual_layer_of_zeros_changes_nothing(tmp_path: Path) -> None:
    same = adapted(tmp_path / "same", ResidualLayer.identity(128, 10).weights, [])
    old, new = (Classifier.load(path).predict(random_track(300)) for path in (SHIPPED, same))
    assert list(new.probabilities.values()) == pytest.approx(list(old.probabilities.values()), abs=1e-9)
    assert new.vector == old.vector


@pytest.mark.parametrize(
    ("weights", "added", "message"),
    [
        (np.zeros((5, 10)), [], "does not fit"),
        (np.zeros((129, 10)), ["sirens"], "does not fit"),
        (np.zeros((129, 9)), [], "does not fit"),
        (np.full((129, 10), np.nan), [], "cannot be used"),
        (np.zeros((129, 10), np.float32), [], "cannot be used"),
        (np.array(["a"]), [], "cannot be used"),
    ],
)
def test_a_residual_layer_that_does_not_fit_is_refused(
    tmp_path: Path, weights: NDArray[Any], added: list[str], message: str
) -> None:
    with pytest.raises(bundle.BundleError, match=message):
        Classifier.load(adapted(tmp_path / "bad", weights, added))


def test_one_layer_after_another_adds_up() -> None:
    """Fitted on what a model with a layer gives, a second layer does the same on top of the graph."""
    rng = np.random.default_rng(0)
    log_p, learning = np.log(rng.dirichlet(np.ones(3), 5)), rng.normal(size=(5, 4))
    first, second = rng.normal(size=(5, 4)), rng.normal(size=(5, 6))
    once = ResidualLayer(first).apply(log_p, learning)
    twice = ResidualLayer(second).apply(once, learning)
    assert ResidualLayer(first).changed_by(second).apply(log_p, learning) == pytest.approx(twice)


def test_tensorflow_is_not_needed() -> None:
    code = "import sys, classifier.fine_tuning as _; assert not {'tensorflow', 'keras', 'sklearn'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
