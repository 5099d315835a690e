"""A network trained on the Million Song Dataset, rebuilt from the weights of the `musicnn` package.

J. Pons, X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging" (ISMIR
2019, late-breaking): `MSD_musicnn` predicts 50 tags from a 3 s log-mel spectrogram. The weights are under the
ISC licence (Music Technology Group, Universitat Pompeu Fabra). The package itself needs a TensorFlow of
2019; this module needs only its checkpoint.

Two things differ from the original:

* Dead channels of its front end (a rectifier that never fires, so that its variance is zero) are left out. Nearly nine
  of ten channels are dead. Without them the network is that much faster and gives the same outputs.
* Its input is made from our spectrogram inside the graph (`adapt_input`): 96 mel bands up to 8 kHz from our 128 up to
  11 kHz, and 16 ms from frame to frame instead of our 46.

Only training and its tests import this module, because it imports TensorFlow.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from classifier.features import FeatureConfig

FloatArray = NDArray[np.float32]
Weights = dict[str, FloatArray]

#: The spectrogram parameters that the network was trained with.
SAMPLE_RATE, HOP_LENGTH, N_MELS, FRAMES = 16_000, 256, 96, 187
#: Added to our levels in dB, which are relative to the track's maximum, to match those of the network's training data.
LEVEL_DB = 20.0
#: Measured differences by band: the original's resampling weakens the highest bands, its short frames blur the lowest.
EDGE_DB = {0: 3.0, -2: -1.8, -1: -9.3}
#: How much to sharpen along time (see `adapt_input`), chosen by cross-validation; see docs/model.md.
SHARPEN = 0.7
#: Channels whose variance in training was below this are dead.
DEAD_VARIANCE = 1e-12
_EPSILON = 1e-3


def read_weights(folder: Path) -> Weights:
    """Read a network's variables from a folder of the unpacked package, such as `musicnn/MSD_musicnn`.

    The files' names begin with a dot, and TensorFlow can read them only after they are given a stem.
    Raises OSError when they are missing.
    """
    with tempfile.TemporaryDirectory() as temporary:
        prefix = Path(temporary) / "checkpoint"
        for suffix in (".index", ".data-00000-of-00001"):
            shutil.copyfile(folder / suffix, f"{prefix}{suffix}")
        reader = tf.train.load_checkpoint(str(prefix))
        names = [name for name in reader.get_variable_to_shape_map() if "Adam" not in name]
        return {name: reader.get_tensor(name) for name in names}


def window_frames(features: FeatureConfig) -> int:
    """Return the number of our frames in the network's window of three seconds."""
    return 1 + round((FRAMES - 1) * HOP_LENGTH / SAMPLE_RATE / features.frame_seconds)


def adapt_input(log_mel: Any, features: FeatureConfig) -> Any:
    """Convert our log-mel windows in dB (windows, frames, n_mels) to the network's input (windows, 187, 96).

    Bands and frames are interpolated linearly in dB, then converted by `log10(1 + 10000 * power)`. Our frames span
    93 ms, the network's 32 ms, so the windows are sharpened along time first: each frame's difference from the mean of
    its neighbours grows by the factor `1 + SHARPEN`.
    """
    our_bands = librosa.mel_frequencies(features.n_mels + 2, fmin=features.fmin, fmax=features.fmax)[1:-1]
    musicnn_bands = librosa.mel_frequencies(N_MELS + 2, fmin=0.0, fmax=SAMPLE_RATE / 2)[1:-1]
    positions = np.interp(
        librosa.hz_to_mel(musicnn_bands), librosa.hz_to_mel(our_bands), np.arange(len(our_bands))
    )
    frames = log_mel.shape[1]
    steps = np.arange(FRAMES) * (HOP_LENGTH / SAMPLE_RATE / features.frame_seconds)
    sharper = (1 + SHARPEN) * np.eye(frames) - SHARPEN / 2 * (
        _interpolation(np.arange(frames) - 1.0, frames) + _interpolation(np.arange(frames) + 1.0, frames)
    )
    level = np.full(N_MELS, LEVEL_DB, np.float32)
    level[list(EDGE_DB)] += list(EDGE_DB.values())
    x = _dense(log_mel, _interpolation(positions, len(our_bands)).T, level)
    times = _interpolation(steps, frames) @ sharper
    x = _dense(ops.transpose(x, (0, 2, 1)), times.T.astype(np.float32), np.zeros(FRAMES, np.float32))
    power = ops.exp(ops.transpose(x, (0, 2, 1)) * np.float32(np.log(10) / 10))
    return ops.log(1 + 10_000 * power) * np.float32(1 / np.log(10))


def _interpolation(positions: NDArray[Any], size: int) -> FloatArray:
    """`(len(positions), size)`: reads values at fractional positions between `size` neighbours."""
    distance = np.abs(np.clip(positions, 0, size - 1)[:, None] - np.arange(size))
    matrix: FloatArray = np.maximum(0, 1 - distance).astype(np.float32)
    return matrix


def musicnn(x: Any, weights: Weights) -> dict[str, Any]:
    """Apply `MSD_musicnn` to an input (windows, 187, 96).

    Returns `tags` (windows, 50), which are logits, `penultimate` (windows, 200), and the `max` and `mean` over time of
    its convolutional features (windows, channels).
    """
    x = _normalise(x[..., None], weights, 0)
    front, alive_by_branch = [], []
    for number in range(5):
        live = _live_channels(weights, number + 1)
        time, bands = weights[_numbered("conv2d", number) + "/kernel"].shape[:2]
        padding = ((time - 1) // 2, time // 2) if bands == 1 else (3, 3)
        y = _convolution(layers.ZeroPadding2D((padding, (0, 0)))(x), weights, number, live)
        front.append(ops.max(_normalise(y, weights, number + 1, live), axis=2))
        alive_by_branch.append(live)
    x = layers.Concatenate()(front)
    live_channels = np.concatenate(alive_by_branch)
    found = [x]
    for number in (5, 6, 7):
        kernel = weights[_numbered("conv2d", number) + "/kernel"][:, :, 0]
        y = layers.Conv1D(kernel.shape[-1], len(kernel), padding="same", activation="relu")
        z = y(found[-1])
        y.set_weights(
            [
                kernel[:, live_channels] if number == 5 else kernel,
                weights[_numbered("conv2d", number) + "/bias"],
            ]
        )
        z = _normalise(z, weights, number + 1)
        found.append(z if number == 5 else layers.Add()([z, found[-1]]))
    over_time = layers.Concatenate()(found)
    pooled = {"max": ops.max(over_time, axis=1), "mean": ops.mean(over_time, axis=1)}
    # The original flattens (channels, 2), so the maximum and mean of a channel are neighbours.
    channels = np.concatenate(
        [live_channels, np.ones(weights["dense/kernel"].shape[0] // 2 - len(live_channels), bool)]
    )
    order = np.concatenate([2 * np.flatnonzero(channels), 2 * np.flatnonzero(channels) + 1])
    y = _normalise(layers.Concatenate()([pooled["max"], pooled["mean"]]), weights, 9, order)
    y = _dense(y, weights["dense/kernel"][order], _folded_bias(weights, order), "relu")
    penultimate = _normalise(y, weights, 10)
    tags = _dense(penultimate, weights["dense_1/kernel"], weights["dense_1/bias"])
    return {"tags": tags, "penultimate": penultimate, **pooled}


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def _live_channels(weights: Weights, number: int) -> NDArray[np.bool_]:
    """Return the mask of channels that are not always zero before normalisation `number`."""
    live = weights[_numbered("batch_normalization", number) + "/moving_variance"] > DEAD_VARIANCE
    return live if live.any() else ~live


def _convolution(x: Any, weights: Weights, number: int, live: NDArray[np.bool_]) -> Any:
    """Apply a rectified convolution without padding, with its live channels only."""
    name = _numbered("conv2d", number)
    kernel = weights[f"{name}/kernel"][..., live]
    layer = layers.Conv2D(kernel.shape[-1], kernel.shape[:2], activation="relu")
    y = layer(x)
    layer.set_weights([kernel, weights[f"{name}/bias"][live]])
    return y


def _normalise(x: Any, weights: Weights, number: int, channels: NDArray[Any] | None = None) -> Any:
    """Apply batch normalisation `number` with the averages from training, for the given `channels` (None: all)."""
    layer = layers.BatchNormalization(epsilon=_EPSILON, trainable=False)
    y = layer(x)
    name = _numbered("batch_normalization", number)
    values = [weights[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")]
    layer.set_weights([value if channels is None else value[channels] for value in values])
    return y


def _dense(x: Any, kernel: FloatArray, bias: FloatArray, activation: str | None = None) -> Any:
    layer = layers.Dense(kernel.shape[1], activation=activation)
    y = layer(x)
    layer.set_weights([kernel, bias])
    return y


def _folded_bias(weights: Weights, channels: NDArray[np.int64]) -> FloatArray:
    """Return the dense layer's bias plus the constant contribution of the pooled channels that are left out."""
    name = "batch_normalization_9"
    gamma, beta = weights[f"{name}/gamma"], weights[f"{name}/beta"]
    deviation = np.sqrt(weights[f"{name}/moving_variance"] + _EPSILON)
    zero = np.asarray(beta - gamma * weights[f"{name}/moving_mean"] / deviation)
    zero[channels] = 0
    return (weights["dense/bias"] + zero @ weights["dense/kernel"]).astype(np.float32)
