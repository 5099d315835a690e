"""The moods of tracks, derived from what their model predicts."""

from __future__ import annotations

from collections.abc import Mapping

from library.models import Mood, Track
from library.models.tags import MOOD_THRESHOLD
from library.models.tracks import MOODS_LENGTH
from library.services.batches import BATCH_SIZE
from library.text import join_lines


def moods_recompute(*, track: Track, moods: Mapping[str, float]) -> None:
    """Store a track's mood scores (0 to 1) as rows, and on the track the moods it has enough of."""
    moods_recompute_many(moods={track: moods})


def moods_recompute_many(*, moods: Mapping[Track, Mapping[str, float]]) -> None:
    """As `moods_recompute`, for some tracks at once."""
    Mood.objects.filter(track__in=[track.pk for track in moods]).delete()
    Mood.objects.bulk_create(
        Mood(owner_id=track.owner_id, track=track, name=name, score=score)
        for track, scores in moods.items()
        for name, score in scores.items()
    )
    for track, scores in moods.items():
        enough = sorted(name for name in scores if scores[name] >= MOOD_THRESHOLD)
        track.mood_lines = join_lines(enough, MOODS_LENGTH)
    Track.all_objects.bulk_update(moods, ["mood_lines"], BATCH_SIZE)
