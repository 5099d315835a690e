"""Reasons in words, and places of the map as numbers of a picture."""

from __future__ import annotations

from django import template
from django.template import Context

from library.selectors.maps import Map, Place
from library.selectors.similar import Neighbour

register = template.Library()

#: Percent of the picture that stay free at each of its edges.
MARGIN = 4


@register.simple_tag(takes_context=True)
def why_near(context: Context, neighbour: Neighbour) -> str:
    """ "Very close · both jazz · both mellow and chill"."""
    shared = [context["genres"].named(neighbour.genre).name.lower()] if neighbour.genre else []
    if neighbour.moods:
        *others, last = neighbour.moods
        shared.append(f"{', '.join(others)} and {last}" if others else last)
    return " · ".join([neighbour.closeness, *(f"both {what}" for what in shared)])


@register.simple_tag
def more_than(score: float) -> str:
    """A mood's score in words. It is a share of all music, so it does not reach 100 %."""
    return f"More than {min(int(score * 100), 99)} % of music"


@register.simple_tag
def dots(places: list[Place]) -> str:
    """A path that draws a dot at each place, in a picture of 1000 by 1000: strokes of no length, with round ends."""
    return "".join(f"M{_in_picture(place.x) * 10:.0f} {_in_picture(place.y) * 10:.0f}h0" for place in places)


@register.simple_tag
def across(place: Place) -> str:
    return f"{_in_picture(place.x):.1f}%"


@register.simple_tag
def down(place: Place) -> str:
    return f"{_in_picture(place.y):.1f}%"


@register.simple_tag
def map_x(place: Place) -> str:
    """From the left, 0 to 100, as the address says it."""
    return f"{100 * place.x:.1f}"


@register.simple_tag
def map_y(place: Place) -> str:
    """From the bottom, 0 to 100."""
    return f"{100 - 100 * place.y:.1f}"


@register.simple_tag(takes_context=True)
def map_summary(context: Context, found: Map) -> str:
    """ "Jazz top left, Metal bottom right"."""
    rows, columns = ("top", "middle", "bottom"), ("left", "middle", "right")
    said = []
    for genre, place in found.names.items():
        where = dict.fromkeys((rows[min(int(place.y * 3), 2)], columns[min(int(place.x * 3), 2)]))
        said.append(f"{context['genres'].named(genre).name} {' '.join(where)}")
    return ", ".join(said) or "no genre has a place of its own"


def _in_picture(part: float) -> float:
    """Percent of the picture's width or height."""
    return MARGIN + part * (100 - 2 * MARGIN)
