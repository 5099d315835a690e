"""Training a model for everyone on the verdicts of people who allow it.

The original of each of their tracks is heard again by the model that training starts from, in the confined process that
hears uploads. What it gives for a file is kept in a folder until the new model is written, so that training that was
interrupted goes on there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from classifier.analysis_process import AnalysisProcess
from classifier.errors import AudioError
from library.models import Track
from library.selectors.training import tracks_for_training
from library.services.analysis_client import analysis_process_of
from library.services.track_files import local_copy
from library.text.folding import search_text

if TYPE_CHECKING:
    from classifier.bundle import Manifest
    from classifier.residual_fitting import LabelledTracks

#: The names of files that keep what was heard, also of one that was being written.
_KEPT = re.compile(r"[0-9a-f]{64}\.(json|partial)")

Progress = Callable[[Iterable[Track], int], Iterable[Track]]


@dataclass(frozen=True)
class LibraryTraining:
    """The result of training: the new model's manifest, how many people's tracks it was trained on, and what failed."""

    manifest: Manifest
    people: int
    skipped: list[str]


def library_train(
    *, start: Path, out: Path, folder: Path, version: str = "1.0.0", seed: int = 0, progress: Progress
) -> LibraryTraining:
    """Train on from the model in the folder `start`, and write the new one to `out`.

    `folder` keeps what was heard. `progress` wraps the tracks, of which it gets the number. Raises DatasetError when no
    track may be used, or nothing is learned that holds for artists left out; BundleError when `start` cannot be used.
    """
    from classifier import fine_tuning
    from classifier.bundle import BundleError
    from classifier.datasets import DatasetError

    base = fine_tuning.load_start(start)
    if base.residual:
        raise BundleError(
            f"{start} was itself trained on from another model. Start from that one, or from another without "
            "a residual layer."
        )
    tracks = tracks_for_training()
    count = tracks.count()
    if not count:
        raise DatasetError(
            "Nobody who allows it has said what genre a track is, so there is nothing to train on."
        )
    _forget(
        folder, but={_name(track, base.manifest) for track in tracks.only("sha256").iterator(chunk_size=500)}
    )
    heard: dict[UUID, dict[str, Any]] = {}
    skipped: list[str] = []
    with closing(analysis_process_of(start.name, start.parent.absolute())) as process:
        for track in progress(tracks.iterator(chunk_size=500), count):
            try:
                heard[track.pk] = _outputs(process, track, folder, base.manifest)
            except (AudioError, FileNotFoundError) as error:
                skipped.append(f"{track.pk}: {error}")
    # Hearing takes hours: only what is still allowed and still said counts.
    used = [track for track in tracks_for_training() if track.pk in heard]
    labelled = _labelled([heard[track.pk] for track in used], used, base.manifest.temperature)
    people = len({track.owner_id for track in used})
    source = f"{len(used)} tracks of {people} people of a site, who allowed it, with the genres that they gave them"
    recipe = fine_tuning.FineTuningRecipe(seed=seed)
    manifest = fine_tuning.fine_tune(labelled, start, out, recipe, source, version)
    _forget(folder, but=set())
    return LibraryTraining(manifest, people, skipped)


def _labelled(heard: list[dict[str, Any]], used: list[Track], temperature: float) -> LabelledTracks:
    """What was heard of tracks, with their owners' verdicts, as training takes it."""
    import numpy as np

    from classifier.datasets import DatasetError
    from classifier.residual_fitting import Examples, LabelledTracks

    if not used:
        raise DatasetError("None of the tracks could be heard.")
    # Calibrated probabilities of windows, back to the log-probabilities that the graph gives.
    logits = []
    for outputs in heard:
        log_p = np.log(np.maximum(np.array(outputs["windows"], np.float64), 1e-30)) * temperature
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        logits.append(log_p.mean(axis=0))
    examples = Examples(np.array(logits), np.array([outputs["vector"] for outputs in heard], np.float64))
    genres = np.array([track.said for track in used])  # type: ignore[attr-defined]
    return LabelledTracks(examples, genres, np.array([search_text(track.artist) for track in used]))


def _outputs(process: AnalysisProcess, track: Track, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """What the model gives for a track's original: `windows` (windows, labels) of probabilities, and the `vector`."""
    kept = folder / _name(track, manifest)
    if kept.is_file():
        outputs: dict[str, Any] = json.loads(kept.read_text())
        return outputs
    with local_copy(track.original) as path:
        if not path.exists():
            raise FileNotFoundError("The original is missing.")
        result = process.analyse(path)
    outputs = {
        "windows": [
            [segment["probabilities"][label] for label in manifest.labels] for segment in result["segments"]
        ],
        "vector": result["vector"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".partial")
    partial.write_text(json.dumps(outputs))
    partial.replace(kept)
    return outputs


def _name(track: Track, manifest: Manifest) -> str:
    """The name of the file that keeps what a model gave for a track's original."""
    key = f"{track.sha256} {sorted(manifest.weights.items())}"
    return f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def _forget(folder: Path, but: set[str]) -> None:
    """Delete what is kept, except for the files of these names, and never a file of somebody else."""
    for kept in folder.glob("*"):
        if _KEPT.fullmatch(kept.name) and kept.name not in but:
            kept.unlink()
