"""A second base model, and what it predicts beside the one in use."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from library.models import BaseModelChange, BaseModelRow, Track, User
from library.selectors.model_cards import LEARNING_FILE, model_id, model_manifest
from library.services.base_model_refits import base_model_refit
from library.services.vectors import embedding_bytes, learning_vector_bytes
from tests.factories import PredictionFactory
from tests.learning import vector_like

NEWER = "newer-1"


def install_manifest(models_dir: Path, name: str = NEWER, *, teachable: bool = True) -> None:
    """The manifest of another model as if it were installed, like the shipped one: enough for what only reads it."""
    manifest = json.loads(Path("ml_models/msd-musicnn-1/manifest.json").read_text())
    manifest |= {"name": name, "version": "2.0.0", "embedding_space": ""}
    if not teachable:
        del manifest["weights"][LEARNING_FILE]
    folder = models_dir / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    model_manifest.cache_clear()


def models_dir_with_newer(folder: Path, **kinds: Any) -> Path:
    """A folder of models: the shipped ones, and another."""
    folder.mkdir()
    for shipped in Path(settings.EARMARK_MODELS_DIR).iterdir():
        (folder / shipped.name).symlink_to(shipped)
    install_manifest(folder, **kinds)
    return folder


def make_change(
    owner: User, predict: Callable[[Track], dict[str, Any]], name: str = NEWER, *, refit: bool = True
) -> BaseModelChange:
    """A base model that has listened to the owner's analysed tracks, and what it predicts, as of `PredictionFactory`.

    Its vectors lie around directions of the first words of titles, but others than those of the model in use.
    """
    model_name, version = model_id(name)
    space = f"{model_name} {version}"
    change = BaseModelChange.objects.create(
        owner=owner, model_name=model_name, model_version=version, other_base_model=name,
        completed_at=timezone.now(),
    )  # fmt: skip
    for number, track in enumerate(Track.all_objects.filter(owner=owner, status="ready").order_by("pk")):
        vector = vector_like(f"{name} {track.title.split()[0]}", number)
        prediction = PredictionFactory(
            track=track, model_name=model_name, model_version=version, **predict(track)
        )
        BaseModelRow.objects.create(
            change=change, track=track, prediction=prediction,
            embedding_space=space, embedding=embedding_bytes(np.array(vector[:64]).tolist()),
            vector_space=space, vector=learning_vector_bytes(vector),
        )  # fmt: skip
    if refit:
        base_model_refit(change=change)
    return change
