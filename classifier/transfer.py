"""Training on top of a pretrained network: a dataset and `MSD_musicnn` to a bundle.

The pretrained network and MFCC statistics describe each window; a head tells its genre (`heads`), which has
learned from the tracks as they are and from copies of them in a narrow band. It is judged by cross-validation
over all tracks, no artist in two folds; temperature and threshold are fitted on what each fold's head says of
tracks that it was not trained on. The shipped one is trained on all tracks. Everything, from the log-mel
window on, is one LiteRT graph.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from classifier import bundle, heads, msd, plots, speech, work
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.card import model_card
from classifier.crossvalidation import Deal, Recordings, deal, in_bad_sound
from classifier.datasets import Dataset, DatasetError, artist_folds
from classifier.description import describe, hear_both, hear_dataset, hear_sounds, network_key
from classifier.evaluation import evaluate
from classifier.features import FeatureConfig
from classifier.heads import Head, Lesson
from classifier.inference import softmax
from classifier.moods import MOODS, quantile_table
from classifier.robustness import spectrograms

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]

#: Windows that the exported graph takes at once.
BATCH = 4
#: Where the moods are among the network's tags, which come first in a description.
MOOD_TAGS = list(MOODS.values())
#: What is noted of every deal of the artists into folds.
SPREAD = ("accuracy", "balanced_accuracy", "ece", "coverage", "selective_accuracy")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out, with the data and the pretrained weights.

    `sounds_without_genre` and `voices` are how many of them teach what no music is; `narrow_copies` are how
    many of each track teach what music in a narrow band sounds like.
    `strength` is the inverse of the regression's penalty; `seed` makes the sounds and deals the artists into
    folds, `deals` times, to see how much the figures depend on that.
    """

    seed: int = 0
    folds: int = 5
    deals: int = 3
    strength: float = 0.002
    sounds_without_genre: int = 1000
    voices: int = 300
    narrow_copies: int = 2
    target_accuracy: float = 0.91
    embedding: int = 64
    max_windows: int = 32

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def export(network: keras.Model, genre: Head, embedding: Head, path: Path) -> None:
    """Write network and heads as a LiteRT graph that takes `BATCH` windows; `path` must end in `.tflite`.

    Its outputs are `log_probabilities`, `embedding` and `moods`, the pretrained network's logits of `MOODS`.
    """
    inputs = keras.Input(batch_shape=(BATCH, *network.input_shape[1:]), name="log_mel")
    described = network(inputs, training=False)
    logits, axes = layers.Dense(len(genre.bias)), layers.Dense(len(embedding.bias))
    outputs = {
        "log_probabilities": heads.genre_log_probabilities(logits(described)),
        "embedding": axes(described),
        "moods": ops.take(described, MOOD_TAGS, axis=1),
    }
    for layer, head in ((logits, genre), (axes, embedding)):
        layer.set_weights([head.kernel, head.bias])
    keras.Model(inputs, outputs).export(path, format="litert", verbose=False)


def train(
    dataset: Dataset,
    weights: msd.Weights,
    out: Path,
    recipe: Recipe,
    progress: Progress,
    source: str,
    *,
    version: str = "1.0.0",
    folder: Path | None = None,
    audio: Path | None = None,
    spoken: Sequence[Path] = (),
) -> bundle.Manifest:
    """Judge by cross-validation, train on all tracks, and write the bundle to the folder `out`.

    `weights` are the pretrained network's (`msd.read_weights`); `source` says in a sentence what the tracks
    are. `folder` keeps what takes long (`work.kept`): started again after a kill, training goes on there.
    `audio` is a folder genre/track.* with the sound of some of the tracks: heads learn from it beside what the
    data set has of them, and what bad sound costs is measured on it.
    `spoken` are files of speech, which is no music.
    Raises DatasetError when there are too few genres or tracks.
    """
    labels = dataset.labels
    truth = np.array([labels.index(str(genre)) for genre in dataset.genres])
    if len(labels) < 2:
        raise DatasetError("There is only one genre.")
    dealt = [artist_folds(dataset, recipe.folds, recipe.seed + number) for number in range(recipe.deals)]
    for folds in dealt:
        for fold in range(recipe.folds):
            if len(set(truth[folds != fold])) < len(labels) or not (folds == fold).any():
                raise DatasetError(f"Each genre needs tracks of several artists for {recipe.folds} folds.")
    network = describe(weights, dataset.config)
    described, narrowed = hear_dataset(network, dataset, recipe.narrow_copies, recipe.seed, progress, folder)
    sounds, narrow_sounds = no_music(network, dataset.config, recipe, spoken, folder)
    taught, recordings = described, None
    if audio is not None:
        recordings = Recordings.of(dataset, audio)
        taught = recordings.beside(
            described, recordings.hear(network, dataset.config, None, progress, folder)
        )
    whole, narrow = Lesson(taught, sounds), Lesson(narrowed, narrow_sounds)
    deals = [
        deal(described, whole, narrow, truth, folds, recipe.strength, progress, folder) for folds in dealt
    ]
    log_p = deals[0].log_probabilities
    temperature = fit_temperature(log_p, truth)
    threshold = fit_threshold(softmax(log_p / temperature), truth, recipe.target_accuracy)
    metrics = {
        "trained_on": f"{recipe.folds - 1} of {recipe.folds} folds of {len(dataset)} tracks, in turn",
        "measured_on": f"the other fold ({len(dataset)} tracks in all)",
        "split_by": "artist" if any(dataset.artists) else "track",
        "note": "Cross-validation. The model in this bundle was trained on all tracks. Calibration and "
        "threshold are cross-fitted in the same folds.",
        **judged(dataset, deals[0], truth, recipe),
        "other_deals": [
            {key: measures[key] for key in SPREAD}
            for measures in (judged(dataset, other, truth, recipe) for other in deals[1:])
        ],
    }
    if recordings is not None:
        metrics["robustness"] = in_bad_sound(dataset, described, deals, network, recordings, progress, folder)
    if earlier := {of: told for of, told in bundle.earlier_figures(out).items() if of != version}:
        metrics["earlier"] = earlier
    out.mkdir(parents=True, exist_ok=True)
    genre = heads.fit(whole, narrow, truth, recipe.strength)
    export(network, genre, heads.projection(described, truth, recipe.embedding), out / bundle.GRAPH)
    moods = quantile_table(np.stack([windows[:, MOOD_TAGS].mean(axis=0) for windows in described]))
    manifest = _manifest(
        out.name,
        labels,
        dataset,
        recipe,
        temperature,
        threshold,
        metrics,
        source,
        version,
        moods,
        len(spoken),
    )
    manifest = bundle.write(out, manifest)
    (out / "reliability.svg").write_text(plots.reliability(metrics["reliability"]), encoding="utf-8")
    if not (out / "README.md").exists():  # a card that someone has written on is theirs
        (out / "README.md").write_text(model_card(manifest), encoding="utf-8")
    return manifest


def no_music(
    network: keras.Model, config: FeatureConfig, recipe: Recipe, spoken: Sequence[Path], folder: Path | None
) -> tuple[FloatArray, FloatArray]:
    """What the network says of windows of synthesized sounds, of synthesized voices, and of `spoken`.

    Of them as they are, and of them in a narrow band.
    """
    kinds = [hear_sounds(network, config, recipe.sounds_without_genre, recipe.seed, folder)]
    length, rng = 2 * network.input_shape[1], np.random.default_rng(recipe.seed)
    voices = speech.speech_spectrograms(recipe.voices, config, length, rng)
    heard_by = network_key(network, config)
    made_of = work.key(speech, f"{recipe.voices} {recipe.seed} {length}", heard_by)
    kinds.append(hear_both(network, voices, config, 1, recipe.seed, folder, "voices", made_of))
    if spoken:
        made_of = work.key(*(file.read_bytes().hex() for file in spoken), heard_by)
        read = spectrograms(spoken, config)
        kinds.append(hear_both(network, read, config, 1, recipe.seed, folder, "spoken", made_of))
    whole, narrow = (
        np.concatenate([rows for told in of for rows in told]) for of in zip(*kinds, strict=True)
    )
    return whole, narrow


def judged(dataset: Dataset, deal: Deal, truth: NDArray[np.int64], recipe: Recipe) -> dict[str, Any]:
    """The measures of one cross-validation, temperature and threshold fitted on the other folds."""
    probabilities, sure = cross_fitted(deal.log_probabilities, truth, deal.folds, recipe.target_accuracy)
    return evaluate([str(genre) for genre in dataset.genres], probabilities, dataset.labels, sure)


def _manifest(
    name: str,
    labels: list[str],
    dataset: Dataset,
    recipe: Recipe,
    temperature: float,
    threshold: float,
    metrics: dict[str, Any],
    source: str,
    version: str,
    moods: dict[str, list[float]],
    spoken: int,
) -> bundle.Manifest:
    genres, counts = np.unique(dataset.genres, return_counts=True)
    libraries = ("ai-edge-litert", "keras", "librosa", "numpy", "scikit-learn")
    return bundle.Manifest(
        name=name,
        version=version,
        labels=labels,
        features=dataset.config,
        window_frames=msd.window_frames(dataset.config),
        temperature=temperature,
        threshold=threshold,
        weights={bundle.GRAPH: ""},
        input="log_mel",
        max_windows=recipe.max_windows,
        moods=moods,
        network={"pretrained": "MSD_musicnn of musicnn 0.1.0 (ISC licence), with MFCC statistics"},
        training={
            "data": source,
            "tracks": {str(genre): int(count) for genre, count in zip(genres, counts, strict=True)},
            "recipe": recipe.as_dict(),
            "spoken": spoken,
        },
        metrics=metrics,
        libraries={library: importlib.metadata.version(library) for library in libraries}
        | {"tensorflow": tf.__version__},
    )
