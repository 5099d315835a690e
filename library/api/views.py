"""The API's views: find among the owner's, call a service, serialize."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library import selectors, services
from library.api import serializers
from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.throttling import Listening, PerPerson
from library.files import serve_original
from library.listening import listen
from library.models import Track

UPLOAD_REFUSALS = (400, 409, 413, 415, 422)


@extend_schema(tags=["Tracks"])
@extend_schema_view(
    list=extend_schema(
        summary="List your tracks, newest first",
        description="In pages: follow `next` until it is null.",
        parameters=[
            OpenApiParameter("page_size", int, description="How many tracks a page holds, up to 200."),
            OpenApiParameter("cursor", str, description="Where the page starts: from `next` or `previous`."),
        ],
        responses=answers({200: serializers.TrackSerializer(many=True)}, 404),
    ),
    retrieve=extend_schema(
        summary="Look at one track", responses=answers({200: serializers.TrackSerializer}, 404)
    ),
    destroy=extend_schema(
        summary="Delete a track",
        description="The file and everything heard in it. There is no way back.",
        responses=answers({204: None}, 404),
    ),
)
class TrackViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    serializer_class = serializers.TrackSerializer
    lookup_value_converter = "uuid"
    # Only uploads bring a body.
    parser_classes = [MultiPartParser]
    throttle_classes = [PerPerson]
    queryset = Track.objects.none()  # for the schema: what an id is

    def get_queryset(self) -> QuerySet[Track]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.tracks_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        summary="Upload a track",
        description=(
            "Answers as soon as the file is stored; the analysis follows. Ask for the track's `url` until "
            "its `status` is `ready` or `failed`. A file that is in your library already is not stored "
            "again: the answer is 200 and the track that is there."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=answers(
            {
                202: OpenApiResponse(serializers.UploadedTrackSerializer, description="Stored and queued."),
                200: OpenApiResponse(serializers.UploadedTrackSerializer, description="It was here already."),
            },
            *UPLOAD_REFUSALS,
        ),
    )
    def create(self, request: Request) -> Response:
        upload = serializers.UploadSerializer(data=request.data).upload()
        track, created = services.track_add(owner=request.user, upload=upload)  # type: ignore[arg-type]
        track.duplicate = not created  # type: ignore[attr-defined]
        data = serializers.UploadedTrackSerializer(track, context=self.get_serializer_context()).data
        return Response(data, status=202 if created else 200, headers={"Location": data["url"]})

    def perform_destroy(self, instance: Track) -> None:
        services.track_delete(track=instance)

    @extend_schema(
        summary="Analyse a track again",
        description="A track that is waiting or being heard is left as it is.",
        request=None,
        responses=answers({202: serializers.TrackSerializer}, 404),
    )
    @action(detail=True, methods=["post"])
    def analyse(self, request: Request, pk: UUID) -> Response:
        track = self.get_object()
        services.track_analyse_again(track=track)
        return Response(self.get_serializer(track).data, status=202)

    @extend_schema(
        summary="See what models heard in a track, and where",
        responses=answers({200: serializers.PredictionSerializer(many=True)}, 404),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def predictions(self, request: Request, pk: UUID) -> Response:
        rows = selectors.predictions_of(request.user, self.get_object())  # type: ignore[arg-type]
        return Response(serializers.PredictionSerializer(rows, many=True).data)

    @extend_schema(
        summary="Download the file, byte for byte as it was uploaded",
        description="Answers `Range` and `If-None-Match`.",
        responses=answers({(200, "audio/*"): OpenApiTypes.BINARY}, 404),
    )
    @action(detail=True, renderer_classes=[AnythingRenderer])
    def file(self, request: Request, pk: UUID) -> HttpResponseBase:
        return serve_original(request._request, self.get_object())


class FileUploadView(APIView):
    """The first version's only interface, kept: a file in, a genre out."""

    parser_classes = [MultiPartParser]
    throttle_classes = [Listening]

    @extend_schema(
        operation_id="file_upload",
        tags=["Hear a file"],
        summary="Hear one file, and keep nothing",
        description=(
            "Answers when the file has been heard, which takes some seconds. Neither the file nor the answer "
            "is stored."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=answers({200: serializers.OriginalAnswerSerializer}, *UPLOAD_REFUSALS, 503),
    )
    def post(self, request: Request) -> Response:
        upload = serializers.UploadSerializer(data=request.data).upload()
        services.upload_check(upload=upload)
        # The upload handler always makes a temporary file; it is gone when the request ends.
        heard = listen(Path(upload.temporary_file_path()))  # type: ignore[attr-defined]
        return Response(
            {
                "label": heard["top"],
                "sure": heard["label"] is not None,
                "probabilities": heard["probabilities"],
            }
        )


class NowhereView(APIView):
    """All other addresses below /api/: an error in the API's form, not a page."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is nothing at this address. Addresses of the API end with a slash.")
