"""Tracks: upload, list, get, change, delete."""

from __future__ import annotations

import itertools
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
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.errors import AudioError
from library import selectors, services
from library.api.changes import ChangesPagination, changes_since
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.parsers import JSONParser
from library.api.schema import UPLOAD_ERRORS, with_errors
from library.api.serializers import tracks as serializers
from library.api.serializers.examples import UPLOAD_EXAMPLES
from library.api.views.base import FIELDS_PARAMETER, OwnersView
from library.models import Track
from library.search.filters import TrackFilterSet
from library.services.folder_pictures import folder_key, folder_track_note


@extend_schema(tags=["Tracks"])
@extend_schema_view(
    list=extend_schema(
        summary="List your tracks",
        description=(
            "Newest first, unless `ordering` says otherwise. In pages: follow `next` until it is null. No track is "
            "skipped or returned twice while tracks come and go."
        ),
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.TrackSerializer(many=True)}, 400, 404),
    ),
    retrieve=extend_schema(
        summary="Get a track",
        description="Its file, its tags, its genre, and the latest prediction.",
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.TrackSerializer}, 404),
    ),
    destroy=extend_schema(
        summary="Delete a track",
        description=(
            "Moves it to the bin, with everything known about it; from then on, it is 404. It can be restored for some "
            "weeks (30 days, unless the site has another setting), and is then deleted for good."
        ),
        parameters=[serializers.TrackDeleteQuerySerializer],
        responses=with_errors({204: None}, 400, 404),
    ),
)
class TrackViewSet(
    OwnersView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    serializer_class = serializers.TrackSerializer
    filterset_class = TrackFilterSet
    query_parameters = {
        "list": PAGINATION_PARAMETERS | {"fields", *TrackFilterSet.base_filters},
        "retrieve": {"fields"},
        "destroy": {"permanently"},
        "changes": PAGINATION_PARAMETERS | {"fields", "updated_since"},
    }
    lookup_value_converter = "uuid"
    queryset = Track.objects.none()  # for the schema: the type of the id

    def get_queryset(self) -> QuerySet[Track]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.tracks_of(self.owner).prefetch_related(*serializers.track_details())

    def get_parsers(self) -> list[BaseParser]:
        # Not by `self.action`, which is set after the parsers are chosen.
        uploads = not self.detail and self.action_map.get("post") == "create"
        return [MultiPartParser()] if uploads else [JSONParser()]

    @extend_schema(
        summary="Upload a track",
        description=(
            "Responds as soon as the file is stored; the analysis follows. Poll the track's `url` until its `status` "
            "is `ready` or `failed`. A file that is in your library already is not stored again: the response is 200 "
            "and the existing track; one in the bin is restored. So it is safe to send a request again. To upload "
            "several files at once, send several parts named `file`: the response is 200 and the result for each; "
            "when one is refused, the others are still accepted."
        ),
        request={"multipart/form-data": serializers.TrackUploadSerializer},
        responses=with_errors(
            {
                202: OpenApiResponse(serializers.UploadedTrackSerializer, description="Stored and queued."),
                200: OpenApiResponse(
                    PolymorphicProxySerializer(
                        "UploadAnswer",
                        [serializers.UploadedTrackSerializer, serializers.UploadResultsSerializer],
                        resource_type_field_name=None,
                    ),
                    description="In the library already; or, for several files, the result for each.",
                    examples=UPLOAD_EXAMPLES,
                ),
            },
            *UPLOAD_ERRORS,
        ),
    )
    def create(self, request: Request) -> Response:
        files = request.FILES.getlist("file")
        paths = itertools.chain(request.POST.getlist("relative_path"), itertools.repeat(""))
        if len(files) > 1:
            results = [self._upload_result(*each) for each in zip(files, paths, strict=False)]
            return Response({"results": results})
        upload = serializers.TrackUploadSerializer(data=request.data).validated_file()
        data = self._add_upload(upload, next(paths))
        return Response(data, status=200 if data["duplicate"] else 202, headers={"Location": data["url"]})

    def _add_upload(self, upload: UploadedFile, relative_path: str) -> dict[str, Any]:
        track, created = services.track_add(owner=self.owner, upload=upload)
        folder_track_note(track=track, folder=folder_key(relative_path))
        track.duplicate = not created  # type: ignore[attr-defined]
        return serializers.UploadedTrackSerializer(track, context=self.get_serializer_context()).data

    def _upload_result(self, upload: UploadedFile, relative_path: str) -> dict[str, Any]:
        """The result for one of several files, as UploadResultSerializer describes it."""
        try:
            return {"file": upload.name, "track": self._add_upload(upload, relative_path), "error": None}
        except AudioError as error:
            refusal = {"code": error.code, "message": error.message}
            return {"file": upload.name, "track": None, "error": refusal}

    @extend_schema(
        summary="Change a track",
        description=(
            "The file itself is not changed. A later analysis does not overwrite your changes. `starred` gives the "
            "track a star or takes it away, `rating` says how much you like it."
        ),
        request=serializers.TrackChangeSerializer,
        responses=with_errors({200: serializers.TrackSerializer}, 400, 404, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        track = self.get_object()
        serializer = serializers.TrackChangeSerializer(track, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        opinions = {name: changes.pop(name) for name in ("starred", "rating") if name in changes}
        if changes:
            services.track_edit(track=track, **changes)
        if "starred" in opinions:
            services.track_star(track=track, starred=opinions["starred"])
        if "rating" in opinions:
            services.track_rate(track=track, rating=opinions["rating"])
        return Response(self.get_serializer(self.get_object()).data)

    def destroy(self, request: Request, pk: UUID) -> Response:
        serializer = serializers.TrackDeleteQuerySerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        if not serializer.validated_data["permanently"]:
            services.track_delete(track=self.get_object())
        elif not services.tracks_purge(owner=self.owner, track_ids=[pk]):
            raise NotFound
        return Response(status=204)

    @extend_schema(
        summary="Restore a track from the bin",
        description="With its genre, tags and playlists. A track that is not in the bin is left as it is.",
        request=None,
        responses=with_errors({200: serializers.TrackSerializer}, 404),
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        if selectors.bin_of(self.owner).filter(pk=pk).exists():
            services.tracks_restore(owner=self.owner, track_ids=[pk])
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Analyse a track again",
        description="Queues it for analysis. A track that is waiting or being analysed is left as it is.",
        request=None,
        responses=with_errors({202: serializers.TrackSerializer}, 404),
    )
    @action(detail=True, methods=["post"])
    def analyse(self, request: Request, pk: UUID) -> Response:
        track = self.get_object()
        services.track_analyse_again(track=track)
        return Response(self.get_serializer(track).data, status=202)

    @extend_schema(
        operation_id="tracks_changes",
        summary="Follow changes",
        description=(
            "Tracks that were added or changed since a time, in the order of their changes. When `next` is null, there "
            "are no more; `resume` is the URL to request next time. A change appears when no older one can follow: "
            "after seconds on PostgreSQL, half a minute on SQLite. A track that changes again appears again. `deleted` "
            "lists tracks that were deleted, to the bin or for good; a restored one appears among the tracks again. "
            "Deletions are kept for 90 days: clients that poll less often must start over."
        ),
        parameters=[
            OpenApiParameter(
                "updated_since",
                OpenApiTypes.DATETIME,
                required=True,
                description="The time to start from, with its offset from UTC.",
            ),
            FIELDS_PARAMETER,
        ],
        responses=with_errors({200: serializers.TrackSerializer(many=True)}, 400, 404),
    )
    @action(detail=False, filterset_class=None, pagination_class=ChangesPagination)
    def changes(self, request: Request) -> Response:
        serializer = serializers.ChangesQuerySerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        changes = changes_since(self.owner, self.get_queryset(), serializer.validated_data["updated_since"])
        page = self.paginate_queryset(changes) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Check which files are in your library",
        description="By their SHA-256: ask before uploading them.",
        request=serializers.FileHashesSerializer,
        responses=with_errors({200: serializers.HashCheckSerializer}, 400, 415),
    )
    @action(
        detail=False, methods=["post"], filterset_class=None, pagination_class=None, scopes={"post": "read"}
    )
    def check(self, request: Request) -> Response:
        serializer = serializers.FileHashesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        hashes = serializer.validated_data["sha256"]
        here = selectors.tracks_by_hash(self.owner, hashes)
        return Response({"here": here, "missing": [digest for digest in hashes if digest not in here]})

    @extend_schema(
        summary="List the predictions for a track",
        description="One for each model version that has analysed it, with probabilities for each part of the track.",
        responses=with_errors({200: serializers.PredictionSerializer(many=True)}, 404),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def predictions(self, request: Request, pk: UUID) -> Response:
        rows = selectors.predictions_of(self.owner, self.get_object())
        return Response(serializers.PredictionSerializer(rows, many=True).data)
