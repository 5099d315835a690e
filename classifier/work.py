"""A folder that keeps what long computations found, so that a run that was ended goes on where it was.

A result's name says what it is, its key what it was made from: data, parameters, code, libraries. When one
of those changes the key does, and the result is made again.
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


def key(*ingredients: NDArray[Any] | ModuleType | str) -> str:
    """A short digest of arrays (their bytes), modules (their source) and texts, and of the libraries used."""
    digest = hashlib.sha256(repr([importlib.metadata.version(name) for name in LIBRARIES]).encode())
    for part in ingredients:
        if isinstance(part, ModuleType):
            data = Path(part.__file__ or "").read_bytes()
        else:
            data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes()
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:16]


def kept(folder: Path | None, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` returns, read from `folder` when a run before this one has made them.

    Without a folder nothing is kept. A file appears whole or not at all.
    """
    if folder is None:
        return make()
    path = folder / f"{name}-{key}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as archive:
            return {part: archive[part] for part in archive.files}
    arrays = make()
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    partial.replace(path)
    return arrays
