"""What sounds alike, moods, the map, and a library at large."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import Http404, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors
from library.api.pagination import PARAMETERS
from library.api.schema import answers
from library.api.serializers import discover as serializers
from library.api.views.base import FIELDS, OwnersView
from library.genres import UNSURE
from library.search.facet_counts import counts_of
from library.search.filters import filter_of
from library.selectors.maps import Map, Place, around, map_of
from library.selectors.moods import moods_of, station_of
from library.selectors.overview import LENGTHS, records_of, seconds_by_genre, tracks_by_length
from library.selectors.similar import similar_to
from library.selectors.tracks import tracks_by_id

TAG = ["Discovering"]


class SimilarView(OwnersView):
    parameters = {"get": {"count", "fields"}}

    @extend_schema(
        operation_id="track_similar",
        tags=TAG,
        summary="Find what sounds like a track",
        description="Those of your tracks that sound most like it, nearest first; none before it has been heard.",
        parameters=[serializers.CountSerializer, FIELDS],
        responses=answers({200: serializers.NeighbourSerializer(many=True)}, 400, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        asked = serializers.CountSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        near = similar_to(self.owner, track, asked.validated_data["count"])
        prefetch_related_objects([neighbour.track for neighbour in near], "tags")
        context = {"request": request}
        return Response(serializers.NeighbourSerializer(near, many=True, context=context).data)


class MoodsView(OwnersView):
    @extend_schema(
        operation_id="moods",
        tags=TAG,
        summary="List the moods of your tracks",
        responses=answers({200: serializers.MoodSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return Response([{"name": name, "tracks": tracks} for name, tracks in moods_of(self.owner).items()])


class StationView(OwnersView, generics.GenericAPIView):
    parameters = {"get": PARAMETERS | {"fields"}}
    serializer_class = serializers.MoodOfTrackSerializer

    @extend_schema(
        operation_id="mood_tracks",
        tags=TAG,
        summary="List the tracks of a mood, the strongest first",
        description="Only a quarter of all music has more of it than the last of them.",
        parameters=[FIELDS],
        responses=answers({200: serializers.MoodOfTrackSerializer(many=True)}, 404),
    )
    def get(self, request: Request, mood: str) -> Response:
        rows = self.paginate_queryset(station_of(self.owner, mood)) or []
        if not rows and "cursor" not in request.query_params:
            raise Http404
        tracks = tracks_by_id(self.owner, [row.track_id for row in rows])
        prefetch_related_objects(list(tracks.values()), "tags")
        heard = [
            {"score": row.score, "track": tracks[row.track_id]} for row in rows if row.track_id in tracks
        ]
        return self.get_paginated_response(self.get_serializer(heard, many=True).data)


class MapView(OwnersView):
    @extend_schema(
        operation_id="map",
        tags=TAG,
        summary="Get the map of your library",
        description="It is empty while fewer than four tracks have been heard.",
        responses=answers({200: serializers.MapSerializer}),
    )
    def get(self, request: Request) -> Response:
        return Response(told(map_of(self.owner) or Map({}, {}, {}, 0, 0)))


class AroundView(OwnersView):
    parameters = {"get": {"x", "y", "count", "fields"}}

    @extend_schema(
        operation_id="map_around",
        tags=TAG,
        summary="Find what is around a point of the map",
        description="The nearest first.",
        parameters=[serializers.PointSerializer, FIELDS],
        responses=answers({200: serializers.TrackOnMapSerializer(many=True)}, 400),
    )
    def get(self, request: Request) -> Response:
        asked = serializers.PointSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        point = asked.validated_data
        near = around(self.owner, Place(point["x"] / 100, 1 - point["y"] / 100), point["count"])
        prefetch_related_objects([track for track, _ in near], "tags")
        rows = [{**percent(place), "track": track} for track, place in near]
        context = {"request": request}
        return Response(serializers.TrackOnMapSerializer(rows, many=True, context=context).data)


class OverviewView(OwnersView):
    @extend_schema(
        operation_id="overview",
        tags=TAG,
        summary="See your library at large",
        description="How much there is of what, and how often the model was right where you gave your word.",
        responses=answers({200: serializers.OverviewSerializer}),
    )
    def get(self, request: Request) -> Response:
        counts = counts_of(filter_of(self.owner, QueryDict()))
        records = records_of(self.owner)
        lengths = zip(LENGTHS, tracks_by_length(self.owner), strict=True)
        overview = {
            "usage": selectors.usage_of(self.owner),
            "genres": counts["genre"],
            "seconds": seconds_by_genre(self.owner),
            "moods": counts["mood"],
            "decades": {str(year): number for year, number in counts["year"].items() if year is not None},
            "formats": counts["format"],
            "states": counts["status"],
            "lengths": [
                {"at_least": low, "at_most": high, "tracks": number} for (low, high), number in lengths
            ],
            "sure": records.sure,
            "unsure": records.unsure,
            "by_genre": records.by_genre,
        }
        return Response(serializers.OverviewSerializer(overview).data)


def told(found: Map) -> dict[str, Any]:
    """A map as the API tells it."""
    dots = {genre or UNSURE: [percent(place) for place in places] for genre, places in found.dots.items()}
    return {"tracks": found.tracks, "shown": found.shown, "dots": dots, "edges": found.edges}


def percent(place: Place) -> dict[str, float]:
    """A point as addresses name it: from the left and from the bottom."""
    return {"x": round(100 * place.x, 2), "y": round(100 * (1 - place.y), 2)}
