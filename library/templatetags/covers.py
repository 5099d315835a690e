"""Covers on pages."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from uuid import UUID

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from library.addresses import reverse_cover
from library.http.covers import Pictured, initials_of
from library.models import Track
from library.models.albums import COVER_SIZES
from library.selectors import cover_id_for

register = template.Library()


@register.simple_tag(takes_context=True)
def cover(context: Context, thing: Pictured, size: str = "small", css_class: str = "") -> SafeString:
    """The cover of an album, a track or an artist or, if there is none, a tile with initials in the genre's colour.

    `size` is a key of `COVER_SIZES`: `small` is 44 px wide, the others as wide as what they are in. The height is known
    before the picture is there. Decoration: the name has to stand beside it.

    No query is made. A track's album counts if it was loaded by `select_related("album_entry")`. An artist's cover is
    an attribute `cover_id` that the query has annotated; so is the `genre` that gives an album or artist its colour.
    """
    cover_id = cover_id_for(thing) if isinstance(thing, Track) else getattr(thing, "cover_id", None)
    if cover_id is None:
        genre = getattr(thing, "genre", "")
        colour = context["genres"].by_key(genre).css if genre else ""
        return _tile(initials_of(thing), size, f"{colour} {css_class}".strip())
    return _picture(cover_id, size, css_class)


@register.simple_tag
def mosaic(cover_ids: Sequence[UUID]) -> SafeString:
    """A square of four covers; of fewer, the first one alone; "" of none."""
    if not cover_ids:
        return SafeString("")
    shown = cover_ids if len(cover_ids) == 4 else cover_ids[:1]
    if len(shown) == 1:
        return _picture(shown[0], "small", "")
    return format_html(
        '<span class="cover-mosaic">{}</span>',
        format_html_join("", "{}", ((_picture(cover_id, "small", ""),) for cover_id in shown)),
    )


def _picture(cover_id: UUID, size: str, css_class: str) -> SafeString:
    pixels = COVER_SIZES[size]
    return format_html(
        '<img class="cover cover-{} {}" src="{}" width="{}" height="{}" loading="lazy" decoding="async" alt="">',
        size, css_class, reverse_cover(cover_id, size), pixels, pixels,
    )  # fmt: skip


@functools.lru_cache(1000)
def _tile(letters: str, size: str, css_class: str) -> SafeString:
    """A tile with initials in place of a cover. CSS draws them from `data-initials`."""
    return format_html(
        '<span class="cover cover-{} cover-tile {}" data-initials="{}"></span>', size, css_class, letters
    )
