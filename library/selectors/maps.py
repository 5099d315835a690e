"""A picture of a library: a dot for each track, and tracks that sound alike next to each other."""

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

#: So many dots are drawn at most; a larger library is shown by a sample of them.
MAX_DOTS = 2000
#: With fewer tracks there is no picture.
MIN_MAP_TRACKS = 4
#: From this correlation on, a mood goes with a direction of the map; it is looked for in so many tracks.
MIN_CORRELATION = 0.3
CORRELATION_SAMPLE = 400
#: Genres are named on the map from this share of its dots on, and this far (of its width and height) apart.
MIN_LABEL_SHARE = 0.02
MIN_LABEL_DISTANCE = (0.16, 0.07)


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A point of the map: from the left and from the top, 0 to 1."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LibraryMap:
    """`dots` by genre, the commonest first, "" (none) last. `edges`: which moods go with each direction."""

    dots: dict[str, list[MapPoint]]
    label_points: dict[str, MapPoint]
    """Where the names of genres stand: in the middle of their dots."""
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
    """The owner's library as a picture; None while there is too little to draw."""
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
    """The owner's tracks next to a point of their map, the nearest first, and where each is."""
    vectors = vectors_of(owner)
    if vectors is None or len(vectors) < MIN_MAP_TRACKS:
        return []
    rows = {vectors.track_id_at(row): row for row in vectors.rows_near_point(place.x, 1 - place.y, count)}
    tracks = tracks_by_id(owner, rows)
    return [(tracks[pk], _point_at(vectors.map_points, row)) for pk, row in rows.items() if pk in tracks]


def _genres_by_id(owner: User, ids: list[UUID]) -> dict[UUID, str]:
    """By id alone, as in `tracks_by_id`."""
    rows = Track.objects.filter(pk__in=ids).order_by().values_list("pk", "genre", "owner_id")
    return {pk: genre for pk, genre, owner_id in rows if owner_id == owner.pk}


def _point_at(places: Floats, row: int) -> MapPoint:
    x, y = places[row]
    return MapPoint(float(x), 1 - float(y))


def _label_points(dots: dict[str, list[MapPoint]], shown: int) -> Iterator[tuple[str, MapPoint]]:
    """The commonest genres' names, none upon another."""
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
    """Moods that grow towards an edge of the map, those that do so most first; none if none does clearly."""
    import numpy as np

    at = dict(zip(ids, places, strict=True))
    scores: dict[str, list[tuple[float, float, float]]] = {}
    rows = Mood.objects.filter(track__in=ids).order_by().values_list("track_id", "name", "score", "owner_id")
    for pk, name, score, owner_id in rows:
        if owner_id == owner.pk:
            scores.setdefault(name, []).append((score, *at[pk]))
    edges: dict[str, list[tuple[float, str]]] = {"left": [], "right": [], "bottom": [], "top": []}
    for name, heard in sorted(scores.items()):
        columns = np.array(heard).T
        if len(heard) < MIN_MAP_TRACKS or not columns.std(axis=1).all():
            continue
        _, across, up = np.corrcoef(columns)[0]
        for towards, less, more in ((across, "left", "right"), (up, "bottom", "top")):
            if abs(towards) >= MIN_CORRELATION:
                edges[more if towards > 0 else less].append((-abs(towards), name))
    return {edge: [name for _, name in sorted(moods)[:2]] for edge, moods in edges.items()}
