"""Teaching: how far it has come, why a track is suggested, and its genres over time in a row of a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from library.models import Track
from library.selectors.learning import Suggestion
from library.selectors.standing import standing_text

register = template.Library()

#: How many stretches of a track a strip shows at most.
MAX_STRETCHES = 40


@register.simple_tag
def suggestion_reason(suggestion: Suggestion) -> str:
    """Why a track is suggested."""
    if suggestion.drawn:
        return "Near the edge: your answer teaches most"
    return f"Close to {' and '.join(track.title for track in suggestion.nearest[:2])}"


@register.simple_tag
def standing_of_few(count: int) -> str:
    """How far the teaching of a genre or tag with few examples has come."""
    return standing_text(count, count, None)


@register.simple_tag
def genre_strip(track: Track, segments: Sequence[Any]) -> SafeString:
    """The likeliest genre of each stretch of a track: its colour, as strong as it is probable."""
    if not segments or not track.prediction:
        return SafeString("")
    stretches = min(len(segments), MAX_STRETCHES)
    borders = [len(segments) * stretch // stretches for stretch in range(stretches + 1)]
    genres = track.prediction.genres
    strongest = []
    for first, last in pairwise(borders):
        shares = [
            sum(some) / (last - first) for some in zip(*(s[2] for s in segments[first:last]), strict=True)
        ]
        strongest.append(max(zip(shares, genres, strict=True)))
    return format_html(
        '<svg class="genre-strip" viewBox="0 0 {} 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        stretches,
        format_html_join(
            "",
            '<rect class="genre-{}" x="{}" width="0.92" height="1" opacity="{}"/>',
            ((genre, x, f"{0.2 + 0.8 * share:.2f}") for x, (share, genre) in enumerate(strongest)),
        ),
    )
