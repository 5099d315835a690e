"""Train on from a finished model: from a dataset and a bundle to a new bundle. Needs no TensorFlow.

The new model keeps the bundle's graph and puts a `residual_layer` on top, whose weights are held near 0, that is, near
the model it starts from. Labels that the dataset has and the model lacks are added when there is enough of them. What
is measured is measured on artists that the layer was not fitted on; the model that it starts from may know them.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import bundle, plots, residual_layer, speech
from classifier.augmentation import sounds_without_genre
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.datasets import Dataset, DatasetError, dequantise, folds_by_artist
from classifier.evaluation import evaluate
from classifier.inference import Classifier, softmax
from classifier.learning import guard, known, vectors
from classifier.model_card import render_model_card
from classifier.residual_fitting import (
    LabelledTracks,
    choose_penalty,
    extract_examples,
    fit,
    predict_held_out,
)
from classifier.residual_layer import ResidualLayer

DoubleArray = NDArray[np.float64]
Progress = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True)
class FineTuningRecipe:
    """The parameters of a training run. With the data and the model it starts from they determine the result.

    A label that the model lacks is added from `label_tracks` tracks of `label_artists` artists on. `sounds` and
    `voices` are the numbers of synthesized sounds and voices that stand for all that is not music. `seed` determines
    them and the assignment of artists to `folds`. The threshold aims at `target_accuracy` where the model answers.
    """

    seed: int = 0
    folds: int = 5
    label_tracks: int = 30
    label_artists: int = 10
    sounds: int = 200
    voices: int = 60
    target_accuracy: float = 0.91

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def extract_dataset(classifier: Classifier, dataset: Dataset, progress: Progress) -> LabelledTracks:
    """What a model gives for the tracks of a dataset."""
    log_mels = (dataset.log_mel(track) for track in progress(range(len(dataset)), "listen"))
    return LabelledTracks(extract_examples(classifier, log_mels), dataset.genres, dataset.artists)


def fine_tune(
    tracks: LabelledTracks,
    start: Path,
    out: Path,
    recipe: FineTuningRecipe,
    source: str,
    version: str = "1.0.0",
) -> bundle.Manifest:
    """Evaluate by cross-validation, fit on all tracks, and write the bundle to the folder `out`.

    `start` is the folder of the bundle that training starts from and that the tracks' examples are of; `source` is a
    sentence that says what the tracks are. Tracks of labels that are unknown and too few are left out; they are listed
    in the manifest. Raises DatasetError when nothing is learned that holds for artists left out, or there are too few;
    BundleError when the bundle cannot be started from.
    """
    base = load_start(start)
    labels, left_out = choose_labels(tracks, base.manifest.labels, recipe)
    tracks = tracks.take(np.isin(tracks.genres, labels))
    if len(set(tracks.genres)) < 2:
        raise DatasetError("There must be tracks of at least two genres.")
    examples = tracks.examples.with_labels(len(labels))
    classifier = Classifier(base)
    sounds = extract_examples(classifier, _non_music(classifier, recipe)).with_labels(len(labels))
    truth = np.array([labels.index(str(genre)) for genre in tracks.genres], np.int64)
    penalty = choose_penalty(examples, sounds, truth, _folds(tracks, recipe, recipe.seed))
    # Other folds than the penalty was chosen with, so that it has not seen what it is measured on.
    folds = _folds(tracks, recipe, recipe.seed + 1)
    held_out = predict_held_out(examples, sounds, truth, folds, penalty)
    before, _ = cross_fitted(examples.logits, truth, folds, recipe.target_accuracy)
    after, sure = cross_fitted(held_out, truth, folds, recipe.target_accuracy)
    compared = _compare(after, before, truth, tracks.artists)
    if not compared.better:
        raise DatasetError(
            f"Nothing was learned that holds for artists left out (p = {compared.p_value:.2f}): "
            f"{base.manifest.name} stays the better model, and nothing was written."
        )
    temperature = fit_temperature(held_out, truth)
    started_from = {
        "name": base.manifest.name,
        "version": base.manifest.version,
        "sha256": base.manifest.weights[bundle.GRAPH],
        **_on_known_labels(before, after, truth, len(base.manifest.labels)),
        "p_value": compared.p_value,
    }
    manifest = replace(
        base.manifest,
        name=out.name,
        version=version,
        labels=labels,
        temperature=temperature,
        threshold=fit_threshold(softmax(held_out / temperature), truth, recipe.target_accuracy),
        weights={bundle.GRAPH: "", known.FILE: "", residual_layer.FILE: ""},
        embedding_space=base.manifest.embedding_space or f"{base.manifest.name} {base.manifest.version}",
        training={
            "data": source,
            "tracks": {label: int((tracks.genres == label).sum()) for label in labels},
            "left_out": left_out,
            "recipe": recipe.as_dict() | {"penalty": penalty},
            "start": started_from,
        },
        metrics=_metrics(base.manifest, tracks, recipe)
        | evaluate([str(genre) for genre in tracks.genres], after, labels, sure),
        libraries={name: importlib.metadata.version(name) for name in ("ai-edge-litert", "librosa", "numpy")},
    )
    earlier = {name: rows for name, rows in bundle.earlier_metrics(out).items() if name != version}
    if earlier:
        manifest.metrics["earlier"] = earlier
    weights = fit(examples, sounds, truth, penalty)
    return _write(out, start, manifest, base, weights, _known(base, tracks, labels))


def load_start(start: Path) -> bundle.Bundle:
    """Load a bundle that training can start from. Raises BundleError."""
    base = bundle.load_bundle(start)
    if base.known is None:
        raise bundle.BundleError(f"{start} has no learning vectors, so training cannot start from it.")
    return base


def choose_labels(
    tracks: LabelledTracks, labels: list[str], recipe: FineTuningRecipe
) -> tuple[list[str], dict[str, str]]:
    """The labels of the new model: the given ones, then those of the tracks of which there is enough.

    Also returns why others are left out, by label. A track of an unknown artist counts as a track, not as an artist.
    """
    added, left_out = [], {}
    for genre in sorted({str(genre) for genre in tracks.genres} - set(labels)):
        own = tracks.genres == genre
        artists = len(set(tracks.artists[own]) - {""})
        if own.sum() >= recipe.label_tracks and artists >= recipe.label_artists:
            added.append(genre)
        else:
            left_out[genre] = (
                f"{own.sum()} tracks of {artists} known artists; a new label needs {recipe.label_tracks} "
                f"of {recipe.label_artists}"
            )
    return [*labels, *added], left_out


def _folds(tracks: LabelledTracks, recipe: FineTuningRecipe, seed: int) -> NDArray[np.int64]:
    known_artists = set(tracks.artists) - {""}
    if len(known_artists) + int((tracks.artists == "").sum()) < recipe.folds:
        raise DatasetError(f"There must be tracks of at least {recipe.folds} artists.")
    return folds_by_artist(tracks.genres, tracks.artists, recipe.folds, seed)


def _compare(
    after: DoubleArray, before: DoubleArray, truth: NDArray[np.int64], artists: NDArray[np.str_]
) -> guard.Comparison:
    """Whether held-out tracks' labels are more probable after training than before."""
    own = np.arange(len(truth)), truth
    candidate, active = (np.log(np.maximum(probabilities[own], 1e-12)) for probabilities in (after, before))
    return guard.compare(candidate, active, artists)


def _metrics(start: bundle.Manifest, tracks: LabelledTracks, recipe: FineTuningRecipe) -> dict[str, Any]:
    """What the metrics were measured on."""
    return {
        "trained_on": f"{recipe.folds - 1} of {recipe.folds} folds of {len(tracks)} tracks, in turn",
        "measured_on": f"the other fold ({len(tracks)} tracks in all)",
        "split_by": "artist" if any(tracks.artists) else "track",
        "note": f"Cross-validation of what was learned on top of {start.name} {start.version}, which may have been "
        "trained on some of these tracks. The model in this bundle was trained on all of them. Calibration and "
        "threshold are cross-fitted in the same folds.",
    }


def _non_music(classifier: Classifier, recipe: FineTuningRecipe) -> Iterable[NDArray[np.float32]]:
    """Spectrograms of synthesized sounds and voices, two windows long."""
    features, rng = classifier.manifest.features, np.random.default_rng(recipe.seed)
    frames = 2 * classifier.manifest.window_frames
    for sound in sounds_without_genre(recipe.sounds, features, frames, rng):
        yield dequantise(sound, features.top_db)
    yield from speech.speech_spectrograms(recipe.voices, features, frames, rng)


def _on_known_labels(
    before: DoubleArray, after: DoubleArray, truth: NDArray[np.int64], labels: int
) -> dict[str, Any]:
    """On tracks of labels that the model had already: how many, its accuracy, and the new model's."""
    known_ones = truth < labels
    if not known_ones.any():
        return {"tracks": 0}
    return {
        "tracks": int(known_ones.sum()),
        "accuracy": float((before[:, :labels].argmax(axis=1) == truth)[known_ones].mean()),
        "accuracy_now": float((after.argmax(axis=1) == truth)[known_ones].mean()),
    }


def _known(base: bundle.Bundle, tracks: LabelledTracks, labels: list[str]) -> known.KnownGenres:
    """The known genres of the model that training started from, and the added ones."""
    assert base.known is not None
    added = np.isin(tracks.genres, [label for label in labels if label not in base.manifest.labels])
    if not added.any():
        return base.known
    names, centroids = vectors.known_centroids(tracks.examples.vectors[added], tracks.genres[added])
    return known.KnownGenres([*base.known.genres, *names], np.concatenate([base.known.centroids, centroids]))


def _write(
    out: Path,
    start: Path,
    manifest: bundle.Manifest,
    base: bundle.Bundle,
    weights: DoubleArray,
    known_genres: known.KnownGenres,
) -> bundle.Manifest:
    out.mkdir(parents=True, exist_ok=True)
    if start.resolve() != out.resolve():
        shutil.copyfile(start / bundle.GRAPH, out / bundle.GRAPH)
    known_genres.write(out)
    earlier = base.residual or ResidualLayer.identity(len(weights) - 1, len(base.manifest.labels))
    earlier.changed_by(weights).write(out)
    manifest = bundle.write_manifest(out, manifest)
    diagram = plots.reliability_diagram(manifest.metrics["reliability"])
    (out / "reliability.svg").write_text(diagram, encoding="utf-8")
    if not (out / "README.md").exists():  # do not overwrite a card that somebody has edited
        (out / "README.md").write_text(render_model_card(manifest), encoding="utf-8")
    return manifest
