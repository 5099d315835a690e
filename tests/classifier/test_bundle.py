"""A model is loaded only when it is what its manifest says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import bundle
from classifier.bundle import BundleError, Manifest
from classifier.features import FeatureConfig
from classifier.learning.known import KnownGenres

MANIFEST = Manifest(
    name="tiny",
    version="1",
    labels=["jazz", "rock"],
    features=FeatureConfig(),
    window_frames=64,
    temperature=1.5,
    threshold=0.4,
    weights={"model.tflite": ""},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "tiny"
    path.mkdir()
    (path / "model.tflite").write_bytes(b"graph")
    bundle.write_manifest(path, MANIFEST)
    return path


def edit(folder: Path, **changes: Any) -> None:
    data = json.loads((folder / "manifest.json").read_text())
    data.update(changes)
    (folder / "manifest.json").write_text(json.dumps(data))


def test_round_trip_by_path_and_by_name(folder: Path) -> None:
    loaded = bundle.load_bundle(folder)
    assert loaded.graph == b"graph"
    assert replace(loaded.manifest, weights=MANIFEST.weights) == MANIFEST
    assert bundle.load_bundle("tiny", folder.parent).manifest == loaded.manifest


def test_changed_weights_are_refused(folder: Path) -> None:
    (folder / "model.tflite").write_bytes(b"grap!")
    with pytest.raises(BundleError, match="SHA-256"):
        bundle.load_bundle(folder)


def test_the_known_genres_need_no_graph(folder: Path) -> None:
    assert bundle.load_known_genres(folder) is None
    KnownGenres(["jazz", "rock"], np.eye(2, 3, dtype=np.float32)).write(folder)
    bundle.write_manifest(folder, replace(MANIFEST, weights={"model.tflite": "", "learning.npz": ""}))
    (folder / "model.tflite").unlink()
    found = bundle.load_known_genres("tiny", folder.parent)
    assert found is not None
    assert found.genres == ["jazz", "rock"]
    assert (found.centroids == np.eye(2, 3)).all()
    (folder / "learning.npz").write_bytes(b"others")
    with pytest.raises(BundleError, match="SHA-256"):
        bundle.load_known_genres(folder)


def test_missing_model_and_missing_weights(folder: Path) -> None:
    with pytest.raises(BundleError, match="There is no model"):
        bundle.load_bundle("absent", folder.parent)
    (folder / "model.tflite").unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.load_bundle(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format"),
        ({"labels": ["rock"]}, "two or more"),
        ({"labels": ["rock", "rock"]}, "each once"),
        ({"labels": "rock"}, "list of texts"),
        ({"window_frames": 0}, "window_frames"),
        ({"window_frames": True}, "window_frames"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"threshold": 1.1}, "threshold"),
        ({"name": "../up"}, "name"),
        ({"weights": {}}, "model.tflite"),
        ({"weights": {"model.tflite": "x"}}, "SHA-256"),
        ({"weights": {"model.tflite": "0" * 64, "../../etc/passwd": "0" * 64}}, "plain file name"),
        ({"features": {}}, "features"),
        ({"features": {**FeatureConfig().as_dict(), "hop_length": 0}}, "hop_length"),
        ({"features": {**FeatureConfig().as_dict(), "n_mels": "128"}}, "n_mels"),
        ({"features": {**FeatureConfig().as_dict(), "fmin": -1}}, "fmin"),
        ({"features": {**FeatureConfig().as_dict(), "fmin": "0"}}, "fmin"),
        ({"features": {**FeatureConfig().as_dict(), "fmin": None}}, "fmin"),
        ({"metrics": []}, "metrics"),
        ({"input": "pcm"}, "input"),
        ({"max_windows": 0}, "max_windows"),
        ({"max_windows": True}, "max_windows"),
        ({"embedding_space": 4}, "embedding_space"),
    ],
)
def test_bad_manifests_are_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)
    with pytest.raises(BundleError, match=message):
        bundle.load_bundle(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "\xff"])
def test_broken_json_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json"):
        bundle.load_bundle(folder)


def test_manifests_from_before_there_was_a_choice_of_input(folder: Path) -> None:
    data = json.loads((folder / "manifest.json").read_text())
    del data["input"], data["max_windows"]
    (folder / "manifest.json").write_text(json.dumps(data))
    manifest = bundle.load_bundle(folder).manifest
    assert (manifest.input, manifest.max_windows) == ("mfcc", None)


def test_metrics_of_earlier_versions_are_kept(folder: Path) -> None:
    edit(folder, version="1", metrics={"selective_accuracy": 0.8, "accuracy": 0.7, "ece": 0.1})
    assert bundle.earlier_metrics(folder) == {"1": {"selective_accuracy": 0.8}}
    rows = [{"from": 0.4, "to": 0.5, "tracks": 30, "confidence": 0.45, "right": 0.5}]
    edit(folder, version="2", metrics={"reliability": rows, "earlier": bundle.earlier_metrics(folder)})
    assert bundle.earlier_metrics(folder) == {"1": {"selective_accuracy": 0.8}, "2": {"reliability": rows}}
    assert bundle.earlier_metrics(folder / "none") == {}


def test_a_name_cannot_leave_the_models_folder() -> None:
    assert bundle.bundle_path("mfcc-cnn-1", "/models") == Path("/models/mfcc-cnn-1")
    assert bundle.bundle_path("../secret", "/models") == Path("../secret")  # a path, as on a command line


def test_every_shipped_model_loads() -> None:
    models = [path.parent for path in bundle.DEFAULT_MODELS_DIR.glob("*/manifest.json")]
    assert models
    for path in models:
        assert bundle.load_bundle(path).manifest.name == path.name
        assert (path / "README.md").is_file()
        assert not list(path.glob("*.pkl")) + list(path.glob("*.pickle"))
