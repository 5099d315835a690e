"""What the installed models say about themselves: their manifests, read without loading a model."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.conf import settings

#: A share of fewer tracks than these says little.
MIN_RELIABILITY_TRACKS = 20


@functools.cache
def model_manifest(name: str) -> dict[str, Any]:
    """A model's manifest, or {} when it is no longer installed."""
    path = settings.EARMARK_MODELS_DIR / name / "manifest.json"
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def installed_models() -> list[dict[str, Any]]:
    """The installed models by name, each with the figures its card gives for artists it had not heard."""
    names = sorted(path.parent.name for path in settings.EARMARK_MODELS_DIR.glob("*/manifest.json"))
    cards = [model_manifest(name) for name in names]
    return [
        {
            "name": card["name"],
            "version": card["version"],
            "current": card["name"] == settings.EARMARK_MODEL,
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
    """What the card measured of a version: the installed one, or one whose place it took."""
    card = model_manifest(name)
    metrics = dict(card.get("metrics", {}))
    return metrics if card.get("version") == version else dict(metrics.get("earlier", {}).get(version, {}))


def accuracy_at_confidence(name: str, version: str, confidence: float) -> float | None:
    """How often that version's first guess was right at about this confidence, by artists it had not heard.

    None when the card does not say, or says it of too few tracks. A verdict is never told another version's figures.
    """
    for row in _metrics_of(name, version).get("reliability", []):
        if row["from"] < confidence <= row["to"] and row["tracks"] >= MIN_RELIABILITY_TRACKS:
            return float(row["right"])
    return None


def accuracy_when_sure(name: str, version: str) -> float | None:
    """How often that version was right where it named a genre; None when the card does not say."""
    return _metrics_of(name, version).get("selective_accuracy")
