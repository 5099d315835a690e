"""Run a model: from an audio file to its genre, moods and embedding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from classifier import moods
from classifier.audio import Decoder
from classifier.audiofile import AudioLimits
from classifier.bundle import Bundle, BundleError, load_bundle
from classifier.features import MelStream, mfcc, power_to_db
from classifier.learning.vectors import unit
from classifier.pictures import PEAKS_NAME, SPECTROGRAM_NAME, PeakStream, save_peaks, save_spectrogram

FloatArray = NDArray[np.float32]

#: Matrix products round differently with several threads. With one, every process gives the same result.
one_thread = threadpool_limits.wrap(limits=1)


@dataclass(frozen=True)
class ModelId:
    """The model that made a prediction."""

    name: str
    version: str


@dataclass(frozen=True)
class SegmentPrediction:
    """Probabilities by label for the part of a track from `start` to `end`, in seconds."""

    start: float
    end: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class TrackPrediction:
    """A model's prediction for a whole track.

    `top` is the most probable genre; `label` is the same, or None when the model is not sure. Probabilities are
    calibrated and sum to 1. `embedding` has length 1. `moods` are scores in [0, 1] (see `moods.mood_scores`), or {} for
    a model without moods. `vector` is what concepts are taught with
    (`classifier.learning`), of length 1; [] when the model makes none.
    """

    label: str | None
    top: str
    probabilities: dict[str, float]
    segments: list[SegmentPrediction]
    embedding: list[float]
    moods: dict[str, float]
    vector: list[float]


@dataclass(frozen=True)
class Analysis:
    """The result of one pass over a file. `duration` is in seconds, `audio` is `AudioInfo` as a dict.

    Only embeddings of the same `embedding_space`, a model's name and version, can be compared.
    """

    prediction: TrackPrediction
    duration: float
    model: ModelId
    embedding_space: str
    audio: dict[str, Any]
    notices: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the analysis for JSON: the fields of `prediction`, then the others by their names."""
        return {
            **asdict(self.prediction),
            "duration": self.duration,
            "model": asdict(self.model),
            "embedding_space": self.embedding_space,
            "audio": self.audio,
            "notices": self.notices,
        }


class Classifier:
    """A loaded model.

    On one machine, the same spectrogram gives the same prediction in every process, bit for bit, because the graph runs
    on one thread. Not thread-safe: each thread needs its own instance.
    """

    def __init__(self, bundle: Bundle) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.manifest = bundle.manifest
        self.model = ModelId(bundle.manifest.name, bundle.manifest.version)
        self.known = bundle.known
        self._residual = bundle.residual
        self._outputs = ["log_probabilities", "embedding"]
        self._outputs += ["moods"] if bundle.manifest.moods else []
        self._outputs += ["learning"] if bundle.known else []
        try:
            self._interpreter = Interpreter(model_content=bundle.graph, num_threads=1)
            self._graph = self._interpreter.get_signature_runner()
            inputs, outputs = self._graph.get_input_details(), self._graph.get_output_details()
            self._batch, *window = (int(size) for size in inputs[self.manifest.input]["shape"])
            widths = {name: tuple(map(int, outputs[name]["shape"])) for name in self._outputs}
        except (ValueError, KeyError, RuntimeError) as error:
            raise BundleError(f"{bundle.path} holds a graph that cannot be run: {error}") from error
        features = self.manifest.features
        rows = features.n_mfcc if self.manifest.input == "mfcc" else features.n_mels
        expected = [self.manifest.window_frames, rows]
        if window != expected or any(shape[0] != self._batch for shape in widths.values()):
            raise BundleError(f"{bundle.path}: the graph's windows are {window}, the manifest's {expected}.")
        if "moods" in widths and widths["moods"][1] != len(self.manifest.moods):
            raise BundleError(f"{bundle.path}: the graph and the manifest disagree about the moods.")
        graph_labels, labels = widths["log_probabilities"][1], len(self.manifest.labels)
        if graph_labels != labels and (bundle.residual is None or graph_labels > labels):
            raise BundleError(f"{bundle.path}: the graph and the manifest disagree about the labels.")
        if bundle.known and widths["learning"][1] != bundle.known.centroids.shape[1]:
            raise BundleError(f"{bundle.path}: the graph and the centroids disagree about the vectors' size.")
        if bundle.residual:
            expected_weights = (widths.get("learning", (0, 0))[1] + 1, labels)
            if bundle.residual.weights.shape != expected_weights:
                raise BundleError(f"{bundle.path}: the layer does not fit the graph and the labels.")

    @classmethod
    def load(cls, name_or_path: str | Path, models_dir: str | Path | None = None) -> Classifier:
        """Load the model of that name from `models_dir` (default `ml_models/`), or the one in that folder.

        Raises BundleError when it is missing, damaged, or not what its manifest says.
        """
        return cls(load_bundle(name_or_path, models_dir))

    @one_thread  # type: ignore[untyped-decorator]
    def analyse(
        self,
        path: str | Path,
        *,
        limits: AudioLimits | None = None,
        pictures_dir: Path | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Analysis:
        """Analyse a file in one pass over its audio.

        With `pictures_dir`, waveform peaks and spectrogram are written there (`pictures.PEAKS_NAME` and
        `SPECTROGRAM_NAME`). `progress` is called with each stage: "decoding" (as soon as there are samples),
        "listening", "drawing". Raises AudioError as `Decoder` does.
        """
        progress = progress or (lambda stage: None)
        decoder = Decoder(path, limits, self.manifest.features.sample_rate)
        mel, peaks = MelStream(self.manifest.features), PeakStream()
        for number, block in enumerate(decoder):
            if not number:
                progress("decoding")
            mel.push(block)
            peaks.push(block)
        info = decoder.info
        progress("listening")
        log_mel = power_to_db(mel.finish(), self.manifest.features.top_db)
        prediction = self.predict(log_mel, info.duration)
        if pictures_dir is not None:
            progress("drawing")
            save_peaks(pictures_dir / PEAKS_NAME, peaks.finish(), info.duration)
            save_spectrogram(pictures_dir / SPECTROGRAM_NAME, log_mel, self.manifest.features.top_db)
        notices = ["truncated"] if info.truncated else []
        space = self.manifest.embedding_space or f"{self.model.name} {self.model.version}"
        return Analysis(prediction, info.duration, self.model, space, info.as_dict(), notices)

    def predict(self, log_mel: FloatArray, duration: float | None = None) -> TrackPrediction:
        """Predict a whole track from its spectrogram.

        `log_mel` is float32 (n_mels, frames) in dB relative to the track's maximum, floored at `-top_db`, made with
        the manifest's `features`. `duration` in seconds is the end of the last segment (default: the last frame's
        centre). A track shorter than a window is repeated to fill it. Windows are processed in batches, so that memory
        does not grow with the track.
        """
        features, labels = self.manifest.features, self.manifest.labels
        outputs = self.window_outputs(log_mel)
        log_p = outputs["log_probabilities"]
        temperature = self.manifest.temperature
        track = softmax(log_p.mean(axis=0) / temperature)
        mean = outputs["embedding"].mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        if duration is None:
            duration = (log_mel.shape[1] - 1) * features.frame_seconds
        edges = np.linspace(0.0, duration, len(log_p) + 1).tolist()
        segments = [
            SegmentPrediction(start, end, _by_label(labels, row))
            for start, end, row in zip(edges, edges[1:], softmax(log_p / temperature), strict=False)
        ]
        top = int(track.argmax())
        sure = bool(track[top] >= self.manifest.threshold)
        return TrackPrediction(
            label=labels[top] if sure else None,
            top=labels[top],
            probabilities=_by_label(labels, track),
            segments=segments,
            embedding=[float(value) for value in mean],
            moods=moods.mood_scores(outputs["moods"].mean(axis=0), self.manifest.moods)
            if "moods" in outputs
            else {},
            vector=unit(outputs["learning"].mean(axis=0)).tolist() if "learning" in outputs else [],
        )

    @one_thread  # type: ignore[untyped-decorator]
    def window_outputs(self, log_mel: FloatArray) -> dict[str, NDArray[np.float64]]:
        """Return the model's outputs by name, with a row for each window of a track; `log_mel` as for `predict`.

        `log_probabilities` are (windows, labels), up to a constant for each row where a residual layer was learned;
        `embedding`, `moods` and `learning` are as the graph gives them.
        """
        features, frames = self.manifest.features, self.manifest.window_frames
        if log_mel.ndim != 2 or log_mel.shape[0] != features.n_mels or not log_mel.shape[1]:
            raise ValueError(f"log_mel must be ({features.n_mels}, frames), not {log_mel.shape}.")
        starts = window_starts(log_mel.shape[1], frames, self.manifest.max_windows)
        within = np.arange(frames)
        batches_of: dict[str, list[FloatArray]] = {name: [] for name in self._outputs}
        for first in range(0, len(starts), self._batch):
            batch = starts[first : first + self._batch]
            # The graph's batch size is fixed, so the last batch is filled up with repeated windows.
            positions = np.resize(batch, self._batch)[:, None] + within
            rows = log_mel[:, positions.ravel() % log_mel.shape[1]]
            if self.manifest.input == "mfcc":
                rows = mfcc(rows, self.manifest.features)
            windows = rows.reshape(-1, self._batch, frames).transpose(1, 2, 0)
            outputs = self._graph(**{self.manifest.input: np.ascontiguousarray(windows, dtype=np.float32)})
            for name, batches in batches_of.items():
                batches.append(outputs[name][: len(batch)])
        found = {name: np.concatenate(batches).astype(np.float64) for name, batches in batches_of.items()}
        if self._residual:
            found["log_probabilities"] = self._residual.apply(found["log_probabilities"], found["learning"])
        return found


def window_starts(frames: int, window: int, max_windows: int | None = None) -> NDArray[np.int64]:
    """Return the first frames of evenly spread windows of length `window` that cover all `frames` of a track.

    The first window starts with the track and the last ends with it; neighbours may overlap. With `max_windows`, a long
    track gets only that many windows, with gaps between them.
    """
    count = min(-(-frames // window), max_windows or frames)
    return np.rint(np.linspace(0, max(0, frames - window), count)).astype(np.int64)


def softmax(x: NDArray[Any]) -> NDArray[np.float64]:
    """Return the softmax along the last axis."""
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def _by_label(labels: list[str], probabilities: NDArray[np.float64]) -> dict[str, float]:
    return {label: float(p) for label, p in zip(labels, probabilities, strict=True)}
