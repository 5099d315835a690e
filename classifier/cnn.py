"""The convolutional network that is trained from scratch: MFCC windows to genre log-probabilities and an embedding.

Only training and its tests import this module, because it imports TensorFlow. The site runs the exported LiteRT graph.

The network is a time-delay network with statistics pooling (after Snyder et al., "X-vectors", ICASSP 2018).
Convolutions run along time only and take all coefficients at once, because a cepstral coefficient, unlike a mel band,
is not related to its neighbours. The outputs of each stage are summarised over the window by mean, standard deviation
and maximum.

Arrays are `(windows, frames, n_mfcc)` here: time before coefficients, as convolutions over time need it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

#: Number of windows per call of the exported graph.
BATCH = 16


@dataclass(frozen=True)
class NetworkConfig:
    """The network's shape. It is stored in the manifest, so that the weights can be loaded again."""

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
    """Build a new network with random weights (see `keras.utils.set_random_seed`).

    The input is MFCC as `features.mfcc` returns them, float32 (windows, frames, n_mfcc); the network normalises them.
    The outputs are `log_probabilities` (windows, genres) and `embedding` (windows, embedding), the last layer's input.
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
    """Write the network as a LiteRT graph that takes `BATCH` windows. `path` must end in `.tflite`."""
    inputs = keras.Input(batch_shape=(BATCH, *model.input_shape[1:]), name="mfcc")
    serving = keras.Model(inputs, model(inputs, training=False))
    serving.export(path, format="litert", verbose=False)
