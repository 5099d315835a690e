"""Covers, and choosing the cover of an album."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import FILE_ERRORS, UPLOAD_ERRORS, with_errors
from library.api.serializers.covers import CoverSerializer, PictureSerializer
from library.api.views.base import OwnersView
from library.models import Album
from library.models.albums import COVER_SIZES
from library.outgoing.files import serve_cover

TAG = ["Albums"]


class CoverView(OwnersView):
    renderer_classes = [AnyMediaTypeRenderer]

    @extend_schema(
        operation_id="cover",
        tags=["Files"],
        summary="Get a cover",
        description="A square WebP picture. It never changes: another picture is another cover.",
        parameters=[
            OpenApiParameter(
                "size",
                str,
                "path",
                enum=list(COVER_SIZES),
                description="`small` has up to 96 pixels on each side, `medium` up to 320, `large` up to 1000.",
            )
        ],
        responses=with_errors({(200, "image/webp"): OpenApiTypes.BINARY}, *FILE_ERRORS),
    )
    def get(self, request: Request, id: UUID, size: str) -> HttpResponseBase:
        cover = selectors.cover_of(self.owner, id)
        if cover is None:
            raise Http404
        return serve_cover(request._request, cover, size)


class AlbumCoverView(OwnersView):
    scopes = {"delete": "write"}
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="album_cover_set",
        tags=TAG,
        summary="Choose the cover of an album",
        description="The album shows this picture, whatever its files have, until you take the choice back.",
        request={"multipart/form-data": PictureSerializer},
        responses=with_errors({200: CoverSerializer}, 404, *UPLOAD_ERRORS),
    )
    def put(self, request: Request, id: UUID) -> Response:
        album = self._album(id)
        serializer = PictureSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.album_cover_set(album=album, upload=serializer.validated_data["file"])
        return Response(CoverSerializer(album.cover, context={"request": request}).data)

    @extend_schema(
        operation_id="album_cover_reset",
        tags=TAG,
        summary="Take back the choice of a cover",
        description="The album shows again what most of its tracks have.",
        responses=with_errors({204: None}, 404),
    )
    def delete(self, request: Request, id: UUID) -> Response:
        services.album_cover_reset(album=self._album(id))
        return Response(status=204)

    def _album(self, album_id: UUID) -> Album:
        return get_object_or_404(selectors.albums_of(self.owner), pk=album_id)
