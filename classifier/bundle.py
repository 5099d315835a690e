"""Model bundles: folders with `manifest.json`, the weights, and a model card.

Loading verifies that the manifest has every field with the right type, and that each weight file has the SHA-256 in the
manifest. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from classifier import residual_layer
from classifier.features import FeatureConfig
from classifier.learning import known

#: Version of the manifest's format, to be increased when older code can no longer read it.
FORMAT = 1
MANIFEST, GRAPH = "manifest.json", "model.tflite"
DEFAULT_MODELS_DIR = Path(__file__).resolve().parent.parent / "ml_models"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: The inputs that a graph may have, by the name of its input.
INPUTS = ("mfcc", "log_mel")
#: Values of fields that older manifests lack.
_DEFAULTS: dict[str, Any] = {"input": "mfcc", "max_windows": None, "moods": {}, "embedding_space": ""}

#: The metrics that are kept of replaced versions, in `metrics["earlier"]`.
EARLIER_METRICS = ("selective_accuracy", "reliability")


class BundleError(Exception):
    """A model cannot be loaded. The message says which and why."""


@dataclass(frozen=True)
class Manifest:
    """What a model is and how to run it.

    `labels` are in the order of the graph's outputs, then those that a residual layer adds. `window_frames` is the
    length of a window in spectrogram frames.
    `temperature` divides a track's mean log-probabilities. A track whose best calibrated probability is below
    `threshold` is "not sure". `input` is the graph's input, `mfcc` or `log_mel`. `max_windows` limits the number of
    windows, evenly spread over a track (None: as many as cover every frame). `moods` has for each mood, in the order of
    the graph's output, quantiles of its logits over tracks (`moods.quantile_table`). `embedding_space` is the name and
    version of an earlier model whose embeddings are the same; "" if these are the model's own.
    """

    name: str
    version: str
    labels: list[str]
    features: FeatureConfig
    window_frames: int
    temperature: float
    threshold: float
    weights: dict[str, str]
    input: str = "mfcc"
    max_windows: int | None = None
    moods: dict[str, list[float]] = field(default_factory=dict)
    embedding_space: str = ""
    network: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)

    @property
    def window_seconds(self) -> float:
        return self.window_frames * self.features.frame_seconds

    def as_dict(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self), "window_seconds": round(self.window_seconds, 3)}

    @classmethod
    def from_dict(cls, data: Any) -> Manifest:
        """Check and convert the contents of `manifest.json`. Raises BundleError."""
        _require(isinstance(data, dict), "it is not an object")
        _require(data.get("format") == FORMAT, f"format is {data.get('format')!r}, not {FORMAT}")
        data = _DEFAULTS | data
        missing = [f.name for f in fields(cls) if f.name not in data]
        _require(not missing, f"it lacks {', '.join(missing)}")
        for key in ("name", "version"):
            _require(isinstance(data[key], str) and data[key] != "", f"{key} must be a text")
        _require(
            _NAME.fullmatch(data["name"]) is not None,
            "name has characters that a folder name should not have",
        )
        labels = data["labels"]
        _require(
            isinstance(labels, list) and all(isinstance(label, str) and label for label in labels),
            "labels must be a list of texts",
        )
        _require(1 < len(labels) == len(set(labels)), "labels must be two or more, each once")
        window = data["window_frames"]
        _require(type(window) is int and 0 < window <= 10_000, "window_frames must be from 1 to 10000")
        _require(_is_number(data["temperature"]) and data["temperature"] > 0, "temperature must be positive")
        _require(_is_number(data["threshold"]) and 0 <= data["threshold"] <= 1, "threshold must be in [0, 1]")
        _require(data["input"] in INPUTS, f"input must be one of {', '.join(INPUTS)}")
        _require(isinstance(data["embedding_space"], str), "embedding_space must be a text")
        max_windows = data["max_windows"]
        _require(
            max_windows is None or (type(max_windows) is int and max_windows > 0),
            "max_windows must be a positive number or null",
        )
        for key in ("moods", "weights", "network", "training", "metrics", "libraries"):
            _require(isinstance(data[key], dict), f"{key} must be an object")
        for mood, quantiles in data["moods"].items():
            _require(
                isinstance(quantiles, list)
                and len(quantiles) > 1
                and all(_is_number(q) for q in quantiles)
                and quantiles == sorted(quantiles),
                f"moods.{mood} must be two or more ascending numbers",
            )
        _require(GRAPH in data["weights"], f"weights must name {GRAPH}")
        for name, digest in data["weights"].items():
            _require(_NAME.fullmatch(name) is not None, f"{name!r} is not a plain file name")
            _require(
                isinstance(digest, str) and _SHA256.fullmatch(digest) is not None,
                f"the SHA-256 of {name} is not one",
            )
        values = {f.name: data[f.name] for f in fields(cls)}
        return cls(**{**values, "features": _feature_config(data["features"])})


@dataclass(frozen=True)
class Bundle:
    """A verified model: its manifest, its folder, the bytes of its LiteRT graph, and what it can be taught with.

    `known` is None for a model that makes no learning vectors, `residual` for one that was trained from nothing.
    """

    manifest: Manifest
    path: Path
    graph: bytes
    known: known.KnownGenres | None = None
    residual: residual_layer.ResidualLayer | None = None


def bundle_path(name_or_path: str | Path, models_dir: str | Path | None = None) -> Path:
    """Return a model's folder. A bare name is looked up in `models_dir`; anything else is a path."""
    if isinstance(name_or_path, str) and _NAME.fullmatch(name_or_path):
        return Path(models_dir or DEFAULT_MODELS_DIR) / name_or_path
    return Path(name_or_path)


def load_bundle(name_or_path: str | Path, models_dir: str | Path | None = None) -> Bundle:
    """Read and verify a model. Raises BundleError."""
    path = bundle_path(name_or_path, models_dir)
    manifest = _read_manifest(path)
    contents = {name: _read_weights(path, manifest, name) for name in manifest.weights}
    readers = {known.FILE: known.KnownGenres.read, residual_layer.FILE: residual_layer.ResidualLayer.read}
    extras: dict[str, Any] = dict.fromkeys(readers)
    for name in readers.keys() & contents.keys():
        extras[name] = _parse_weights(path / name, contents[name], readers[name])
    return Bundle(manifest, path, contents[GRAPH], extras[known.FILE], extras[residual_layer.FILE])


def load_known_genres(
    name_or_path: str | Path, models_dir: str | Path | None = None
) -> known.KnownGenres | None:
    """Read and verify what a model's known genres sound like, without its graph; None if it cannot be taught.

    Raises BundleError.
    """
    path = bundle_path(name_or_path, models_dir)
    manifest = _read_manifest(path)
    if known.FILE not in manifest.weights:
        return None
    return _parse_weights(
        path / known.FILE, _read_weights(path, manifest, known.FILE), known.KnownGenres.read
    )


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.from_dict(json.loads((path / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BundleError(f"There is no model in {path}: {MANIFEST} is missing.") from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{path / MANIFEST} cannot be read: {error}") from error
    except BundleError as error:
        raise BundleError(f"{path / MANIFEST} is not a valid manifest: {error}.") from error


def _read_weights(path: Path, manifest: Manifest, name: str) -> bytes:
    try:
        content = (path / name).read_bytes()
    except OSError as error:
        raise BundleError(f"{path / name} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != manifest.weights[name]:
        raise BundleError(f"{path / name} is not the file that the manifest describes (SHA-256 differs).")
    return content


def _parse_weights[Content](file: Path, content: bytes, parse: Callable[[bytes], Content]) -> Content:
    try:
        return parse(content)
    except ValueError as error:
        raise BundleError(f"{file} cannot be used: {error}.") from error


def write_manifest(path: Path, manifest: Manifest) -> Manifest:
    """Write `manifest.json` to `path` with the digests of the weight files there, and return it as written."""
    digests = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in manifest.weights}
    values = {f.name: getattr(manifest, f.name) for f in fields(manifest)}
    manifest = Manifest(**{**values, "weights": digests})
    (path / MANIFEST).write_text(json.dumps(manifest.as_dict(), indent=2) + "\n", encoding="utf-8")
    return manifest


def earlier_metrics(path: Path) -> dict[str, dict[str, Any]]:
    """Return metrics of the model in `path` and of the versions before it, by version, for the one that replaces it.

    Predictions are kept after an update, and pages must show the metrics of the version that made them.
    """
    try:
        replaced = load_bundle(path).manifest
    except BundleError:
        return {}
    kept = {name: replaced.metrics[name] for name in EARLIER_METRICS if name in replaced.metrics}
    return {**replaced.metrics.get("earlier", {}), replaced.version: kept}


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise BundleError(message)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _feature_config(data: Any) -> FeatureConfig:
    expected = FeatureConfig().as_dict()
    _require(isinstance(data, dict) and set(data) == set(expected), f"features must be {sorted(expected)}")
    for key, value in data.items():
        allowed = _is_number(value) and (value >= 0 if key == "fmin" else value > 0)
        _require(allowed, f"features.{key} must be a positive number")
        _require(
            not isinstance(expected[key], int) or isinstance(value, int), f"features.{key} must be whole"
        )
    return FeatureConfig(**data)
