"""Similar tracks, moods, the map, and the overview of a library."""

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
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import discover as serializers
from library.api.serializers.tracks import track_details
from library.api.views.base import FIELDS_PARAMETER, OwnersView
from library.genres import UNSURE
from library.search.facet_counts import facet_counts
from library.search.facets import ONLY_FOR_LISTS
from library.search.filters import track_filterset
from library.selectors.maps import LibraryMap, MapPoint, map_of, tracks_near_point
from library.selectors.moods import moods_of, station_of
from library.selectors.overview import (
    DURATION_BANDS,
    model_accuracy_of,
    seconds_by_genre,
    track_counts_by_duration,
)
from library.selectors.similar import similar_to
from library.selectors.tracks import tracks_by_id

TAG = ["Discover"]


class SimilarView(OwnersView):
    query_parameters = {"get": {"count", "fields"}}

    @extend_schema(
        operation_id="track_similar",
        tags=TAG,
        summary="Find similar tracks",
        description="Your tracks that sound most like it, most similar first. Empty until the track has been analysed.",
        parameters=[serializers.CountSerializer, FIELDS_PARAMETER],
        responses=with_errors({200: serializers.NeighbourSerializer(many=True)}, 400, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = serializers.CountSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        near = similar_to(self.owner, track, serializer.validated_data["count"])
        prefetch_related_objects([neighbour.track for neighbour in near], *track_details())
        context = {"request": request}
        return Response(serializers.NeighbourSerializer(near, many=True, context=context).data)


class MoodsView(OwnersView):
    @extend_schema(
        operation_id="moods",
        tags=TAG,
        summary="List the moods of your tracks",
        description="Each with the number of your tracks that have it.",
        responses=with_errors({200: serializers.MoodSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return Response([{"name": name, "tracks": tracks} for name, tracks in moods_of(self.owner).items()])


class StationView(OwnersView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS | {"fields"}}
    serializer_class = serializers.MoodTrackSerializer

    @extend_schema(
        operation_id="mood_tracks",
        tags=TAG,
        summary="List the tracks of a mood",
        description=(
            "The tracks whose score is in the top quarter of all music, highest first. In pages: follow `next` until "
            "it is null."
        ),
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.MoodTrackSerializer(many=True)}, 404),
    )
    def get(self, request: Request, mood: str) -> Response:
        rows = self.paginate_queryset(station_of(self.owner, mood)) or []
        if not rows and "cursor" not in request.query_params:
            raise Http404
        tracks = tracks_by_id(self.owner, [row.track_id for row in rows])
        prefetch_related_objects(list(tracks.values()), *track_details())
        scored = [
            {"score": row.score, "track": tracks[row.track_id]} for row in rows if row.track_id in tracks
        ]
        return self.get_paginated_response(self.get_serializer(scored, many=True).data)


class MapView(OwnersView):
    @extend_schema(
        operation_id="map",
        tags=TAG,
        summary="Get the map of your library",
        description="Empty until four tracks have been analysed.",
        responses=with_errors({200: serializers.MapSerializer}),
    )
    def get(self, request: Request) -> Response:
        return Response(map_payload(map_of(self.owner) or LibraryMap({}, {}, {}, 0, 0)))


class AroundView(OwnersView):
    query_parameters = {"get": {"x", "y", "count", "fields"}}

    @extend_schema(
        operation_id="map_around",
        tags=TAG,
        summary="Find the tracks around a point of the map",
        description="Nearest first.",
        parameters=[serializers.MapPointQuerySerializer, FIELDS_PARAMETER],
        responses=with_errors({200: serializers.TrackOnMapSerializer(many=True)}, 400),
    )
    def get(self, request: Request) -> Response:
        serializer = serializers.MapPointQuerySerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        query = serializer.validated_data
        near = tracks_near_point(self.owner, MapPoint(query["x"] / 100, 1 - query["y"] / 100), query["count"])
        prefetch_related_objects([track for track, _ in near], *track_details())
        rows = [{**point_payload(point), "track": track} for track, point in near]
        context = {"request": request}
        return Response(serializers.TrackOnMapSerializer(rows, many=True, context=context).data)


class OverviewView(OwnersView):
    @extend_schema(
        operation_id="overview",
        tags=TAG,
        summary="Get an overview of your library",
        description=(
            "How many tracks there are of each genre, mood, decade and so on, and how often the model agreed with "
            "your verdicts."
        ),
        responses=with_errors({200: serializers.OverviewSerializer}),
    )
    def get(self, request: Request) -> Response:
        counts = facet_counts(track_filterset(self.owner, QueryDict()), without=ONLY_FOR_LISTS)
        accuracy = model_accuracy_of(self.owner)
        lengths = zip(DURATION_BANDS, track_counts_by_duration(self.owner), strict=True)
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
            "sure": accuracy.sure,
            "unsure": accuracy.unsure,
            "by_genre": accuracy.by_genre,
        }
        return Response(serializers.OverviewSerializer(overview).data)


def map_payload(found: LibraryMap) -> dict[str, Any]:
    """A map as the API returns it."""
    dots = {
        genre or UNSURE: [point_payload(point) for point in points] for genre, points in found.dots.items()
    }
    return {"tracks": found.tracks, "shown": found.shown, "dots": dots, "edges": found.edges}


def point_payload(point: MapPoint) -> dict[str, float]:
    """A point as the API returns it: in percent, from the left and from the bottom."""
    return {"x": round(100 * point.x, 2), "y": round(100 * (1 - point.y), 2)}
