"""What plays a track, on any page."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context

from library.models import Track
from library.playing import entry

register = template.Library()


@register.simple_tag(takes_context=True)
def play_entry(context: Context, track: Track) -> dict[str, str]:
    """A track as the player knows it."""
    return entry(track, context["genres"])


@register.inclusion_tag("library/_play.html", takes_context=True)
def play_button(context: Context, track: Track) -> dict[str, Any]:
    """A button that plays a track, and after it the list that it stands in."""
    return {"track": track, "entry": entry(track, context["genres"])}


@register.simple_tag(takes_context=True)
def queue_after(context: Context, page: Page[Any], address: str) -> str:
    """Where the player finds what follows a page of a list; "" when that page is the last."""
    if not page.has_next():
        return ""
    query = context["request"].GET.copy()
    query.pop("page", None)
    query["start"] = str(page.end_index())
    return f"{address}?{query.urlencode()}"
