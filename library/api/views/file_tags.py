"""The tags in a track's file, and resetting fields to them."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import with_errors
from library.api.serializers.file_tags import FileTagsSerializer, ResetSerializer
from library.api.serializers.tracks import TrackSerializer
from library.api.views.base import OwnersView


class FileTagsView(OwnersView):
    @extend_schema(
        operation_id="track_file_tags",
        tags=["Tracks"],
        summary="Get the tags in a track's file",
        description="As the latest analysis read them, without your changes.",
        responses=with_errors({200: FileTagsSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return Response(FileTagsSerializer(selectors.file_tags_of(self.owner, self.track(id))).data)


class TrackResetView(OwnersView):
    @extend_schema(
        operation_id="track_reset",
        tags=["Tracks"],
        summary="Reset fields to the file's tags",
        description=(
            "They no longer count as changed by you. When the file has no title, the title becomes the file's name. "
            "409 (`not_read`) until the file's tags have been read."
        ),
        request=ResetSerializer,
        responses=with_errors({200: TrackSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = ResetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.track_reset(track=track, fields=serializer.validated_data["fields"])
        return Response(TrackSerializer(self.track(id), context={"request": request}).data)
