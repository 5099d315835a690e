"""Responses to requests that a worker carries out: 202, with the address where their progress can be followed."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from library.api.serializers.bulk_actions import BulkActionSerializer
from library.models import BulkAction

PREFER_PARAMETER = OpenApiParameter(
    "Prefer", str, "header", description="`respond-async`: respond before it is done."
)


def prefers_async(request: Request) -> bool:
    """Whether the client prefers a response before the work is done (`Prefer: respond-async`, RFC 7240)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


def accepted_response(request: Request, action: BulkAction) -> Response:
    """The response to a request that a worker carries out: the action, and where its progress can be followed."""
    location = reverse("v1:bulk-action-detail", args=[action.pk], request=request)
    headers = {"Location": location, "Preference-Applied": "respond-async"}
    return Response(BulkActionSerializer(action).data, status=202, headers=headers)
