"""How times, probabilities, genres and icons look on a page."""

from __future__ import annotations

import functools

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from classifier.scales import mel_ticks
from library.genres import GENRES
from library.model_cards import times_right_in_ten
from library.models import Prediction, Track

register = template.Library()


@functools.cache
def _svg(name: str) -> str:
    return (settings.BASE_DIR / "static" / "vendor" / "icons" / f"{name}.svg").read_text()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Bootstrap icon, inline, so that it takes the colour of its text. Decoration only."""
    hidden = _svg(name).replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return mark_safe(hidden)  # noqa: S308 - a file of ours


@register.filter
def percent(probability: float | None) -> str:
    """0.724 as "72 %"."""
    return "" if probability is None else f"{probability * 100:.0f} %"


@register.filter
def hundred(probability: float | None) -> int:
    """0.724 as 72, for attributes."""
    return round((probability or 0) * 100)


@register.filter
def clock(seconds: float | None) -> str:
    """Seconds as "3:07" or "1:02:45"."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def kilohertz(hertz: int) -> str:
    """44100 as "44.1 kHz"."""
    return f"{hertz / 1000:g} kHz"


@register.filter
def genre_name(genre: str | None) -> str:
    return GENRES.get(genre, genre) if genre else ""


@register.simple_tag
def genre_chip(track: Track) -> SafeString:
    """The effective genre as a chip, with the sign of whose word it is."""
    if not track.prediction:
        return SafeString("")
    heard = track.prediction
    if heard.label:
        return format_html(
            '<span class="chip genre-{}"><span class="chip-dot"></span>{}'
            '<span class="chip-source" title="Heard by the model">{}</span></span>',
            heard.label, genre_name(heard.label), icon("soundwave"),
        )  # fmt: skip
    return format_html('<span class="chip chip-unsure">Not sure: {}</span>', _two_guesses(heard))


@register.simple_tag
def confidence_ring(probability: float) -> SafeString:
    """A small ring that is filled as far as the model is sure."""
    return format_html(
        '<svg class="ring" viewBox="0 0 36 36" role="img" aria-label="{}"><title>{} sure</title>'
        '<circle class="ring-back" cx="18" cy="18" r="14"/>'
        '<circle class="ring-fill" cx="18" cy="18" r="14" pathLength="100" stroke-dasharray="{} 100"/></svg>',
        f"{probability:.0%} sure", percent(probability), hundred(probability),
    )  # fmt: skip


@register.simple_tag
def sounds_like(prediction: Prediction) -> str:
    """The verdict as a sentence."""
    if prediction.label:
        return f"Sounds like {genre_name(prediction.label).lower()}."
    return f"Not sure: {_two_guesses(prediction)}."


def _two_guesses(prediction: Prediction) -> str:
    return " or ".join(genre_name(genre).lower() for genre, _ in prediction.ranking[:2])


@register.simple_tag
def verdict_worth(prediction: Prediction) -> str:
    """What such a verdict is worth, as a sentence; empty when the model's card does not say."""
    if not prediction.label:
        return ""
    right = times_right_in_ten(prediction.model_name, prediction.model_version)
    if right is None:
        return ""
    return f"When it is sure, it is right about {right} times in 10 (artists it had not heard)."


@register.simple_tag
def time_marks(duration: float) -> list[str]:
    """Five evenly spaced times for the axis below the listening strip."""
    return [clock(duration * part / 4) for part in range(5)]


@register.simple_tag
def frequency_marks() -> list[tuple[str, float]]:
    """Labels for the spectrogram's axis: kHz, and the height in percent from the top."""
    return [(f"{khz:g}", round((1 - height) * 100, 2)) for khz, height in mel_ticks()]
