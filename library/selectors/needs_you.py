"""Review queues: tracks that need a verdict, one after the other."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from classifier.visible import is_visible_text
from library.genres import finer_genre_names
from library.models import Track, User, Verdict
from library.models.tracks import NAME_LENGTH, NAME_ROOM
from library.selectors.genres import GenreChoice, GenreNames
from library.selectors.reviewing import visible_to
from library.selectors.tracks import tracks_of
from library.selectors.verdicts import LATEST_FIRST
from library.text import slug_from

#: For how long the queue offers to undo a verdict. After that it can be undone on its track's page.
UNDO_WINDOW = timedelta(hours=1)
SHORTCUTS = "1234567890"
#: So many tracks of one album are answered at once.
MAX_ALBUM_TRACKS = 500
#: So many of an owner's latest verdicts tell whether files or the model are more often right.
COMPARED_VERDICTS = 500


@dataclass(frozen=True, slots=True, order=True)
class QueueCursor:
    """A track's position in a queue. URLs have it as text, for the tracks after it."""

    rank: float
    id: UUID

    def __str__(self) -> str:
        return f"{self.rank!r},{self.id}"

    @classmethod
    def for_track(cls, track: Track) -> QueueCursor:
        return cls(getattr(track, "rank", None) or 0.0, track.pk)

    @classmethod
    def parse(cls, text: str) -> QueueCursor | None:
        """The cursor in a text; None, for the start of the queue, if it has none."""
        rank, _, track_id = text.partition(",")
        try:
            cursor = cls(float(rank), UUID(track_id))
        except ValueError:
            return None
        return cursor if math.isfinite(cursor.rank) else None


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """A genre to choose as a verdict."""

    genre: GenreChoice
    shortcut: str
    """The key of the keyboard that chooses it; "" after the tenth."""
    probability: float | None
    named_by_file: bool
    """Whether it is the genre in the file's tags."""


@dataclass(frozen=True, slots=True)
class AlbumInQueue:
    """The tracks of one album that wait for a verdict."""

    track_ids: list[UUID]
    labelled_ids: list[UUID]
    """Those whose files name a genre that is known here."""
    file_genres: list[tuple[GenreChoice, int]]
    """The genres that their files name, and how many files name each; the most frequent first."""


def needs_you_of(owner: User) -> QuerySet[Track]:
    """Tracks that need a verdict from their owner, by `rank`: those that the model is least sure of first."""
    return tracks_of(owner).filter(needs_you=True).annotate(rank=F("confidence")).order_by("rank", "id")


def queue_after_cursor(queue: QuerySet[Track], cursor: QueueCursor | None) -> QuerySet[Track]:
    """The part of a queue after a cursor; all of it for None."""
    if cursor is None:
        return queue
    return queue.filter(Q(rank__gt=cursor.rank) | Q(rank=cursor.rank, id__gt=cursor.id))


def file_is_more_often_right_for(owner: User) -> bool:
    """Whether the owner's latest verdicts agree more often with the file than with the model, where these differ."""
    verdicts = Verdict.objects.filter(
        person=owner, track__owner=owner, track__deleted_at=None, undone_at=None
    ).order_by("-id")
    said = verdicts.values_list("track", "genre", "heard", "track__file_label")[:COMPARED_VERDICTS]
    latest: dict[UUID, tuple[str, str, str]] = {}
    for track, *names in said:
        latest.setdefault(track, (names[0], names[1], names[2]))
    compared = [names for names in latest.values() if names[1] and names[2] and names[1] != names[2]]
    return sum((genre == in_file) - (genre == heard) for genre, heard, in_file in compared) > 0


def answer_options_for(track: Track, genres: GenreNames, *, file_first: bool = False) -> list[AnswerOption]:
    """All genres to choose from: the model's most probable one, the file's, the others by probability, own genres.

    `file_first`: the file's is before the model's.
    """
    probabilities = track.prediction.probabilities if track.prediction else {}
    top = track.prediction.top if track.prediction else ""
    named_by_file = track.file_label or slug_from(track.file_genre)
    first, second = (named_by_file, top) if file_first else (top, named_by_file)
    ranked = sorted(
        genres,
        key=lambda genre: (genre.key != first, genre.key != second, -probabilities.get(genre.key, -1)),
    )
    return [
        AnswerOption(
            genre, SHORTCUTS[number : number + 1], probabilities.get(genre.key), genre.key == named_by_file
        )
        for number, genre in enumerate(ranked)
    ]


def album_in_queue(queue: QuerySet[Track], track: Track, genres: GenreNames) -> AlbumInQueue | None:
    """What waits in a queue of the album that a track is on; None if the track is the only one."""
    if track.album_entry_id is None:
        return None
    waiting = queue.filter(album_entry=track.album_entry_id).exclude(pk=track.pk).order_by()
    rows = [(track.pk, track.file_label), *waiting.values_list("pk", "file_label")[: MAX_ALBUM_TRACKS - 1]]
    if len(rows) == 1:
        return None
    keys = {genre.key for genre in genres}
    labelled = {pk: label for pk, label in rows if label in keys}
    counts = Counter(labelled.values()).most_common()
    return AlbumInQueue(
        [pk for pk, _ in rows], [*labelled], [(genres.by_key(label), count) for label, count in counts]
    )


def suggested_own_genre(track: Track, answers: list[AnswerOption]) -> str:
    """The first genre in the file's tags that fits as an own genre, if it names none of the answers; otherwise ""."""
    if any(answer.named_by_file for answer in answers):
        return ""
    names = finer_genre_names(track.file_genre)
    fitting = (name for name in names if is_visible_text(name, NAME_LENGTH, NAME_ROOM) and slug_from(name))
    return next(fitting, "")


def undoable_verdict_of(person: User, *, of_others: bool = False) -> Verdict | None:
    """The person's latest verdict, if the queue can undo it: less than an hour old and not of a bulk action.

    On a track of their own; with `of_others`, on one that somebody else shares. None if there is no such verdict.
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
