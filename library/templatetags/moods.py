"""Reasons in words, and places of the map as numbers of a picture."""

from __future__ import annotations

from django import template
from django.template import Context

from library.selectors.maps import LibraryMap, MapPoint
from library.selectors.similar import SimilarTrack

register = template.Library()

#: Percent of the picture that stay free at each of its edges.
MARGIN = 4


@register.simple_tag(takes_context=True)
def similarity_reason(context: Context, neighbour: SimilarTrack) -> str:
    """ "Very close · both jazz · both mellow and chill"."""
    shared = [context["genres"].by_key(neighbour.genre).name.lower()] if neighbour.genre else []
    if neighbour.moods:
        *others, last = neighbour.moods
        shared.append(f"{', '.join(others)} and {last}" if others else last)
    return " · ".join([neighbour.closeness, *(f"both {what}" for what in shared)])


@register.simple_tag
def mood_score_sentence(score: float) -> str:
    """A mood's score in words. It is a share of all music, so it does not reach 100 %."""
    return f"More than {min(int(score * 100), 99)} % of music"


@register.simple_tag
def dots_path(points: list[MapPoint]) -> str:
    """A path that draws a dot at each place, in a picture of 1000 by 1000: strokes of no length, with round ends."""
    return "".join(
        f"M{_with_margin(point.x) * 10:.0f} {_with_margin(point.y) * 10:.0f}h0" for point in points
    )


@register.simple_tag
def svg_x(point: MapPoint) -> str:
    return f"{_with_margin(point.x):.1f}%"


@register.simple_tag
def svg_y(point: MapPoint) -> str:
    return f"{_with_margin(point.y):.1f}%"


@register.simple_tag
def url_x(point: MapPoint) -> str:
    """From the left, 0 to 100, as the address says it."""
    return f"{100 * point.x:.1f}"


@register.simple_tag
def url_y(point: MapPoint) -> str:
    """From the bottom, 0 to 100."""
    return f"{100 - 100 * point.y:.1f}"


@register.simple_tag(takes_context=True)
def map_summary(context: Context, found: LibraryMap) -> str:
    """ "Jazz top left, Metal bottom right"."""
    rows, columns = ("top", "middle", "bottom"), ("left", "middle", "right")
    said = []
    for genre, point in found.label_points.items():
        where = dict.fromkeys((rows[min(int(point.y * 3), 2)], columns[min(int(point.x * 3), 2)]))
        said.append(f"{context['genres'].by_key(genre).name} {' '.join(where)}")
    return ", ".join(said) or "no genre has a place of its own"


def _with_margin(part: float) -> float:
    """Percent of the picture's width or height."""
    return MARGIN + part * (100 - 2 * MARGIN)
