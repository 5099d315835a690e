"""Plays of a track, as players report them."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.api.schema import with_errors
from library.api.serializers.plays import PlayCreateSerializer, PlaySerializer
from library.api.views.base import OwnersView


class TrackPlaysView(OwnersView):
    @extend_schema(
        operation_id="track_play",
        tags=["Tracks"],
        summary="Count a play of a track",
        description=(
            "Send it once a track has sounded for half its length, or for four minutes. With `played_at`, the request "
            "can be sent again: a play at the same second is counted once. A play is no change of the track: its "
            "`updated_at` stays, and it does not appear among the changes."
        ),
        request=PlayCreateSerializer,
        responses=with_errors(
            {
                201: OpenApiResponse(PlaySerializer, description="Counted."),
                200: OpenApiResponse(PlaySerializer, description="Counted before."),
            },
            400, 404, 409, 415, 422,
        ),
    )  # fmt: skip
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = PlayCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        play, is_new = services.play_add(track=track, played_at=serializer.validated_data.get("played_at"))
        return Response(PlaySerializer(play).data, status=201 if is_new else 200)
