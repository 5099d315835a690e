"""Tracks: upload, list, look, change, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.errors import AudioError
from library import selectors, services
from library.api.changes import ChangesPagination, changes_since
from library.api.pagination import PARAMETERS
from library.api.schema import UPLOAD_REFUSALS, answers
from library.api.serializers import tracks as serializers
from library.api.serializers.examples import UPLOAD_ANSWERS
from library.api.views.base import FIELDS, OwnersView
from library.models import Track
from library.search.filters import LibraryFilter


@extend_schema(tags=["Tracks"])
@extend_schema_view(
    list=extend_schema(
        summary="List your tracks, newest first unless another `ordering` is asked for",
        description="In pages: follow `next` until it is null. Nothing is skipped or seen twice meanwhile.",
        parameters=[FIELDS],
        responses=answers({200: serializers.TrackSerializer(many=True)}, 400, 404),
    ),
    retrieve=extend_schema(
        summary="Look at one track",
        parameters=[FIELDS],
        responses=answers({200: serializers.TrackSerializer}, 404),
    ),
    destroy=extend_schema(
        summary="Delete a track",
        description=(
            "It goes to the bin with everything known about it, and is 404 from then on. After some weeks (30 days, "
            "unless the site has another rule) it goes for good; until then it can be restored."
        ),
        parameters=[serializers.PermanentlySerializer],
        responses=answers({204: None}, 400, 404),
    ),
)
class TrackViewSet(
    OwnersView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    serializer_class = serializers.TrackSerializer
    filterset_class = LibraryFilter
    parameters = {
        "list": PARAMETERS | {"fields", *LibraryFilter.base_filters},
        "retrieve": {"fields"},
        "destroy": {"permanently"},
        "changes": PARAMETERS | {"fields", "updated_since"},
    }
    lookup_value_converter = "uuid"
    queryset = Track.objects.none()  # for the schema: what an id is

    def get_queryset(self) -> QuerySet[Track]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.tracks_of(self.owner).prefetch_related("tags")

    def get_parsers(self) -> list[BaseParser]:
        # Not by `self.action`: parsers are asked for before there is one.
        uploads = not self.detail and self.action_map.get("post") == "create"
        return [MultiPartParser()] if uploads else [JSONParser()]

    @extend_schema(
        summary="Upload a track",
        description=(
            "Answers as soon as the file is stored; the analysis follows. Ask for the track's `url` until "
            "its `status` is `ready` or `failed`. A file that is in your library already is not stored "
            "again: the answer is 200 and the track that is there; one in the bin is restored. So a request may be "
            "sent again whenever it is not certain that it arrived. Several parts named `file` are several files: the "
            "answer is 200 and what became of each; one that is refused does not lose the others."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=answers(
            {
                202: OpenApiResponse(serializers.UploadedTrackSerializer, description="Stored and queued."),
                200: OpenApiResponse(
                    PolymorphicProxySerializer(
                        "UploadAnswer",
                        [serializers.UploadedTrackSerializer, serializers.UploadResultsSerializer],
                        resource_type_field_name=None,
                    ),
                    description="It was here already; or, for several files, what became of each.",
                    examples=UPLOAD_ANSWERS,
                ),
            },
            *UPLOAD_REFUSALS,
        ),
    )
    def create(self, request: Request) -> Response:
        files = request.FILES.getlist("file")
        if len(files) > 1:
            return Response({"results": [self._result(file) for file in files]})
        data = self._added(serializers.UploadSerializer(data=request.data).upload())
        return Response(data, status=200 if data["duplicate"] else 202, headers={"Location": data["url"]})

    def _added(self, upload: UploadedFile) -> dict[str, Any]:
        track, created = services.track_add(owner=self.owner, upload=upload)
        track.duplicate = not created  # type: ignore[attr-defined]
        return serializers.UploadedTrackSerializer(track, context=self.get_serializer_context()).data

    def _result(self, upload: UploadedFile) -> dict[str, Any]:
        """What became of one file of several, as UploadResultSerializer describes it."""
        try:
            return {"file": upload.name, "track": self._added(upload), "error": None}
        except AudioError as error:
            refusal = {"code": error.code, "message": error.message}
            return {"file": upload.name, "track": None, "error": refusal}

    @extend_schema(
        summary="Change title, artist, album or year",
        description="The file stays as it is. What is set here is not overwritten by a later analysis.",
        request=serializers.TrackChangeSerializer,
        responses=answers({200: serializers.TrackSerializer}, 400, 404, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        track = self.get_object()
        change = serializers.TrackChangeSerializer(track, data=request.data, partial=True)
        change.is_valid(raise_exception=True)
        services.track_edit(track=self.get_object(), **change.validated_data)
        return Response(self.get_serializer(self.get_object()).data)

    def destroy(self, request: Request, pk: UUID) -> Response:
        asked = serializers.PermanentlySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        if not asked.validated_data["permanently"]:
            services.track_delete(track=self.get_object())
        elif not services.tracks_purge(owner=self.owner, track_ids=[pk]):
            raise NotFound
        return Response(status=204)

    @extend_schema(
        summary="Take a track out of the bin",
        description=(
            "It is back with its genre, tags and playlists. A track that is not in the bin is left as it is."
        ),
        request=None,
        responses=answers({200: serializers.TrackSerializer}, 404),
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        if selectors.bin_of(self.owner).filter(pk=pk).exists():
            services.tracks_restore(owner=self.owner, track_ids=[pk])
        return Response(self.get_serializer(self.get_object()).data)

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
        operation_id="tracks_changes",
        summary="Follow what changes",
        description=(
            "Tracks that were added or changed since a time, those that changed first coming first. When `next` is "
            "null, all has been told; `resume` is the address to ask next time. What happens just now is told when it "
            "is certain that nothing older can follow: within seconds on PostgreSQL, half a minute on SQLite. A track "
            "that changes again is told again. `deleted` has the tracks that went to the bin or for good; one that is "
            "restored is told again as a track. Deletions are told for 90 days: who looks more seldom begins anew."
        ),
        parameters=[OpenApiParameter("updated_since", OpenApiTypes.DATETIME, required=True), FIELDS],
        responses=answers({200: serializers.TrackSerializer(many=True)}, 400, 404),
    )
    @action(detail=False, filterset_class=None, pagination_class=ChangesPagination)
    def changes(self, request: Request) -> Response:
        since = serializers.SinceSerializer(data=request.query_params)
        since.is_valid(raise_exception=True)
        changes = changes_since(self.owner, self.get_queryset(), since.validated_data["updated_since"])
        page = self.paginate_queryset(changes) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="See which files are in your library already",
        description="By their SHA-256, before uploading them.",
        request=serializers.HashesSerializer,
        responses=answers({200: serializers.HereSerializer}, 400, 415),
    )
    @action(
        detail=False, methods=["post"], filterset_class=None, pagination_class=None, scopes={"post": "read"}
    )
    def check(self, request: Request) -> Response:
        asked = serializers.HashesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        hashes = asked.validated_data["sha256"]
        here = selectors.tracks_by_hash(self.owner, hashes)
        return Response({"here": here, "missing": [digest for digest in hashes if digest not in here]})

    @extend_schema(
        summary="See what models heard in a track, and where",
        responses=answers({200: serializers.PredictionSerializer(many=True)}, 404),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def predictions(self, request: Request, pk: UUID) -> Response:
        rows = selectors.predictions_of(self.owner, self.get_object())
        return Response(serializers.PredictionSerializer(rows, many=True).data)
