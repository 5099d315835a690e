"""From a file to what the model heard in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ModelId:
    """Which model made a prediction."""

    name: str
    version: str


@dataclass(frozen=True)
class Segment:
    """What was heard between two moments, in seconds."""

    start: float
    end: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Hearing:
    """A model's answer for one log-mel spectrogram.

    `label` is None when the model is not sure; `top` is always the most probable genre.
    Probabilities are calibrated for the track and sum to 1.
    """

    label: str | None
    top: str
    probabilities: dict[str, float]
    segments: list[Segment]
    embedding: list[float]


@dataclass(frozen=True)
class Analysis:
    """Everything one pass over a file tells."""

    hearing: Hearing
    duration: float
    model: ModelId
    audio: dict[str, Any]
    notices: list[str] = field(default_factory=list)
