"""Hear one file and keep nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.api.schema import UPLOAD_REFUSALS, answers
from library.api.serializers import tracks as serializers
from library.api.throttling import Limited, Listening
from library.services.analysis_client import analyse_file


class HearingView(Limited):
    """A file in; what `hear` makes of it out."""

    parser_classes = [MultiPartParser]
    throttle_classes = [*Limited.throttle_classes, Listening]
    scopes = {"post": "read"}

    def heard(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The upload's name, and what was heard in it."""
        upload = serializers.UploadSerializer(data=request.data).upload()
        services.upload_check(upload=upload)
        # The upload handler always makes a temporary file; it is gone when the request ends.
        return upload.name or "", analyse_file(Path(upload.temporary_file_path()))  # type: ignore[attr-defined]


class FileUploadView(HearingView):
    """The first version's only interface, kept: a file in, a genre out."""

    @extend_schema(
        operation_id="file_upload",
        tags=["Hear a file"],
        summary="Hear one file, as the first version did",
        description=(
            "Answers when the file has been heard, which takes some seconds. Neither the file nor the answer "
            "is stored. New programs use `/api/v1/classify/`, which tells more."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=answers({200: serializers.OriginalAnswerSerializer}, *UPLOAD_REFUSALS, 503),
    )
    def post(self, request: Request) -> Response:
        _, heard = self.heard(request)
        return Response(
            {
                "label": heard["top"],
                "sure": heard["label"] is not None,
                "probabilities": heard["probabilities"],
            }
        )


class ClassifyView(HearingView):
    @extend_schema(
        operation_id="classify",
        tags=["Hear a file"],
        summary="Hear one file, and keep nothing",
        description=(
            "What `manage.py classify --json` says of a file: genre, probabilities, where in the file, moods. Answers "
            "when the file has been heard, which takes some seconds."
        ),
        request={"multipart/form-data": serializers.UploadSerializer},
        responses=answers({200: serializers.HeardSerializer}, *UPLOAD_REFUSALS, 503),
    )
    def post(self, request: Request) -> Response:
        name, heard = self.heard(request)
        return Response(serializers.HeardSerializer({"file": name, **heard}).data)
