"""Why a track is among those like another."""

from __future__ import annotations

from django import template
from django.template import Context

from library.selectors.similar import Neighbour

register = template.Library()


@register.simple_tag(takes_context=True)
def why_near(context: Context, neighbour: Neighbour) -> str:
    """ "Very close · both jazz · both mellow and chill"."""
    shared = [context["genres"].named(neighbour.genre).name.lower()] if neighbour.genre else []
    if neighbour.moods:
        *others, last = neighbour.moods
        shared.append(f"{', '.join(others)} and {last}" if others else last)
    return " · ".join([neighbour.closeness, *(f"both {what}" for what in shared)])
