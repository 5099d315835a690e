"""The Keras network: windows of MFCC in, genre log-probabilities and an embedding out.

Only training and its tests import this module: it imports TensorFlow, and serving runs the exported
LiteRT graph instead.

The network is a time-delay network with statistics pooling (after Snyder et al., "X-vectors", ICASSP
2018): convolutions run along time only and see all coefficients at once, because a cepstral
coefficient, unlike a mel band, has no neighbour that means the same one step higher. What each stage
finds is summarised over the window by mean, standard deviation and maximum.

Arrays are `(windows, frames, n_mfcc)` here: time before coefficients, as convolutions over time want it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

#: Windows that the exported graph takes at once.
BATCH = 16


@dataclass(frozen=True)
class NetworkConfig:
    """The network's shape; stored in the manifest, so that its weights can be loaded again."""

    frames: int = 64
    n_mfcc: int = 40
    width: int = 128
    stages: int = 3
    kernel: int = 3
    embedding: int = 128
    dropout: float = 0.3

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class StatisticsPooling(layers.Layer):  # type: ignore[misc]
    """`(windows, frames, channels)` to `(windows, 3 * channels)`: mean, standard deviation, maximum."""

    def call(self, x: Any) -> Any:
        mean = ops.mean(x, axis=1, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(x - mean), axis=1) + 1e-5)
        return ops.concatenate([mean[:, 0], deviation, ops.max(x, axis=1)], axis=-1)


def _convolution(x: Any, config: NetworkConfig, kernel: int) -> Any:
    x = layers.Conv1D(config.width, kernel, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def build_network(config: NetworkConfig, genres: int) -> keras.Model:
    """A new network with random weights (`keras.utils.set_random_seed` decides which).

    Input: MFCC in dB as `features.mfcc` makes them, float32 (windows, frames, n_mfcc); they are
    normalised inside. Outputs, by name: `log_probabilities` (windows, genres) and `embedding`
    (windows, embedding), which is what the last layer decides on.
    """
    inputs = keras.Input((config.frames, config.n_mfcc), name="mfcc")
    x = layers.BatchNormalization(center=False, scale=False)(inputs)
    x = _convolution(x, config, kernel=5)
    pooled = [StatisticsPooling()(x)]
    for stage in range(config.stages):
        if stage:
            x = layers.MaxPooling1D(2)(x)
        x = layers.Add()([x, _convolution(layers.SpatialDropout1D(0.1)(x), config, config.kernel)])
        pooled.append(StatisticsPooling()(x))
    x = layers.BatchNormalization()(layers.Concatenate()(pooled))
    x = layers.Dense(config.embedding, use_bias=False)(layers.Dropout(config.dropout)(x))
    embedding = layers.ReLU()(layers.BatchNormalization()(x))
    logits = layers.Dense(genres)(layers.Dropout(config.dropout)(embedding))
    outputs = {"log_probabilities": ops.log_softmax(logits, axis=-1), "embedding": embedding}
    return keras.Model(inputs, outputs, name="mfcc_cnn")


def export_network(model: keras.Model, path: Path) -> None:
    """Write the network as a LiteRT graph that takes `BATCH` windows; `path` must end in `.tflite`."""
    inputs = keras.Input(batch_shape=(BATCH, *model.input_shape[1:]), name="mfcc")
    serving = keras.Model(inputs, model(inputs, training=False))
    serving.export(path, format="litert", verbose=False)
