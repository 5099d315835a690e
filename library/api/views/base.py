"""What all views share: throttling, checks of parameters, idempotency, and access to the owner's tracks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library import selectors, services
from library.api.idempotency import ReplayedResponse, idempotency_key_claim, idempotent_response_store
from library.api.throttling import ThrottledView
from library.errors import InvalidSearchError
from library.models import IdempotencyRecord, Track, User
from library.search.query import parse_query_string, printable_excerpt

FIELDS_PARAMETER = OpenApiParameter(
    "fields", str, description="Return only these fields of a track: their names, separated by commas."
)


class OwnersView(ThrottledView):
    """A view of a person's own data. A POST with an `Idempotency-Key` is done once, however often it is sent."""

    idempotency_record: IdempotencyRecord | None = None
    #: Headers that, for idempotency, identify a request whose body has no fields.
    idempotency_headers: tuple[str, ...] = ()
    #: The allowed query parameters, by action in a view set, else by method. All others are refused: a mistyped
    #: filter would list everything, and a mistyped `into` would delete what was to be merged.
    query_parameters: dict[str, Collection[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.check_parameters(request)
        if request.method == "POST":
            self.idempotency_record = idempotency_key_claim(
                owner=self.owner, request=request, headers=self.idempotency_headers
            )

    def check_parameters(self, request: Request) -> None:
        """Raises ParseError when the query string cannot be read, and ValidationError for unknown parameters."""
        try:
            given = parse_query_string(request.META.get("QUERY_STRING", "").encode("latin-1").decode())
        except (UnicodeError, InvalidSearchError) as error:
            raise exceptions.ParseError("The query string cannot be read.") from error
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        known = self.query_parameters.get(getattr(self, "action", None) or method, ())
        if unknown := [name for name in given if name not in known]:
            raise exceptions.ValidationError(
                {name: [f"“{printable_excerpt(name)}” is not a parameter of this URL."] for name in unknown}
            )

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ReplayedResponse):
            return exc.response
        try:
            return super().handle_exception(exc)
        except Exception:  # raised again for Django's debug page: there is no response to store
            if self.idempotency_record:
                services.idempotency_forget(record=self.idempotency_record)
            raise

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if self.idempotency_record:
            idempotent_response_store(self.idempotency_record, response)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def owner(self) -> User:
        return cast(User, self.request.user)

    def track(self, track_id: UUID) -> Track:
        """The owner's track. Raises Http404 for unknown ids and for ids of others' tracks alike."""
        return get_object_or_404(selectors.tracks_of(self.owner), pk=track_id)


class NotFoundView(APIView):
    """All other URLs below /api/: a 404 in the form of the API, not a page."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is nothing at this URL. URLs of the API end with a slash.")
