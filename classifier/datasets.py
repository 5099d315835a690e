"""Labelled tracks for training and evaluation.

A dataset is a folder `genre/track.*` or a prepared `.npz` with the same tracks already made into
log-mel spectrograms. Both become one `Dataset` in memory, and a folder's `.npz` is its feature cache:

    mel_db_u8   uint8 (tracks, n_mels, frames): dB = u8 / 255 * -db_floor + db_floor, relative to the
                loudest moment of the track
    names, genres, split   str (tracks,)
    frames      int (tracks,), number of valid frames of each track; optional, default: all
    sample_rate, n_fft, hop_length, n_mels, fmin, fmax, db_floor   scalars

A `tracks.csv` with the columns name, genre, split, artist, title, in the folder or beside the dataset,
adds splits and artists. Tracks of one artist resemble each other more than their genre explains, so a
fair split keeps each artist in one part (Flexer, "A closer look on artist filters", ISMIR 2007).
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import AudioError
from classifier.features import FeatureConfig, MelStream, power_to_db

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[Path]], Iterable[Path]]

#: Maximum number of frames taken from the middle of a track: the 30 s of a GTZAN excerpt.
MAX_FRAMES = 647
CACHE_NAME = ".earmark-features.npz"
PARAMETERS = ("sample_rate", "n_fft", "hop_length", "n_mels", "fmin", "fmax")


class DatasetError(Exception):
    """A dataset cannot be used; the message says why."""


@dataclass(frozen=True)
class Dataset:
    """Tracks in memory. `mel` is uint8 (tracks, n_mels, frames); the other arrays are (tracks,).

    `split_by` says how the split was made: `given` by the data set, or by `artist` or `track`. An unknown artist is an
    empty string. `skipped` lists the files that could not be decoded.
    """

    mel: NDArray[np.uint8]
    frames: NDArray[np.int64]
    names: NDArray[np.str_]
    genres: NDArray[np.str_]
    split: NDArray[np.str_]
    artists: NDArray[np.str_]
    config: FeatureConfig
    split_by: str = "given"
    skipped: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labels(self) -> list[str]:
        """The genres that occur, sorted."""
        return sorted({str(genre) for genre in self.genres})

    def log_mel(self, track: int) -> FloatArray:
        """Return a track's spectrogram, float32 (n_mels, frames), in dB from `-top_db` to 0."""
        return dequantise(self.mel[track, :, : self.frames[track]], self.config.top_db)

    def take(self, tracks: NDArray[Any]) -> Dataset:
        """Return the tracks selected by a boolean mask or an array of indices."""
        arrays = ("mel", "frames", "names", "genres", "split", "artists")
        return replace(self, **{name: getattr(self, name)[tracks] for name in arrays})

    def select_split(self, split: str) -> Dataset:
        """Return the tracks of a split. Raises DatasetError when there are none."""
        chosen = self.take(self.split == split)
        if not len(chosen):
            known = ", ".join(sorted({str(name) for name in self.split if name})) or "none"
            raise DatasetError(f"No track is in the split {split!r}. Splits here: {known}.")
        return chosen


def quantise(log_mel: FloatArray, top_db: float) -> NDArray[np.uint8]:
    """Convert decibels in [-top_db, 0] to 0…255, in steps of 0.31 dB for `top_db` = 80."""
    return np.clip(np.rint((log_mel + top_db) * (255 / top_db)), 0, 255).astype(np.uint8)


def dequantise(mel: NDArray[np.uint8], top_db: float) -> FloatArray:
    """Convert 0…255 back to decibels."""
    return mel.astype(np.float32) * np.float32(top_db / 255) - np.float32(top_db)


def load_dataset(path: Path, config: FeatureConfig | None = None, progress: Progress = iter) -> Dataset:
    """Read a folder `genre/track.*` or a prepared `.npz`.

    `config` has the feature parameters for a folder, and those that an `.npz` must have been made with (default: any).
    `progress` wraps the list of files while they are decoded, as `tqdm` does.
    Raises DatasetError.
    """
    if path.is_dir():
        dataset = _load_folder(path, config or FeatureConfig(), progress)
    elif path.is_file():
        dataset = _read_npz(path)
    else:
        raise DatasetError(f"There is no folder and no file {path}.")
    if config is not None and replace(config, n_mfcc=dataset.config.n_mfcc) != dataset.config:
        raise DatasetError(f"{path} was made with other feature parameters than the model's.")
    return _with_tracks_csv(dataset, path)


def _read_npz(path: Path) -> Dataset:
    try:
        with np.load(path, allow_pickle=False) as archive:
            stored = {key: archive[key] for key in archive.files}
        mel = stored["mel_db_u8"]
        count = len(mel)
        parameters = {key: stored[key].item() for key in PARAMETERS}
        config = FeatureConfig(**parameters, top_db=-float(stored["db_floor"]))
        frames = stored.get("frames", np.full(count, mel.shape[-1])).astype(np.int64)
        columns = {key: stored[key].astype(np.str_) for key in ("names", "genres", "split")}
    except KeyError as error:
        raise DatasetError(f"{path} lacks {error}.") from error
    except (ValueError, OSError, EOFError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} is not a prepared dataset (.npz): {error}") from error
    except Exception as error:  # zipfile and zlib raise exceptions of their own
        raise DatasetError(f"{path} is damaged: {error}") from error
    if mel.dtype != np.uint8 or mel.ndim != 3 or mel.shape[1] != config.n_mels or not mel.size:
        raise DatasetError(f"{path}: mel_db_u8 must be uint8 (tracks, {config.n_mels}, frames).")
    if any(column.shape != (count,) for column in (*columns.values(), frames)):
        raise DatasetError(f"{path}: names, genres, split and frames must have one value per track.")
    if frames.min() < 1 or frames.max() > mel.shape[2]:
        raise DatasetError(f"{path}: frames must be between 1 and {mel.shape[2]}.")
    return Dataset(mel, frames, artists=np.full(count, "", np.str_), config=config, **columns)


def write_npz(path: Path, dataset: Dataset, **extra: Any) -> None:
    """Write a dataset as an `.npz` in the module's layout."""
    parameters = {key: getattr(dataset.config, key) for key in PARAMETERS}
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            mel_db_u8=dataset.mel,
            frames=dataset.frames,
            names=dataset.names,
            genres=dataset.genres,
            split=dataset.split,
            db_floor=-dataset.config.top_db,
            **parameters,
            **extra,
        )


def _load_folder(folder: Path, config: FeatureConfig, progress: Progress) -> Dataset:
    files = sorted(
        file
        for file in folder.glob("*/*")
        if file.is_file() and not file.name.startswith(".") and not file.parent.name.startswith(".")
    )
    if not files:
        raise DatasetError(f"{folder} has no files in folders named after genres (genre/track.mp3).")
    cache = folder / CACHE_NAME
    key = _cache_key(folder, files, config)
    cached = _read_cache(cache, key)
    if cached is not None:
        return cached
    spectrograms: list[tuple[Path, FloatArray]] = []
    skipped = []
    for file in progress(files):
        try:
            spectrograms.append((file, _log_mel_of_file(file, config)))
        except AudioError as error:
            skipped.append(f"{file.relative_to(folder)}: {error}")
    if not spectrograms:
        raise DatasetError(f"None of the {len(files)} files in {folder} could be decoded. {skipped[0]}")
    frames = np.array([log_mel.shape[1] for _, log_mel in spectrograms])
    mel = np.zeros((len(spectrograms), config.n_mels, max(MAX_FRAMES, frames.max())), np.uint8)
    for row, (_, log_mel) in zip(mel, spectrograms, strict=True):
        row[:, : log_mel.shape[1]] = quantise(log_mel, config.top_db)
    dataset = Dataset(
        mel=mel,
        frames=frames,
        names=np.array([file.stem for file, _ in spectrograms]),
        genres=np.array([file.parent.name for file, _ in spectrograms]),
        split=np.full(len(spectrograms), "", np.str_),
        artists=np.full(len(spectrograms), "", np.str_),
        config=replace(config, n_mfcc=FeatureConfig.n_mfcc),
        skipped=skipped,
    )
    partial = cache.with_suffix(".partial")
    with suppress(OSError):  # do without a cache if the folder is not writable
        write_npz(partial, dataset, key=key, skipped=np.array(skipped, dtype=np.str_))
        partial.replace(cache)
    return dataset


def _log_mel_of_file(file: Path, config: FeatureConfig) -> FloatArray:
    from classifier.audio import Decoder  # PyAV is not needed for an .npz

    stream = MelStream(config)
    for block in Decoder(file, sample_rate=config.sample_rate):
        stream.push(block)
    log_mel = power_to_db(stream.finish(), config.top_db)
    start = max(0, (log_mel.shape[1] - MAX_FRAMES) // 2)
    return log_mel[:, start : start + MAX_FRAMES]


def _cache_key(folder: Path, files: list[Path], config: FeatureConfig) -> str:
    """Return a key that changes with the list of files, their sizes and times, and the feature parameters."""
    listing = [[str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns] for f in files]
    return hashlib.sha256(json.dumps([1, MAX_FRAMES, config.as_dict(), listing]).encode()).hexdigest()


def _read_cache(cache: Path, key: str) -> Dataset | None:
    if not cache.is_file():
        return None
    try:
        with np.load(cache, allow_pickle=False) as archive:
            if str(archive["key"]) != key:
                return None
            skipped = [str(line) for line in archive["skipped"]]
        return replace(_read_npz(cache), skipped=skipped)
    except Exception:  # whatever is wrong with the cache, it can be made again
        return None


def _with_tracks_csv(dataset: Dataset, path: Path) -> Dataset:
    """Add splits and artists from `tracks.csv`. Make a split if there is none."""
    artists, split, split_by = dataset.artists, dataset.split, dataset.split_by
    for csv_path in (path / "tracks.csv", path.parent / "tracks.csv"):
        if csv_path.is_file():
            with csv_path.open(newline="", encoding="utf-8") as file:
                rows = {row.get("name", ""): row for row in csv.DictReader(file)}
            found = [rows.get(str(name), {}) for name in dataset.names]
            artists = np.array([row.get("artist") or "" for row in found])
            if not any(split):
                split = np.array([row.get("split") or "" for row in found])
            break
    dataset = replace(dataset, artists=artists, split=split)
    if not any(split):
        fold = artist_folds(dataset, 4)
        split_by = "artist" if any(artists) else "track"
        dataset = replace(dataset, split=np.where(fold == 0, "valid", "train"), split_by=split_by)
    return dataset


def artist_folds(dataset: Dataset, folds: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """Return a fold number for each track of a dataset, as `folds_by_artist` does."""
    return folds_by_artist(dataset.genres, dataset.artists, folds, seed)


def folds_by_artist(
    genres: NDArray[np.str_], artists: NDArray[np.str_], folds: int = 5, seed: int = 0
) -> NDArray[np.int64]:
    """Return a fold number for each track, `(tracks,)`, such that no artist is in two folds.

    Each track of an unknown artist is a group of its own. Groups are assigned, largest first, to the fold that has the
    fewest tracks of their genre, so that each fold has about the same number of tracks of every genre.
    """
    if folds < 2:
        raise ValueError("folds must be at least 2")
    groups: dict[str, list[int]] = {}
    for track, artist in enumerate(artists):
        groups.setdefault(str(artist) or f"\0{track}", []).append(track)
    rng = np.random.default_rng(seed)
    order = sorted(rng.permutation(list(groups)), key=lambda group: -len(groups[group]))
    fold = np.full(len(genres), -1, np.int64)
    for group in order:
        members = groups[group]
        same_genre = genres == genres[members[0]]
        sizes = [(int((same_genre & (fold == k)).sum()), int((fold == k).sum())) for k in range(folds)]
        fold[members] = sizes.index(min(sizes))
    return fold
