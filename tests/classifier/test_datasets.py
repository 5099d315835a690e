"""Datasets from folders, prepared files and caches, with splits by artist."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest

from classifier import datasets
from classifier.datasets import Dataset, DatasetError, artist_folds
from classifier.features import FeatureConfig

RATE = 22_050


def make_dataset(tracks: int = 12, frames: int = 80, genres: tuple[str, ...] = ("jazz", "rock")) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(
        mel=rng.integers(0, 256, (tracks, 128, frames)).astype(np.uint8),
        frames=np.full(tracks, frames),
        names=np.array([f"track{n}" for n in range(tracks)]),
        genres=np.array([genres[n % len(genres)] for n in range(tracks)]),
        split=np.array(["valid" if n % 3 == 0 else "train" for n in range(tracks)]),
        artists=np.full(tracks, ""),
        config=FeatureConfig(),
    )


def write_tone(path: Path, hertz: float, seconds: float = 4.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((pcm * 32767).astype("<i2").tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for genre, hertz in (("jazz", 300.0), ("rock", 2000.0)):
        for number in range(4):
            write_tone(tmp_path / "music" / genre / f"{genre}.{number}.wav", hertz * (1 + number / 10))
    return tmp_path / "music"


def test_npz_round_trip(tmp_path: Path) -> None:
    made = make_dataset()
    datasets.write_npz(tmp_path / "data.npz", made)
    read = datasets.load_dataset(tmp_path / "data.npz")
    for name in ("mel", "frames", "names", "genres", "split"):
        assert np.array_equal(getattr(read, name), getattr(made, name)), name
    assert read.config == made.config
    assert len(read.select_split("valid")) == 4


def test_prepared_layout_without_frames(tmp_path: Path) -> None:
    """Without `frames`, all frames are valid."""
    config = FeatureConfig()
    np.savez(
        tmp_path / "data.npz",
        mel_db_u8=np.zeros((2, 128, 70), np.uint8),
        names=["a", "b"],
        genres=["jazz", "rock"],
        split=["train", "valid"],
        db_floor=-80.0,
        **{key: getattr(config, key) for key in datasets.PARAMETERS},
    )
    dataset = datasets.load_dataset(tmp_path / "data.npz")
    assert dataset.log_mel(1).shape == (128, 70)
    assert dataset.log_mel(1).max() == -80


def test_quantisation_is_within_half_a_step() -> None:
    log_mel = np.linspace(-80, 0, 1000, dtype=np.float32)[None]
    again = datasets.dequantise(datasets.quantise(log_mel, 80.0), 80.0)
    assert np.abs(again - log_mel).max() <= 80 / 255 / 2 + 1e-4


def test_folder_is_decoded_and_cached(folder: Path) -> None:
    loaded = datasets.load_dataset(folder)
    assert sorted(set(loaded.genres)) == ["jazz", "rock"]
    assert len(loaded) == 8
    assert loaded.frames.tolist() == [1 + 4 * RATE // 1024] * 8
    # A tone of 2 kHz is loudest in a higher band than one of 300 Hz.
    loudest = [int(loaded.log_mel(n).mean(axis=1).argmax()) for n in range(8)]
    assert max(loudest[:4]) < min(loudest[4:])

    asked: list[Path] = []
    again = datasets.load_dataset(folder, progress=lambda files: asked.extend(files) or asked)
    assert asked == []
    assert np.array_equal(again.mel, loaded.mel)


def test_cache_is_not_trusted_after_a_change(folder: Path) -> None:
    datasets.load_dataset(folder)
    write_tone(folder / "jazz" / "jazz.0.wav", 5000)
    os.utime(folder / "jazz" / "jazz.0.wav", ns=(1, 1))
    changed = datasets.load_dataset(folder)
    assert changed.log_mel(0).mean(axis=1).argmax() > changed.log_mel(4).mean(axis=1).argmax()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x80\x04pickle"])
def test_broken_cache_is_made_again(folder: Path, content: bytes) -> None:
    (folder / datasets.CACHE_NAME).write_bytes(content)
    assert len(datasets.load_dataset(folder)) == 8
    assert (folder / datasets.CACHE_NAME).stat().st_size > 1000


def test_undecodable_files_are_named_not_fatal(folder: Path) -> None:
    (folder / "jazz" / "broken.wav").write_bytes(b"RIFF....nothing")
    for _ in range(2):  # decoded, then from the cache
        dataset = datasets.load_dataset(folder)
        assert len(dataset) == 8
        assert [line.split(":")[0] for line in dataset.skipped] == ["jazz/broken.wav"]


def test_csv_brings_split_and_artists(folder: Path) -> None:
    rows = [
        f"{g}.{n},{g},{'valid' if n == 0 else 'train'},Artist {n},T"
        for g in ("jazz", "rock")
        for n in range(4)
    ]
    (folder.parent / "tracks.csv").write_text("\n".join(["name,genre,split,artist,title", *rows]))
    dataset = datasets.load_dataset(folder)
    assert dataset.split_by == "given"
    assert dataset.select_split("valid").names.tolist() == ["jazz.0", "rock.0"]
    assert dataset.artists[1] == "Artist 1"


def test_without_csv_the_split_is_by_track_and_says_so(folder: Path) -> None:
    dataset = datasets.load_dataset(folder)
    assert dataset.split_by == "track"
    assert sorted(dataset.select_split("valid").genres) == ["jazz", "rock"]
    assert dataset.split.tolist() == datasets.load_dataset(folder).split.tolist()


def test_folds_keep_artists_together() -> None:
    dataset = make_dataset(40)
    artists = np.array([f"artist {n % 7}" if n < 30 else "" for n in range(40)])
    fold = artist_folds(datasets.replace(dataset, artists=artists), 4)
    assert set(fold) == {0, 1, 2, 3}
    for artist in set(artists) - {""}:
        assert len(set(fold[artists == artist])) == 1
    assert len(set(fold[30:])) > 1  # unknown artists are not one artist
    assert np.bincount(fold).max() <= 15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mel_db_u8": None}, "lacks"),
        ({"mel_db_u8": np.zeros((2, 128, 70), np.float32)}, "uint8"),
        ({"mel_db_u8": np.zeros((2, 64, 70), np.uint8)}, "uint8"),
        ({"names": np.array(["a"])}, "one value per track"),
        ({"frames": np.array([1, 71])}, "between 1 and 70"),
        ({"names": np.array([{"a": 1}, {}], dtype=object)}, "not a prepared dataset"),  # would be unpickled
    ],
)
def test_damaged_npz_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    made = make_dataset(2, 70)
    datasets.write_npz(tmp_path / "good.npz", made)
    with np.load(tmp_path / "good.npz") as archive:
        stored = dict(archive)
    stored.update({key: value for key, value in change.items() if value is not None})
    for key in [key for key, value in change.items() if value is None]:
        del stored[key]
    np.savez(tmp_path / "bad.npz", **stored)
    with pytest.raises(DatasetError, match=message):
        datasets.load_dataset(tmp_path / "bad.npz")


def test_truncated_npz_missing_path_and_empty_folder(tmp_path: Path) -> None:
    datasets.write_npz(tmp_path / "good.npz", make_dataset())
    (tmp_path / "cut.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:2000])
    (tmp_path / "empty").mkdir()
    for path in ("cut.npz", "nowhere", "empty"):
        with pytest.raises(DatasetError):
            datasets.load_dataset(tmp_path / path)


def test_other_features_than_the_models_are_refused(tmp_path: Path) -> None:
    datasets.write_npz(tmp_path / "data.npz", make_dataset())
    with pytest.raises(DatasetError, match="feature parameters"):
        datasets.load_dataset(tmp_path / "data.npz", FeatureConfig(hop_length=512))


def test_unknown_split_names_those_there_are() -> None:
    with pytest.raises(DatasetError, match="train, valid"):
        make_dataset().select_split("test")
