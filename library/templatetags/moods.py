"""Similarity in words, and points of the map as SVG coordinates."""

from __future__ import annotations

from django import template
from django.template import Context

from library.selectors.maps import LibraryMap, MapPoint
from library.selectors.similar import SimilarTrack

register = template.Library()

#: The margin of the picture at each edge, in percent.
MARGIN = 4


@register.simple_tag(takes_context=True)
def similarity_reason(context: Context, similar: SimilarTrack) -> str:
    """How similar a track is and why: "Very close · both jazz · both mellow and chill"."""
    shared = [context["genres"].by_key(similar.genre).name.lower()] if similar.genre else []
    if similar.moods:
        *others, last = similar.moods
        shared.append(f"{', '.join(others)} and {last}" if others else last)
    return " · ".join([similar.closeness, *(f"both {what}" for what in shared)])


@register.simple_tag
def mood_score_sentence(score: float) -> str:
    """A mood's score in words: the share of music that has less of it, at most 99 %."""
    return f"More than {min(int(score * 100), 99)} % of music"


@register.simple_tag
def dots_path(points: list[MapPoint]) -> str:
    """An SVG path with a dot at each point, in a picture of 1000 by 1000: strokes of length 0 with round caps."""
    return "".join(
        f"M{_with_margin(point.x) * 10:.0f} {_with_margin(point.y) * 10:.0f}h0" for point in points
    )


@register.simple_tag
def svg_x(point: MapPoint) -> str:
    """The x coordinate of a point, in percent of the picture."""
    return f"{_with_margin(point.x):.1f}%"


@register.simple_tag
def svg_y(point: MapPoint) -> str:
    """The y coordinate of a point, in percent of the picture."""
    return f"{_with_margin(point.y):.1f}%"


@register.simple_tag
def url_x(point: MapPoint) -> str:
    """The distance from the left, 0 to 100, as in URLs."""
    return f"{100 * point.x:.1f}"


@register.simple_tag
def url_y(point: MapPoint) -> str:
    """The distance from the bottom, 0 to 100, as in URLs."""
    return f"{100 - 100 * point.y:.1f}"


@register.simple_tag(takes_context=True)
def map_summary(context: Context, map_: LibraryMap) -> str:
    """Where the genres are, for screen readers: "Jazz top left, Metal bottom right"."""
    rows, columns = ("top", "middle", "bottom"), ("left", "middle", "right")
    parts = []
    for genre, point in map_.label_points.items():
        where = dict.fromkeys((rows[min(int(point.y * 3), 2)], columns[min(int(point.x * 3), 2)]))
        parts.append(f"{context['genres'].by_key(genre).name} {' '.join(where)}")
    return ", ".join(parts) or "no genre stands out"


def _with_margin(part: float) -> float:
    """A coordinate from 0 to 1 as percent of the picture, inside its margins."""
    return MARGIN + part * (100 - 2 * MARGIN)
