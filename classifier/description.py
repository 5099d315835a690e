"""What the pretrained network and MFCC statistics say of windows: the numbers that heads are fitted on.

Only training and its tests import this module: it imports TensorFlow.
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

from classifier import augmentation, features, msd, work
from classifier.augmentation import cepstral_matrix, narrow_band, sounds_without_genre
from classifier.datasets import Dataset, dequantise
from classifier.features import FeatureConfig
from classifier.inference import window_starts

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]


def describe(weights: msd.Weights, config: FeatureConfig) -> keras.Model:
    """The network that describes windows: log-mel in dB (windows, frames, n_mels) to (windows, numbers)."""
    inputs = keras.Input((msd.window_frames(config), config.n_mels), name="log_mel")
    heard = msd.musicnn(msd.adapt(inputs, config), weights)
    cosine = layers.Dense(config.n_mfcc, use_bias=False, trainable=False)
    mfcc = cosine(inputs)
    cosine.set_weights([cepstral_matrix(config).T])
    steps = mfcc[:, 1:] - mfcc[:, :-1]
    parts = [heard[name] for name in ("tags", "penultimate", "max", "mean")]
    parts += [ops.mean(mfcc, axis=1), _deviation(mfcc), ops.mean(ops.abs(steps), axis=1), _deviation(steps)]
    return keras.Model(inputs, layers.Concatenate()(parts), name="describe")


def _deviation(x: Any) -> Any:
    centred = x - ops.mean(x, axis=1, keepdims=True)
    return ops.sqrt(ops.mean(ops.square(centred), axis=1) + 1e-6)


def hear_windows(network: keras.Model, tracks: Iterable[FloatArray]) -> list[FloatArray]:
    """What the network says of the windows of each track, (n_mels, frames): `(windows, numbers)` for each."""
    frames = network.input_shape[1]
    call = tf.function(lambda windows: network(windows, training=False), reduce_retracing=True)
    described = []
    for track in tracks:
        places = window_starts(track.shape[1], frames)[:, None] + np.arange(frames)
        windows = track[:, places % track.shape[1]].transpose(1, 2, 0)
        described.append(call(tf.constant(windows)).numpy())
    return described


def hear_dataset(
    network: keras.Model, dataset: Dataset, copies: int, seed: int, progress: Progress, folder: Path | None
) -> tuple[list[FloatArray], list[FloatArray]]:
    """`hear_both` of the tracks of a data set."""
    tracks = (dataset.log_mel(track) for track in progress(range(len(dataset)), "listen"))
    made_of = work.key(dataset.mel, dataset.frames, network_key(network, dataset.config))
    return hear_both(network, tracks, dataset.config, copies, seed, folder, "tracks", made_of)


def hear_both(
    network: keras.Model,
    tracks: Iterable[FloatArray],
    config: FeatureConfig,
    copies: int,
    seed: int,
    folder: Path | None,
    name: str,
    key: str,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """What the network says of each track as it is, and of `copies` of it in a narrow band, all in one array.

    Kept in `folder` as by `hear_kept`.
    """

    def kinds() -> Iterator[FloatArray]:
        rng = np.random.default_rng(seed)
        for track in tracks:
            yield track
            for _ in range(copies):
                yield narrow_band(track, config, rng)

    told = hear_kept(network, kinds(), folder, name, work.key(augmentation, f"{copies} {seed}", key))
    of_each = [told[first : first + 1 + copies] for first in range(0, len(told), 1 + copies)]
    return [kinds[0] for kinds in of_each], [np.concatenate(kinds[1:]) for kinds in of_each]


def hear_kept(
    network: keras.Model, tracks: Iterable[FloatArray], folder: Path | None, name: str, key: str
) -> list[FloatArray]:
    """`hear_windows`, kept in `folder` (`work.kept`); `tracks` are only taken when they are not there."""

    def listen() -> work.Arrays:
        told = hear_windows(network, tracks)
        return {"windows": np.concatenate(told), "counts": np.array([len(rows) for rows in told])}

    heard = work.kept(folder, name, key, listen)
    return np.split(heard["windows"], np.cumsum(heard["counts"])[:-1])


def hear_sounds(
    network: keras.Model, config: FeatureConfig, count: int, seed: int, folder: Path | None = None
) -> tuple[list[FloatArray], list[FloatArray]]:
    """`hear_both` of synthesized sounds that are no music."""

    def tracks() -> Iterator[FloatArray]:
        rng = np.random.default_rng(seed)
        for sound in sounds_without_genre(count, config, 2 * network.input_shape[1], rng):
            yield dequantise(sound, config.top_db)

    made_of = work.key(f"{count}", network_key(network, config))
    return hear_both(network, tracks(), config, 1, seed, folder, "sounds", made_of)


def network_key(network: keras.Model, config: FeatureConfig) -> str:
    """Changes when the network that describes windows, or the spectrograms it hears, do."""
    return work.key(msd, features, sys.modules[__name__], repr(config), *network.get_weights())
