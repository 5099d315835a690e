"""Cache the results of long computations in a folder, so that an interrupted training run can be resumed.

A result's name says what it is; its key depends on what it was computed from: data, parameters, code and library
versions. When one of those changes, so does the key, and the result is computed again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
LIBRARIES = ("keras", "librosa", "numpy", "scikit-learn", "scipy")


def checkpoint_key(*ingredients: NDArray[Any] | ModuleType | str) -> str:
    """Return a short digest of arrays (their bytes), modules (their source), texts, and the libraries' versions."""
    digest = hashlib.sha256(repr([importlib.metadata.version(name) for name in LIBRARIES]).encode())
    for ingredient in ingredients:
        if isinstance(ingredient, ModuleType):
            data = Path(ingredient.__file__ or "").read_bytes()
        elif isinstance(ingredient, str):
            data = ingredient.encode()
        else:
            data = np.ascontiguousarray(ingredient).tobytes()
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:16]


def cached_arrays(folder: Path | None, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Return the arrays that `make` returns, read from `folder` if an earlier run has stored them there.

    Without a folder nothing is stored. Files are written atomically.
    """
    if folder is None:
        return make()
    path = folder / f"{name}-{key}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as archive:
            return {stored: archive[stored] for stored in archive.files}
    arrays = make()
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    partial.replace(path)
    return arrays
