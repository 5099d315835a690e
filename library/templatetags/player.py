"""Play buttons, and data for the player."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.http.player_payload import player_entry
from library.models import Track
from library.templatetags.earmark import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def player_entry_of(context: Context, track: Track) -> dict[str, str]:
    """A track for the player: see `player_entry`."""
    return player_entry(track, context["genres"])


@register.simple_tag(takes_context=True)
def play_button(context: Context, track: Track) -> SafeString:
    """A button that plays a track and then the rest of its list.

    Not a template: that would be six times slower, in every row of a list.
    """
    if track.status == Track.Status.FAILED:
        return format_html(
            '<span class="play-slot text-muted" title="Could not be analysed">{}</span>',
            icon("exclamation-circle"),
        )
    entry = player_entry(track, context["genres"])
    return format_html(
        '<button class="play" type="button" data-play="{url}" data-href="{href}" data-title="{title}"'
        ' data-artist="{artist}" data-genre="{genre}" data-css="{css}" aria-label="Play {title}">'
        '<span class="when-paused">{play}</span><span class="when-playing">{pause}</span></button>',
        **entry,
        play=icon("play-fill"),
        pause=icon("pause-fill"),
    )


@register.simple_tag(takes_context=True)
def play_queue_next_url(context: Context, page: Page[Any], url: str) -> str:
    """The URL of the play queue after this page of a list; "" on the last page."""
    if not page.has_next():
        return ""
    query = context["request"].GET.copy()
    query.pop("page", None)
    query["start"] = str(page.end_index())
    return f"{url}?{query.urlencode()}"
