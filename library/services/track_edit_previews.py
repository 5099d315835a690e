"""What an edit of many tracks would change, for looking at it first. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from library.models import Track, User
from library.models.tracks import EDITABLE_FIELDS
from library.selectors import genre_names_of
from library.services.track_changes import track_changes

#: How many tracks are looked at, and how many of those that would change are shown.
MOST_LOOKED_AT, MOST_SHOWN = 1000, 30


@dataclass(frozen=True, slots=True)
class PreviewedTrack:
    """A track that would change: its fields, each with its value and the new one."""

    track: Track
    changes: list[tuple[str, Any, Any]]


@dataclass(frozen=True, slots=True)
class EditPreview:
    """`changed` of the first `looked_at` tracks would change; `rows` are the first of these.

    The files of `unsaid` tracks do not say what is wanted.
    """

    looked_at: int
    changed: int
    unsaid: int
    rows: list[PreviewedTrack]

    @property
    def may_change(self) -> bool:
        """Whether anything changes, as far as was looked."""
        return self.changed > 0 or self.looked_at == MOST_LOOKED_AT

    @property
    def more(self) -> int:
        """How many of those that would change are not shown."""
        return self.changed - len(self.rows)


def track_edits_preview(*, tracks: QuerySet[Track], data: Mapping[str, Any]) -> EditPreview:
    """What an action with these data would change on the first of these tracks, in their order."""
    plain = tracks.select_related(None).prefetch_related(None).defer(None).defer("audio", "notices")
    some = list(plain[:MOST_LOOKED_AT])
    known = track_changes(some, data)
    changes = {track: change for track, change in known.items() if change}
    rows = [
        PreviewedTrack(
            track,
            [(field, getattr(track, field), change[field]) for field in EDITABLE_FIELDS if field in change],
        )
        for track, change in list(changes.items())[:MOST_SHOWN]
    ]
    return EditPreview(len(some), len(changes), len(some) - len(known), rows)


def file_genres_preview(*, tracks: QuerySet[Track], person: User) -> EditPreview:
    """Which genres a person's tracks would get from their files; a genre that nobody is sure of is ""."""
    genres = genre_names_of(person)
    named = tracks.exclude(file_label="")
    due = named.exclude(file_label=F("owner_genre"))
    rows = []
    for track in due[:MOST_SHOWN]:
        before = genres.by_key(track.genre).name if track.genre else ""
        rows.append(PreviewedTrack(track, [("genre", before, genres.by_key(track.file_label).name)]))
    total = tracks.count()
    return EditPreview(total, due.count(), total - named.count(), rows)
