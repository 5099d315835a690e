"""What the installed models say about themselves: their manifests, read without loading a model."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.conf import settings


@functools.cache
def manifest(name: str) -> dict[str, Any]:
    """A model's manifest, or {} when it is no longer installed."""
    path = settings.EARMARK_MODELS_DIR / name / "manifest.json"
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def installed() -> list[dict[str, Any]]:
    """The installed models by name, each with the figures its card gives for artists it had not heard."""
    names = sorted(path.parent.name for path in settings.EARMARK_MODELS_DIR.glob("*/manifest.json"))
    cards = [manifest(name) for name in names]
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


def times_right_in_ten(name: str, version: str) -> int | None:
    """How often a sure verdict was right on tracks by artists the model had not heard, in ten.

    None when the model is not installed in that version, or its manifest does not say.
    """
    card = manifest(name)
    if card.get("version") != version:
        return None
    share = card.get("metrics", {}).get("selective_accuracy")
    return None if share is None else round(10 * share)
