"""Everything Earmark knows about a library goes out as a document, and comes back in."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.serializers import exchange as serializers
from library.api.views.base import OwnersView
from library.exchange.writing import as_csv, as_json, document

TAG = ["Export and import"]


class ExportJsonView(OwnersView):
    renderer_classes = [AnythingRenderer]

    @extend_schema(
        operation_id="export_json",
        tags=TAG,
        summary="Export all that is known, as JSON",
        description=(
            "Genres, tags, tracks with what was heard in them and said about them, playlists. Tracks are named by "
            "their file's SHA-256. It can be imported into any account that has the same files."
        ),
        responses=answers({(200, "application/json"): OpenApiTypes.OBJECT}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        return document(as_json(self.owner), "json")


class ExportCsvView(OwnersView):
    renderer_classes = [AnythingRenderer]

    @extend_schema(
        operation_id="export_csv",
        tags=TAG,
        summary="Export your tracks as a table",
        description=(
            "Comma-separated values, a track a row. A text that a spreadsheet would take for a formula has an "
            "apostrophe before it."
        ),
        responses=answers({(200, "text/csv"): OpenApiTypes.STR}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        return document(as_csv(self.owner), "csv")


class ImportView(OwnersView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="import",
        tags=TAG,
        summary="Import what an export knows about files that are here",
        description="It adds, and overwrites nothing: a second import of the same changes nothing.",
        request={"multipart/form-data": serializers.ImportSerializer},
        responses=answers({200: serializers.ImportReportSerializer}, 400, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        given = serializers.ImportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        report = services.library_import(owner=self.owner, file=file.file, size=file.size)
        return Response(serializers.ImportReportSerializer(report).data)
