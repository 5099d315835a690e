"""The map of a library: a dot for each track, with tracks that sound alike close to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from library.models import Mood, Track, User
from library.selectors.tracks import tracks_by_id
from library.selectors.vectors import vectors_of

if TYPE_CHECKING:
    from uuid import UUID

    from library.selectors.vectors import Floats

#: The map of a larger library shows a sample of this many tracks.
MAX_DOTS = 2000
#: Smaller libraries have no map.
MIN_MAP_TRACKS = 4
#: The least correlation of a mood with a direction of the map, and how many tracks it is computed from.
MIN_CORRELATION = 0.3
CORRELATION_SAMPLE = 400
#: Labelled genres have at least this share of the dots; labels are this far apart (shares of width and height).
MIN_LABEL_SHARE = 0.02
MIN_LABEL_DISTANCE = (0.16, 0.07)


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A point of the map: distances from the left and from the top, 0 to 1."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LibraryMap:
    """`dots` by genre, most frequent first, "" (no genre) last. `edges`: the moods that increase towards each edge.

    `tracks` is the size of the library, `shown` how many tracks have a dot.
    """

    dots: dict[str, list[MapPoint]]
    label_points: dict[str, MapPoint]
    """Where the names of genres are drawn: at the median of their dots."""
    edges: dict[str, list[str]]
    tracks: int
    shown: int

    @property
    def is_sample(self) -> bool:
        return self.shown < self.tracks

    @property
    def has_edges(self) -> bool:
        return any(self.edges.values())


def map_of(owner: User) -> LibraryMap | None:
    """The map of the owner's library; None if it has too few tracks."""
    vectors = vectors_of(owner)
    if vectors is None or len(vectors) < MIN_MAP_TRACKS:
        return None
    rows = vectors.sample(MAX_DOTS)
    ids = [vectors.track_id_at(row) for row in rows]
    genres = _genres_by_id(owner, ids)
    places = vectors.map_points
    commonest = sorted(Counter(genres.values()).items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))
    dots: dict[str, list[MapPoint]] = {genre: [] for genre, _ in commonest}
    for pk, row in zip(ids, rows, strict=True):
        if pk in genres:
            dots[genres[pk]].append(_point_at(places, row))
    step = max(len(rows) // CORRELATION_SAMPLE, 1)
    return LibraryMap(
        dots=dots,
        label_points=dict(_label_points(dots, len(rows))),
        edges=_moods_by_edge(owner, ids[::step], places[rows[::step]]),
        tracks=len(vectors),
        shown=len(genres),
    )


def tracks_near_point(owner: User, place: MapPoint, count: int) -> list[tuple[Track, MapPoint]]:
    """The owner's tracks next to a point of their map, nearest first, each with its own point."""
    vectors = vectors_of(owner)
    if vectors is None or len(vectors) < MIN_MAP_TRACKS:
        return []
    rows = {vectors.track_id_at(row): row for row in vectors.rows_near_point(place.x, 1 - place.y, count)}
    tracks = tracks_by_id(owner, rows)
    return [(tracks[pk], _point_at(vectors.map_points, row)) for pk, row in rows.items() if pk in tracks]


def _genres_by_id(owner: User, ids: list[UUID]) -> dict[UUID, str]:
    """The effective genres of the owner's tracks among these. As in `tracks_by_id`, the query has only ids."""
    rows = Track.objects.filter(pk__in=ids).order_by().values_list("pk", "genre", "owner_id")
    return {pk: genre for pk, genre, owner_id in rows if owner_id == owner.pk}


def _point_at(places: Floats, row: int) -> MapPoint:
    x, y = places[row]
    return MapPoint(float(x), 1 - float(y))


def _label_points(dots: dict[str, list[MapPoint]], shown: int) -> Iterator[tuple[str, MapPoint]]:
    """Points for the labels of the most frequent genres, so that labels do not overlap."""
    taken: list[MapPoint] = []
    for genre, places in dots.items():
        if not genre or len(places) < max(MIN_LABEL_SHARE * shown, 2):
            continue
        middle = MapPoint(
            *(sorted(values)[len(values) // 2] for values in ([p.x for p in places], [p.y for p in places]))
        )
        if all(
            abs(middle.x - other.x) > MIN_LABEL_DISTANCE[0] or abs(middle.y - other.y) > MIN_LABEL_DISTANCE[1]
            for other in taken
        ):
            taken.append(middle)
            yield genre, middle


def _moods_by_edge(owner: User, ids: list[UUID], places: Floats) -> dict[str, list[str]]:
    """For each edge of the map, the two moods that correlate most with that direction, if any does clearly."""
    import numpy as np

    point_by_id = dict(zip(ids, places, strict=True))
    scores: dict[str, list[tuple[float, float, float]]] = {}
    rows = Mood.objects.filter(track__in=ids).order_by().values_list("track_id", "name", "score", "owner_id")
    for pk, name, score, owner_id in rows:
        if owner_id == owner.pk:
            scores.setdefault(name, []).append((score, *point_by_id[pk]))
    edges: dict[str, list[tuple[float, str]]] = {"left": [], "right": [], "bottom": [], "top": []}
    for name, rows_of_mood in sorted(scores.items()):
        columns = np.array(rows_of_mood).T
        if len(rows_of_mood) < MIN_MAP_TRACKS or not columns.std(axis=1).all():
            continue
        _, rightwards, upwards = np.corrcoef(columns)[0]
        for correlation, less, more in ((rightwards, "left", "right"), (upwards, "bottom", "top")):
            if abs(correlation) >= MIN_CORRELATION:
                edges[more if correlation > 0 else less].append((-abs(correlation), name))
    return {edge: [name for _, name in sorted(moods)[:2]] for edge, moods in edges.items()}
