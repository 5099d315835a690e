"""Play buttons, and data for the player."""

from __future__ import annotations

import functools
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.http.player_payload import player_entry
from library.models import Track
from library.templatetags.covers import cover
from library.templatetags.earmark import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def player_entry_of(context: Context, track: Track) -> dict[str, str]:
    """A track for the player: see `player_entry`."""
    return player_entry(track, context["genres"])


@register.simple_tag(takes_context=True)
def play_button(context: Context, track: Track) -> SafeString:
    """A track's cover as a button that plays it and then the rest of its list.

    Not a template: that would be six times slower, in every row of a list.
    """
    if track.status == Track.Status.FAILED:
        return format_html(
            '<span class="play-slot play-cover is-failed text-muted" title="Could not be analysed">{}{}</span>',
            cover(context, track),
            icon("exclamation-circle"),
        )
    content = format_html("{}{}", cover(context, track), _play_and_pause_icons())
    return _button(player_entry(track, context["genres"]), "play play-cover", content)


@register.simple_tag(takes_context=True)
def play_link(context: Context, track: Track) -> SafeString:
    """A button that plays a track, looks like a link and says its title."""
    entry = player_entry(track, context["genres"])
    return _button(entry, "play-link", format_html("{}{}", icon("play-fill"), track.title))


@register.simple_tag(takes_context=True)
def tile_button(context: Context, track: Track) -> SafeString:
    """A track's cover that plays it, in a row of them."""
    entry = player_entry(track, context["genres"])
    return _button(entry, "play-cover", format_html("{}{}", cover(context, track), _play_and_pause_icons()))


@register.simple_tag(takes_context=True)
def tile(context: Context, track: Track) -> SafeString:
    """The cover that stands for the track of a question."""
    return cover(context, track, "medium", "tile")


def _button(entry: dict[str, str], css_class: str, content: SafeString) -> SafeString:
    return format_html(
        '<button class="{css_class}" type="button" data-play="{url}" data-href="{href}" data-title="{title}"'
        ' data-artist="{artist}" data-artist-href="{artist_href}" data-genre="{genre}" data-css="{css}"'
        ' data-cover="{cover}" data-tile="{tile}"'
        ' aria-label="Play {title}">'
        "{content}</button>",
        **entry,
        css_class=css_class,
        content=content,
    )


@functools.cache
def _play_and_pause_icons() -> SafeString:
    return format_html(
        '<span class="when-paused">{}</span><span class="when-playing">{}</span>',
        icon("play-fill"),
        icon("pause-fill"),
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
