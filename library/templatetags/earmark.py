"""Times, probabilities, genres and icons on a page."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from classifier.mel_scale import mel_ticks
from library.addresses import reverse_track
from library.genres import BUILTIN_GENRES
from library.models import Prediction, Tagging, Track, User, Verdict
from library.selectors import GenreChoice, GenreNames
from library.selectors.model_cards import accuracy_at_confidence, accuracy_when_sure
from library.text import clock, file_size

register = template.Library()
register.simple_tag(reverse_track)
register.filter(clock)
register.filter(file_size)

#: How many tags a row of a list shows.
MAX_ROW_TAGS = 3


@register.simple_tag
@functools.cache
def icon(name: str) -> SafeString:
    """A Bootstrap icon, inline, so that it takes the colour of its text. Decoration only."""
    svg = (settings.BASE_DIR / "static" / "vendor" / "icons" / f"{name}.svg").read_text()
    hidden = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return mark_safe(hidden)  # noqa: S308 - a vendored file


@register.filter
def percent(probability: float | None) -> str:
    """0.724 as "72 %"."""
    return "" if probability is None else f"{probability * 100:.0f} %"


@register.filter
def probability_percent(probability: float | None) -> str:
    """A model's probability, 0.724 as "72 %". A model is never certain: "< 1 %" and "> 99 %" at the ends."""
    shown = percent(probability)
    return {"100 %": "> 99 %", "0 %": "< 1 %"}.get(shown, shown)


@register.filter
def percent_number(probability: float | None) -> int:
    """0.724 as 72, for SVG attributes."""
    return round((probability or 0) * 100)


@register.filter
def percent_remaining(part: float) -> int:
    """0.72 as 28, the rest up to 100: the top of a vertical bar in an SVG."""
    return 100 - percent_number(part)


@register.filter
def intcomma(number: int) -> str:
    """12345 as "12,345"."""
    return f"{number:,}"


@register.filter
def hours(seconds: float | None) -> str:
    """Seconds as "3 h 20 min", for totals."""
    whole, minutes = divmod(round((seconds or 0) / 60), 60)
    return f"{whole:,} h {minutes} min" if whole else f"{minutes} min"


@register.filter
def kilohertz(hertz: int) -> str:
    """44100 as "44.1 kHz"."""
    return f"{hertz / 1000:g} kHz"


@register.filter
def genre_name(genre: str | None) -> str:
    """The name of a built-in genre, by key. For genres that may be a person's own, use `genres|choice:key`."""
    return BUILTIN_GENRES.get(genre, genre) if genre else ""


@register.filter
def choice(genres: GenreNames, key: str) -> GenreChoice:
    """The `GenreChoice` (name and colour) of a key among a person's genres."""
    return genres.by_key(key)


@register.filter
def get_item(values: dict[Any, Any], key: Any) -> Any:
    """The value of a key in a dictionary; 0 if it is missing."""
    return values.get(key, 0)


SOURCE_ICONS = {
    Track.Source.FILE: "file-earmark-music",
    Track.Source.MODEL: "soundwave",
    Track.Source.LEARNED: "stars",
    Track.Source.OWNER: "check-lg",
}


@register.simple_tag(takes_context=True)
def genre_chip(context: Context, track: Track) -> SafeString:
    """A chip with the effective genre and an icon for its source."""
    if track.genre:
        genre = context["genres"].by_key(track.genre)
        return _chip(genre.css, genre.name, Track.Source(track.genre_source))
    if track.prediction:
        return format_html(
            '<span class="chip chip-unsure">Not sure: {}</span>', _top_two_genres(track.prediction)
        )
    return SafeString("")


@functools.lru_cache(1000)
def _chip(css: str, name: str, source: Track.Source) -> SafeString:
    return format_html(
        '<span class="chip {}"><span class="chip-dot"></span><bdi>{}</bdi>'
        '<span class="chip-source" title="{}">{}<span class="visually-hidden">({})</span></span></span>',
        css, name, source.label, icon(SOURCE_ICONS[source]), source.label,
    )  # fmt: skip


@register.simple_tag
def tag_links(taggings: list[Tagging]) -> SafeString:
    """A track's first tags as links to the tracks with each. A template's loop takes ten times as long."""
    shown = (
        (_tag_link(tagging.tag.key, tagging.tag.name, tagging.tag.css, tagging.concept_id is not None),)
        for tagging in taggings[:MAX_ROW_TAGS]
    )
    return format_html_join(" ", "{}", shown)


@functools.lru_cache(1000)
def _tag_link(key: str, name: str, css: str, is_set: bool) -> SafeString:
    """`is_set`: by Earmark, as the owner taught it."""
    address = format_html("{}?{}", reverse("library"), urlencode({"tag": key}))
    if not is_set:
        return format_html(
            '<a class="row-tag {}" data-search-link href="{}" dir="auto">{}</a>', css, address, name
        )
    return format_html(
        '<a class="row-tag is-set {}" data-search-link href="{}" dir="auto"'
        ' title="Set by Earmark, as you taught it">{}'
        '<span class="visually-hidden">(set by Earmark)</span></a>',
        css, address, name,
    )  # fmt: skip


@register.simple_tag
def prediction_sentence(prediction: Prediction) -> str:
    """A prediction as a sentence."""
    if prediction.label:
        return f"Sounds like {genre_name(prediction.label).lower()}."
    return f"Not sure: {_top_two_genres(prediction)}."


@register.simple_tag
def review_reason(track: Track) -> str:
    """Why a track needs a verdict, in one or two sentences."""
    prediction = track.prediction
    if prediction is None:
        return ""
    others = [f"the file says {track.file_genre}"] * bool(track.file_genre)
    others += [f"its owner says {genre_name(track.owner_genre).lower()}"] * bool(track.owner_genre)
    if prediction.label:
        heard = f"Earmark hears {genre_name(prediction.label).lower()}, {probability_percent(prediction.confidence)}"
        return _capitalised(", ".join([*others, heard]))
    sentences = [f"Not sure: {_top_two_genres(prediction)}", ", ".join(others)]
    return " ".join(_capitalised(sentence) for sentence in sentences if sentence)


def _capitalised(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _top_two_genres(prediction: Prediction) -> str:
    return " or ".join(genre_name(genre).lower() for genre, _ in prediction.ranking[:2])


@register.simple_tag(takes_context=True)
def verdict_sentence(context: Context, verdict: Verdict) -> str:
    """A verdict as a sentence: who said which genre, and the effective genre before."""
    names = context["genres"]
    who = "You" if verdict.person == context["user"] else "A reviewer"
    before = names.by_key(verdict.before).name.lower() if verdict.before else "not sure"
    if not verdict.genre:
        return f"{who} withdrew the genre (it was {before})"
    if verdict.before == verdict.genre:
        return f"{who} confirmed {before}"
    return f"{who} said {names.by_key(verdict.genre).name.lower()} (it was {before})"


@register.simple_tag(takes_context=True)
def undoable_verdict_sentence(context: Context, verdict: Verdict) -> str:
    """The person's latest verdict, which can still be undone, as a sentence."""
    if not verdict.genre:
        return f"You withdrew the genre of “{verdict.track.title}”"
    return f"You said {context['genres'].by_key(verdict.genre).name.lower()}: “{verdict.track.title}”"


@register.simple_tag(takes_context=True)
def genre_said_by(context: Context, history: list[Prediction | Verdict]) -> str:
    """Who said the effective genre, "You" or "A reviewer", by the rule of `selectors.verdicts.verdict_for_track`.

    `history` is newest first.
    """
    latest: dict[User | None, Verdict] = {}
    for row in history:
        if isinstance(row, Verdict) and row.undone_at is None:
            latest.setdefault(row.person, row)
    own = latest.pop(context["user"], None)
    if own and own.genre:
        return "You"
    later = [row for row in latest.values() if row.genre and (not own or row.created_at > own.created_at)]
    return "A reviewer" if later else "You"


@register.filter
def is_verdict(row: object) -> bool:
    return isinstance(row, Verdict)


@register.simple_tag
def prediction_reliability(prediction: Prediction) -> str:
    """How often the model is right at this confidence, as a sentence; "" if the model's card does not say."""
    model = (prediction.model_name, prediction.model_version)
    right = accuracy_at_confidence(*model, prediction.confidence)
    sure = probability_percent(prediction.confidence).replace(">", "more than")
    if right is not None:
        who = f"When it is {sure} sure, it" if prediction.label else f"At {sure}, its first guess"
    elif prediction.label:
        right, who = accuracy_when_sure(*model), "When it names a genre, it"
    if right is None:
        return ""
    tenths = round(10 * right)
    often = "more than 9" if tenths == 10 else f"about {tenths}"
    return f"{who} is right {often} times in 10 (with artists it was not trained on)."


@register.simple_tag
def time_axis_ticks(duration: float) -> list[str]:
    """Five evenly spaced times for the axis below the waveform."""
    return [clock(duration * part / 4) for part in range(5)]


@register.simple_tag
def frequency_axis_ticks() -> list[tuple[str, float]]:
    """Labels of the spectrogram's axis: frequency in kHz, and distance from the top in percent."""
    return [(f"{khz:g}", round((1 - height) * 100, 2)) for khz, height in mel_ticks()]
