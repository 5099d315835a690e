"""Train a model on top of the pretrained network `MSD_musicnn`: from a dataset to a bundle.

The pretrained network and MFCC statistics embed each window (`window_embeddings`); a head predicts its genre (`heads`).
The head is trained on the tracks as they are and on copies of them in a narrow band. It is evaluated by
cross-validation over all tracks, with each artist in one fold; temperature and threshold are fitted on the predictions
for held-out tracks. The shipped head is trained on all tracks. Everything after the log-mel window is one LiteRT graph.
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

from classifier import bundle, heads, msd, plots, speech
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.checkpoints import checkpoint_key
from classifier.crossvalidation import CVRepeat, Recordings, cross_validate, measure_robustness
from classifier.datasets import Dataset, DatasetError, artist_folds
from classifier.evaluation import evaluate
from classifier.features import FeatureConfig
from classifier.heads import Head, TrainingSet
from classifier.inference import softmax
from classifier.learning import figures, known, vectors
from classifier.model_card import render_model_card
from classifier.moods import MOODS, quantile_table
from classifier.robustness import degraded_log_mels
from classifier.window_embeddings import (
    embedding_network,
    extract_dataset_embeddings,
    extract_non_music_sounds,
    extract_with_narrow_band,
    network_key,
)

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]

#: Number of windows per call of the exported graph.
BATCH = 4
#: Columns of the moods in a window embedding, which begins with the network's tags.
MOOD_TAGS = list(MOODS.values())
#: The metrics that are stored for every repeat of the cross-validation.
REPEAT_METRICS = ("accuracy", "balanced_accuracy", "ece", "coverage", "selective_accuracy")


@dataclass(frozen=True)
class TransferRecipe:
    """The parameters of a training run. With the data and the pretrained weights they determine the result.

    `sounds_without_genre` and `voices` are the numbers of synthesized sounds and voices used as non-music;
    `narrow_copies` is the number of narrow-band copies of each track. `strength` is the inverse of the regression's
    penalty. `seed` determines the sounds and the assignment of artists to folds, which is repeated `deals` times to see
    how much the metrics depend on it. The names are stored in manifests.
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
    learning: int = vectors.SIZE
    max_windows: int = 32

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def export_graph(
    network: keras.Model,
    genre_head: Head,
    embedding_head: Head,
    path: Path,
    learning_head: Head | None = None,
) -> None:
    """Write network and heads as a LiteRT graph that takes `BATCH` windows. `path` must end in `.tflite`.

    The outputs are `log_probabilities`, `embedding`, `moods` (the pretrained network's logits of `MOODS`) and, with a
    `learning_head`, `learning`: a track's learning vector is the mean of its windows', scaled to length 1.
    """
    inputs = keras.Input(batch_shape=(BATCH, *network.input_shape[1:]), name="log_mel")
    window_embeddings = network(inputs, training=False)
    logits, axes = layers.Dense(len(genre_head.bias)), layers.Dense(len(embedding_head.bias))
    outputs = {
        "log_probabilities": heads.genre_log_probabilities(logits(window_embeddings)),
        "embedding": axes(window_embeddings),
        "moods": ops.take(window_embeddings, MOOD_TAGS, axis=1),
    }
    pairs = [(logits, genre_head), (axes, embedding_head)]
    if learning_head is not None:
        pairs.append((layers.Dense(len(learning_head.bias)), learning_head))
        outputs["learning"] = pairs[-1][0](window_embeddings)
    for layer, head in pairs:
        layer.set_weights([head.kernel, head.bias])
    keras.Model(inputs, outputs).export(path, format="litert", verbose=False)


def train_transfer(
    dataset: Dataset,
    weights: msd.Weights,
    out: Path,
    recipe: TransferRecipe,
    progress: Progress,
    source: str,
    *,
    version: str = "1.0.0",
    folder: Path | None = None,
    audio: Path | None = None,
    speech_files: Sequence[Path] = (),
) -> bundle.Manifest:
    """Evaluate by cross-validation, train on all tracks, and write the bundle to the folder `out`.

    `weights` are those of the pretrained network (`msd.read_weights`). `source` is a sentence that says what the tracks
    are. `folder` caches what takes long (`cached_arrays`), so that an interrupted training can be resumed. `audio` is a
    folder genre/track.* with recordings of some of the tracks: heads are trained on them as well, and robustness is
    measured on them. `speech_files` are recordings of speech, used as non-music.
    Raises DatasetError when there are too few genres or tracks.
    """
    labels = dataset.labels
    truth = np.array([labels.index(str(genre)) for genre in dataset.genres])
    if len(labels) < 2:
        raise DatasetError("There is only one genre.")
    fold_assignments = [
        artist_folds(dataset, recipe.folds, recipe.seed + number) for number in range(recipe.deals)
    ]
    for folds in fold_assignments:
        for fold in range(recipe.folds):
            if len(set(truth[folds != fold])) < len(labels) or not (folds == fold).any():
                raise DatasetError(f"Each genre needs tracks of several artists for {recipe.folds} folds.")
    network = embedding_network(weights, dataset.config)
    window_embeddings, narrow_embeddings = extract_dataset_embeddings(
        network, dataset, recipe.narrow_copies, recipe.seed, progress, folder
    )
    sounds, narrow_sounds = extract_non_music(network, dataset.config, recipe, speech_files, folder)
    training_embeddings, recordings = window_embeddings, None
    if audio is not None:
        recordings = Recordings.find(dataset, audio)
        training_embeddings = recordings.appended_to(
            window_embeddings, recordings.embed(network, dataset.config, None, progress, folder)
        )
    whole, narrow = TrainingSet(training_embeddings, sounds), TrainingSet(narrow_embeddings, narrow_sounds)
    repeats = [
        cross_validate(window_embeddings, whole, narrow, truth, folds, recipe.strength, progress, folder)
        for folds in fold_assignments
    ]
    log_p = repeats[0].log_probabilities
    temperature = fit_temperature(log_p, truth)
    threshold = fit_threshold(softmax(log_p / temperature), truth, recipe.target_accuracy)
    metrics = {
        "trained_on": f"{recipe.folds - 1} of {recipe.folds} folds of {len(dataset)} tracks, in turn",
        "measured_on": f"the other fold ({len(dataset)} tracks in all)",
        "split_by": "artist" if any(dataset.artists) else "track",
        "note": "Cross-validation. The model in this bundle was trained on all tracks. Calibration and "
        "threshold are cross-fitted in the same folds.",
        **evaluate_repeat(dataset, repeats[0], truth, recipe),
        "other_deals": [
            {key: measures[key] for key in REPEAT_METRICS}
            for measures in (evaluate_repeat(dataset, repeat, truth, recipe) for repeat in repeats[1:])
        ],
    }
    taught = teaching_figures_held_out(
        window_embeddings, dataset.genres, fold_assignments[0], recipe.learning
    )
    if taught:
        metrics["learning"] = taught
    if recordings is not None:
        metrics["robustness"] = measure_robustness(
            dataset, window_embeddings, repeats, network, recordings, progress, folder
        )
    earlier = {name: values for name, values in bundle.earlier_metrics(out).items() if name != version}
    if earlier:
        metrics["earlier"] = earlier
    out.mkdir(parents=True, exist_ok=True)
    genre_head = heads.fit_genre_head(whole, narrow, truth, recipe.strength)
    projection, known_genres = learning_space(window_embeddings, dataset.genres, recipe.learning)
    known_genres.write(out)
    embedding_head = heads.fit_projection(window_embeddings, truth, recipe.embedding)
    learning_head = Head(projection.kernel, projection.bias)
    export_graph(network, genre_head, embedding_head, out / bundle.GRAPH, learning_head)
    moods = quantile_table(np.stack([windows[:, MOOD_TAGS].mean(axis=0) for windows in window_embeddings]))
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
        len(speech_files),
    )
    manifest = bundle.write_manifest(out, manifest)
    (out / "reliability.svg").write_text(plots.reliability_diagram(metrics["reliability"]), encoding="utf-8")
    if not (out / "README.md").exists():  # do not overwrite a card that somebody has edited
        (out / "README.md").write_text(render_model_card(manifest), encoding="utf-8")
    return manifest


def learning_space(
    window_embeddings: list[FloatArray], genres: NDArray[np.str_], size: int
) -> tuple[vectors.Projection, known.KnownGenres]:
    """Fit what makes the learning vectors of up to `size` numbers, and the known genres among them.

    Takes the window embeddings (windows, numbers) of each track, and the tracks' genres.
    """
    means = np.stack([windows.mean(axis=0) for windows in window_embeddings])
    projection = vectors.fit(means, genres, min(size, *means.shape))
    tracks = np.stack([projection.apply(windows) for windows in window_embeddings])
    return projection, known.KnownGenres(*vectors.known_centroids(tracks, genres))


def teaching_figures_held_out(
    window_embeddings: list[FloatArray],
    genres: NDArray[np.str_],
    folds: NDArray[np.int64],
    size: int,
) -> dict[str, Any] | None:
    """How well genres can be taught that nothing was fitted on, as `figures.teaching_figures` returns it.

    Vectors of up to `size` numbers are fitted anew for each genre and fold: without the genre, and without the fold,
    whose tracks are those to be found. The examples are of the other folds. Arguments as for `cross_validate`.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for number, genre in enumerate(np.unique(genres)):
        own = genres == genre
        for fold in np.unique(folds):
            pool, library = np.flatnonzero(own & (folds != fold)), folds == fold
            fitted = np.flatnonzero(~own & ~library)
            if len(pool) < figures.EXAMPLES or not (own & library).any() or len(set(genres[fitted])) < 2:
                continue
            projection, known_genres = learning_space(
                [window_embeddings[track] for track in fitted], genres[fitted], size
            )
            rows = np.stack([projection.apply(windows) for windows in window_embeddings])
            for draw in range(figures.DRAWS):
                rng = np.random.default_rng([number, int(fold), draw])
                examples = rng.choice(pool, figures.EXAMPLES, replace=False)
                found.setdefault(str(genre), []).append(
                    figures.ranking_of_taught(rows, examples, library, own, known_genres.centroids)
                )
    return figures.summary(found)


def extract_non_music(
    network: keras.Model,
    config: FeatureConfig,
    recipe: TransferRecipe,
    speech_files: Sequence[Path],
    folder: Path | None,
) -> tuple[FloatArray, FloatArray]:
    """Return window embeddings of non-music: synthesized sounds, synthesized voices, and `speech_files`.

    The first array is of the sounds as they are, the second of the sounds in a narrow band.
    """
    embeddings = [extract_non_music_sounds(network, config, recipe.sounds_without_genre, recipe.seed, folder)]
    length, rng = 2 * network.input_shape[1], np.random.default_rng(recipe.seed)
    voices = speech.speech_spectrograms(recipe.voices, config, length, rng)
    key_of_network = network_key(network, config)
    data_key = checkpoint_key(speech, f"{recipe.voices} {recipe.seed} {length}", key_of_network)
    embeddings.append(
        extract_with_narrow_band(network, voices, config, 1, recipe.seed, folder, "voices", data_key)
    )
    if speech_files:
        data_key = checkpoint_key(*(file.read_bytes().hex() for file in speech_files), key_of_network)
        log_mels = degraded_log_mels(speech_files, config)
        embeddings.append(
            extract_with_narrow_band(network, log_mels, config, 1, recipe.seed, folder, "spoken", data_key)
        )
    whole, narrow = (
        np.concatenate([windows for sounds in version for windows in sounds])
        for version in zip(*embeddings, strict=True)
    )
    return whole, narrow


def evaluate_repeat(
    dataset: Dataset, repeat: CVRepeat, truth: NDArray[np.int64], recipe: TransferRecipe
) -> dict[str, Any]:
    """Return the metrics of one cross-validation, with temperature and threshold fitted on the other folds."""
    probabilities, sure = cross_fitted(repeat.log_probabilities, truth, repeat.folds, recipe.target_accuracy)
    return evaluate([str(genre) for genre in dataset.genres], probabilities, dataset.labels, sure)


def _manifest(
    name: str,
    labels: list[str],
    dataset: Dataset,
    recipe: TransferRecipe,
    temperature: float,
    threshold: float,
    metrics: dict[str, Any],
    source: str,
    version: str,
    moods: dict[str, list[float]],
    speech_count: int,
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
        weights={bundle.GRAPH: "", known.FILE: ""},
        input="log_mel",
        max_windows=recipe.max_windows,
        moods=moods,
        network={"pretrained": "MSD_musicnn of musicnn 0.1.0 (ISC licence), with MFCC statistics"},
        training={
            "data": source,
            "tracks": {str(genre): int(count) for genre, count in zip(genres, counts, strict=True)},
            "recipe": recipe.as_dict(),
            "spoken": speech_count,
        },
        metrics=metrics,
        libraries={library: importlib.metadata.version(library) for library in libraries}
        | {"tensorflow": tf.__version__},
    )
