"""The stars of a rating."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from library.models.tracks import MAX_RATING
from library.services.stars import rating_text

register = template.Library()


@dataclass(frozen=True, slots=True)
class RatingStar:
    """One of the stars by which a track is rated."""

    label: str
    sends: int
    """The rating that pressing it gives; 0 takes the rating away."""
    filled: bool
    pressed: str
    """Whether it is the track's rating, as `aria-pressed` has it."""


@register.simple_tag
def rating_stars(rating: int | None) -> list[RatingStar]:
    """The stars for a track with this rating, the lowest first."""
    return [
        RatingStar(
            label=rating_text(number),
            sends=0 if number == rating else number,
            filled=number <= (rating or 0),
            pressed="true" if number == rating else "false",
        )
        for number in range(1, MAX_RATING + 1)
    ]
