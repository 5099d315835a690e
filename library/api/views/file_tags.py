"""What a track's file says, and taking fields back to that."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import answers
from library.api.serializers.file_tags import FileTagsSerializer, ResetSerializer
from library.api.serializers.tracks import TrackSerializer
from library.api.views.base import OwnersView


class FileTagsView(OwnersView):
    @extend_schema(
        operation_id="track_file_tags",
        tags=["Tracks"],
        summary="See what a track's file says about itself",
        description="As the latest analysis read it. What you set by hand is not in it.",
        responses=answers({200: FileTagsSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return Response(FileTagsSerializer(selectors.file_tags_of(self.owner, self.track(id))).data)


class TrackResetView(OwnersView):
    @extend_schema(
        operation_id="track_reset",
        tags=["Tracks"],
        summary="Take fields back to what the file says",
        description=(
            "They no longer count as set by hand. A title that the file does not have becomes the file's name. "
            "409 `not_read` as long as nobody has read the file's tags."
        ),
        request=ResetSerializer,
        responses=answers({200: TrackSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        given = ResetSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.track_reset(track=track, fields=given.validated_data["fields"])
        return Response(TrackSerializer(self.track(id), context={"request": request}).data)
