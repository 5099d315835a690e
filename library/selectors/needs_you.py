"""Tracks that ask for somebody's word, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from library.models import Track, User, Verdict
from library.selectors.genres import GenreChoice, GenreNames
from library.selectors.reviewing import visible_to
from library.selectors.tracks import tracks_of
from library.selectors.verdicts import LATEST_FIRST
from library.text import slug_from

#: A word can be taken back from the queue for so long; later, on its track's page.
UNDO_WINDOW = timedelta(hours=1)
SHORTCUTS = "1234567890"


@dataclass(frozen=True, slots=True, order=True)
class QueueCursor:
    """A track's place in a queue. As text it stands in the address of what comes after it."""

    rank: float
    id: UUID

    def __str__(self) -> str:
        return f"{self.rank!r},{self.id}"

    @classmethod
    def for_track(cls, track: Track) -> QueueCursor:
        return cls(getattr(track, "rank", None) or 0.0, track.pk)

    @classmethod
    def parse(cls, text: str) -> QueueCursor | None:
        """The place a text names; None, that is the start, when it names none."""
        rank, _, track_id = text.partition(",")
        try:
            place = cls(float(rank), UUID(track_id))
        except ValueError:
            return None
        return place if math.isfinite(place.rank) else None


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """One of the genres to choose from, the most probable first."""

    genre: GenreChoice
    shortcut: str
    """The key on the keyboard that gives this answer; "" when there are more answers than digits."""
    probability: float | None
    named_by_file: bool
    """Whether the file's tag says so."""


def needs_you_of(owner: User) -> QuerySet[Track]:
    """Tracks that ask for their owner's word, by `rank`: those the model is least sure of first."""
    return tracks_of(owner).filter(needs_you=True).annotate(rank=F("confidence")).order_by("rank", "id")


def queue_after_cursor(queue: QuerySet[Track], place: QueueCursor | None) -> QuerySet[Track]:
    """What is left of a queue after a place; all of it after None."""
    if place is None:
        return queue
    return queue.filter(Q(rank__gt=place.rank) | Q(rank=place.rank, id__gt=place.id))


def answer_options_for(track: Track, genres: GenreNames) -> list[AnswerOption]:
    """Every genre its owner has, those the model knows by probability, then their own."""
    heard = track.prediction.probabilities if track.prediction else {}
    named_by_file = track.file_label or slug_from(track.file_genre)
    ranked = sorted(genres, key=lambda genre: -heard.get(genre.key, -1))
    return [
        AnswerOption(genre, SHORTCUTS[place : place + 1], heard.get(genre.key), genre.key == named_by_file)
        for place, genre in enumerate(ranked)
    ]


def suggested_own_genre(track: Track, answers: list[AnswerOption]) -> str:
    """What the file's tag calls a track, when that is none of the answers and could be a genre of its own."""
    fits = 0 < len(track.file_genre) <= 40 and slug_from(track.file_genre) != ""
    return track.file_genre if fits and not any(answer.named_by_file for answer in answers) else ""


def undoable_verdict_of(person: User, *, of_others: bool = False) -> Verdict | None:
    """The latest word somebody said on a single track, if it stands, was said just now, and the track is theirs.

    With `of_others`: if it is somebody else's, who shares it.
    """
    latest = (
        Verdict.objects.filter(visible_to(person, "track__owner"), person=person, undone_at=None)
        .filter(track__deleted_at=None, created_at__gt=timezone.now() - UNDO_WINDOW)
        .select_related("track")
        .only("genre", "bulk_action", "created_at", "person", "track__owner", "track__title")
        .order_by(*LATEST_FIRST)
        .first()
    )
    if latest is None or latest.bulk_action_id or (latest.track.owner_id != person.pk) != of_others:
        return None
    return latest
