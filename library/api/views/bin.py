"""The bin: deleted tracks, and restoring them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import tracks as serializers
from library.api.serializers.tracks import track_details
from library.api.views.base import FIELDS_PARAMETER, OwnersView

TAG = ["Bin"]


class BinView(OwnersView, generics.GenericAPIView):
    serializer_class = serializers.BinnedTrackSerializer
    query_parameters = {"get": PAGINATION_PARAMETERS | {"fields"}}

    @extend_schema(
        operation_id="bin",
        tags=TAG,
        summary="List the tracks in the bin",
        description=(
            "The last deleted first, in pages: follow `next` until it is null. To delete one of them for good, use "
            "`DELETE /api/v1/tracks/{id}/?permanently=true`."
        ),
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.BinnedTrackSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.bin_of(self.owner).prefetch_related(*track_details()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class BinRestoreView(OwnersView):
    @extend_schema(
        operation_id="bin_restore",
        tags=TAG,
        summary="Restore tracks from the bin",
        description="Ids of tracks that are not in the bin are ignored.",
        request=serializers.TrackIdsSerializer,
        responses=with_errors({200: serializers.RestoreResultSerializer}, 400, 415),
    )
    def post(self, request: Request) -> Response:
        serializer = serializers.TrackIdsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        restored = services.tracks_restore(owner=self.owner, track_ids=serializer.validated_data["ids"])
        return Response({"restored": len(restored)})
