"""Teaching: how far it has come, why a track is suggested, its genres over time, and what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django import template
from django.template import Context
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from library.models import LearnedModel, LearnedRow, Prediction, Track
from library.selectors import learned_gain_text, learned_reason_text
from library.selectors.keeping_up import Agreement
from library.selectors.learning import Suggestion
from library.selectors.standing import standing_text
from library.templatetags.earmark import probability_percent

register = template.Library()
register.filter(learned_gain_text)
register.filter(learned_reason_text)

#: How many stretches of a track a strip shows at most.
MAX_STRETCHES = 40
#: How many genres a sentence names about which Earmark is right less often.
MAX_FALLS = 3


@register.simple_tag
def suggestion_reason(suggestion: Suggestion) -> str:
    """Why a track is suggested."""
    if suggestion.reviewed:
        return "A reviewer says so"
    if suggestion.drawn:
        return "Near the edge: your answer teaches most"
    return f"Close to {' and '.join(track.title for track in suggestion.nearest[:2])}"


@register.simple_tag
def standing_of_few(count: int) -> str:
    """How far the teaching of a genre or tag with few examples has come."""
    return standing_text(count, count, None)


@register.simple_tag
def genre_strip(track: Track, segments: Sequence[Any]) -> SafeString:
    """The likeliest genre of each stretch of a track: its colour, as strong as it is probable."""
    if not segments or not track.prediction:
        return SafeString("")
    stretches = min(len(segments), MAX_STRETCHES)
    borders = [len(segments) * stretch // stretches for stretch in range(stretches + 1)]
    genres = track.prediction.genres
    strongest = []
    for first, last in pairwise(borders):
        shares = [
            sum(some) / (last - first) for some in zip(*(s[2] for s in segments[first:last]), strict=True)
        ]
        strongest.append(max(zip(shares, genres, strict=True)))
    return format_html(
        '<svg class="genre-strip" viewBox="0 0 {} 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        stretches,
        format_html_join(
            "",
            '<rect class="genre-{}" x="{}" width="0.92" height="1" opacity="{}"/>',
            ((genre, x, f"{0.2 + 0.8 * share:.2f}") for x, (share, genre) in enumerate(strongest)),
        ),
    )


@register.filter
def learned_from(version: LearnedModel) -> str:
    """What a version was learned from: "58 answers about 20 artists"."""
    answers, artists = version.figures.get("answers", 0), version.figures.get("artists", 0)
    text = f"{answers:,} answer{'' if answers == 1 else 's'}"
    return f"{text} about {artists:,} artist{'' if artists == 1 else 's'}" if artists else text


@register.simple_tag(takes_context=True)
def agreement_fall(context: Context, agreement: Agreement) -> str:
    """Where agreement has fallen: "Since October, Earmark is right less often about rock (5 of 20 answers, …)."."""
    parts = []
    for fall in agreement.falls[:MAX_FALLS]:
        genre = f"about {context['genres'].by_key(fall.genre).name.lower()} " if fall.genre else ""
        now, then = fall.recent, fall.before
        answers = f"{now.agreed:,} of {now.answers:,} answers, before {then.agreed:,} of {then.answers:,}"
        parts.append(f"{genre}({answers})")
    if more := len(agreement.falls) - MAX_FALLS:
        parts += [f"{more} other genre{'' if more == 1 else 's'}"] if more > 0 else []
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"Since {date_format(agreement.since, 'F')}, Earmark is right less often {listed}."


@register.simple_tag(takes_context=True)
def chip_of(context: Context, genre: str) -> SafeString:
    """A chip with the genre of that key; "Not sure" for none."""
    if not genre:
        return SafeString('<span class="chip chip-unsure">Not sure</span>')
    choice = context["genres"].by_key(genre)
    return format_html(
        '<span class="chip {}"><span class="chip-dot"></span><bdi>{}</bdi></span>', choice.css, choice.name
    )


@register.simple_tag(takes_context=True)
def genre_before(context: Context, row: LearnedRow, track: Track) -> str:
    """The genre before: see `genre_share`."""
    return genre_share(context, row.before, track.prediction)


@register.simple_tag(takes_context=True)
def genre_share(context: Context, genre: str, prediction: Prediction | None) -> str:
    """A genre beside a prediction: "Blues 71 %". Without a number where it was not the model that was sure of it."""
    if genre:
        name: str = context["genres"].by_key(genre).name
        if prediction and prediction.label == genre:
            return f"{name} {probability_percent(prediction.confidence)}"
        return name
    if not prediction:
        return "Not sure"
    name = context["genres"].by_key(prediction.top).name
    return f"Not sure: {name} {probability_percent(prediction.confidence)}"
