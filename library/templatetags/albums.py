"""Names of artists and albums as links, and how an album moves through genres: strips on one scale, a sentence."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.template import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from library.addresses import reverse_row
from library.genres import BUILTIN_GENRES
from library.models import Artist, Track
from library.selectors import artists_on

register = template.Library()

UNKNOWN_ARTIST = "Unknown artist"
#: How many stretches the longest track of an album is drawn with.
MOST_STRETCHES = 48
#: A stretch in which even the likeliest genre has a smaller share is hatched.
LEAST_SHARE = 1 / 3
#: By a pattern on the page of an album.
UNSURE_LOOK = SafeString('class="is-unsure" fill="url(#unsure-lines)"')
#: The beginning and the end of an album, as shares of its time; and the share of the time from which on it is mostly
#: one genre.
EDGE, MOSTLY = 0.2, 0.8
#: A second genre of the end is named from this share of the end on.
LEAST_OF_END = 0.3


@register.simple_tag(takes_context=True)
def artist_links(context: Context, track: Track) -> SafeString:
    """The artists of a track as it names them, each a link to their page.

    One query, unless the artists were fetched with the track (`selectors.with_artists`). Without links on the page of a
    reviewer, who cannot see the artists of others.
    """
    artists = artists_on(track) if track.owner_id == context["user"].pk else []
    if not artists:
        return conditional_escape(track.artist or UNKNOWN_ARTIST)
    if len(artists) == 1:
        return _link(artists[0], track.artist or artists[0].name)
    parts, text = [], track.artist
    for artist in artists:
        before, found, text = _cut(text, artist.name)
        if not found:
            return format_html_join(", ", "{}", ((_link(each, each.name),) for each in artists))
        parts.append(format_html("{}{}", before, _link(artist, found)))
    return format_html("{}{}", mark_safe("".join(parts)), text)  # noqa: S308 - each part is escaped


@register.simple_tag(takes_context=True)
def album_link(context: Context, track: Track) -> SafeString:
    """The album of a track, a link to its page; "" without an album."""
    if not track.album_entry_id or track.owner_id != context["user"].pk:
        return conditional_escape(track.album)
    href = reverse_row("album", track.album_entry_id)
    return format_html('<a class="by-link" href="{}">{}</a>', href, track.album)


@register.simple_tag(takes_context=True)
def byline(context: Context, track: Track) -> SafeString:
    """The artists and the album of a track, as links."""
    artists, album = artist_links(context, track), album_link(context, track)
    return format_html("{} · {}", artists, album) if album else artists


@register.simple_tag
def album_strip(track: Track, segments: Sequence[Any], longest: float) -> SafeString:
    """The likeliest genre of each stretch of a track: its colour, as strong as it is probable.

    The strips of an album have one time scale: that of a track of `longest` seconds is as wide as its column. Without a
    view box, so that the hatching of unsure stretches is not stretched itself.
    """
    if not segments or not track.prediction or not track.duration or not longest:
        return SafeString("")
    stretches = max(round(MOST_STRETCHES * track.duration / longest), 1)
    genres, width, shown = track.prediction.genres, 100 / MOST_STRETCHES, []
    for stretch in range(min(stretches, MOST_STRETCHES)):
        first = len(segments) * stretch // stretches
        some = segments[first : max(len(segments) * (stretch + 1) // stretches, first + 1)]
        shares = [sum(column) / len(some) for column in zip(*(shares for _, _, shares in some), strict=True)]
        share, genre = max(zip(shares, genres, strict=True))
        look = UNSURE_LOOK if share < LEAST_SHARE else _look(genre, f"{0.25 + 0.75 * share:.2f}")
        shown.append((look, f"{stretch * width:.2f}", f"{width:.2f}"))
    rects = format_html_join("", '<rect {} x="{}%" width="{}%" height="100%"/>', shown)
    return format_html('<svg class="album-strip" aria-hidden="true">{}</svg>', rects)


@register.simple_tag(takes_context=True)
def genre_course(context: Context, tracks: Iterable[Track]) -> str:
    """How an album moves through genres: "Begins as rock, turns to metal, ends as blues and country."

    By the effective genres of its tracks and their durations. "" if most of its time has no genre.
    """
    timed = [(track.genre, track.duration) for track in tracks if track.duration]
    total = sum(seconds for _, seconds in timed)
    whole = _shares(timed, 0, total)
    if sum(whole.values()) < MOSTLY / 2:
        return ""

    def name(genre: str) -> str:
        found: str = context["genres"].by_key(genre).name
        return found.lower() if genre in BUILTIN_GENRES else found

    main, share = _most(whole)[0]
    if len(whole) == 1 and share >= MOSTLY:
        return f"{name(main)[:1].upper()}{name(main)[1:]} from beginning to end."
    begin, end = _shares(timed, 0, EDGE * total), _shares(timed, (1 - EDGE) * total, total)
    first = _most(begin)[0][0] if begin else main
    most = {genre for genre, part in _most(end)[:2] if part >= LEAST_OF_END}
    last = [genre for genre in end if genre in most] or [main]
    middle = _shares(timed, EDGE * total, (1 - EDGE) * total)
    turn = next((genre for genre, _ in _most(middle) if genre not in (first, *last)), "")
    if share >= MOSTLY or (last == [first] and not turn):
        return f"Mostly {name(main)}."
    if last == [first]:
        return f"Begins and ends as {name(first)}, with {name(turn)} in between."
    turns = f", turns to {name(turn)}" if turn else ""
    return f"Begins as {name(first)}{turns}, ends as {' and '.join(map(name, last))}."


def _most(shares: dict[str, float]) -> list[tuple[str, float]]:
    """The genres by their shares, the largest first; of equal ones, what comes first in time."""
    return sorted(shares.items(), key=lambda pair: -pair[1])


def _shares(timed: list[tuple[str, float]], start: float, end: float) -> dict[str, float]:
    """The share of the time from `start` to `end` that each genre has; time without a genre is nobody's."""
    shares: defaultdict[str, float] = defaultdict(float)
    at = 0.0
    for genre, seconds in timed:
        overlap = min(at + seconds, end) - max(at, start)
        if genre and overlap > 0:
            shares[genre] += overlap / (end - start)
        at += seconds
    return shares


@functools.lru_cache(1000)
def _look(genre: str, opacity: str) -> SafeString:
    return format_html('class="genre-{}" opacity="{}"', genre, opacity)


def _cut(text: str, name: str) -> tuple[str, str, str]:
    """A text before, at and after a name in it; if the name is not there, the text before nothing."""
    at = text.casefold().find(name.casefold())
    # Folding can change the length of a text.
    if at < 0 or text[at : at + len(name)].casefold() != name.casefold():
        return text, "", ""
    return text[:at], text[at : at + len(name)], text[at + len(name) :]


def _link(artist: Artist, text: str) -> SafeString:
    return format_html('<a class="by-link" href="{}">{}</a>', artist.get_absolute_url(), text)
