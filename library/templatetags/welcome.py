"""The picture on the first page of a stranger: a song, and what is heard in it, as the listening strip shows it."""

from __future__ import annotations

import functools
import math

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

BARS, STRETCHES = 64, 24
#: The song turns from blues to rock between these shares of its length.
TURN = (0.42, 0.58)
#: What is heard beside the two, at most, in the middle of the turn.
MOST_COUNTRY = 0.25


@register.simple_tag
@functools.cache
def welcome_wave() -> SafeString:
    """The waveform: bars around the middle, louder once the song has turned."""
    heights = ((bar, _loudness(bar)) for bar in range(BARS))
    bars = format_html_join(
        "", '<rect x="{}" y="{}" width=".6" height="{}"/>',
        ((bar, f"{50 - height / 2:.1f}", f"{height:.1f}") for bar, height in heights),
    )  # fmt: skip
    return format_html('<svg viewBox="0 0 {} 100" preserveAspectRatio="none">{}</svg>', BARS, bars)


@register.simple_tag
@functools.cache
def welcome_genres() -> SafeString:
    """The genre timeline: a row for each genre, and a cell for each stretch, as strong as it is probable."""
    cells = (
        (genre, stretch, row, f"{share:.2f}")
        for stretch in range(STRETCHES)
        for row, (genre, share) in enumerate(genre_shares((stretch + 0.5) / STRETCHES).items())
    )
    rects = format_html_join(
        "", '<rect class="genre-{}" x="{}" y="{}" width=".94" height=".9" fill-opacity="{}"/>', cells
    )  # fmt: skip
    return format_html('<svg viewBox="0 0 {} 3" preserveAspectRatio="none">{}</svg>', STRETCHES, rects)


def genre_shares(place: float) -> dict[str, float]:
    """The probabilities of the picture's genres at a place of the song, from 0 at its beginning to 1 at its end."""
    begins, ends = TURN
    turned = min(max((place - begins) / (ends - begins), 0), 1)
    country = MOST_COUNTRY * math.sin(math.pi * turned)
    rest = 0.91 - country
    return {"blues": rest * (1 - turned) + 0.03, "rock": rest * turned + 0.03, "country": country + 0.03}


def _loudness(bar: int) -> float:
    """The height of a bar, in percent of the picture's."""
    level = 55 if bar / BARS < TURN[0] else 70 if bar / BARS < TURN[1] else 95
    return level * (0.4 + 0.6 * abs(math.sin(1.7 * bar) * math.cos(0.31 * bar)))
