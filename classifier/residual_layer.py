"""A linear layer on top of a model's graph: what training that started from the model has learned.

It adds `vectors @ weights` to the graph's log-probabilities, so that weights of 0 leave the model as it is, and may add
labels that the graph does not have. This is the residual adapter of S. Rebuffi, H. Bilen, A. Vedaldi, "Learning
multiple visual domains with residual adapters", 2017, with a single layer: the network itself stays untouched.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The file's name in a model's folder.
FILE = "residual.npz"
#: The log-probability from which a label starts that the graph does not have, before any weight.
ADDED_LABEL = float(np.log(0.1))


@dataclass(frozen=True)
class ResidualLayer:
    """`weights` are (size + 1, labels): a row for each number of a learning vector, and one for a constant 1.

    The graph's labels come first, in its order; further ones are those that were added.
    """

    weights: NDArray[np.float64]

    @classmethod
    def identity(cls, size: int, labels: int) -> ResidualLayer:
        """The layer that changes nothing, for vectors of `size` numbers and a graph with so many labels."""
        return cls(np.zeros((size + 1, labels)))

    @property
    def size(self) -> int:
        """How many numbers a learning vector has."""
        return len(self.weights) - 1

    def apply(self, log_probabilities: ArrayLike, learning: ArrayLike) -> NDArray[np.float64]:
        """The logits (windows, labels) of a track's windows.

        `log_probabilities` (windows, graph's labels) and `learning` (windows, size) are what the graph gives for these
        windows.
        """
        log_p = np.asarray(log_probabilities, np.float64)
        added = self.weights.shape[1] - log_p.shape[1]
        padded = np.pad(log_p, ((0, 0), (0, added)), constant_values=ADDED_LABEL)
        logits: NDArray[np.float64] = padded + scaled(learning) @ self.weights[:-1] + self.weights[-1]
        return logits

    def changed_by(self, weights: ArrayLike) -> ResidualLayer:
        """The layer that does what this one does and then adds `weights` (size + 1, at least as many labels)."""
        change = np.asarray(weights, np.float64)
        added = change.shape[1] - self.weights.shape[1]
        return ResidualLayer(np.pad(self.weights, ((0, 0), (0, added))) + change)

    def write(self, folder: Path) -> None:
        """Write `FILE` into the folder; the same weights make the same bytes."""
        with (folder / FILE).open("wb") as file:
            np.savez(file, allow_pickle=False, weights=self.weights)

    @classmethod
    def read(cls, data: bytes) -> ResidualLayer:
        """The file's content. Raises ValueError when it is not one."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                weights = archive["weights"]
        except (KeyError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise ValueError(f"it holds no weights: {error}") from error
        if weights.ndim != 2 or weights.dtype != np.float64 or not np.isfinite(weights).all():
            raise ValueError("its weights are not a finite float64 matrix")
        return cls(weights)


def scaled(learning: ArrayLike) -> NDArray[np.float64]:
    """Windows' learning outputs (windows, size), divided so that their mean is the track's vector of length 1."""
    rows = np.asarray(learning, np.float64)
    return rows / max(float(np.linalg.norm(rows.mean(axis=0))), 1e-12)
