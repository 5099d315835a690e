"""The manifests of installed models, read without loading a model."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.conf import settings

from library.models import User

#: The file of a model that makes learning vectors (`classifier.learning.known.FILE`, which imports NumPy).
LEARNING_FILE = "learning.npz"
#: An accuracy from fewer tracks is too uncertain to show.
MIN_RELIABILITY_TRACKS = 20


@functools.cache
def model_manifest(name: str) -> dict[str, Any]:
    """A model's manifest, or {} if it is not installed."""
    path = settings.EARMARK_MODELS_DIR / name / "manifest.json"
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def model_name_of(owner: User) -> str:
    """The model that analyses an owner's tracks: their own base model if it is installed, else the site's."""
    return owner.base_model if model_manifest(owner.base_model) else settings.EARMARK_MODEL


def model_id(name: str) -> tuple[str, str]:
    """Name and version of an installed model; ("", "") if it is not installed."""
    card = model_manifest(name)
    return card.get("name", ""), card.get("version", "")


def default_model_id() -> tuple[str, str]:
    """Name and version of the site's model; ("", "") if it is not installed."""
    return model_id(settings.EARMARK_MODEL)


def learning_space(model: str = "") -> str:
    """The space of the learning vectors that a model makes, by default the site's; "" if it makes none."""
    name = model or settings.EARMARK_MODEL
    card = model_manifest(name)
    if LEARNING_FILE not in card.get("weights", {}):
        return ""
    return card.get("embedding_space") or " ".join(model_id(name))


def installed_models(owner: User) -> list[dict[str, Any]]:
    """The installed models by name, each with its metrics for artists that it was not trained on.

    The current one analyses the owner's tracks.
    """
    names = sorted(path.parent.name for path in settings.EARMARK_MODELS_DIR.glob("*/manifest.json"))
    cards, current = [model_manifest(name) for name in names], model_name_of(owner)
    return [
        {
            "name": card["name"],
            "version": card["version"],
            "current": card["name"] == current,
            "labels": card["labels"],
            "trained_on": card["training"]["data"],
            "metrics": {
                name: value for name, value in card["metrics"].items() if isinstance(value, int | float)
            },
        }
        for card in cards
        if card
    ]


def _metrics_of(name: str, version: str) -> dict[str, Any]:
    """The metrics of a version: the installed one, or an earlier one that its manifest records."""
    card = model_manifest(name)
    metrics = dict(card.get("metrics", {}))
    return metrics if card.get("version") == version else dict(metrics.get("earlier", {}).get(version, {}))


def accuracy_at_confidence(name: str, version: str, confidence: float) -> float | None:
    """The share of right predictions of that version at about this confidence, for artists it was not trained on.

    None if its manifest does not have it, or has it for too few tracks.
    """
    for row in _metrics_of(name, version).get("reliability", []):
        if row["from"] < confidence <= row["to"] and row["tracks"] >= MIN_RELIABILITY_TRACKS:
            return float(row["right"])
    return None


def accuracy_when_sure(name: str, version: str) -> float | None:
    """The share of right predictions of that version where it was sure; None if its manifest does not have it."""
    return _metrics_of(name, version).get("selective_accuracy")
