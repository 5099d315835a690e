"""Classify a file without storing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.api.schema import UPLOAD_ERRORS, with_errors
from library.api.serializers import tracks as serializers
from library.api.throttling import ClassifyThrottle, ThrottledView
from library.services.analysis_client import analyse_file


class ClassifyBaseView(ThrottledView):
    """Classifies an uploaded file while the client waits."""

    parser_classes = [MultiPartParser]
    throttle_classes = [*ThrottledView.throttle_classes, ClassifyThrottle]
    scopes = {"post": "read"}

    def classify_upload(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The upload's name, and what the model predicts for it."""
        upload = serializers.UploadSerializer(data=request.data).validated_file()
        services.upload_check(upload=upload)
        # The upload handler always writes a temporary file, deleted when the request ends.
        return upload.name or "", analyse_file(Path(upload.temporary_file_path()))  # type: ignore[attr-defined]


class FileUploadView(ClassifyBaseView):
    """The interface of the first version: a file in, a genre out."""

    @extend_schema(
        operation_id="file_upload",
        tags=["Classify a file"],
        summary="Classify a file, as the first version did",
        description=(
            "Responds when the file has been analysed, which takes some seconds. Nothing is stored. New programs "
            "should use `/api/v1/classify/`, which returns more."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=with_errors({200: serializers.FileUploadResultSerializer}, *UPLOAD_ERRORS, 503),
    )
    def post(self, request: Request) -> Response:
        _, classification = self.classify_upload(request)
        return Response(
            {
                "label": classification["top"],
                "sure": classification["label"] is not None,
                "probabilities": classification["probabilities"],
            }
        )


class ClassifyView(ClassifyBaseView):
    @extend_schema(
        operation_id="classify",
        tags=["Classify a file"],
        summary="Classify a file without storing it",
        description=(
            "Returns what `manage.py classify --json` prints: genre, probabilities, segments and moods. Responds when "
            "the file has been analysed, which takes some seconds."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=with_errors({200: serializers.ClassificationSerializer}, *UPLOAD_ERRORS, 503),
    )
    def post(self, request: Request) -> Response:
        name, classification = self.classify_upload(request)
        return Response(serializers.ClassificationSerializer({"file": name, **classification}).data)
