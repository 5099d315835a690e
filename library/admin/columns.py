"""What the admin shows of a track: in words, and with its cover."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.template import Context
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from classifier.errors import MESSAGES, REASONS
from classifier.formats import AUDIO_FORMATS
from library import selectors
from library.admin.filters import SOURCE_WORDS
from library.models import FileCheck, Track, Verdict
from library.selectors import GenreChoice, GenreNames
from library.templatetags.covers import cover
from library.templatetags.earmark import kilohertz
from library.templatetags.staff import prediction_words
from library.text import clock, file_size

#: Stands where there is nothing. On a row's page, Django would say "None".
NOTHING = "–"
#: What an analysis may remark on a file.
NOTICE_WORDS = {"truncated": "The file is cut short; what there is was analysed."}


def failure_words(code: str) -> str:
    """Why an analysis failed, in a few words: "Failed: damaged file"."""
    return f"Failed: {REASONS.get(code, code)}"


def genre_mark(genre: GenreChoice) -> SafeString:
    """A genre as a chip in its colour."""
    return format_html('<span class="chip {}"><span class="chip-dot"></span>{}</span>', genre.css, genre.name)


def with_list_columns(tracks: Iterable[Track]) -> list[Track]:
    """The tracks of a page, each with its genre as a choice and its number of verdicts: two queries."""
    found = list(tracks)
    choices = selectors.genre_choices_for(
        (track.owner_id, key) for track in found for key in (track.genre, track.owner_genre) if key
    )
    counts = selectors.verdict_counts_for(found)
    for track in found:
        vars(track)["genre_choices"] = {
            key: choices[track.owner_id, key] for key in (track.genre, track.owner_genre) if key
        }
        vars(track)["verdict_count"] = counts.get(track.pk, 0)
    return found


def genre_of(track: Track, key: str) -> GenreChoice | None:
    """One of the track's genres with name and colour, also if it is an own genre of the owner; None for ""."""
    if "genre_choices" not in vars(track):
        with_list_columns([track])
    found: dict[str, GenreChoice] = vars(track)["genre_choices"]
    return found.get(key)


def has_strip(track: Track) -> bool:
    """Whether there is a waveform, a timeline of genres and a spectrogram to show."""
    return bool(track.prediction_id and track.peaks and track.spectrogram and track.duration)


class TrackColumns:
    """Columns of the list of tracks, and fields of a track's page."""

    @admin.display(description="cover")
    def cover_image(self, track: Track) -> SafeString:
        genre = genre_of(track, track.genre)
        return cover(Context({"genres": GenreNames([genre] if genre else [])}), track)

    @admin.display(description="title", ordering="sort_title")
    def name(self, track: Track) -> SafeString:
        return format_html(
            '<span dir="auto">{}</span> <span class="quiet" dir="auto">{}</span>', track.title, track.artist
        )

    @admin.display(description="genre", ordering="genre")
    def effective_genre(self, track: Track) -> SafeString | str:
        if track.status == Track.Status.FAILED:
            return failure_words(track.error_code)
        if not track.is_finished:
            return f"{track.progress_text}…"
        if genre := genre_of(track, track.genre):
            return format_html(
                '{} <span class="quiet">{}</span>', genre_mark(genre), SOURCE_WORDS[track.genre_source]
            )
        return "Not sure"

    @admin.display(description="Earmark hears", ordering="confidence")
    def top_prediction(self, track: Track) -> str:
        return prediction_words(track.prediction) if track.prediction else NOTHING

    @admin.display(description="genre by verdict", ordering="owner_genre")
    def verdict_genre(self, track: Track) -> str:
        genre = genre_of(track, track.owner_genre)
        return genre.name if genre else NOTHING

    @admin.display(description="verdicts")
    def verdicts_given(self, track: Track) -> SafeString | str:
        genre_of(track, "")
        if not (count := vars(track)["verdict_count"]):
            return NOTHING
        address = f"{reverse('admin:library_verdict_changelist')}?track={track.pk}"
        return format_html(
            '<a href="{}" aria-label="Verdicts on {}: {}">{}</a>', address, track.title, count, count
        )

    @admin.display(description="length", ordering="duration")
    def duration_text(self, track: Track) -> str:
        return clock(track.duration) or NOTHING

    @admin.display(description="added", ordering="created_at")
    def added(self, track: Track) -> str:
        return date_format(localtime(track.created_at), "j M Y")

    @admin.display(description="file")
    def file_text(self, track: Track) -> str:
        return f"{track.original_name}, {file_size(track.size)} ({track.size:,} bytes)"

    @admin.display(description="format")
    def audio_text(self, track: Track) -> str:
        words = [AUDIO_FORMATS[track.kind].title]
        if track.audio:
            channels = track.audio["channels"]
            words += [kilohertz(track.audio["sample_rate"]), f"{channels} channel" + "s" * (channels != 1)]
        return ", ".join(words)

    @admin.display(description="state")
    def state(self, track: Track) -> str:
        if track.error_code:
            return f"{failure_words(track.error_code)}. {MESSAGES.get(track.error_code, '')}"
        return track.progress_text

    @admin.display(description="remarks")
    def remarks(self, track: Track) -> str:
        return " ".join(NOTICE_WORDS.get(code, code) for code in track.notices) or NOTHING

    @admin.display(description="original")
    def damage(self, track: Track) -> str:
        damage = selectors.damage_of(track)
        return FileCheck.Damage(damage).label if damage else "As it was uploaded, as far as is known."

    @admin.display(description="listen")
    def audio_player(self, track: Track) -> SafeString:
        address = reverse("admin:library_track_audio", args=[track.pk])
        return format_html('<audio controls preload="none" src="{}"></audio>', address)

    @admin.display(description="spectrogram")
    def spectrogram_image(self, track: Track) -> SafeString | str:
        if not track.spectrogram:
            return NOTHING
        address = reverse("admin:library_track_spectrogram", args=[track.pk])
        return format_html(
            '<img src="{}" alt="Spectrogram of {}" width="720" height="160" loading="lazy">', address, track
        )


def verdict_words(verdict: Verdict, names: dict[tuple[int, str], GenreChoice]) -> str:
    """A verdict in words: "said jazz (it was blues)". `names` has the genres of `verdict_genres`."""
    before, said = (
        names[verdict.track.owner_id, key].name.lower() if key else ""
        for key in (verdict.before, verdict.genre)
    )
    before = before or "not sure"
    if not said:
        return f"took the genre back (it was {before})"
    return f"confirmed {said}" if said == before else f"said {said} (it was {before})"


def verdict_genres(verdicts: Iterable[Verdict]) -> dict[tuple[int, str], GenreChoice]:
    """The genres that verdicts name, by the owner's id and the key. One query."""
    return selectors.genre_choices_for(
        (verdict.track.owner_id, key)
        for verdict in verdicts
        for key in (verdict.before, verdict.genre)
        if key
    )


def who_said(verdict: Verdict) -> str:
    """Whose verdict it is: "alice@example.org (owner)"."""
    if verdict.person is None:
        return "Deleted account"
    is_owner = verdict.person_id == verdict.track.owner_id
    return f"{verdict.person} (owner)" if is_owner else str(verdict.person)
