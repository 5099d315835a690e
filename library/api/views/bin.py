"""The bin: what was deleted, and the way back."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PARAMETERS
from library.api.schema import answers
from library.api.serializers import tracks as serializers
from library.api.views.base import FIELDS, OwnersView

TAG = ["Bin"]


class BinView(OwnersView, generics.GenericAPIView):
    serializer_class = serializers.BinnedTrackSerializer
    parameters = {"get": PARAMETERS | {"fields"}}

    @extend_schema(
        operation_id="bin",
        tags=TAG,
        summary="See what lies in the bin, what was deleted last first",
        description=(
            "In pages: follow `next` until it is null. `DELETE /api/v1/tracks/{id}/?permanently=true` deletes one of "
            "them for good."
        ),
        parameters=[FIELDS],
        responses=answers({200: serializers.BinnedTrackSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.bin_of(self.owner).prefetch_related("tags"))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class BinRestoreView(OwnersView):
    @extend_schema(
        operation_id="bin_restore",
        tags=TAG,
        summary="Take tracks out of the bin",
        description="Those of the ids that are in it; the others are left out of account.",
        request=serializers.TrackIdsSerializer,
        responses=answers({200: serializers.RestoredSerializer}, 400, 415),
    )
    def post(self, request: Request) -> Response:
        asked = serializers.TrackIdsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        restored = services.tracks_restore(owner=self.owner, track_ids=asked.validated_data["ids"])
        return Response({"restored": len(restored)})
