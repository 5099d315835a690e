"""Export of everything known about a library, and import of such an export."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import with_errors
from library.api.serializers import exchange as serializers
from library.api.views.base import OwnersView
from library.exchange.export_writer import export_as_csv, export_as_json
from library.outgoing.exports import export_response

TAG = ["Export and import"]


class ExportJsonView(OwnersView):
    renderer_classes = [AnyMediaTypeRenderer]

    @extend_schema(
        operation_id="export_json",
        tags=TAG,
        summary="Export everything as JSON",
        description=(
            "Genres, tags, playlists, and tracks with their predictions and verdicts. Tracks are identified by the "
            "SHA-256 of their file. The export can be imported into any account that has the same files."
        ),
        responses=with_errors({(200, "application/json"): OpenApiTypes.OBJECT}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        return export_response(export_as_json(self.owner), "json")


class ExportCsvView(OwnersView):
    renderer_classes = [AnyMediaTypeRenderer]

    @extend_schema(
        operation_id="export_csv",
        tags=TAG,
        summary="Export your tracks as CSV",
        description=(
            "Comma-separated values, one row per track. Texts that a spreadsheet would take for a formula start with "
            "an apostrophe."
        ),
        responses=with_errors({(200, "text/csv"): OpenApiTypes.STR}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        return export_response(export_as_csv(self.owner), "csv")


class ImportView(OwnersView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="import",
        tags=TAG,
        summary="Import an export",
        description=(
            "Adds what the export says about files that are in your library, and overwrites nothing. Importing it "
            "again changes nothing."
        ),
        request={"multipart/form-data": serializers.ImportSerializer},
        responses=with_errors({200: serializers.ImportReportSerializer}, 400, 409, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        serializer = serializers.ImportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        file = serializer.validated_data["file"]
        report = services.library_import(owner=self.owner, file=file.file, size=file.size)
        return Response(serializers.ImportReportSerializer(report).data)
