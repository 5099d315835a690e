"""Window embeddings: what the pretrained network and MFCC statistics extract from windows, for heads to be fitted on.

Conventions: a window embedding is one row of `(windows, features)`, float32. It is used in training only, and is not
to be confused with the embedding of a track, which is shipped in predictions. Functions with `narrow_copies` return
two lists: the embeddings of the tracks as they are, and those of their copies in a narrow band.

Only training and its tests import this module, because it imports TensorFlow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from classifier import augmentation, features, msd
from classifier.augmentation import cepstral_matrix, narrow_band, sounds_without_genre
from classifier.checkpoints import Arrays, cached_arrays, checkpoint_key
from classifier.datasets import Dataset, dequantise
from classifier.features import FeatureConfig
from classifier.inference import window_starts

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]


def embedding_network(weights: msd.Weights, config: FeatureConfig) -> keras.Model:
    """Build the network from log-mel windows in dB (windows, frames, n_mels) to window embeddings.

    A window embedding concatenates MSD_musicnn's outputs with means and standard deviations of the MFCC and of their
    differences from frame to frame.
    """
    inputs = keras.Input((msd.window_frames(config), config.n_mels), name="log_mel")
    musicnn = msd.musicnn(msd.adapt_input(inputs, config), weights)
    cosine = layers.Dense(config.n_mfcc, use_bias=False, trainable=False)
    mfcc = cosine(inputs)
    cosine.set_weights([cepstral_matrix(config).T])
    steps = mfcc[:, 1:] - mfcc[:, :-1]
    parts = [musicnn[name] for name in ("tags", "penultimate", "max", "mean")]
    parts += [ops.mean(mfcc, axis=1), _deviation(mfcc), ops.mean(ops.abs(steps), axis=1), _deviation(steps)]
    return keras.Model(inputs, layers.Concatenate()(parts), name="window_embedding")


def _deviation(x: Any) -> Any:
    centred = x - ops.mean(x, axis=1, keepdims=True)
    return ops.sqrt(ops.mean(ops.square(centred), axis=1) + 1e-6)


def extract_window_embeddings(network: keras.Model, tracks: Iterable[FloatArray]) -> list[FloatArray]:
    """Return the window embeddings of each track, given its log-mel spectrogram (n_mels, frames)."""
    frames = network.input_shape[1]
    call = tf.function(lambda windows: network(windows, training=False), reduce_retracing=True)
    embeddings = []
    for track in tracks:
        positions = window_starts(track.shape[1], frames)[:, None] + np.arange(frames)
        windows = track[:, positions % track.shape[1]].transpose(1, 2, 0)
        embeddings.append(call(tf.constant(windows)).numpy())
    return embeddings


def extract_dataset_embeddings(
    network: keras.Model,
    dataset: Dataset,
    narrow_copies: int,
    seed: int,
    progress: Progress,
    folder: Path | None,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return `extract_with_narrow_band` of the tracks of a data set."""
    tracks = (dataset.log_mel(track) for track in progress(range(len(dataset)), "extract"))
    data_key = checkpoint_key(dataset.mel, dataset.frames, network_key(network, dataset.config))
    return extract_with_narrow_band(
        network, tracks, dataset.config, narrow_copies, seed, folder, "tracks", data_key
    )


def extract_with_narrow_band(
    network: keras.Model,
    tracks: Iterable[FloatArray],
    config: FeatureConfig,
    narrow_copies: int,
    seed: int,
    folder: Path | None,
    name: str,
    key: str,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return the window embeddings of each track, and those of `narrow_copies` narrow-band copies of it in one array.

    They are cached in `folder` as by `extract_cached`.
    """

    def with_copies() -> Iterator[FloatArray]:
        rng = np.random.default_rng(seed)
        for track in tracks:
            yield track
            for _ in range(narrow_copies):
                yield narrow_band(track, config, rng)

    key = checkpoint_key(augmentation, f"{narrow_copies} {seed}", key)
    embeddings = extract_cached(network, with_copies(), folder, name, key)
    versions = 1 + narrow_copies
    of_each = [embeddings[first : first + versions] for first in range(0, len(embeddings), versions)]
    return [track[0] for track in of_each], [np.concatenate(track[1:]) for track in of_each]


def extract_cached(
    network: keras.Model, tracks: Iterable[FloatArray], folder: Path | None, name: str, key: str
) -> list[FloatArray]:
    """Return `extract_window_embeddings`, cached in `folder`; `tracks` is only consumed if they are not there."""

    def extract() -> Arrays:
        embeddings = extract_window_embeddings(network, tracks)
        return {"windows": np.concatenate(embeddings), "counts": np.array([len(rows) for rows in embeddings])}

    arrays = cached_arrays(folder, name, key, extract)
    return np.split(arrays["windows"], np.cumsum(arrays["counts"])[:-1])


def extract_non_music_sounds(
    network: keras.Model, config: FeatureConfig, count: int, seed: int, folder: Path | None = None
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return `extract_with_narrow_band` of `count` synthesized sounds that are not music."""

    def tracks() -> Iterator[FloatArray]:
        rng = np.random.default_rng(seed)
        for sound in sounds_without_genre(count, config, 2 * network.input_shape[1], rng):
            yield dequantise(sound, config.top_db)

    data_key = checkpoint_key(f"{count}", network_key(network, config))
    return extract_with_narrow_band(network, tracks(), config, 1, seed, folder, "sounds", data_key)


def network_key(network: keras.Model, config: FeatureConfig) -> str:
    """Return a key that changes with the network, its code, and how spectrograms are made."""
    return checkpoint_key(msd, features, sys.modules[__name__], repr(config), *network.get_weights())
