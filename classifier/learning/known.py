"""The known genres' centroids on disk: `learning.npz`, beside a model's graph."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.learning.vectors import FloatArray, unit

#: The file's name in a model's folder.
FILE = "learning.npz"


@dataclass(frozen=True)
class KnownGenres:
    """What a model's known genres sound like: the genre of each centroid, and the centroids (centroids, size).

    The first centroid of a genre is of the whole genre, the others are of groups within it.
    """

    genres: list[str]
    centroids: FloatArray

    @property
    def whole(self) -> FloatArray:
        """The centroids of whole genres (genres, size), in the order of their names."""
        return self.centroids[[self.genres.index(name) for name in sorted(set(self.genres))]]

    def write(self, folder: Path) -> None:
        """Write `FILE` into the folder; the same centroids make the same bytes."""
        with (folder / FILE).open("wb") as file:
            np.savez(file, allow_pickle=False, genres=np.array(self.genres), centroids=self.centroids)

    @classmethod
    def read(cls, data: bytes) -> KnownGenres:
        """The file's content. Raises ValueError when it is not one."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                genres = [str(genre) for genre in archive["genres"]]
                centroids = archive["centroids"]
        except (KeyError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise ValueError(f"it is no file of centroids: {error}") from error
        if centroids.ndim != 2 or len(centroids) != len(genres) or not centroids.size:
            raise ValueError(f"it has {centroids.shape} centroids for {len(genres)} genres")
        if centroids.dtype != np.float32 or not np.isfinite(centroids).all():
            raise ValueError("its centroids are not finite float32 numbers")
        return cls(genres, unit(centroids))
