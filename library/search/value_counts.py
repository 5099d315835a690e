"""How many tracks of a search have each value of a facet of which a track may have several, or that has many values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from library.models import Album, Tagging, TrackArtist
from library.search.form import NONE
from library.selectors.bin import binned_ids_of
from library.selectors.moods import mood_counts

if TYPE_CHECKING:
    from library.search.filters import TrackFilterSet

#: How many tags, artists or albums a facet lists.
TOP_VALUES = 30


def tag_counts(filterset: TrackFilterSet) -> dict[str, int]:
    """The most frequent tags of the tracks found, by key."""
    taggings = _of_tracks_found(
        filterset, Tagging.objects.filter(tag__owner=filterset.owner), "tag", "not_tag", "has_tag"
    )
    rows = taggings.order_by().values_list("tag__key").annotate(n=Count("pk")).order_by("-n", "tag__key")
    return dict(rows[:TOP_VALUES])


def artist_counts(filterset: TrackFilterSet) -> dict[str, int]:
    """The most frequent artists of the tracks found, by id, and the tracks without one."""
    named = _of_tracks_found(filterset, TrackArtist.objects.filter(artist__owner=filterset.owner), "artist")
    rows = named.order_by().values_list("artist").annotate(n=Count("pk")).order_by("-n", "artist")
    counts = {str(pk): count for pk, count in rows[:TOP_VALUES]}
    if _reads_little(filterset):
        nobodys = filterset.queryset_without("artist").filter(sort_artist="", artist="")
        counts[NONE] = nobodys.count()
    return counts


def album_counts(filterset: TrackFilterSet) -> dict[str, int]:
    """The albums with the most tracks among those found, by id, and the tracks without one.

    None for a search by anything but artist and album: each of these counts would read all of its tracks again.
    """
    if not _reads_little(filterset):
        return {}
    tracks = filterset.queryset_without("album")
    rows: QuerySet[Any, Any]
    if _is_narrowed(filterset, "album"):
        on_albums = tracks.exclude(album_entry=None).values_list("album_entry")
        rows = on_albums.annotate(n=Count("pk")).order_by("-n", "album_entry")
    else:
        # Each album is looked up in an index of tracks. Grouping the tracks would read all of them.
        albums = Album.objects.filter(owner=filterset.owner).order_by().values_list("pk")
        in_library = albums.annotate(n=Count("tracks", filter=Q(tracks__deleted_at=None))).filter(n__gt=0)
        rows = in_library.order_by("-n", "pk")
    on_none = tracks.filter(sort_album="", album="")
    return {str(pk): count for pk, count in rows[:TOP_VALUES]} | {NONE: on_none.count()}


def moods_counted(filterset: TrackFilterSet) -> Counter[str]:
    """The moods of the tracks found, by name."""
    return mood_counts(filterset.queryset_without("mood", "not_mood"))


def counts_within(
    filterset: TrackFilterSet, param: str, column: str, numbers: Sequence[int], *own: str
) -> dict[int, int]:
    """The tracks found whose `column` is within each of these numbers of days.

    The filter `param` and the filters `own` are left aside.
    """
    now = timezone.now()
    tracks = filterset.queryset_without(param, *own)
    since = {days: now - timedelta(days=days) for days in numbers}
    counts = {f"days_{days}": Count("pk", filter=Q(**{f"{column}__gte": since[days]})) for days in numbers}
    found = tracks.filter(**{f"{column}__gte": min(since.values())}).aggregate(**counts)
    return {days: found[f"days_{days}"] for days in numbers}


def missing_count(param: str, *own: str) -> Callable[[TrackFilterSet, Counter[Any]], int]:
    """Counts the tracks for which the filter `param` is false, whatever it and the filters `own` are set to."""

    def count(filterset: TrackFilterSet, counts: Counter[Any]) -> int:
        tracks = filterset.queryset_without(param, *own)
        number: int = filterset.filters[param].filter(tracks, False).count()
        return number

    return count


def _of_tracks_found(filterset: TrackFilterSet, rows: QuerySet[Any], *own: str) -> QuerySet[Any]:
    """Those of some rows whose tracks the search finds without the filters `own`."""
    if _is_narrowed(filterset, *own):
        return rows.filter(track__in=filterset.queryset_without(*own).values("pk"))
    return rows.exclude(track__in=binned_ids_of(filterset.owner))


def _reads_little(filterset: TrackFilterSet) -> bool:
    """Whether indexes of artists and albums answer: for a search by these, and for the whole library."""
    return not _is_narrowed(filterset) or not {"artist", "album"}.isdisjoint(filterset.active_filters)


def _is_narrowed(filterset: TrackFilterSet, *own: str) -> bool:
    """Whether the search has any filters but these."""
    return bool(set(filterset.active_filters) - {*own, "ordering"})
