"""What a row of a list shows of a track besides its names: the genre strip, how sure the model is, dates, plays."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.utils.dates import MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from library.models import Track
from library.templatetags.earmark import percent_number, probability_percent

register = template.Library()

#: How many stretches the strip of a row has.
MOST_STRETCHES = 24
#: A stretch in which even the likeliest genre has a smaller share has no colour.
LEAST_SHARE = 1 / 3
#: Until then, days are counted; from then on, dates are shown.
DAYS_COUNTED = 7


@register.simple_tag
def row_strip(track: Track, segments: Mapping[UUID, Sequence[Any]]) -> SafeString:
    """The likeliest genre of each stretch of a track: its colour, as strong as it is probable.

    `segments` has those of all tracks of the list, by their ids. Plain strings, as a page has a thousand stretches.
    """
    own = segments.get(track.pk) if segments else None
    if not own or not track.prediction:
        return SafeString("")
    count, genres, rects = min(len(own), MOST_STRETCHES), track.prediction.genres, []
    for place in range(count):
        some = own[len(own) * place // count : len(own) * (place + 1) // count]
        sums = [sum(column) for column in zip(*[shares for _, _, shares in some], strict=True)]
        most = max(sums)
        share = most / len(some)
        look = _look(genres[sums.index(most)], round(10 * share)) if share >= LEAST_SHARE else ""
        rects.append(f'<rect {look}x="{place}" width=".92" height="1"/>')
    box = f'viewBox="0 0 {count} 1" preserveAspectRatio="none"'
    # Numbers, and what `_look` has escaped.
    return mark_safe(f'<svg class="row-strip" {box} aria-hidden="true">{"".join(rects)}</svg>')  # noqa: S308


@functools.lru_cache(1000)
def _look(genre: str, tenths: int) -> SafeString:
    return format_html('class="genre-{}" opacity="{}" ', genre, f"{0.3 + 0.07 * tenths:.2f}")


@register.simple_tag
def row_sure(track: Track) -> SafeString:
    """How sure the model is of the genre that the row shows: "83 %"; "–" of a genre that it did not hear."""
    prediction = track.prediction
    is_heard = track.genre_source in (Track.Source.NONE, Track.Source.MODEL)
    if prediction and (
        is_heard or (track.genre_source == Track.Source.OWNER and track.genre == prediction.top)
    ):
        return _sure(percent_number(prediction.confidence))
    return SafeString('<span class="row-sure text-muted" aria-hidden="true">–</span>')


@functools.cache
def _sure(hundredths: int) -> SafeString:
    text = probability_percent(hundredths / 100)
    return format_html(
        '<span class="row-sure tabular text-muted" title="Earmark is {} sure">{}'
        '<span class="visually-hidden"> sure</span></span>',
        text, text,
    )  # fmt: skip


@register.simple_tag
def row_date(moment: datetime) -> SafeString:
    """When a track was added: "today", "yesterday", "3 days ago" or "8 Jul 2023", and to the minute in its title.

    Lists have many of these, and the filter `date` is 20 times slower.
    """
    return format_html('<time class="row-added text-muted" {}</time>', _time(moment))


@register.simple_tag
def row_plays(track: Track) -> SafeString:
    """How often a track was played and when last, each for a column; empty if it never was.

    Words that a column's head says are only seen where there are no columns.
    """
    if not track.last_played_at:
        return SafeString('<span class="row-plays"></span><span class="row-played"></span>')
    count, word = play_count_text(track).split(" ")
    return format_html(
        '<span class="row-plays tabular text-muted">{}<span class="row-word"> {}</span></span>'
        '<span class="row-played text-muted"><span class="row-word">Played </span><time {}</time></span>',
        count, word, _time(track.last_played_at),
    )  # fmt: skip


@register.simple_tag
def play_count_text(track: Track) -> str:
    """How often a track was played: "12 plays"."""
    return "1 play" if track.play_count == 1 else f"{track.play_count:,} plays"


@register.simple_tag
def plays_sentence(track: Track) -> str:
    """How often a track was played and when last: "Played 12 times, last 3 days ago"; "" if it never was."""
    if not track.last_played_at:
        return ""
    here = localtime(track.last_played_at)
    when = _days_ago(here) or f"on {_date(here)}"
    if track.play_count == 1:
        return f"Played once, {when}"
    return f"Played {track.play_count:,} times, last {when}"


def _time(moment: datetime) -> SafeString:
    """The attributes and the text of a <time>."""
    here = localtime(moment)
    date = _date(here)
    return format_html(
        'datetime="{}" title="{}, {}">{}',
        here.isoformat(timespec="seconds"), date, f"{here:%H:%M}", _days_ago(here) or date,
    )  # fmt: skip


def _date(here: datetime) -> str:
    return f"{here.day} {MONTHS_3[here.month].capitalize()} {here.year}"


def _days_ago(here: datetime) -> str:
    """The day of a local time in words; "" when it is long ago, or to come."""
    days = (localtime().date() - here.date()).days
    if days in (0, 1):
        return ("today", "yesterday")[days]
    return f"{days} days ago" if 1 < days < DAYS_COUNTED else ""
